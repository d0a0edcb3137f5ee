//! Questions about a tenant's log: what the reader is asked, and what the caller is answered.

use archive::fields::Field;
use archive::query::counts::Interval;
use archive::query::output::{Cells, OutputFormat};
use archive::query::row::Order;
use control::explorer::{Ask, Explorer, MAX_ROWS, Proof, RefusalCode};
use protocol::caller::Caller;
use serde_json::{Value, json};

use crate::broken::{Broken, SECRET};
use crate::reader::{DOWNLOAD, person};
use crate::world::{ApiResponse, TestCaller, World};

const ACME: TestCaller = TestCaller::Tenant("acme");
const EVENTS: &str = "/v1/tenants/acme/events";

async fn get(world: &World, path: &str) -> ApiResponse {
    world.request(ACME, "GET", path, None).await
}

async fn download(world: &World, body: Value) -> ApiResponse {
    world.request(ACME, "POST", &format!("{EVENTS}/downloads"), Some(body)).await
}

/// All questions, each as it is accepted.
fn questions(events: &str) -> Vec<(&'static str, String, Option<Value>)> {
    vec![
        ("GET", events.to_owned(), None),
        ("GET", format!("{events}/counts"), None),
        ("GET", format!("{events}/facets?fields=actor"), None),
        ("GET", format!("{events}/fields"), None),
        ("POST", format!("{events}/downloads"), Some(json!({"format": "csv"}))),
        ("GET", format!("{events}/downloads/{DOWNLOAD}"), None),
    ]
}

#[tokio::test]
async fn a_page_is_asked_for_as_the_parameters_say_and_answered_as_the_reader_does() {
    let world = World::new();
    let query = "filter=action%3AConsoleLogin+-outcome%3Asuccess&from=2026-11-01T00:00:00Z\
                 &to=2026-11-20T00%3A00%3A00%2B00%3A00&order=oldest&limit=200&cursor=abc\
                 &connector=con_0000000000000001";
    let page = get(&world, &format!("{EVENTS}?{query}")).await;
    assert_eq!((page.status, &page.body["next_cursor"]), (200, &json!("eyJzIjp9")));
    assert_eq!(page.body["rows"][0]["event"], json!({"who": person("acme"), "n": 1.50}));
    assert_eq!(page.body["rows"][1]["proof"]["part"], 42);
    let asked = world.reader.last();
    let Proof::Caller(Caller::Tenant { tenant, .. }) = &asked.by else { panic!("{asked:?}") };
    assert_eq!((tenant.as_str(), asked.tenant.as_str()), ("acme", "acme"));
    assert_eq!(asked.connector.unwrap().as_str(), "con_0000000000000001");
    let Ask::Rows(rows) = asked.ask else { panic!("rows") };
    assert_eq!(rows.filter.to_string(), "action:ConsoleLogin -outcome:success");
    assert_eq!(rows.from.unwrap().to_string(), "2026-11-01T00:00:00.000Z");
    assert_eq!(rows.to.unwrap().to_string(), "2026-11-20T00:00:00.000Z");
    assert_eq!(
        (rows.order, rows.limit, rows.cursor.as_deref()),
        (Order::Oldest, Some(MAX_ROWS), Some("abc"))
    );
}

#[tokio::test]
async fn what_is_left_out_is_left_to_the_reader() {
    let world = World::new();
    get(&world, &format!("{EVENTS}?filter=")).await;
    let Ask::Rows(rows) = world.reader.last().ask else { panic!("rows") };
    assert!(rows.filter.terms().is_empty() && rows.from.is_none() && rows.to.is_none());
    assert_eq!((rows.order, rows.limit, rows.cursor), (Order::Newest, None, None));
    get(&world, &format!("{EVENTS}/counts")).await;
    let Ask::Counts(counts) = world.reader.last().ask else { panic!("counts") };
    assert_eq!((counts.interval, counts.by), (Interval::Day, None));
    download(&world, json!({"format": "ndjson"})).await;
    let Ask::Download(file) = world.reader.last().ask else { panic!("a download") };
    assert_eq!((file.format, file.columns.len(), file.cells), (OutputFormat::Ndjson, 0, Cells::Safe));
}

#[tokio::test]
async fn counts_and_facets_are_by_fields_whose_values_can_be_counted() {
    let world = World::new();
    let counts = get(&world, &format!("{EVENTS}/counts?interval=hour&by=actor")).await;
    assert_eq!((counts.status, &counts.body["counts"][0]["value"]), (200, &Value::Null));
    let Ask::Counts(asked) = world.reader.last().ask else { panic!("counts") };
    assert_eq!((asked.interval, asked.by, asked.sealing), (Interval::Hour, Some(Field::Actor), false));
    let sealed = get(&world, &format!("{EVENTS}/counts?include=sealing")).await;
    assert_eq!(sealed.body["sealing"]["intervals"][0]["state"], "waiting");
    let facets = get(&world, &format!("{EVENTS}/facets?fields=outcome,action,outcome&limit=3")).await;
    assert_eq!((facets.status, &facets.body["facets"][1]["field"]), (200, &json!("action")));
    let Ask::Facets(asked) = world.reader.last().ask else { panic!("facets") };
    assert_eq!((asked.fields, asked.limit), (vec![Field::Outcome, Field::Action], Some(3)));
    let fields = get(&world, &format!("{EVENTS}/fields")).await;
    assert_eq!((fields.status, &fields.body["fields"][0]["paths"]), (200, &json!(["/who"])));
}

#[tokio::test]
async fn a_small_file_is_there_at_once_and_a_large_one_later() {
    let world = World::new();
    let body = json!({
        "filter": "actor:ana", "from": "2026-11-01T00:00:00Z", "to": "2026-11-20T00:00:00Z", "order": "oldest",
        "format": "csv", "columns": ["time", "/userAgent"], "cells": "exact", "connector": "con_0000000000000001",
    });
    let made = download(&world, body).await;
    assert_eq!((made.status, &made.body["receipt"]["whole"]), (201, &json!(true)));
    let asked = world.reader.last();
    assert_eq!(asked.connector.unwrap().as_str(), "con_0000000000000001");
    let Ask::Download(file) = asked.ask else { panic!("a download") };
    assert_eq!((file.rows.order, file.cells), (Order::Oldest, Cells::Exact));
    assert_eq!(file.columns.iter().map(ToString::to_string).collect::<Vec<_>>(), ["time", "/userAgent"]);
    let again = get(&world, &made.headers["location"]).await;
    assert_eq!((again.status, &again.body["url"]), (200, &made.body["url"]));
    let Ask::DownloadStatus(asked) = world.reader.last().ask else { panic!("a download") };
    assert_eq!(asked.id, DOWNLOAD);
    world.reader.be_slow();
    let accepted = download(&world, json!({"format": "json"})).await;
    assert_eq!((accepted.status, accepted.body.get("url")), (202, None));
    let waiting = get(&world, &accepted.headers["location"]).await;
    assert_eq!((waiting.status, waiting.body.get("receipt")), (200, None));
}

#[tokio::test]
async fn bad_parameters_are_named_all_at_once_and_the_reader_is_not_asked() {
    let world = World::new();
    let query =
        "filter=acton%3Ax&from=yesterday&to=2026-13-01T00:00:00Z&order=up&limit=201&connector=x&what=1";
    let refused = get(&world, &format!("{EVENTS}?{query}")).await;
    assert_eq!((refused.status, refused.code()), (400, "malformed"));
    let pointers = ["/filter", "/from", "/to", "/order", "/limit", "/connector", "/what"];
    assert_eq!(refused.pointers(), pointers);
    let errors = refused.body["errors"].to_string();
    assert!(errors.contains("character 1") && errors.contains("Did you mean `action:`?"), "{errors}");
    for (path, pointer) in [
        (format!("?filter={}", "a".repeat(2_001)), "/filter"),
        (format!("?filter=a%3A{}", "*x".repeat(11)), "/filter"),
        ("?filter=ip%3A10.0.0.1/8".to_owned(), "/filter"),
        ("?filter=time%3A2026-11-20..2026-11-01".to_owned(), "/filter"),
        ("?filter=%22open".to_owned(), "/filter"),
        ("?limit=0".to_owned(), "/limit"),
        ("?from=1969-12-31T23:59:59Z".to_owned(), "/from"),
        ("?from=2026-11-02T00:00:00Z&to=2026-11-02T00:00:00Z".to_owned(), "/to"),
        ("/counts?from=2026-11-02T00:00:00Z&to=2026-11-01T00:00:00Z".to_owned(), "/to"),
        ("?tenant=globex".to_owned(), "/tenant"),
        ("/counts?interval=minute".to_owned(), "/interval"),
        ("/counts?include=all".to_owned(), "/include"),
        ("/counts?by=id".to_owned(), "/by"),
        ("/counts?by=actor,ip".to_owned(), "/by"),
        ("/counts?limit=1".to_owned(), "/limit"),
        ("/facets".to_owned(), "/fields"),
        ("/facets?fields=".to_owned(), "/fields"),
        ("/facets?fields=actor,acton".to_owned(), "/fields"),
        ("/facets?fields=time".to_owned(), "/fields"),
        ("/facets?fields=actor&limit=1001".to_owned(), "/limit"),
        ("/fields?filter=a".to_owned(), "/filter"),
        (format!("/downloads/{DOWNLOAD}?limit=1"), "/limit"),
    ] {
        let refused = get(&world, &format!("{EVENTS}{path}")).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec![pointer]), "{path}");
    }
    for (body, pointer) in [
        (json!({}), "/format"),
        (json!({"format": "xml"}), "/format"),
        (json!({"format": "csv", "filter": "acton:x"}), "/filter"),
        (json!({"format": "csv", "filter": 1}), "/filter"),
        (json!({"format": "csv", "columns": ["time", "when"]}), "/columns/1"),
        (json!({"format": "csv", "cells": "raw"}), "/cells"),
        (json!({"format": "csv", "from": "now"}), "/from"),
        (json!({"format": "csv", "limit": 1}), "/limit"),
        (json!({"format": "csv", "connector": "con_1"}), "/connector"),
    ] {
        let refused = download(&world, body.clone()).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{body}");
    }
    for id in ["x-1", "%2e%2e", "%ff", &"a".repeat(65)] {
        let missing = get(&world, &format!("{EVENTS}/downloads/{id}")).await;
        assert_eq!((missing.status, missing.code()), (404, "no_such_log"), "{id}");
    }
    assert!(world.reader.asked().is_empty());
}

#[tokio::test]
async fn a_refusal_of_the_reader_is_a_problem_and_its_failure_says_nothing() {
    let world = World::new();
    for (code, status, problem) in [
        (RefusalCode::NotFound, 404, "no_such_log"),
        (RefusalCode::Forbidden, 403, "forbidden"),
        (RefusalCode::NotShown, 403, "events_not_shown"),
        (RefusalCode::Invalid, 422, "refused"),
        (RefusalCode::TooMuch, 422, "too_much"),
    ] {
        world.reader.refuse(code, "ask for less; use a filter");
        for (method, path, body) in questions(EVENTS) {
            let refused = world.request(ACME, method, &path, body).await;
            assert_eq!((refused.status, refused.code()), (status, problem), "{method} {path}");
            assert_eq!(refused.body["detail"], "Ask for less; use a filter.");
        }
    }
    for (broken, status) in [(Broken::Transient, 503), (Broken::Denied, 500), (Broken::Bug, 500)] {
        world.reader.fail(broken);
        for (method, path, body) in questions(EVENTS) {
            let failed = world.request(ACME, method, &path, body).await;
            assert_eq!(failed.status, status, "{method} {path}");
            assert!(!format!("{failed:?}").contains(SECRET));
        }
    }
    world.reader.misunderstand();
    for (method, path, body) in questions(EVENTS) {
        assert_eq!(world.request(ACME, method, &path, body).await.status, 500, "{method} {path}");
    }
}

#[tokio::test]
async fn a_deployment_without_a_reader_says_that_it_shows_no_events() {
    let world = World::new().with_explorer(Explorer::new(None));
    for (method, path, body) in questions(EVENTS) {
        let refused = world.request(ACME, method, &path, body).await;
        assert_eq!((refused.status, refused.code()), (403, "events_not_shown"), "{method} {path}");
        assert!(refused.body["detail"].as_str().unwrap().contains("PortalEvents"));
    }
}

#[tokio::test]
async fn another_tenants_log_does_not_exist_whatever_is_asked_of_it() {
    let world = World::new();
    for (method, theirs, body) in questions("/v1/tenants/globex/events") {
        let refused = world.request(ACME, method, &theirs, body.clone()).await;
        assert_eq!((refused.status, refused.code()), (404, "no_such_log"), "{method} {theirs}");
        let nobodys = world.request(ACME, method, &theirs.replace("globex", "nobody"), body.clone()).await;
        assert_eq!(refused, nobodys, "it reveals that it exists");
        let named = theirs.replace("globex", "-");
        let separator = if named.contains('?') { '&' } else { '?' };
        let named = format!("{named}{separator}tenant=globex");
        assert_eq!(world.request(ACME, method, &named, body.clone()).await, refused, "{named}");
        // Neither do its parameters reveal anything.
        let typo = format!("{theirs}{separator}what=1");
        assert_eq!(world.request(ACME, method, &typo, body.clone()).await, refused, "{typo}");
    }
    assert!(world.reader.asked().is_empty(), "the reader is not asked");
    for (method, mine, body) in questions(EVENTS) {
        let answer = world.request(ACME, method, &mine, body.clone()).await;
        assert!((200..300).contains(&answer.status), "{method} {mine}");
        assert!(!format!("{answer:?}").contains("globex"));
        let operators = world.request(TestCaller::Operator, method, &mine, body).await;
        assert_eq!(operators.status, answer.status, "an operator sees every log");
    }
}

#[tokio::test]
async fn a_tenant_whose_id_is_no_path_is_named_by_a_parameter() {
    let world = World::new();
    for tenant in ["a/b c", "-", "..", "\u{fc}#0", "100%"] {
        let escaped: String = form_urlencoded::byte_serialize(tenant.as_bytes()).collect();
        let me = TestCaller::Tenant(tenant);
        for (who, path) in [
            (TestCaller::Operator, format!("/v1/tenants/-/events?tenant={escaped}")),
            (me, format!("/v1/tenants/-/events?tenant={escaped}")),
            (me, "/v1/tenants/-/events".to_owned()),
        ] {
            let page = world.request(who, "GET", &path, None).await;
            assert_eq!((page.status, world.reader.last().tenant.as_str()), (200, tenant), "{path}");
        }
        let path = "/v1/tenants/-/events/downloads";
        let made = world.request(me, "POST", path, Some(json!({"format": "csv"}))).await;
        let location = &made.headers["location"];
        assert_eq!(
            world.request(TestCaller::Operator, "GET", location, None).await.status,
            200,
            "{location}"
        );
        assert_eq!(world.reader.last().tenant.as_str(), tenant);
    }
    let asked = world.reader.asked().len();
    let unnamed = world.request(TestCaller::Operator, "GET", "/v1/tenants/-/events", None).await;
    assert_eq!((unnamed.status, unnamed.pointers()), (400, vec!["/tenant"]));
    let wrong = world.request(ACME, "GET", "/v1/tenants/-/events?tenant=", None).await;
    assert_eq!((wrong.status, wrong.pointers()), (400, vec!["/tenant"]));
    assert_eq!(world.reader.asked().len(), asked);
}
