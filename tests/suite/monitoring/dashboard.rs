//! A day with failures, recorded as the log lines that the code emitted, for `tests/dashboard/run` to draw.

use std::path::Path;
use std::time::Duration;

use super::world::World;

const HOUR: Duration = Duration::from_hours(1);

/// The file of the recorded lines.
const LINES: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/a-day.jsonl");

#[tokio::test]
async fn a_day_with_failures_is_recorded_for_the_dashboard() {
    let mut world = World::new();
    world.advance(HOUR * 6).await;
    // Somebody deletes the customer's bucket, and creates it again.
    let to = world.connector.destination.s3().cloned().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.advance(HOUR * 6).await;
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    world.advance(HOUR * 3).await;
    // Nobody receives the sent exports.
    for _ in 0..12 * 4 {
        world.tick_without_exporter().await;
    }
    world.advance(HOUR * 5).await;

    let lines = world.lines();
    let mut text = String::new();
    for line in &lines {
        text.push_str(&line.to_string());
        text.push('\n');
    }
    std::fs::write(Path::new(LINES), text).unwrap();
    let peak = |metric| world.points(metric).iter().map(|point| point.value).max().unwrap();
    assert_eq!(peak("BlockedByBucket"), 1);
    assert!(peak("UndeliveredParts") >= 5 && peak("LongestOverdue") > 3 * 3600);
    assert_eq!(world.points("ConnectorsStale").last().unwrap().value, 0, "all is well at its end");
}
