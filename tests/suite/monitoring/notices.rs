//! Notices of a problem: when it begins, once a day while it lasts, and when it is over. Never a flood.

use std::time::Duration;

use dispatcher::MAX_NOTICES_PER_TICK;
use protocol::notice::{Blocked, Fact, Notice, Stale};
use tests::fault_injection::Outage;
use tests::fixtures::{activated, connector};

use super::world::{RETENTION, World};

const HOUR: Duration = Duration::from_hours(1);

impl World {
    /// The published notices of problems and their ends, of all connectors, in order.
    fn operator_notices(&self) -> Vec<Notice> {
        let of_parts = |notice: &Notice| matches!(notice.fact, Fact::Delivered(_) | Fact::Heartbeat(_));
        self.bus.published().into_iter().filter(|notice| !of_parts(notice)).collect()
    }

    fn kinds(&self) -> Vec<&'static str> {
        self.operator_notices().iter().map(|notice| notice.fact.kind()).collect()
    }
}

async fn healthy() -> World {
    let mut world = World::new();
    world.advance(HOUR * 3).await;
    world
}

#[tokio::test]
async fn a_block_is_published_when_it_begins_each_day_and_when_it_ends_with_the_backlog() {
    let mut world = healthy().await;
    let to = world.connector.destination.s3().cloned().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.advance(HOUR * 51).await;
    assert_eq!(world.kinds(), ["ExportBlocked"; 3], "at its beginning, and after one day and two");
    let notices = world.operator_notices();
    let Fact::Blocked(Blocked { block, backlog, loss, reminder }) = &notices[2].fact else {
        panic!("{notices:?}")
    };
    assert_eq!((block.code.as_str(), *reminder, loss.lost_from), ("NoSuchBucket", true, None));
    assert!(backlog.waiting_parts > 40, "{backlog:?}");
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    world.advance(HOUR * 26).await;
    let notices = world.operator_notices();
    let [.., Notice { fact: Fact::Recovered(recovery), .. }] = notices.as_slice() else {
        panic!("{notices:?}")
    };
    assert_eq!((notices.len(), recovery.blocked_since), (4, block.since));
    assert!(recovery.blocked_seconds > 50 * 3_600 && recovery.backlog.waiting_parts > 40, "{recovery:?}");
    assert!(
        recovery.caught_up_from.is_some_and(|from| from <= block.since && block.since.since(from) < HOUR * 3)
    );
}

#[tokio::test]
async fn a_missing_export_is_published_with_the_date_from_which_events_are_lost() {
    let mut world = healthy().await;
    let sealed_to = world.ledger.cursor(&world.connector.id).watermark;
    for _ in 0..3 * 12 {
        world.tick_without_exporter().await;
    }
    let notices = world.operator_notices();
    let [Notice { fact: Fact::Stale(Stale { loss, reminder: false, .. }), .. }] = notices.as_slice() else {
        panic!("{notices:?}")
    };
    assert_eq!(loss.lost_from, Some(sealed_to + RETENTION));
    world.advance(HOUR * 26).await;
    assert_eq!(world.kinds(), ["ExportStale", "ExportOnTime"]);
}

#[tokio::test]
async fn an_item_of_another_tenant_blocks_reading_and_is_published_with_the_date_too() {
    let mut world = healthy().await;
    world.store("umbrella", r#"{"action":"login"}"#);
    while world.operator_notices().is_empty() {
        world.tick().await;
    }
    let notices = world.operator_notices();
    let [Notice { fact: Fact::Blocked(Blocked { loss, .. }), .. }] = notices.as_slice() else {
        panic!("{notices:?}")
    };
    let sealed_to = world.ledger.cursor(&world.connector.id).watermark;
    assert_eq!(loss.lost_from, Some(sealed_to + RETENTION));
}

#[tokio::test]
async fn a_notice_that_the_bus_refuses_is_counted_and_published_by_the_next_tick() {
    let mut world = healthy().await;
    // Without an exporter only the watchdog publishes.
    world.bus.outage(Outage::Denied, 2);
    for _ in 0..3 * 12 {
        world.tick_without_exporter().await;
    }
    assert_eq!(world.kinds(), ["ExportStale"]);
    assert_eq!(world.points("NoticesLost").iter().map(|point| point.value).sum::<i64>(), 2);
}

#[tokio::test]
async fn after_an_outage_of_everything_a_tick_publishes_no_more_than_its_share() {
    let mut world = healthy().await;
    let now = world.clock.wall();
    for _ in 0..MAX_NOTICES_PER_TICK + 20 {
        let (connector, cursor) = activated(connector(&world.tenant, now), now);
        world.ledger.insert(connector, cursor);
    }
    world.clock.advance(HOUR * 5);
    let share = usize::try_from(MAX_NOTICES_PER_TICK).unwrap();
    world.tick_without_exporter().await;
    assert_eq!(world.kinds(), vec!["ExportStale"; share]);
    world.tick_without_exporter().await;
    assert_eq!(world.kinds(), vec!["ExportStale"; share + 21]);
    world.tick_without_exporter().await;
    assert_eq!(world.kinds().len(), share + 21, "each once");
}

#[tokio::test]
async fn unreadable_items_are_published_once_a_day_by_their_key_and_never_by_their_content() {
    let mut world = healthy().await;
    let tenant = world.tenant.to_string();
    for _ in 0..26 {
        world.store(&tenant, r#"{"canary-5d1e":"\ud83d"}"#);
        world.advance(HOUR).await;
    }
    let notices = world.operator_notices();
    assert_eq!(world.kinds(), ["ExportUnreadable"; 2], "at once, and after a day: {notices:?}");
    let Fact::Unreadable(items) = &notices[0].fact else { panic!("{notices:?}") };
    assert!(items.items == 1 && items.sort_key.contains("#evt_"), "{items:?}");
    assert!(!format!("{:?} {:?}", world.bus.published(), world.lines()).contains("canary"));
}

#[tokio::test]
async fn two_ticks_at_once_publish_once() {
    let mut world = healthy().await;
    world.clock.advance(HOUR * 5);
    let limit = Duration::from_mins(4);
    tokio::join!(world.tick_within(limit), world.tick_within(limit));
    assert_eq!(world.kinds(), ["ExportStale"]);
    world.tick().await;
    assert_eq!(world.kinds()[0], "ExportStale");
}
