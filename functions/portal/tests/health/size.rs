//! How large the pages of fourteen busy days are, and how long they take without storage.

use std::time::{Duration, Instant};

use crate::world::World;

#[tokio::test]
async fn every_page_stays_below_100_kb() {
    let world = World::new();
    let ours = world.active("acme", "acme-log", 400, 0).await;
    let dana = world.person("acme").await;
    let paths = ["/portal/health", "/portal/changes", "/portal/proof"].map(str::to_owned);
    for path in paths.into_iter().chain(crate::pages(&ours.id)) {
        let size = world.get(&dana, &path).await.body.len();
        assert!(size < 100_000, "{path} has {size} bytes");
    }
}

/// A browser's requests, with the style and the script of the first page.
#[tokio::test]
async fn the_first_page_with_two_busy_connectors_takes_less_than_30_kb_on_the_wire() {
    let world = World::new();
    world.active("acme", "acme-log", 400, 0).await;
    let blocked = world.active("acme", "acme-siem", 400, 6).await;
    world.block(&blocked, "AccessDenied").await;
    let dana = world.person("acme").await;
    let page = world.get(&dana, "/portal/health").await.body;
    let assets = page.split("/portal/assets/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let mut bytes = world.wire_bytes(&dana, "/portal/health").await;
    for asset in assets {
        bytes += world.wire_bytes(&dana, &format!("/portal/assets/{asset}")).await;
    }
    assert!(bytes < 30_000, "{bytes} bytes");
}

/// The fakes answer at once, so this is the time of our own code. A debug build is some ten times slower than
/// what is deployed.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
async fn the_page_of_fourteen_days_is_made_in_milliseconds() {
    let world = World::new();
    world.active("acme", "acme-log", 400, 0).await;
    let dana = world.person("acme").await;
    let mut times = Vec::new();
    for _ in 0..40 {
        let start = Instant::now();
        world.get(&dana, "/portal/health").await;
        times.push(start.elapsed());
    }
    times.sort();
    let limit = Duration::from_millis(if cfg!(debug_assertions) { 400 } else { 20 });
    assert!(times[37] < limit, "p95 is {:?}", times[37]);
}
