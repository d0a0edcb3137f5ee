//! Requests are idempotent, and pagination shows every item once.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{TestCaller, World, destination, id_in};

#[tokio::test]
async fn the_same_key_and_values_create_one_connector() {
    let world = World::new();
    let key = [("idempotency-key", "0f8fad5b-d9cb-469f-a165-70867728950e")];
    let body = json!({"tenant": "acme", "frequency": 6, "destination": destination(1)});
    let first = world
        .request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &key, Some(body.clone()))
        .await;
    let again = world
        .request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &key, Some(body.clone()))
        .await;
    assert_eq!((first.status, &first), (201, &again));
    // Also after a change: it is still that connector.
    world
        .request(TestCaller::Operator, "PATCH", &first.headers["location"], Some(json!({"frequency": 12})))
        .await;
    let later =
        world.request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &key, Some(body)).await;
    assert_eq!(
        (later.status, &later.body["id"], &later.body["frequency"]),
        (201, &first.body["id"], &json!(12))
    );

    let other = json!({"tenant": "acme", "frequency": 7});
    let reused =
        world.request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &key, Some(other)).await;
    assert_eq!((reused.status, reused.code()), (422, "idempotency_key_reused"));
    let another = json!({"tenant": "globex", "frequency": 6});
    let theirs =
        world.request_with_headers(TestCaller::Operator, "POST", "/v1/connectors", &key, Some(another)).await;
    assert_ne!((theirs.status, &theirs.body["id"]), (201, &first.body["id"]), "a key belongs to one tenant");
    assert_eq!(world.get("/v1/connectors?tenant=acme").await.body["connectors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn without_a_key_each_request_creates_one() {
    let world = World::new();
    for _ in 0..2 {
        world.request(TestCaller::Tenant("acme"), "POST", "/v1/connectors", Some(json!({}))).await;
    }
    assert_eq!(world.get("/v1/connectors").await.body["connectors"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_run_is_requested_once_with_each_key() {
    let world = World::new();
    let path = format!("{}/run", world.active("acme").await);
    let ask = async |key| {
        world
            .request_with_headers(TestCaller::Operator, "POST", &path, &[("idempotency-key", key)], None)
            .await
    };
    world.clock.advance(Duration::from_mins(30));
    let first = ask("a").await;
    assert_eq!((first.status, &first.body["up_to"]), (202, &json!("2026-11-20T20:40:30.000Z")));
    world.clock.advance(Duration::from_mins(1));
    assert_eq!(ask("a").await, first, "a repeated request gets the same response");
    assert_eq!(ask("b").await.body["up_to"], "2026-11-20T20:41:30.000Z");
}

/// All items of a listing, page by page, and the number of pages.
async fn all(world: &World, path: &str, list: &str) -> (Vec<Value>, usize) {
    let (mut items, mut pages, mut cursor) = (Vec::new(), 0, String::new());
    loop {
        let page = world.get(&format!("{path}?limit=2{cursor}")).await;
        assert_eq!(page.status, 200, "{page:?}");
        let on_page = page.body[list].as_array().unwrap().clone();
        assert!(on_page.len() <= 2);
        items.extend(on_page);
        pages += 1;
        let Some(next) = page.body["next_cursor"].as_str() else { return (items, pages) };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn pages_show_everything_once() {
    let world = World::new();
    let path = world.active("acme").await;
    for _ in 0..3 {
        world.export(&path, true).await;
    }
    for _ in 0..3 {
        world.connected("acme").await;
    }
    let (connectors, pages) = all(&world, "/v1/connectors", "connectors").await;
    let mut ids: Vec<_> = connectors.iter().map(|connector| connector["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), pages), (4, 2));
    ids.dedup();
    assert!(ids.len() == 4 && ids.is_sorted() && ids.contains(&id_in(&path).as_str()));
    let (parts, pages) = all(&world, &format!("{path}/exports"), "exports").await;
    assert_eq!(parts.iter().map(|part| part["part"].as_u64().unwrap()).collect::<Vec<_>>(), [3, 2, 1]);
    assert_eq!(pages, 2);
    let (changes, _) = all(&world, &format!("{path}/changes"), "changes").await;
    assert_eq!(
        changes.iter().map(|change| change["version"].as_u64().unwrap()).collect::<Vec<_>>(),
        [3, 2, 1]
    );
}

#[tokio::test]
async fn a_cursor_belongs_to_one_listing_only() {
    let world = World::new();
    let path = world.active("acme").await;
    let page = world.get(&format!("{path}/changes?limit=1")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    assert_eq!(world.get(&format!("{path}/exports?cursor={cursor}")).await.code(), "malformed");
    assert_eq!(world.get(&format!("/v1/connectors?cursor={cursor}")).await.code(), "malformed");
}
