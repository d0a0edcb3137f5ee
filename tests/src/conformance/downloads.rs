//! Downloads: whoever stores a claim builds the file, and only its result is stored.

use std::time::Duration;

use archive::names::{ConnectorId, WorkerId};
use archive::time::Time;
use futures_util::future::join_all;
use ports::{Downloads, ExplorationAnswer, SavedExplorations, SearchLog};
use protocol::caller::Caller;
use protocol::exploration::{
    DOWNLOAD_RUN_LIMIT, Download, DownloadId, ExplorationId, NewDownload, NewExploration, ReadyDownload,
    SavedExploration, SearchKind, SearchRecord,
};

use super::start;
use crate::fixtures::{tenant, unique_id, worker};

fn requested(now: Time) -> Download {
    let request = r#"{"filter":"actor:„root“","format":"csv"}"#.parse().unwrap();
    let new = NewDownload { tenant: tenant("acme"), connector: ConnectorId::new(7), request };
    Download::new(DownloadId::new(now, unique_id()), new, ann(), now)
}

fn ann() -> Caller {
    Caller::Tenant { tenant: tenant("acme"), name: "ann".into() }
}

async fn created(ledger: &impl Downloads) -> Download {
    let new = requested(start());
    assert!(ledger.create_download(&new).await.unwrap());
    new
}

fn file(key: &str) -> ReadyDownload {
    let receipt = r#"{"parts":[1,2],"count":3,"cut":false}"#.parse().unwrap();
    ReadyDownload { key: key.into(), receipt, size: u64::MAX }
}

async fn stored(ledger: &impl Downloads, download: &Download) -> Option<Download> {
    ledger.download(&download.tenant, &download.id).await.unwrap()
}

/// A download is read back as it was stored, in each of its states.
pub async fn a_download_is_stored_in_each_of_its_states(ledger: &impl Downloads) {
    let new = requested(start());
    assert_eq!(stored(ledger, &new).await, None);
    assert!(ledger.create_download(&new).await.unwrap());
    assert_eq!(stored(ledger, &new).await, Some(new.clone()));
    assert_eq!(ledger.download(&tenant("globex"), &new.id).await.unwrap(), None);
    let (first, second) = (worker(), worker());
    let run = new.claim(first, start()).unwrap();
    let again = run.claim(second.clone(), start() + DOWNLOAD_RUN_LIMIT).unwrap();
    let ready = again.finish(&second, file("downloads/k")).unwrap();
    for state in [run, again.clone(), ready] {
        assert!(ledger.store_download(&state).await.unwrap());
        assert_eq!(stored(ledger, &new).await, Some(state));
    }
    let failed = again.fail(&second, "too large").unwrap();
    assert!(!ledger.store_download(&failed).await.unwrap(), "it is ready");
    let other = created(ledger).await;
    let run = other.claim(second.clone(), start()).unwrap();
    assert!(ledger.store_download(&run).await.unwrap());
    let failed = run.fail(&second, "too large").unwrap();
    assert!(ledger.store_download(&failed).await.unwrap());
    assert_eq!(stored(ledger, &other).await, Some(failed));
}

/// However many workers get the message of a download, one builds it, and each of them knows whether it does.
pub async fn of_racing_workers_exactly_one_builds_a_download(ledger: &impl Downloads) {
    let new = created(ledger).await;
    let workers: Vec<WorkerId> = (0..4).map(|_| worker()).collect();
    let claims: Vec<_> = workers.iter().map(|by| new.claim(by.clone(), start()).unwrap()).collect();
    let answers = join_all(claims.iter().map(|claim| ledger.store_download(claim))).await;
    let won: Vec<_> = workers.iter().zip(answers).filter(|(_, stored)| *stored.as_ref().unwrap()).collect();
    assert_eq!(won.len(), 1);
    let now = stored(ledger, &new).await.unwrap();
    let claimed: Vec<_> = workers.iter().filter(|worker| now.is_claimed_by(worker)).collect();
    assert_eq!(claimed, [won[0].0]);
}

/// A worker whose time is over stores no result once another has the claim, whether it read the record before
/// or after.
pub async fn a_worker_that_was_too_slow_finishes_nothing(ledger: &impl Downloads) {
    let new = created(ledger).await;
    let (slow, fast) = (worker(), worker());
    let run = new.claim(slow.clone(), start()).unwrap();
    assert!(ledger.store_download(&run).await.unwrap());
    let taken = run.claim(fast.clone(), start() + DOWNLOAD_RUN_LIMIT).unwrap();
    assert!(ledger.store_download(&taken).await.unwrap());
    let late = run.finish(&slow, file("slow")).unwrap();
    assert!(!ledger.store_download(&late).await.unwrap());
    assert_eq!(stored(ledger, &new).await.unwrap().finish(&slow, file("slow")), None);
    let ready = taken.finish(&fast, file("fast")).unwrap();
    assert!(ledger.store_download(&ready).await.unwrap());
    assert!(!ledger.store_download(&late).await.unwrap());
    assert_eq!(stored(ledger, &new).await, Some(ready));
}

/// Creating the same download again changes nothing, whatever happened to it since. Another one can't have
/// its ID.
pub async fn a_download_is_created_once(ledger: &impl Downloads) {
    let new = created(ledger).await;
    let run = new.claim(worker(), start()).unwrap();
    assert!(ledger.store_download(&run).await.unwrap());
    assert!(ledger.create_download(&new).await.unwrap());
    let other = Download { request: "{}".parse().unwrap(), ..new.clone() };
    assert!(!ledger.create_download(&other).await.unwrap());
    assert_eq!(stored(ledger, &new).await, Some(run));
}

/// A tenant's downloads, searches and explorations are stored side by side, and each is in its own list.
pub async fn downloads_are_listed_newest_first_and_apart_from_the_rest<L>(ledger: &L)
where
    L: Downloads + SearchLog + SavedExplorations,
{
    let acme = tenant("acme");
    let mut expected = Vec::new();
    for nth in 0..3 {
        let one = requested(start() + Duration::from_secs(nth));
        assert!(ledger.create_download(&one).await.unwrap());
        expected.push(one);
    }
    expected.reverse();
    let new = NewExploration {
        tenant: acme.clone(),
        connector: Some(ConnectorId::new(7)),
        name: "All".parse().unwrap(),
        filter: "".parse().unwrap(),
        columns: Vec::new().try_into().unwrap(),
        chart: None,
    };
    let saved = SavedExploration::new(ExplorationId::new(u64::MAX), new, None, ann(), start());
    let answer = ledger.create_exploration(&saved, 200, &[]).await.unwrap();
    assert_eq!(answer, ExplorationAnswer::Created);
    let search = SearchRecord {
        tenant: acme.clone(),
        connector: ConnectorId::new(7),
        by: ann(),
        kind: SearchKind::Download,
        filter: "".parse().unwrap(),
        at: start(),
    };
    assert!(ledger.record_search(&search).await.unwrap());
    assert_eq!(ledger.downloads(&acme, 10).await.unwrap(), expected);
    assert_eq!(ledger.downloads(&acme, 2).await.unwrap(), expected[..2]);
    assert_eq!(ledger.searches(&acme, None, 10).await.unwrap().items, [search]);
    assert_eq!(ledger.explorations(&acme).await.unwrap(), [saved]);
    assert_eq!(ledger.downloads(&tenant("globex"), 10).await.unwrap(), []);
}
