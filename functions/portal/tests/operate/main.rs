//! Walks through the pages of operating a connector, as a browser without scripts takes them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod access;
mod actions;
mod contacts;
mod operators;
mod settings;
mod world;

use axum::http::StatusCode;
use protocol::portal::{Abilities, Ability, LinkScope};
use tests::fixtures::tenant;
use world::World;

/// A text that would be markup if a page did not write it as text.
const MARKUP: &str = "<script>alert(1)</script>";

#[tokio::test]
async fn another_tenants_connector_does_not_exist_on_any_page() {
    let world = World::new();
    let theirs = world.active("globex", "globex-log", 2, 0).await;
    let dana = world.person("acme").await;
    let before = world.stored(&theirs);
    for route in portal::ROUTES.iter().filter(|route| route.path.contains("/connectors/{id}")) {
        let path = route.path.replace("{id}", theirs.id.as_str());
        // Only pages about one connector as a whole; a part's page has a number too.
        if path.contains('{') {
            continue;
        }
        let answer = match route.method {
            "GET" => world.get(&dana, &path).await,
            _ => world.post(&dana, &path, &[("version", "1"), ("confirm", "globex-log")]).await,
        };
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {path}", route.method);
        assert!(!answer.has("globex"), "{path}");
    }
    assert_eq!(world.stored(&theirs), before);
}

#[tokio::test]
async fn a_link_without_the_ability_gets_nothing_done() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 2, 0).await;
    let scope = LinkScope::Tenant { tenant: tenant("acme") };
    let viewer = world.session(scope, Abilities::from_iter([Ability::View]), "Eve").await;
    let before = world.stored(&ours);
    let needs = |ability| matches!(ability, Some(Ability::Operate | Ability::Contacts | Ability::Invite));
    // For a tenant's people the pages of operators do not exist.
    let of_tenants = portal::ROUTES.iter().filter(|route| !route.path.starts_with("/portal/operators"));
    for route in of_tenants.filter(|route| needs(route.ability)) {
        let path = route.path.replace("{id}", ours.id.as_str());
        let answer = match route.method {
            "GET" => world.get(&viewer, &path).await,
            _ => world.post(&viewer, &path, &[("version", "1")]).await,
        };
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {path}", route.method);
    }
    assert_eq!(world.stored(&ours), before);
}

#[tokio::test]
async fn whatever_is_in_a_path_or_query_a_page_answers_and_no_text_of_the_framework() {
    let world = World::new();
    let (draft, dana) = (world.draft("acme").await, world.person("acme").await);
    let page = format!("/portal/connectors/{}", draft.id);
    let mut paths = vec![
        format!("{page}/connect?saved=a&saved=b"),
        format!("{page}/connect?reader=a&reader=b"),
        "/portal/connectors/new?tenant=a&tenant=b".to_owned(),
        "/portal/connectors/new?tenant=%00".to_owned(),
    ];
    for route in portal::ROUTES.iter().filter(|route| route.method == "GET") {
        for bad in ["%ff", "%00", "%2e%2e", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"] {
            let names = ["{id}", "{number}", "{check}", "{token}", "{name}"];
            let path = names.iter().fold(route.path.to_owned(), |path, name| path.replace(name, bad));
            paths.push(path);
            paths.push(
                route
                    .path
                    .replace("{id}", draft.id.as_str())
                    .replace("{number}", bad)
                    .replace("{check}", bad),
            );
        }
    }
    for path in paths.iter().filter(|path| !path.contains('{')) {
        let answer = world.get(&dana, path).await;
        let kind = answer.headers.get("content-type").map_or("", |kind| kind.to_str().unwrap());
        let is_empty = answer.status.is_redirection() || answer.status == StatusCode::NO_CONTENT;
        assert!(is_empty || kind.starts_with("text/html"), "{path}: {} {kind}", answer.status);
        assert!(!answer.status.is_server_error() && !answer.has(MARKUP), "{path}: {}", answer.body);
    }
}
