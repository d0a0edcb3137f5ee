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
