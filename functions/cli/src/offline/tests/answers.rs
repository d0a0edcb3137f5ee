//! Answers equal a loop over the files, and each row names its proof.

use std::collections::BTreeMap;

use archive::fields::Field;
use archive::query::counts::Interval;
use archive::verify::check::Verdict;
use control::explorer::{CountsRequest, FacetsRequest, ProofState, RowsRequest};
use serde_json::Value;

use super::{Copy, text};

#[tokio::test]
async fn rows_are_the_events_of_the_files_and_each_names_part_position_and_signature() {
    let copy = Copy::new();
    let world = copy.open().await;
    assert_eq!(world.outcome.verdict, Verdict::Proven);
    world.assert_shown(&copy.events(), &[]).await;
    world.index().await;
    world.assert_shown(&copy.events(), &[]).await;
    let (rows, lag) = world.rows("").await;
    assert_eq!(rows.len(), 33);
    for row in rows {
        let part = world.part(row.proof.part.unwrap().get());
        assert_eq!(row.proof.state, ProofState::Delivered);
        assert!(row.proof.signed && row.proof.name == Some(part.name()), "{:?}", row.proof);
        assert_eq!(row.proof.window, Some(part.window));
        assert_eq!(row.proof.late, row.proof.position.unwrap() < part.late);
    }
    assert_eq!((lag.complete_to, lag.read_to), (copy.archive.watermark(), copy.archive.watermark()));
    assert_eq!((lag.let_go_before, lag.unsealed_from, lag.not_indexed_before), (None, None, None));
}

#[tokio::test]
async fn a_filter_finds_what_a_loop_over_the_files_finds() {
    let copy = Copy::new();
    let world = copy.open().await;
    let events = copy.events();
    let first: Value = serde_json::from_str(&events[0].1).unwrap();
    let action = text(&first, "eventName").unwrap();
    let mut expected: Vec<&str> = events
        .iter()
        .filter(|(_, event)| text(&serde_json::from_str(event).unwrap(), "eventName") == Some(action))
        .map(|(_, event)| event.as_str())
        .collect();
    let (rows, _) = world.rows(&format!("action:{action}")).await;
    let mut found: Vec<&str> = rows.iter().map(|row| row.event.get()).collect();
    expected.sort_unstable();
    found.sort_unstable();
    assert!(!expected.is_empty() && expected.len() < events.len());
    assert!(found == expected, "{} instead of {}", found.len(), expected.len());
    assert_eq!(rows[0].fields[&Field::Action], action, "the mapping was guessed from the files");
}

#[tokio::test]
async fn counts_and_facets_equal_a_loop_over_the_files() {
    let copy = Copy::new();
    let world = copy.open().await;
    let (mut actions, mut days) = (BTreeMap::new(), BTreeMap::new());
    for (part, event) in copy.events() {
        let event: Value = serde_json::from_str(&event).unwrap();
        let action = text(&event, "eventName").map(str::to_owned);
        *actions.entry(action).or_insert(0u64) += 1;
        // The record of an unreadable item has no time of the product.
        let window = world.part(part).window.from.date();
        let day = text(&event, "eventTime").map_or(window, |time| time[..10].to_owned());
        *days.entry(day).or_insert(0u64) += 1;
    }
    let filter = || "".parse().unwrap();
    // The indexes of parts, and then also the roll-ups of days.
    world.rows("").await;
    for _ in 0..2 {
        let request = CountsRequest {
            filter: filter(),
            from: None,
            to: None,
            interval: Interval::Day,
            by: None,
            sealing: false,
        };
        let answer = world.offline.explorer.counts(&world.asker, request).await.unwrap();
        let counted: BTreeMap<_, _> =
            answer.counts.iter().map(|count| (count.start.date(), count.events)).collect();
        assert_eq!((answer.total, counted), (33, days.clone()));
        let fields = vec![Field::Action];
        let request = FacetsRequest { filter: filter(), from: None, to: None, fields, limit: Some(100) };
        let answer = world.offline.explorer.facets(&world.asker, request).await.unwrap();
        let values = &answer.facets[0].values;
        let found: BTreeMap<_, _> = values.iter().map(|value| (value.value.clone(), value.events)).collect();
        assert_eq!(found, actions);
        world.index().await;
    }
}

/// Whoever has write access can sign everything again: so it is shown, and never called proven.
#[tokio::test]
async fn without_a_key_it_is_shown_as_consistent() {
    let copy = Copy::new();
    let world = copy.open_with(Vec::new(), super::Cache::temporary().unwrap()).await;
    assert_eq!(world.outcome.verdict, Verdict::Consistent);
    world.assert_shown(&copy.events(), &[]).await;
}

#[tokio::test]
async fn only_the_archives_own_connector_answers() {
    let copy = Copy::new();
    let mut world = copy.open().await;
    world.asker.connector = Some("con_0000000000000002".parse().unwrap());
    let refused = world.offline.explorer.rows(&world.asker, RowsRequest::default()).await.unwrap_err();
    assert!(refused.to_string().contains("does not exist"), "{refused}");
}
