//! Parts whose bytes are no longer kept: their events come from the events table, each once, and marked so.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::fields::Field;
use archive::query::Span;
use archive::query::row::Order;
use aws::dynamodb::events::NewEvent;
use control::explorer::{ProofState, RowAnswer, RowsRequest};
use protocol::connector::Shards;
use samples::events::cloudtrail;
use serde_json::value::to_raw_value;
use tests::fixtures::at;

use crate::world::{World, filter, operator};

const HOUR: Duration = Duration::from_hours(1);

async fn all(world: &World, request: &RowsRequest) -> Vec<RowAnswer> {
    let (mut request, mut rows) = (request.clone(), Vec::new());
    loop {
        let page = world.rows(request.clone()).await;
        rows.extend(page.rows);
        let Some(cursor) = page.next_cursor else { return rows };
        request.cursor = Some(cursor);
    }
}

/// How many events there are in each state, if each is there once.
fn states(rows: &[RowAnswer]) -> BTreeMap<String, usize> {
    let ids: Vec<_> = rows.iter().map(|row| row.fields[&Field::Id].clone()).collect();
    let once: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "each event once");
    let mut states = BTreeMap::new();
    for row in rows {
        let state = serde_json::to_value(row.proof.state).unwrap();
        *states.entry(state.as_str().unwrap().to_owned()).or_default() += 1;
    }
    states
}

#[tokio::test]
async fn each_event_is_shown_once_whether_its_part_is_kept_or_not() {
    let mut world = World::gzip().await;
    world.export_until("2023-07-10T13:30:00Z").await;
    world.export_until("2023-07-10T18:30:00Z").await;
    let events = cloudtrail();
    let before_noon = events.iter().filter(|event| event.time < at("2023-07-10T12:00:00Z")).count();
    // The part of the hour from 11:00 was sealed at 12:45, that of the hour from 12:00 at 13:30.
    for (retention, let_go) in
        [(10 * HOUR, 0), (5 * HOUR + HOUR / 2, before_noon), (HOUR / 100, events.len())]
    {
        world.reader.staging_retention = Some(retention);
        for order in [Order::Newest, Order::Oldest] {
            let request = RowsRequest { order, limit: Some(170), ..Default::default() };
            let states = states(&all(&world, &request).await);
            assert_eq!(states.get("let_go").copied().unwrap_or(0), let_go, "{retention:?} {states:?}");
            assert_eq!(states.values().sum::<usize>(), events.len(), "{retention:?} {states:?}");
        }
    }
}

#[tokio::test]
async fn an_event_says_another_time_than_that_of_its_writing() {
    let mut world = World::gzip().await;
    // Written a moment after noon, and the next hour begins; it says that it was before noon.
    let json = |id: &str, time: &str| format!(r#"{{"eventTime":"{time}","eventID":"{id}"}}"#);
    let late =
        |written: &str, id: &str, time: &str| NewEvent::new(at(written), id.to_owned(), json(id, time));
    let events = [
        late("2023-07-10T13:00:02Z", "past", "2023-07-10T12:59:58.000Z"),
        late("2023-07-10T13:00:03Z", "elsewhere", "2023-07-10T10:00:00.000Z"),
    ];
    world.embedded.events().write(&world.connector.tenant, Shards::ONE, &events).await.unwrap();
    world.export_until("2023-07-10T13:30:00Z").await;
    let request = |text: &str| RowsRequest { filter: filter(text), ..Default::default() };
    let unsealed = all(&world, &request("id:past,elsewhere")).await;
    assert_eq!(unsealed.iter().map(|row| row.proof.state).collect::<Vec<_>>(), [ProofState::Unsealed; 2]);
    world.export_until("2023-07-10T14:30:00Z").await;
    world.export_until("2023-07-10T18:30:00Z").await;
    world.reader.staging_retention = Some(HOUR / 100);
    // By its own time, and on every page.
    let span = RowsRequest { to: Some(at("2023-07-10T13:00:00Z")), limit: Some(200), ..request("") };
    let rows = all(&world, &span).await;
    assert_eq!(states(&rows), BTreeMap::from([("let_go".to_owned(), cloudtrail().len() + 2)]));
    let found = all(&world, &request("time:2023-07-10T12:59..2023-07-10T13:00 id:past")).await;
    assert_eq!(found.len(), 1);
    assert!(Span::WHOLE.contains(found[0].time));
}

#[tokio::test]
async fn an_answer_of_the_function_has_each_byte_of_an_event() {
    let world = World::gzip().await;
    let event = r#"{"z":1.10,"eventID":"exact","a":12345678901234567890123,"a":2,"u":"\u00e9\/"}"#;
    let new = NewEvent::new(at("2023-07-10T12:40:00Z"), "exact".to_owned(), event.to_owned());
    world.embedded.events().write(&world.connector.tenant, Shards::ONE, &[new]).await.unwrap();
    let request = control::explorer::ExplorerRequest {
        by: operator(),
        tenant: world.connector.tenant.clone(),
        connector: None,
        ask: control::explorer::Ask::Rows(RowsRequest { filter: filter("id:exact"), ..Default::default() }),
    };
    let payload = serde_json::to_value(&request).unwrap();
    let reader = std::sync::Arc::new(world.reader.clone());
    let answer =
        reader::handle(reader, reader::Entrance::Function, reader::Invocation::read(payload)).await.unwrap();
    assert!(answer.get().contains(event), "{answer}");
    // What the runtime writes is this text.
    assert!(to_raw_value(&answer).unwrap().get().contains(event));
}
