//! Requests that another site's page sends in a person's name.

use portal::ROUTES;
use protocol::portal::Abilities;

use crate::world::{Sent, URL, World, path_of};

#[tokio::test]
async fn no_page_of_another_site_changes_anything() {
    let mut world = World::start().await;
    let cookie = world.session("acme", Abilities::all()).await;
    let connector = world.connector("acme").await;
    let published = world.published().len();
    let foreign: [&[(&str, &str)]; 8] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", URL)],
        &[("sec-fetch-site", "none")],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "https://audit.vendor.example.evil.example")],
        &[("referer", "https://audit.vendor.example/portal/health")],
        &[],
    ];
    let unsafe_routes: Vec<_> = ROUTES.iter().filter(|route| route.method != "GET").collect();
    assert!(unsafe_routes.len() > 10);
    for route in unsafe_routes {
        let path = path_of(route, &connector);
        for headers in foreign {
            let sent = Sent { headers: headers.to_vec(), ..Sent::post(&path).with(&cookie) };
            let answer = world.send(sent).await;
            assert_eq!(answer.status, 403, "{path} {headers:?}: {answer:?}");
            assert!(answer.body.contains("nothing was changed"), "{path}");
        }
    }
    let caller = protocol::caller::Caller::System;
    let now = world.onboarding().read(&caller, &connector.id).await.unwrap().connector;
    assert_eq!(now, connector);
    assert_eq!(world.published().len(), published);
}

#[tokio::test]
async fn a_browser_without_fetch_metadata_gets_in_by_its_origin() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    let entered = world.send(Sent { headers: vec![("origin", URL)], ..Sent::post(&link) }).await;
    assert_eq!(entered.status, 303, "{entered:?}");
}

#[tokio::test]
async fn a_page_never_changes_anything_by_being_opened() {
    let mut world = World::start().await;
    let cookie = world.session("acme", Abilities::all()).await;
    let connector = world.connector("acme").await;
    let published = world.published().len();
    for route in ROUTES.iter().filter(|route| route.method == "GET") {
        for method in ["GET", "HEAD"] {
            let answer = world
                .send(
                    Sent { headers: vec![], ..Sent::new(method, &path_of(route, &connector)) }.with(&cookie),
                )
                .await;
            assert!(answer.status < 500, "{}: {answer:?}", route.path);
        }
    }
    let now = world.onboarding().read(&protocol::caller::Caller::System, &connector.id).await.unwrap();
    assert_eq!(now.connector, connector);
    assert_eq!(world.published().len(), published);
}
