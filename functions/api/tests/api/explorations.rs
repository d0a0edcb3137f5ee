//! Saved explorations, and who has searched: what a tenant's people share, and nobody else sees.

use ports::SearchLog as _;
use protocol::caller::Caller;
use protocol::exploration::{SearchKind, SearchRecord};
use serde_json::{Value, json};
use tests::fixtures::{at, tenant};

use crate::world::{ApiResponse, TestCaller, World, id_in};

const ACME: TestCaller = TestCaller::Tenant("acme");
const GLOBEX: TestCaller = TestCaller::Tenant("globex");
const SAVED: &str = "/v1/tenants/acme/explorations";
const SEARCHES: &str = "/v1/tenants/acme/searches";

async fn save(world: &World, body: Value) -> ApiResponse {
    world.request(ACME, "POST", SAVED, Some(body)).await
}

async fn names(world: &World, who: TestCaller) -> Vec<String> {
    let listed = world.request(who, "GET", SAVED, None).await;
    let all = listed.body["explorations"].as_array().unwrap();
    all.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_exploration_is_saved_listed_changed_and_deleted() {
    let world = World::new();
    let connector = id_in(&world.connected("acme").await);
    let body = json!({
        "name": " Failed logins ",
        "filter": "action:ConsoleLogin  outcome:failure",
        "columns": ["time", "actor", "/userAgent"],
        "chart": {"interval": "day", "by": "actor", "series": ["events"]},
        "connector": connector,
    });
    let saved = save(&world, body.clone()).await;
    assert_eq!((saved.status, saved.headers["etag"].as_str()), (201, "\"1\""));
    for field in ["filter", "columns", "chart", "connector"] {
        assert_eq!(saved.body[field], body[field], "{field}");
    }
    assert_eq!(saved.body["name"], "Failed logins");
    let by = json!({"kind": "tenant", "tenant": "acme", "name": "admin@acme.example"});
    assert_eq!((&saved.body["created_by"], &saved.body["version"]), (&by, &json!(1)));
    assert_eq!(saved.body["created_at"], "2026-11-20T20:15:30.000Z");

    let path = saved.headers["location"].clone();
    let read = world.request(ACME, "GET", &path, None).await;
    assert_eq!((read.status, &read.body, &read.headers["etag"]), (200, &saved.body, &saved.headers["etag"]));
    save(&world, json!({"name": "Ärger"})).await;
    save(&world, json!({"name": "everything", "filter": "", "columns": []})).await;
    for who in [ACME, TestCaller::Operator] {
        assert_eq!(names(&world, who).await, ["everything", "Failed logins", "Ärger"]);
    }

    world.clock.advance(std::time::Duration::from_mins(1));
    let change = json!({"name": "Logins", "filter": "action:ConsoleLogin", "chart": null});
    let tag = [("if-match", "\"1\"")];
    let changed = world.request_with_headers(ACME, "PATCH", &path, &tag, Some(change)).await;
    assert_eq!((changed.status, changed.headers["etag"].as_str()), (200, "\"2\""));
    assert_eq!((&changed.body["name"], changed.body.get("chart")), (&json!("Logins"), None));
    assert_eq!(
        (&changed.body["columns"], &changed.body["connector"]),
        (&body["columns"], &body["connector"])
    );
    assert_eq!(changed.body["changed_at"], "2026-11-20T20:16:30.000Z");
    let nothing = world.request(ACME, "PATCH", &path, Some(json!({}))).await;
    assert_eq!(nothing.body, changed.body, "a change of nothing changes nothing");

    for _ in 0..2 {
        let deleted = world.request(ACME, "DELETE", &path, None).await;
        assert_eq!((deleted.status, &deleted.body["deleted"]), (200, &saved.body["id"]));
    }
    assert_eq!(world.request(ACME, "GET", &path, None).await.code(), "no_such_log");
    assert_eq!(names(&world, ACME).await, ["everything", "Ärger"]);
}

#[tokio::test]
async fn another_tenants_exploration_does_not_exist() {
    let world = World::new();
    let saved = save(&world, json!({"name": "mine", "filter": "actor:ana"})).await;
    let mine = saved.headers["location"].clone();
    let id = saved.body["id"].as_str().unwrap();
    // By its path, and by its ID among one's own.
    for path in [mine.clone(), format!("/v1/tenants/globex/explorations/{id}")] {
        let nobodys = path.replace(id, "exp_0000000000000000");
        for (method, body) in [("GET", None), ("PATCH", Some(json!({"name": "theirs"}))), ("DELETE", None)] {
            for headers in [&[][..], &[("if-match", "\"1\"")], &[("if-match", "\"9\"")]] {
                let refused = world.request_with_headers(GLOBEX, method, &path, headers, body.clone()).await;
                assert_eq!((refused.status, refused.code()), (404, "no_such_log"), "{method} {path}");
                let none = world.request_with_headers(GLOBEX, method, &nobodys, headers, body.clone()).await;
                assert_eq!(refused, none, "{method} {path} reveals that it exists");
            }
        }
    }
    for (method, path) in [("GET", SAVED), ("POST", SAVED), ("GET", SEARCHES)] {
        let body = (method == "POST").then(|| json!({"name": 1}));
        let refused = world.request(GLOBEX, method, path, body.clone()).await;
        assert_eq!((refused.status, refused.code()), (404, "no_such_log"), "{method} {path}");
        let nobodys = world.request(GLOBEX, method, &path.replace("acme", "nobody"), body).await;
        assert_eq!(refused, nobodys);
    }
    assert_eq!(names(&world, ACME).await, ["mine"]);
    let other =
        world.request(GLOBEX, "POST", "/v1/tenants/-/explorations", Some(json!({"name": "own"}))).await;
    assert_eq!(
        other.headers["location"],
        format!("/v1/tenants/globex/explorations/{}", other.body["id"].as_str().unwrap())
    );
    // Neither does a connector of another tenant.
    let theirs = id_in(&world.connected("globex").await);
    let of_theirs = save(&world, json!({"name": "x", "connector": theirs})).await;
    let of_nobody = save(&world, json!({"name": "x", "connector": "con_00000000000000aa"})).await;
    assert_eq!((of_theirs.status, of_theirs.pointers()), (422, vec!["/connector"]));
    let text = of_theirs.body.to_string().replace(theirs.as_str(), "con_00000000000000aa");
    assert_eq!(text, of_nobody.body.to_string());
}

#[tokio::test]
async fn a_tenant_whose_id_is_no_path_has_explorations_too() {
    let world = World::new();
    let me = TestCaller::Tenant("a/b c");
    let saved = world.request(me, "POST", "/v1/tenants/-/explorations", Some(json!({"name": "x"}))).await;
    assert_eq!(world.get(&saved.headers["location"]).await.body["name"], "x");
}

#[tokio::test]
async fn bad_input_is_named_all_at_once_and_nothing_is_saved() {
    let world = World::new();
    let many: Vec<String> = (0..51).map(|n| format!("/a{n}")).collect();
    for (body, pointers) in [
        (json!({}), vec!["/name"]),
        (json!({"name": ""}), vec!["/name"]),
        (json!({"name": "a\nb"}), vec!["/name"]),
        (json!({"name": "n".repeat(101)}), vec!["/name"]),
        (json!({"name": 7, "filter": "acton:x", "what": 1}), vec!["/name", "/filter", "/what"]),
        (json!({"name": "x", "filter": "a".repeat(2_001)}), vec!["/filter"]),
        (json!({"name": "x", "filter": "time:2026-11-20..2026-11-01"}), vec!["/filter"]),
        (json!({"name": "x", "columns": ["time", "when"]}), vec!["/columns/1"]),
        (json!({"name": "x", "columns": ["actor", "actor"]}), vec!["/columns"]),
        (json!({"name": "x", "columns": many}), vec!["/columns"]),
        (json!({"name": "x", "columns": "actor"}), vec!["/columns"]),
        (json!({"name": "x", "chart": {}}), vec!["/chart/interval"]),
        (json!({"name": "x", "chart": {"interval": "whole"}}), vec!["/chart/interval"]),
        (json!({"name": "x", "chart": {"interval": "day", "by": "id"}}), vec!["/chart/by"]),
        (json!({"name": "x", "chart": {"interval": "day", "by": "acton"}}), vec!["/chart/by"]),
        (
            json!({"name": "x", "chart": {"interval": "day", "series": ["a", "b", "c"]}}),
            vec!["/chart/series"],
        ),
        (json!({"name": "x", "chart": {"interval": "day", "typo": 1}}), vec!["/chart/typo"]),
        (json!({"name": "x", "chart": null}), vec!["/chart"]),
        (json!({"name": "x", "connector": "con_1"}), vec!["/connector"]),
    ] {
        let refused = save(&world, body.clone()).await;
        assert_eq!(
            (refused.status, refused.code(), refused.pointers()),
            (422, "refused", pointers),
            "{body}"
        );
    }
    let typo = save(&world, json!({"name": "x", "filter": "acton:x"})).await;
    let detail = typo.body["detail"].as_str().unwrap();
    assert!(detail.contains("character 1") && detail.contains("Did you mean `action:`?"), "{detail}");
    for (path, pointer) in [
        (format!("{SAVED}?limit=1"), "/limit"),
        (format!("{SEARCHES}?limit=0"), "/limit"),
        (format!("{SEARCHES}?cursor=7365617263683a"), "/cursor"),
        (format!("{SEARCHES}?cursor="), "/cursor"),
        (format!("{SEARCHES}?before=1"), "/before"),
    ] {
        let refused = world.request(ACME, "GET", &path, None).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec![pointer]), "{path}");
    }
    assert!(names(&world, ACME).await.is_empty());

    let path = save(&world, json!({"name": "x"})).await.headers["location"].clone();
    for (body, pointer) in [
        (json!({"name": null}), "/name"),
        (json!({"filter": "\"open"}), "/filter"),
        (json!({"columns": null}), "/columns"),
        (json!({"chart": 1}), "/chart"),
        (json!({"connector": "con_00000000000000aa"}), "/connector"),
    ] {
        let refused = world.request(ACME, "PATCH", &path, Some(body.clone())).await;
        assert_eq!((refused.status, refused.pointers()), (422, vec![pointer]), "{body}");
    }
    for id in ["exp_1", "exp_000000000000000G", "x", "%2e%2e", "%ff"] {
        let missing = world.request(ACME, "GET", &format!("{SAVED}/{id}"), None).await;
        assert_eq!((missing.status, missing.code()), (404, "no_such_log"), "{id}");
    }
}

#[tokio::test]
async fn a_repeated_creation_with_one_key_saves_one_exploration() {
    let world = World::new();
    let key = [("idempotency-key", "k")];
    let send = async |body| world.request_with_headers(ACME, "POST", SAVED, &key, Some(body)).await;
    let body = json!({"name": "x", "filter": "actor:ana"});
    let first = send(body.clone()).await;
    assert_eq!((first.status, send(body.clone()).await), (201, first.clone()));
    let other = send(json!({"name": "x", "filter": "actor:bob"})).await;
    assert_eq!((other.status, other.code()), (422, "idempotency_key_reused"));
    assert_eq!(names(&world, ACME).await, ["x"]);
    world.request(ACME, "DELETE", &first.headers["location"], None).await;
    let late = send(body).await;
    assert_eq!((late.status, late.code()), (422, "idempotency_key_reused"), "it brings nothing back");
    let bad = [("idempotency-key", "a b")];
    let refused = world.request_with_headers(ACME, "POST", SAVED, &bad, Some(json!({"name": "x"}))).await;
    assert_eq!((refused.status, refused.code()), (400, "malformed"));
}

#[tokio::test]
async fn a_change_of_an_older_version_is_refused_with_the_current_one() {
    let world = World::new();
    let path = save(&world, json!({"name": "x"})).await.headers["location"].clone();
    let rename = |name: &str| Some(json!({"name": name}));
    world.request(ACME, "PATCH", &path, rename("y")).await;
    for tag in ["\"1\"", "\"3\"", "W/\"2\"", "\"other\""] {
        for (method, body) in [("PATCH", rename("z")), ("DELETE", None)] {
            let stale = world.request_with_headers(ACME, method, &path, &[("if-match", tag)], body).await;
            assert_eq!((stale.status, stale.code()), (409, "stale"), "{method} {tag}");
            assert_eq!(
                (&stale.body["current_version"], stale.headers["etag"].as_str()),
                (&json!(2), "\"2\"")
            );
        }
    }
    assert_eq!(names(&world, ACME).await, ["y"]);
    let deleted = world.request_with_headers(ACME, "DELETE", &path, &[("if-match", "\"2\"")], None).await;
    assert_eq!(deleted.status, 200);
}

fn search(by: Caller, kind: SearchKind, time: &str) -> SearchRecord {
    SearchRecord {
        tenant: tenant("acme"),
        connector: "con_0000000000000001".parse().unwrap(),
        by,
        kind,
        filter: "actor:(hidden) action:ConsoleLogin".parse().unwrap(),
        at: at(time),
    }
}

#[tokio::test]
async fn a_tenant_sees_who_has_searched_page_by_page_and_not_which_operator() {
    let world = World::new();
    let ann = Caller::Tenant { tenant: tenant("acme"), name: "ann".to_owned() };
    let ops = Caller::Operator { name: "ops".to_owned() };
    for record in [
        search(ann.clone(), SearchKind::Rows, "2026-11-20T10:00:00Z"),
        search(ops, SearchKind::Download, "2026-11-20T11:00:00Z"),
        search(ann, SearchKind::Facets, "2026-11-20T12:00:00Z"),
    ] {
        world.ledger.record_search(&record).await.unwrap();
    }
    let mut kinds = Vec::new();
    let mut path = format!("{SEARCHES}?limit=2");
    loop {
        let page = world.request(ACME, "GET", &path, None).await;
        assert_eq!(page.status, 200, "{page:?}");
        for one in page.body["searches"].as_array().unwrap() {
            assert_eq!(one["filter"], "actor:(hidden) action:ConsoleLogin");
            kinds.push((one["kind"].as_str().unwrap().to_owned(), one["by"].get("name").cloned()));
        }
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        path = format!("{SEARCHES}?limit=2&cursor={next}");
    }
    let ann = Some(json!("ann"));
    let expected = [("facets", ann.clone()), ("download", None), ("rows", ann)];
    assert_eq!(kinds, expected.map(|(kind, name)| (kind.to_owned(), name)));
    let seen = world.get(SEARCHES).await;
    assert_eq!(seen.body["searches"][1]["by"], json!({"kind": "operator", "name": "ops"}));
}
