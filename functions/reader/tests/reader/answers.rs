//! Rows, counts and facets over what is sealed and what is not, each with its proof.

use std::collections::BTreeMap;

use archive::fields::{Field, FieldSetting};
use archive::part::{Compression, Encoding, Format, PartNumber};
use archive::query::counts::Interval;
use archive::query::row::Order;
use archive::sha256::Sha256;
use archive::time::Time;
use control::explorer::{
    Answer, Ask, CountsAnswer, CountsRequest, EventPlace, EventRequest, FacetsRequest, ProofState,
    RefusalCode, RowAnswer, RowsRequest, SealState,
};
use ports::Clock;
use protocol::caller::Caller;
use protocol::exploration::StoredMapping;
use samples::events::cloudtrail;
use serde_json::Value;
use tests::fixtures::at;

use crate::world::{World, filter};

/// What a loop over the real events says of a filter `action:A outcome:O`.
fn is_failure(event: &Value) -> bool {
    match event["responseElements"]["ConsoleLogin"].as_str() {
        Some(login) => login == "Failure",
        None => event.get("errorCode").is_some() || event.get("errorMessage").is_some(),
    }
}

fn events() -> Vec<Value> {
    cloudtrail().iter().map(|event| serde_json::from_str(&event.json).unwrap()).collect()
}

async fn all(world: &World, text: &str, order: Order) -> Vec<RowAnswer> {
    let mut request = RowsRequest { filter: filter(text), order, limit: Some(150), ..Default::default() };
    let mut rows = Vec::new();
    loop {
        let page = world.rows(request.clone()).await;
        assert!(page.lag.missing.is_empty() && page.lag.unsealed_from.is_none());
        rows.extend(page.rows);
        let Some(cursor) = page.next_cursor else { return rows };
        request.cursor = Some(cursor);
    }
}

#[tokio::test]
async fn all_real_events_are_found_once_sealed_or_not() {
    for compression in Compression::ALL {
        let world = World::new(Encoding { format: Format::Json, compression }).await;
        let rows = all(&world, "", Order::Oldest).await;
        let mut found: Vec<_> = rows.iter().map(|row| row.event.get().to_owned()).collect();
        let mut expected: Vec<_> = cloudtrail().iter().map(|event| event.json.clone()).collect();
        found.sort();
        expected.sort();
        assert!(found == expected, "{} of {} events", found.len(), expected.len());
        // What was written before noon is sealed, delivered and signed.
        let noon = at("2023-07-10T12:00:00Z");
        for row in &rows {
            let state = if row.time < noon { ProofState::Delivered } else { ProofState::Unsealed };
            assert_eq!((row.proof.state, row.proof.signed), (state, row.time < noon));
        }
        assert!(rows.is_sorted_by_key(|row| row.time));
    }
}

#[tokio::test]
async fn a_filter_finds_what_a_loop_finds() {
    let mut world = World::gzip().await;
    let expected = |action: &str, failure: bool| {
        let matches = |event: &Value| event["eventName"] == action && is_failure(event) == failure;
        events().iter().filter(|event| matches(event)).count()
    };
    for round in 0..2 {
        let mut found = 0;
        for (action, failure) in [("GetBucketAcl", true), ("GetBucketAcl", false), ("ConsoleLogin", false)] {
            let outcome = if failure { "failure" } else { "success" };
            let rows = all(&world, &format!("action:{action} outcome:{outcome}"), Order::Newest).await;
            assert_eq!(rows.len(), expected(action, failure), "{action} {outcome} in round {round}");
            assert!(rows.iter().all(|row| row.fields[&Field::Action] == action));
            found += rows.len();
        }
        assert!(found > 0);
        // Then all of it is sealed, the day is over, and there are indexes and a roll-up.
        world.export_until("2023-07-11T02:00:00Z").await;
        world.embedded.index(&world.connector.id).await.unwrap();
    }
}

#[tokio::test]
async fn counts_and_facets_equal_the_rows_and_the_records() {
    let mut world = World::gzip().await;
    world.export_until("2023-07-11T02:00:00Z").await;
    world.embedded.index(&world.connector.id).await.unwrap();
    let counts = world
        .counts(CountsRequest {
            filter: filter(""),
            from: None,
            to: None,
            interval: Interval::Hour,
            by: Some(Field::Outcome),
            sealing: false,
        })
        .await;
    assert_eq!((counts.total, counts.lag.cost.blocks), (2_900, 0), "the roll-up answers alone");
    let mut expected: BTreeMap<(String, &str), u64> = BTreeMap::new();
    for event in events() {
        let hour = format!("{}:00:00.000Z", &event["eventTime"].as_str().unwrap()[..13]);
        let outcome = if is_failure(&event) { "failure" } else { "success" };
        *expected.entry((hour, outcome)).or_default() += 1;
    }
    let found: BTreeMap<_, _> = counts
        .counts
        .iter()
        .map(|count| ((count.start.to_string(), count.value.as_deref().unwrap()), count.events))
        .collect();
    assert_eq!(found, expected);
    let facets = FacetsRequest {
        filter: filter("outcome:failure"),
        from: None,
        to: None,
        fields: vec![Field::Action, Field::Actor],
        limit: Some(3),
    };
    let Answer::Facets(facets) = world.ask(Ask::Facets(facets)).await else { panic!() };
    let failures = events().iter().filter(|event| is_failure(event)).count() as u64;
    assert_eq!(facets.total, failures);
    for facet in &facets.facets {
        let listed: u64 = facet.values.iter().map(|value| value.events).sum();
        assert_eq!(listed + facet.others, failures, "{}", facet.field);
        assert!(facet.values.is_sorted_by(|a, b| a.events >= b.events) && facet.values.len() <= 3);
        // Each number is a filter whose rows add up to it.
        for value in facet.values.iter().filter(|value| value.events < 200) {
            let term = archive::query::filter::Term::is(facet.field, value.value.as_deref()).unwrap();
            let rows = all(&world, &format!("outcome:failure {term}"), Order::Newest).await;
            assert_eq!(rows.len() as u64, value.events);
        }
    }
}

#[tokio::test]
async fn how_the_time_of_counts_is_sealed_is_what_the_records_say() {
    let mut world = World::gzip().await;
    let count = async |world: &World| {
        let interval = Interval::Hour;
        let request =
            CountsRequest { filter: filter(""), from: None, to: None, interval, by: None, sealing: true };
        world.counts(request).await
    };
    let counts = count(&world).await;
    let unsealed = events().len() as u64 - counts.sealing.as_ref().unwrap().intervals[0].events;
    assert_eq!((counts.total, counts.unsealed, counts.let_go), (2_900, unsealed, 0));
    let states = |counts: &CountsAnswer| {
        let sealing = counts.sealing.clone().unwrap();
        assert_eq!((sealing.signed, sealing.delivered), (sealing.parts, sealing.parts));
        sealing.intervals.iter().map(|interval| interval.state).collect::<Vec<_>>()
    };
    assert_eq!(states(&counts), [SealState::Delivered, SealState::Unsealed]);
    // The sums of what is sealed are those of the charts.
    world.export_until("2023-07-10T15:10:00Z").await;
    let counts = count(&world).await;
    let sealed: u64 = counts.sealing.as_ref().unwrap().intervals.iter().map(|interval| interval.events).sum();
    assert_eq!((counts.total, counts.unsealed, sealed), (2_900, 0, 2_900));
    let expected =
        [SealState::Delivered, SealState::Delivered, SealState::Quiet, SealState::Quiet, SealState::Unsealed];
    assert_eq!(states(&counts), expected);
    assert_eq!(counts.sealing.unwrap().quiet, 2);
}

#[tokio::test]
async fn an_event_is_found_by_its_place_and_by_its_text_sealed_or_not() {
    let mut world = World::gzip().await;
    let rows = all(&world, "", Order::Oldest).await;
    let find = async |world: &World, time: Time, place: EventPlace| {
        world.ask(Ask::Event(EventRequest { time, place })).await
    };
    let (first, last) = (rows.first().unwrap(), rows.last().unwrap());
    for row in rows.iter().step_by(97).chain([first, last]) {
        let text = EventPlace::Text(Sha256::of(row.event.get().as_bytes()));
        let place = row.proof.part.zip(row.proof.position).map(|(part, at)| EventPlace::Sealed(part, at));
        for place in std::iter::once(text).chain(place) {
            let Answer::Event(found) = find(&world, row.time, place).await else { panic!("{place:?}") };
            assert_eq!((found.row.event.get(), found.row.time), (row.event.get(), row.time));
            assert_eq!(found.row.proof.state, row.proof.state);
        }
    }
    // Once it is sealed, its address is still good.
    assert_eq!(last.proof.state, ProofState::Unsealed);
    let address = EventPlace::Text(Sha256::of(last.event.get().as_bytes()));
    world.export_until("2023-07-10T14:10:00Z").await;
    let Answer::Event(found) = find(&world, last.time, address).await else { panic!() };
    assert_eq!((found.row.event.get(), found.row.proof.state), (last.event.get(), ProofState::Delivered));
    for wrong in [EventPlace::Sealed(PartNumber::new(1), 99_999), EventPlace::Text(Sha256::of(b"{}"))] {
        let Answer::Refused(refusal) = find(&world, first.time, wrong).await else { panic!("{wrong:?}") };
        assert_eq!(refusal.code, RefusalCode::NotFound);
    }
}

#[tokio::test]
async fn the_mapping_is_guessed_once_and_shown_with_examples() {
    let world = World::gzip().await;
    let Answer::Fields(fields) = world.ask(Ask::Fields).await else { panic!() };
    assert_eq!((fields.source.as_str(), fields.preset.as_deref()), ("guessed", Some("cloudtrail")));
    let actor = fields.fields.iter().find(|field| field.field == Field::Actor).unwrap();
    assert_eq!(actor.paths[0], "/userIdentity/arn");
    assert!(actor.events == fields.events && !actor.examples.is_empty());
    assert!(fields.unmapped.iter().any(|name| name.value.as_deref() == Some("userAgent")));
}

#[tokio::test]
async fn what_a_person_sets_counts_before_the_deployment_and_that_before_a_guess() {
    let mut world = World::gzip().await;
    let Answer::Fields(guessed) = world.ask(Ask::Fields).await else { panic!() };
    assert_eq!(guessed.source, "guessed");
    // The deployment sets it after the first guess was stored.
    let setting = FieldSetting::parse(r#"{"actor":"/userAgent"}"#).unwrap().unwrap();
    world.reader.fields = Some(setting.fields());
    let Answer::Fields(deployment) = world.ask(Ask::Fields).await else { panic!() };
    assert_eq!((deployment.source.as_str(), deployment.preset), ("deployment", None));
    let rows = world.rows(RowsRequest { filter: filter("actor:*"), ..Default::default() }).await.rows;
    let agent =
        |row: &RowAnswer| row.fields.get(&Field::Actor).is_some_and(|actor| !actor.starts_with("arn:"));
    assert!(!rows.is_empty() && rows.iter().all(agent));
    let stored = world.reader.mappings.mapping(&world.connector.id).await.unwrap();
    let fields = r#"{"actor":"/sourceIPAddress"}"#.parse().unwrap();
    let (by, now) = (Caller::Operator { name: "ops".into() }, world.reader.clock.now());
    let set = StoredMapping::set(stored.as_ref(), None, fields, by, now).unwrap();
    assert!(world.reader.mappings.store_mapping(&world.connector.id, &set).await.unwrap());
    let Answer::Fields(set) = world.ask(Ask::Fields).await else { panic!() };
    let actor = set.fields.iter().find(|field| field.field == Field::Actor).unwrap();
    assert_eq!((set.source.as_str(), actor.paths[0].as_str()), ("set", "/sourceIPAddress"));
}

#[tokio::test]
async fn what_is_wrong_is_an_error_that_names_the_right_form() {
    let world = World::gzip().await;
    let rows = |change: fn(&mut RowsRequest)| {
        let mut request = RowsRequest::default();
        change(&mut request);
        Ask::Rows(request)
    };
    for (ask, text) in [
        (rows(|rows| rows.limit = Some(0)), "from 1 to 200"),
        (rows(|rows| rows.limit = Some(201)), "from 1 to 200"),
        (rows(|rows| rows.cursor = Some("x".into())), "use `next_cursor` of the page before"),
        (
            rows(|rows| {
                rows.from = Some(at("2023-07-10T12:00:00Z"));
                rows.to = Some(at("2023-07-10T12:00:00Z"));
            }),
            "must be before",
        ),
    ] {
        let refusal = world.refused(crate::world::operator(), ask).await;
        assert!(refusal.detail.contains(text), "{refusal:?}");
    }
    let first = world.rows(RowsRequest { limit: Some(1), ..Default::default() }).await;
    let other = RowsRequest { filter: filter("actor:ana"), cursor: first.next_cursor, ..Default::default() };
    let refusal = world.refused(crate::world::operator(), Ask::Rows(other)).await;
    assert!(refusal.detail.contains("belongs to another"), "{refusal:?}");
}

/// Each look at it is ten seconds later.
struct Hasty(std::sync::atomic::AtomicI64);

#[async_trait::async_trait]
impl Clock for Hasty {
    fn now(&self) -> Time {
        let ten_seconds_later = self.0.fetch_add(10_000, std::sync::atomic::Ordering::Relaxed);
        Time::from_millis(ten_seconds_later).unwrap()
    }

    async fn sleep(&self, _: std::time::Duration) {}
}

#[tokio::test]
async fn a_search_ends_in_time_and_says_how_far_it_came() {
    let mut world = World::gzip().await;
    let now = world.reader.clock.now().millis();
    world.reader.clock = std::sync::Arc::new(Hasty(now.into()));
    let page = world.rows(RowsRequest::default()).await;
    assert!(page.lag.searched_to.is_some() && page.next_cursor.is_some(), "{:?}", page.lag);
    let facets =
        FacetsRequest { filter: filter(""), from: None, to: None, fields: vec![Field::Ip], limit: None };
    let refusal = world.refused(crate::world::operator(), Ask::Facets(facets)).await;
    assert!(refusal.detail.contains("too many events for one request"), "{refusal:?}");
}
