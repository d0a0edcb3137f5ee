//! What the explorer's records promise.

use std::time::Duration;

use archive::names::{ConnectorId, TenantId, WorkerId};
use archive::time::Time;
use proptest::prelude::*;

use super::*;
use crate::caller::Caller;

fn at(seconds: u64) -> Time {
    "2026-11-30T10:00:00Z".parse::<Time>().unwrap() + Duration::from_secs(seconds)
}

fn acme() -> TenantId {
    "acme".parse().unwrap()
}

fn ann() -> Caller {
    Caller::Tenant { tenant: acme(), name: "ann".into() }
}

fn new_exploration() -> NewExploration {
    NewExploration {
        tenant: acme(),
        connector: Some(ConnectorId::new(7)),
        name: "Failed logins".parse().unwrap(),
        filter: "action:ConsoleLogin outcome:failure".parse().unwrap(),
        columns: Columns::try_from(vec!["time".to_owned(), "/userIdentity/type".to_owned()]).unwrap(),
        chart: Some(Chart::new(Interval::Day, Some("action".into()), vec!["all".into()]).unwrap()),
    }
}

fn exploration() -> SavedExploration {
    SavedExploration::new(ExplorationId::new(1), new_exploration(), None, ann(), at(0))
}

fn search() -> SearchRecord {
    let filter = "action:ConsoleLogin".parse().unwrap();
    let kind = SearchKind::Rows;
    SearchRecord { tenant: acme(), connector: ConnectorId::new(7), by: ann(), kind, filter, at: at(1_799) }
}

fn download() -> Download {
    let request = r#"{"filter":""}"#.parse().unwrap();
    let new = NewDownload { tenant: acme(), connector: ConnectorId::new(7), request };
    Download::new(DownloadId::new(at(0), 1), new, ann(), at(0))
}

fn worker(n: u64) -> WorkerId {
    WorkerId::new(0, n)
}

fn file() -> ReadyDownload {
    ReadyDownload { key: "downloads/k".into(), receipt: "{}".parse().unwrap(), size: 7 }
}

#[test]
fn a_change_keeps_what_it_does_not_name_and_one_that_changes_nothing_is_none() {
    let saved = exploration();
    let renamed = ExplorationChange { name: Some("Logins".parse().unwrap()), ..ExplorationChange::default() };
    let after = saved.changed(renamed.clone(), at(5)).unwrap();
    assert_eq!((after.name.as_str(), after.version, after.changed_at), ("Logins", 2, at(5)));
    let before =
        SavedExploration { name: after.name.clone(), version: 2, changed_at: at(5), ..saved.clone() };
    assert_eq!(after, before);
    assert_eq!(after.changed(renamed, at(6)), None);
    assert_eq!(saved.changed(ExplorationChange::default(), at(6)), None);
    let without = ExplorationChange { chart: Some(None), ..ExplorationChange::default() };
    assert_eq!(saved.changed(without, at(6)).unwrap().chart, None);
}

#[test]
fn a_deletion_keeps_who_deleted_it_for_a_day_and_nothing_that_was_searched_for() {
    let operator = Caller::Operator { name: "ops".into() };
    let deleted = exploration().delete(operator.clone(), at(9)).unwrap();
    assert_eq!(deleted.deleted, Some(Deletion { at: at(9), by: operator.clone() }));
    assert_eq!(deleted.kept_until(), Some(at(9 + 24 * 3600)));
    assert!(!serde_json::to_string(&deleted).unwrap().contains("ConsoleLogin"));
    assert_eq!(deleted.delete(operator, at(10)), None);
    let change = ExplorationChange { name: Some("x".parse().unwrap()), ..ExplorationChange::default() };
    assert_eq!(deleted.changed(change, at(10)), None);
    assert_eq!(exploration().kept_until(), None);
}

#[test]
fn a_changed_exploration_is_recognized_as_of_its_creation_and_a_deleted_one_or_anothers_is_not() {
    let saved = exploration();
    let renamed = ExplorationChange { name: Some("Logins".parse().unwrap()), ..ExplorationChange::default() };
    assert!(saved.changed(renamed, at(1)).unwrap().is_of_creation(&saved));
    assert!(!saved.delete(ann(), at(1)).unwrap().is_of_creation(&saved));
    let later = SavedExploration::new(saved.id.clone(), new_exploration(), None, ann(), at(1));
    let fingerprint = Some(new_exploration().fingerprint());
    let keyed = SavedExploration::new(saved.id.clone(), new_exploration(), fingerprint, ann(), at(0));
    assert!(!later.is_of_creation(&saved) && !keyed.is_of_creation(&saved));
}

#[test]
fn requests_with_other_values_have_other_fingerprints() {
    let other = NewExploration { filter: FilterText::default(), ..new_exploration() };
    assert_ne!(other.fingerprint(), new_exploration().fingerprint());
    let other = NewExploration { chart: None, ..new_exploration() };
    assert_ne!(other.fingerprint(), new_exploration().fingerprint());
    assert_eq!(new_exploration().fingerprint(), new_exploration().fingerprint());
}

#[test]
fn a_search_is_recorded_once_an_hour() {
    let id = search().id();
    assert_eq!(SearchRecord { at: at(3_599), ..search() }.id(), id);
    assert!(id.as_str().starts_with("2026-11-30T10-"));
    let next_hour = SearchRecord { at: at(3_600), ..search() }.id();
    assert!(next_hour > id && next_hour.as_str()[14..] == id.as_str()[14..]);
    assert_eq!(search().kept_until(), at(1_799 + 365 * 24 * 3_600));
}

#[test]
fn another_person_connector_kind_or_filter_is_another_search() {
    let operator = |name: &str| Caller::Operator { name: name.into() };
    let of_acme = |name: &str| Caller::Tenant { tenant: acme(), name: name.into() };
    let mut searches = vec![
        search(),
        SearchRecord { connector: ConnectorId::new(8), ..search() },
        SearchRecord { filter: FilterText::default(), ..search() },
        SearchRecord { by: of_acme("anna"), ..search() },
        SearchRecord { by: operator("ann"), ..search() },
        SearchRecord { by: operator(""), ..search() },
        SearchRecord { by: Caller::System, ..search() },
    ];
    let others = SearchKind::ALL.into_iter().filter(|kind| *kind != search().kind);
    searches.extend(others.map(|kind| SearchRecord { kind, ..search() }));
    let ids: std::collections::BTreeSet<_> = searches.iter().map(SearchRecord::id).collect();
    assert_eq!(ids.len(), searches.len());
}

#[test]
fn a_download_is_built_by_one_worker_until_its_time_is_over() {
    let queued = download();
    let run = queued.claim(worker(1), at(10)).unwrap();
    assert!(run.is_claimed_by(&worker(1)) && !run.is_claimed_by(&worker(2)));
    let until = at(10 + 900);
    assert_eq!(run.claim(worker(2), at(10 + 899)), Err(ClaimRefusal::Running { until }));
    assert_eq!(run.claim(worker(1), at(11)), Err(ClaimRefusal::Running { until }), "nor itself");
    let taken = run.claim(worker(2), until).unwrap();
    assert_eq!(taken.version, 3);
    assert_eq!(taken.finish(&worker(1), file()), None);
    assert_eq!(taken.fail(&worker(1), "slow"), None);
    assert_eq!(queued.finish(&worker(1), file()), None, "nor without a claim");
    let ready = taken.finish(&worker(2), file()).unwrap();
    assert_eq!(ready.claim(worker(1), at(5_000)), Err(ClaimRefusal::Finished));
    assert_eq!(ready.finish(&worker(2), file()), None);
    let failed = taken.fail(&worker(2), &"x".repeat(5_000)).unwrap();
    assert_eq!(failed.state, DownloadState::Failed { reason: "x".repeat(1_000) });
    assert_eq!(failed.claim(worker(1), at(5_000)), Err(ClaimRefusal::Finished));
}

#[test]
fn a_download_can_be_made_for_a_day() {
    let end = at(24 * 3_600);
    assert_eq!(download().claim(worker(1), end), Err(ClaimRefusal::Expired(end)));
    let run = download().claim(worker(1), at(24 * 3_600 - 1)).unwrap();
    for unfinished in [&download(), &run] {
        let over = 3 * 3_600;
        assert!(unfinished.is_unfinished(at(over - 1)) && !unfinished.is_unfinished(at(over)));
    }
    let ready = run.finish(&worker(1), file()).unwrap();
    assert!(!ready.is_unfinished(at(0)) && !run.fail(&worker(1), "no").unwrap().is_unfinished(at(0)));
    assert_eq!(ready.kept_until(), end);
}

#[test]
fn what_a_person_sets_replaces_a_guess_and_the_same_again_changes_nothing() {
    let fields = |text: &str| text.parse::<MappingText>().unwrap();
    let guess = StoredMapping::guess(Some("cloudtrail".into()), fields("{}"), 100, at(0));
    let set = |stored: Option<&StoredMapping>, preset: Option<&str>| {
        StoredMapping::set(stored, preset.map(str::to_owned), fields("{}"), ann(), at(1))
    };
    let confirmed = set(Some(&guess), Some("cloudtrail")).unwrap();
    assert_eq!((confirmed.version, &confirmed.source), (2, &MappingSource::Set { by: ann() }));
    assert_eq!(set(Some(&confirmed), Some("cloudtrail")), None);
    assert_eq!(set(Some(&confirmed), None).unwrap().version, 3);
    assert_eq!(set(None, None).unwrap().version, 1);
}

#[test]
fn records_are_read_back_as_they_were_stored() {
    fn stored<T: serde::Serialize + serde::de::DeserializeOwned>(record: &T) -> T {
        serde_json::from_str(&serde_json::to_string(record).unwrap()).unwrap()
    }
    let saved = exploration();
    assert_eq!(stored(&saved), saved);
    assert_eq!(
        stored(&saved.delete(ann(), at(1)).unwrap()).deleted,
        saved.delete(ann(), at(1)).unwrap().deleted
    );
    assert_eq!(stored(&search()), search());
    let run = download().claim(worker(1), at(1)).unwrap();
    for download in [download(), run.clone(), run.finish(&worker(1), file()).unwrap()] {
        assert_eq!(stored(&download), download);
    }
    let guess = StoredMapping::guess(None, "{}".parse().unwrap(), u64::MAX, at(0));
    assert_eq!(stored(&guess), guess);
}

#[test]
fn values_out_of_bounds_are_refused_and_no_error_shows_a_receipt() {
    assert_eq!("  Failed logins ".parse::<ExplorationName>().unwrap().as_str(), "Failed logins");
    for bad in ["", "  ", "a\u{202e}b", "a\nb", &"x".repeat(101)] {
        assert!(bad.parse::<ExplorationName>().is_err(), "{bad:?}");
    }
    assert!("ä".repeat(2_000).parse::<FilterText>().is_ok());
    assert!("ä".repeat(2_001).parse::<FilterText>().is_err());
    assert_eq!(FilterText::cut(&"ä".repeat(3_000)).as_str().chars().count(), 2_000);
    let names = |count: usize| (0..count).map(|n| n.to_string()).collect::<Vec<_>>();
    assert!(Columns::try_from(names(50)).is_ok() && Columns::try_from(names(51)).is_err());
    for bad in [vec![String::new()], vec!["x".repeat(257)], vec!["a".to_owned(), "a".to_owned()]] {
        assert!(Columns::try_from(bad.clone()).is_err());
        assert!(Chart::new(Interval::Hour, None, bad).is_err());
    }
    assert!(Chart::new(Interval::Hour, None, names(2)).is_ok());
    assert!(Chart::new(Interval::Hour, None, names(3)).is_err());
    assert!(Chart::new(Interval::Hour, Some(" ".into()), names(1)).is_err());
    assert!(serde_json::from_str::<Chart>(r#"{"interval":"day","series":["a","b","c"]}"#).is_err());
    let error = "root".repeat(100_000).parse::<Receipt>().unwrap_err().to_string();
    assert!(error.contains("400000 bytes") && !error.contains("root"), "{error}");
    assert!("x".repeat(8_193).parse::<DownloadRequest>().is_err());
    assert!("x".repeat(32_769).parse::<MappingText>().is_err());
}

#[test]
fn downloads_sort_by_the_time_of_their_request() {
    assert!(DownloadId::new(at(1), u64::MAX) < DownloadId::new(at(2), 0));
}

/// What workers do to a download, in any order and at any time.
#[derive(Debug, Clone)]
enum Step {
    Read(u64),
    Claim(u64),
    Finish(u64),
    Fail(u64),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let who = || 0..3_u64;
    let step = prop_oneof![
        who().prop_map(Step::Read),
        who().prop_map(Step::Claim),
        who().prop_map(Step::Finish),
        who().prop_map(Step::Fail),
        (0..2_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    /// Each worker acts on what it read last, and a write needs the version before it, as in the ledger. A
    /// download is finished once, by the worker of the last claim, and nothing follows.
    #[test]
    fn however_workers_interleave_a_download_is_finished_once_by_its_last_claimer(steps in steps()) {
        let mut stored = download();
        let mut seen = vec![stored.clone(); 3];
        let (mut now, mut claimer, mut finished) = (0, None, 0);
        for step in steps {
            let (who, after) = match step {
                Step::Read(who) => {
                    seen[usize::try_from(who).unwrap()] = stored.clone();
                    continue;
                }
                Step::Wait(seconds) => {
                    now += seconds;
                    continue;
                }
                Step::Claim(who) => (who, seen[usize::try_from(who).unwrap()].claim(worker(who), at(now)).ok()),
                Step::Finish(who) => (who, seen[usize::try_from(who).unwrap()].finish(&worker(who), file())),
                Step::Fail(who) => (who, seen[usize::try_from(who).unwrap()].fail(&worker(who), "no")),
            };
            let Some(after) = after.filter(|after| after.version == stored.version + 1) else { continue };
            prop_assert_eq!(finished, 0, "nothing follows the end");
            if after.is_claimed_by(&worker(who)) {
                claimer = Some(who);
            } else {
                prop_assert_eq!(claimer, Some(who));
                finished += 1;
            }
            stored = after;
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic_and_what_is_stored_is_read_back(
        text in "\\PC{0,90}", hour in "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]-[0-9a-f]{32}",
    ) {
        for text in [text, hour] {
            if let Ok(name) = text.parse::<ExplorationName>() {
                prop_assert_eq!(name.as_str().parse::<ExplorationName>().unwrap(), name);
            }
            if let Ok(id) = text.parse::<SearchId>() {
                prop_assert_eq!(id.as_str(), &text);
            }
            prop_assert!(text.parse::<DownloadId>().is_err() && text.parse::<ExplorationId>().is_err());
        }
    }

    #[test]
    fn every_search_has_an_id_that_is_read_back(ms in 0_i64..4_000_000_000_000, filter in "\\PC{0,20}") {
        let at = Time::from_millis(ms).unwrap();
        let id = SearchRecord { at, filter: FilterText::cut(&filter), ..search() }.id();
        prop_assert_eq!(id.as_str().parse::<SearchId>().unwrap(), id);
    }
}
