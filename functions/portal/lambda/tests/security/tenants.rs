//! Other tenants' pages, and what a link does not allow.

use portal::ROUTES;
use protocol::portal::{Abilities, Ability, LinkKind, LinkScope};

use crate::world::{Sent, World, path_of};

#[tokio::test]
async fn another_tenants_connector_does_not_exist_on_any_page() {
    let mut world = World::start().await;
    let cookie = world.session("globex", Abilities::all()).await;
    let connector = world.connector("acme").await;
    let mut pages = 0;
    for route in ROUTES.iter().filter(|route| route.path.contains("{id}")) {
        let path = path_of(route, &connector);
        let answer = world.send(Sent::new(route.method, &path).with(&cookie)).await;
        assert_eq!(answer.status, 404, "{} {path}: {answer:?}", route.method);
        assert!(!answer.body.contains("acme") && !answer.body.contains(connector.external_id.as_str()));
        pages += 1;
    }
    assert!(pages > 10, "{pages}");
    for route in ROUTES.iter().filter(|route| route.method == "GET" && route.ability.is_some()) {
        let path = format!("{}?tenant=acme", path_of(route, &connector));
        let answer = world.send(Sent::get(&path).with(&cookie)).await;
        assert!(!answer.body.contains(connector.id.as_str()), "{path}");
        assert!(!answer.body.contains(">acme<"), "{path}");
    }
    let now = world.onboarding().read(&protocol::caller::Caller::System, &connector.id).await.unwrap();
    assert_eq!(now.connector, connector);
}

#[tokio::test]
async fn operators_pages_do_not_exist_for_tenants() {
    let mut world = World::start().await;
    let cookie = world.session("acme", Abilities::all()).await;
    let connector = world.connector("acme").await;
    let of_operators: Vec<_> =
        ROUTES.iter().filter(|route| route.path.starts_with("/portal/operators")).collect();
    assert!(!of_operators.is_empty());
    for route in of_operators {
        let path = path_of(route, &connector);
        let answer = world.send(Sent::new(route.method, &path).with(&cookie)).await;
        assert_eq!(answer.status, 404, "{} {path}: {answer:?}", route.method);
    }
    let operators = world.link_of(LinkScope::Operators, LinkKind::Redirect, "Olga", Abilities::all()).await;
    let operator = world.redeem(&operators).await;
    assert_eq!(world.send(Sent::get("/portal/operators").with(&operator)).await.status, 200);
}

#[tokio::test]
async fn a_page_needs_the_ability_that_its_route_names() {
    let mut world = World::start().await;
    let connector = world.connector("acme").await;
    let mut refused = 0;
    for missing in Ability::ALL.into_iter().filter(|ability| *ability != Ability::View) {
        let others = Ability::ALL.into_iter().filter(|ability| *ability != missing).collect::<Abilities>();
        let cookie = world.session("acme", others.clone()).await;
        let operators = world.link_of(LinkScope::Operators, LinkKind::Redirect, "Olga", others).await;
        let operator = world.redeem(&operators).await;
        for route in ROUTES.iter().filter(|route| route.ability == Some(missing)) {
            let path = path_of(route, &connector);
            // For a tenant's people the pages of operators do not exist at all.
            let cookie = if path.starts_with("/portal/operators") { &operator } else { &cookie };
            let answer = world.send(Sent::new(route.method, &path).with(cookie)).await;
            assert_eq!(answer.status, 403, "{} {path}: {answer:?}", route.method);
            assert!(answer.body.contains(missing.as_str()), "{path}");
            refused += 1;
        }
    }
    assert!(refused > 10, "{refused}");
    let now = world.onboarding().read(&protocol::caller::Caller::System, &connector.id).await.unwrap();
    assert_eq!(now.connector, connector);
}

#[tokio::test]
async fn nothing_but_the_way_in_is_open_without_a_session() {
    let mut world = World::start().await;
    let connector = world.connector("acme").await;
    let open: Vec<&str> =
        ROUTES.iter().filter(|route| route.ability.is_none()).map(|route| route.path).collect();
    for path in &open {
        let is_way_in = ["/portal", "/portal/", "/portal/enter"].contains(path)
            || ["/portal/enter/{token}", "/portal/confirm/{token}", "/portal/assets/"]
                .iter()
                .any(|start| path.starts_with(start));
        assert!(is_way_in, "{path} is open to all");
    }
    for route in ROUTES.iter().filter(|route| route.ability.is_some()) {
        let path = path_of(route, &connector);
        let answer = world.send(Sent::new(route.method, &path)).await;
        assert_eq!(answer.status, 401, "{} {path}: {answer:?}", route.method);
    }
}

#[tokio::test]
async fn text_of_people_and_tenants_is_text_on_the_page() {
    let mut world = World::start().await;
    let name = "<script>alert(1)</script>\"'&";
    let link = world.link("acme", name, Abilities::all()).await;
    let cookie = world.redeem(&link).await;
    let link = world.link("acme", name, Abilities::all()).await;
    for answer in
        [world.send(Sent::get(&link)).await, world.send(Sent::get("/portal/health").with(&cookie)).await]
    {
        assert!(answer.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{}", answer.body);
        assert!(!answer.body.contains("<script>alert"), "{}", answer.body);
    }
}
