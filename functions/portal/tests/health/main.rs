//! The pages that say whether the log arrives, as a browser without scripts gets them.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod external_id;
mod files;
mod headline;
mod size;
mod world;

use axum::http::StatusCode;
use ports::PortalLinks as _;
use protocol::portal::{Abilities, Ability, LinkScope};
use tests::fixtures::tenant;
use world::World;

/// The pages about a connector.
fn pages(id: &impl std::fmt::Display) -> [String; 4] {
    ["", "/exports", "/exports/1", "/changes"].map(|page| format!("/portal/connectors/{id}{page}"))
}

#[tokio::test]
async fn another_tenants_pages_do_not_exist() {
    let world = World::new();
    let theirs = world.active("globex", "globex-log", 2, 0).await;
    let dana = world.person("acme").await;
    let of_tenant = ["/portal/health", "/portal/changes", "/portal/proof", "/portal/health/live"];
    let named = of_tenant.map(|path| format!("{path}?tenant=globex"));
    for path in pages(&theirs.id).into_iter().chain(named) {
        let answer = world.get(&dana, &path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!answer.has("globex"), "{path}");
    }
    for path in of_tenant {
        assert!(!world.get(&dana, path).await.has("globex-log"), "{path}");
    }
}

#[tokio::test]
async fn an_operator_sees_a_tenants_pages_and_the_tenant_sees_that_it_was_the_vendor() {
    let world = World::new();
    let theirs = world.active("acme", "acme-log", 2, 0).await;
    let ops = world.operator().await;
    let chosen = world.get(&ops, "/portal/health").await;
    assert_eq!(chosen.status, StatusCode::SEE_OTHER);
    assert_eq!(chosen.headers["location"], "/portal/operators");
    assert!(world.ledger.visits(&tenant("acme"), 9).await.unwrap().is_empty());
    for path in pages(&theirs.id) {
        assert_eq!(world.get(&ops, &path).await.status, StatusCode::OK, "{path}");
    }
    let health = world.get(&ops, "/portal/health?tenant=acme").await;
    assert!(health.has("/portal/changes?tenant=acme"), "the navigation keeps the tenant");
    assert_eq!(world.ledger.visits(&tenant("acme"), 9).await.unwrap().len(), 1);
    let dana = world.person("acme").await;
    let changes = world.get(&dana, "/portal/changes").await;
    assert!(changes.has("<strong>Northwind</strong> looked at these pages"), "{}", changes.body);
    assert!(changes.has("<strong>Dana Ruiz</strong> opened a link from 203.0.113.0/24"), "{}", changes.body);
    assert!(!changes.has("user/Ops"));
    assert!(world.get(&ops, "/portal/changes?tenant=acme").await.has("user/Ops"));
}

#[tokio::test]
async fn news_are_empty_until_something_changes_and_never_extend_the_session() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 3, 1).await;
    let dana = world.person("acme").await;
    let page = world.get(&dana, "/portal/health").await;
    let at = page.body.find("data-live=\"").unwrap() + "data-live=\"".len();
    let path = page.body[at..].split('"').next().unwrap().to_owned();
    let (scope, before) = (LinkScope::Tenant { tenant: tenant("acme") }, None);
    let link = async || world.ledger.portal_links(&scope, before, 1).await.unwrap().items.remove(0);
    let used = link().await;
    world.clock.advance(std::time::Duration::from_mins(5));
    assert_eq!(world.get(&dana, &path).await.status, StatusCode::NO_CONTENT);
    world.block(&ours, "AccessDenied").await;
    let news = world.get(&dana, &path).await;
    assert!(news.status == StatusCode::OK && news.has("Your log does not arrive") && !news.has("<html"));
    assert_ne!(news.body.split('"').nth(1).unwrap(), path, "the next request names the new state");
    assert_eq!(link().await, used);
}

#[tokio::test]
async fn only_who_may_operate_is_offered_to_try_again() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 3, 1).await;
    world.block(&ours, "AccessDenied").await;
    let scope = LinkScope::Tenant { tenant: tenant("acme") };
    let viewer = world.session(scope, Abilities::from_iter([Ability::View]), "Eve").await;
    for path in ["/portal/health".to_owned(), format!("/portal/connectors/{}", ours.id)] {
        assert!(world.get(&world.person("acme").await, &path).await.has("Try again now"), "{path}");
        let shown = world.get(&viewer, &path).await;
        assert!(!shown.has("Try again now") && !shown.has("/settings\""), "{path}");
        assert!(shown.has("s3:PutObject") && shown.has("Next automatic try"), "{path}");
    }
}

/// Every text on these pages that somebody else writes: names, tenants, what AWS answers.
#[tokio::test]
async fn every_text_of_others_is_text() {
    const MARKUP: &str = "<script>alert(1)</script>";
    let world = World::new();
    let ours = world.active(MARKUP, "acme-log", 3, 1).await;
    world.block(&ours, MARKUP).await;
    let scope = LinkScope::Tenant { tenant: tenant(MARKUP) };
    let dana = world.session(scope, Abilities::all(), MARKUP).await;
    let of_tenant = ["/portal/health", "/portal/changes", "/portal/proof"].map(str::to_owned);
    for path in pages(&ours.id).into_iter().chain(of_tenant) {
        let answer = world.get(&dana, &path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert!(answer.has("&lt;script&gt;alert(1)"), "{path} shows it");
        assert!(!answer.has(MARKUP), "{path}");
        assert!(!answer.has("style=") && !answer.has("onclick"), "{path} has nothing inline");
    }
}
