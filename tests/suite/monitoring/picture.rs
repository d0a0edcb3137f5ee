//! A day with trouble in it, written down as the log lines that the code emitted, for `tests/dashboard/run` to draw.

use std::path::Path;
use std::time::Duration;

use super::world::World;

const HOUR: Duration = Duration::from_hours(1);

/// Where the lines go.
const LINES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/a-day.jsonl");

#[tokio::test]
async fn a_day_with_trouble_is_written_down_for_the_dashboards_picture() {
    let mut world = World::new();
    world.go_on(HOUR * 6).await;
    // Somebody deletes the customer's bucket, and makes it again.
    let to = world.connector.destination.clone().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.go_on(HOUR * 6).await;
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    world.go_on(HOUR * 3).await;
    // Nobody takes the exports that are asked for.
    for _ in 0..12 * 4 {
        world.five_minutes_without_exporter().await;
    }
    world.go_on(HOUR * 5).await;

    let lines = world.lines();
    let mut text = String::new();
    for line in &lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    std::fs::write(Path::new(LINES), text).unwrap();
    let most = |metric| world.points(metric).iter().map(|point| point.value).max().unwrap();
    assert_eq!(most("BlockedByBucket"), 1);
    assert!(most("UndeliveredParts") >= 5 && most("LongestOverdue") > 3 * 3600);
    assert_eq!(world.points("ConnectorsStale").last().unwrap().value, 0, "at its end all is well");
}
