//! Links and sessions: scanners, replay, fixation, guessing, leaks.

use protocol::portal::{Abilities, LinkKind, LinkScope};

use crate::world::{Sent, World};

#[tokio::test]
async fn a_scanner_that_opens_the_link_redeems_nothing() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    for method in ["HEAD", "GET", "GET", "OPTIONS", "PUT"] {
        let answer = world.send(Sent { headers: vec![], ..Sent::new(method, &link) }).await;
        assert!(answer.cookies.is_empty() && answer.status < 500, "{method}: {answer:?}");
    }
    // The person comes after it, and gets in.
    let cookie = world.redeem(&link).await;
    let page = world.send(Sent::get("/portal/health").with(&cookie)).await;
    assert_eq!(page.status, 200, "{page:?}");
    assert!(page.body.contains("Dana Ruiz"));
}

#[tokio::test]
async fn a_replayed_link_or_cookie_opens_nothing() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    let cookie = world.redeem(&link).await;
    for _ in 0..2 {
        let again = world.send(Sent::post(&link)).await;
        assert_eq!((again.status, again.cookies.len()), (410, 0), "{again:?}");
        assert!(again.body.contains("each link works once"), "{}", again.body);
    }
    let left = world.send(Sent::post("/portal/leave").with(&cookie)).await;
    assert_eq!(left.status, 200);
    assert!(left.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{left:?}");
    let replayed = world.send(Sent::get("/portal/health").with(&cookie)).await;
    assert_eq!(replayed.status, 401);
}

#[tokio::test]
async fn a_session_that_was_planted_before_is_not_taken_over() {
    let mut world = World::start().await;
    let attackers = world.session("globex", Abilities::all()).await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    // The victim's browser already has the attacker's cookie when it redeems its own link.
    let entered = world.send(Sent::post(&link).with(&attackers)).await;
    let own = entered.cookies.first().unwrap().split(';').next().unwrap().to_owned();
    assert_ne!(own, attackers);
    let secret = |cookie: &str| cookie.rsplit('.').next().unwrap().to_owned();
    assert!(!link.contains(&secret(&own)), "the session has a secret of its own");
    let page = world.send(Sent::get("/portal/health").with(&own)).await;
    assert!(page.body.contains("acme") && !page.body.contains("globex"), "{}", page.body);
    // Two cookies of the name open nothing.
    let both = Sent { cookies: vec![attackers, own], ..Sent::get("/portal/health") };
    assert_eq!(world.send(both).await.status, 401);
    // The cookie of another name opens nothing either.
    let local =
        "auditferry-local=lnk_0123456789abcdef0123456789ab.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(world.send(Sent::get("/portal/health").with(local)).await.status, 401);
}

#[tokio::test]
async fn a_cookie_is_for_this_host_alone_and_out_of_reach_of_scripts() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    let entered = world.send(Sent::post(&link)).await;
    let cookie = entered.cookies.first().unwrap();
    assert!(cookie.starts_with("__Host-auditferry=lnk_"), "{cookie}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=28800"] {
        assert!(cookie.split("; ").any(|given| given == attribute), "{attribute}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(entered.headers.get("location").map(String::as_str), Some("/portal/health"));
    assert!(!entered.headers.contains_key("set-cookie"), "cookies are in a list of their own");
}

#[tokio::test]
async fn a_guess_learns_nothing_and_changes_nothing() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    let (id, secret) = link.rsplit_once('.').unwrap();
    let mut guesses: Vec<String> = (0..20).map(|n| format!("{id}.{}{n:02}A", &secret[..40])).collect();
    guesses.push(format!("/portal/enter/lnk_{}.{secret}", "0".repeat(28)));
    guesses.push(id.to_owned());
    guesses.push(format!("{id}."));
    let mut bodies = std::collections::BTreeSet::new();
    for guess in &guesses {
        for sent in [Sent::get(guess), Sent::post(guess)] {
            let answer = world.send(sent).await;
            assert_eq!((answer.status, answer.cookies.len()), (404, 0), "{guess}: {answer:?}");
            bodies.insert(answer.body);
        }
        let asked = format!("{guess}/new-link");
        let answer = world.send(Sent::post(&asked)).await;
        assert!(answer.status == 200 || answer.status == 404, "{asked}: {answer:?}");
    }
    assert_eq!(bodies.len(), 1, "a wrong secret and an unknown link are answered alike");
    assert!(world.published().iter().all(|notice| !notice.to_string().contains("PortalLinkRequested")));
    world.redeem(&link).await;
}

#[tokio::test]
async fn asking_for_a_new_link_is_answered_alike_whatever_happens() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    world.redeem(&link).await;
    let asks = format!("{link}/new-link");
    let first = world.send(Sent::post(&asks)).await;
    let again = world.send(Sent::post(&asks)).await;
    let unknown =
        "/portal/enter/lnk_0123456789abcdef0123456789ab.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/new-link";
    let unknown = world.send(Sent::post(unknown)).await;
    assert_eq!(first.status, 200);
    assert_eq!((&first.body, first.status), (&again.body, again.status));
    assert_eq!((&first.body, first.status), (&unknown.body, unknown.status));
}

#[tokio::test]
async fn no_secret_is_logged_published_or_shown() {
    let mut world = World::start().await;
    let link = world.link("acme", "Dana Ruiz", Abilities::all()).await;
    let operators = world.link_of(LinkScope::Operators, LinkKind::Redirect, "Olga", Abilities::all()).await;
    let connector = world.connector("acme").await;
    let mut cookies = Vec::new();
    let mut bodies = String::new();
    for link in [&link, &operators] {
        world.send(Sent::get(link)).await;
        let cookie = world.redeem(link).await;
        for path in ["/portal/health?tenant=acme", "/portal/nothing", "/portal/operators"] {
            bodies += &world.send(Sent::get(path).with(&cookie)).await.body;
        }
        world.send(Sent::post(link)).await;
        cookies.push(cookie);
    }
    let path = format!("/portal/connectors/{}", connector.id);
    world.send(Sent::get(&path).with(&cookies[0])).await;
    let published = serde_json::Value::from(world.published()).to_string();
    let ended = world.end().await;
    let written = ended.stdout + &ended.stderr;
    let external_id = connector.external_id.as_str();
    assert!(!written.contains(external_id) && !published.contains(external_id));
    for text in cookies.iter().chain([&link, &operators]) {
        let secret = text.rsplit('.').next().unwrap();
        assert_eq!(secret.len(), 43);
        for (place, content) in [("log", &written), ("notice", &published), ("page", &bodies)] {
            assert!(!content.contains(secret), "a secret is in a {place}");
        }
    }
}
