//! The first lines of the page.

use ports::Connectors as _;
use protocol::connector::State;

use crate::world::World;

/// The heading and the line below it.
async fn lines(world: &World) -> (String, String) {
    let page = world.get(&world.person("acme").await, "/portal/health").await.body;
    let between = |from: &str, to: &str| {
        let rest = page.split(from).nth(1).unwrap_or_default();
        rest.split(to).next().unwrap_or_default().to_owned()
    };
    (between("<h1>", "</h1>"), between("<p class=\"quiet\">", "</p>"))
}

#[tokio::test]
async fn without_a_connection_the_page_says_what_comes_next() {
    let world = World::new();
    let (title, detail) = lines(&world).await;
    assert_eq!(title, "Nothing is connected yet.");
    assert!(detail.starts_with("Connect one of your buckets"), "{detail}");
    let draft = world.begun("acme", false).await;
    let (title, detail) = lines(&world).await;
    assert_eq!(title, "Nothing is connected yet.");
    assert_eq!(detail, "1 connection is begun and not finished. Go on where it was left.");
    let page = world.get(&world.person("acme").await, "/portal/health").await;
    assert!(page.has(&format!("/portal/connectors/{}/connect", draft.id)));
}

#[tokio::test]
async fn a_log_that_arrives_is_complete_up_to_a_time() {
    let world = World::new();
    world.active("acme", "acme-log", 0, 0).await;
    assert_eq!(
        lines(&world).await,
        ("Your log is on its way.".to_owned(), "The first file comes at Nov 30, 14:05 UTC.".to_owned())
    );
    let world = World::new();
    world.active("acme", "acme-log", 5, 0).await;
    let (title, detail) = lines(&world).await;
    assert_eq!(title, "Your log arrives.");
    assert_eq!(detail, "It is complete up to Nov 30, 13:00 UTC. The next file comes at Nov 30, 14:05 UTC.");
}

#[tokio::test]
async fn what_needs_somebody_is_counted_named_and_shown_first() {
    let world = World::new();
    world.active("acme", "acme-log", 5, 0).await;
    let blocked = world.active("acme", "acme-siem", 9, 6).await;
    world.block(&blocked, "AccessDenied").await;
    let (title, detail) = lines(&world).await;
    assert_eq!(title, "Your log arrives in 1 of 2 buckets; 1 needs you.");
    let expected = "Nothing is lost. 6 files wait for acme-siem / audit/auditferry since Nov 30, 08:05 UTC.";
    assert!(detail.starts_with(expected), "{detail}");
    assert!(detail.contains(&format!("href=\"#{}\"", blocked.id)), "{detail}");
    let page = world.get(&world.person("acme").await, "/portal/health").await.body;
    let of = |text: &str| page.find(text).unwrap();
    assert!(of(">acme-siem / audit/auditferry</a>") < of(">acme-log / audit/auditferry</a>"));
}

#[tokio::test]
async fn one_connector_is_spoken_of_as_the_log() {
    for (case, title) in [
        ("blocked", "Your log does not arrive: your bucket refuses it."),
        ("paused", "Your log does not arrive: delivery is paused."),
        ("stale", "Your log is late."),
        ("disabled", "Your log does not arrive: nothing is enabled."),
    ] {
        let world = World::new();
        let ours = world.active("acme", "acme-log", 5, 1).await;
        match case {
            "blocked" => world.block(&ours, "AccessDenied").await,
            "stale" => world.clock.advance(std::time::Duration::from_mins(70)),
            "paused" => world.ledger.change(&ours.id, |connector| connector.state = State::Paused),
            _ => world.ledger.change(&ours.id, |connector| connector.state = State::Disabled),
        }
        assert!(world.ledger.get(&ours.id).await.unwrap().is_some());
        assert_eq!(lines(&world).await.0, title, "{case}");
    }
}
