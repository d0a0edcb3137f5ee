//! Each alarm on our own metrics goes to ALARM in the situation that it names, over metrics that the code
//! emitted in it, and to OK once it is over.

use std::time::Duration;

use protocol::cursor::Cursor;
use tests::fakes::ScriptedResponse;
use tests::fault_injection::Outage;

use super::alarm::{State, all};
use super::world::{TICK, World};

const HOUR: Duration = Duration::from_hours(1);

async fn healthy() -> World {
    let mut world = World::new();
    world.advance(HOUR * 3).await;
    world
}

impl World {
    fn assert_alarm(&self, id: &str) {
        assert_eq!(self.state(id), State::Alarm, "{id} is silent");
    }

    /// Continues in a healthy state until the alarm is over, a few hours at most.
    async fn assert_recovers(&mut self, id: &str) {
        for _ in 0..12 * 5 {
            if self.state(id) == State::Ok {
                return;
            }
            self.tick().await;
        }
        panic!("{id} does not return to OK");
    }

    fn cursor(&self) -> Cursor {
        self.ledger.cursor(&self.connector.id)
    }
}

#[tokio::test]
async fn in_two_healthy_days_no_alarm_goes_off() {
    let mut world = healthy().await;
    for _ in 0..48 {
        world.advance(HOUR).await;
        for alarm in all().iter().filter(|alarm| alarm.is_custom_metric()) {
            assert_eq!(world.state(&alarm.id), State::Ok, "{}", alarm.id);
        }
    }
    assert!(world.cursor().undelivered().is_none());
}

#[tokio::test]
async fn missing_data_is_an_alarm() {
    let mut world = healthy().await;
    world.clock.advance(HOUR);
    for id in ["Silent", "WatchdogBlind", "ExportsLate", "EventsMayBeLost"] {
        world.assert_alarm(id);
    }
    for id in ["Silent", "WatchdogBlind", "ExportsLate", "EventsMayBeLost"] {
        world.assert_recovers(id).await;
    }
}

#[tokio::test]
async fn a_watchdog_that_sees_nothing_is_an_alarm_although_ticks_continue() {
    let mut world = healthy().await;
    world.watched.denies.set(true);
    world.advance(HOUR * 3).await;
    world.assert_alarm("WatchdogBlind");
    assert_eq!(world.state("Silent"), State::Ok);
    world.watched.denies.set(false);
    world.assert_recovers("WatchdogBlind").await;
}

#[tokio::test]
async fn exports_that_nobody_executes_are_late_and_finally_events_may_be_lost() {
    let mut world = healthy().await;
    for _ in 0..2 * 12 {
        world.tick_without_exporter().await;
    }
    world.assert_alarm("ExportsLate");
    assert_eq!(world.state("EventsMayBeLost"), State::Ok);
    for _ in 0..24 * 12 {
        world.tick_without_exporter().await;
    }
    world.assert_alarm("EventsMayBeLost");
    let margin = world.points("RetentionMarginHours").last().unwrap().value;
    assert!((18..=22).contains(&margin), "{margin} of 48 hours are left after 27");
    world.assert_recovers("EventsMayBeLost").await;
    world.assert_recovers("ExportsLate").await;
}

#[tokio::test]
async fn a_key_that_signs_nothing_is_an_alarm_and_nothing_is_delivered_unsigned() {
    let mut world = healthy().await;
    world.signer.denies.set(true);
    let sealed = world.cursor().next;
    world.advance(HOUR * 2).await;
    world.assert_alarm("RunsUnsigned");
    assert_eq!((world.cursor().next, world.state("BlockedByUs")), (sealed, State::Ok));
    world.signer.denies.set(false);
    world.assert_recovers("RunsUnsigned").await;
    assert!(world.cursor().next > sealed);
}

#[tokio::test]
async fn a_table_that_was_mistyped_is_an_alarm_and_no_quiet_hour_is_signed() {
    let mut world = healthy().await;
    let (right, sealed) = (world.source.clone(), world.cursor().next);
    world.source = right.named("evnts");
    world.advance(HOUR).await;
    world.assert_alarm("SourceChanged");
    assert_eq!((world.cursor().next, world.state("BlockedByUs")), (sealed, State::Ok));
    world.source = right;
    world.assert_recovers("SourceChanged").await;
    assert!(world.cursor().next > sealed);
}

#[tokio::test]
async fn a_file_that_waits_for_a_day_is_an_alarm_and_no_export_is_late_for_it() {
    let mut world = healthy().await;
    let to = world.connector.destination.s3().cloned().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.advance(HOUR * 27).await;
    world.assert_alarm("DeliveryWaits");
    assert_eq!(world.points("BlockedByBucket").last().unwrap().value, 1);
    assert!(world.points("UndeliveredParts").last().unwrap().value > 20);
    assert_eq!((world.state("ExportsLate"), world.state("BlockedByUs")), (State::Ok, State::Ok));
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    world.assert_recovers("DeliveryWaits").await;
    assert!(world.cursor().undelivered().is_none());
}

#[tokio::test]
async fn a_rejected_request_is_an_alarm_that_only_the_vendor_can_fix() {
    let mut world = healthy().await;
    let bucket = world.connector.destination.s3().unwrap().bucket.to_string();
    world.customers.respond_next(&bucket, ScriptedResponse::Rejected);
    while world.cursor().block.is_none() {
        world.tick().await;
    }
    // The tick that sees it comes before the run that may fix it.
    world.tick_within(Duration::from_mins(4)).await;
    world.clock.advance(TICK);
    world.assert_alarm("BlockedByUs");
    world.assert_recovers("BlockedByUs").await;
}

#[tokio::test]
async fn an_item_of_another_tenant_is_an_alarm() {
    let mut world = healthy().await;
    world.store("umbrella", r#"{"action":"login"}"#);
    while world.cursor().block.is_none() {
        world.tick().await;
    }
    world.assert_alarm("TenantMismatch");
    assert_eq!(world.points("BytesDelivered").last().unwrap().value, 0);
    world.source.remove_foreign();
    world.assert_recovers("TenantMismatch").await;
    world.advance(HOUR * 2).await;
    world.assert_recovers("BlockedByUs").await;
}

#[tokio::test]
async fn runs_that_keep_failing_are_an_alarm_and_a_single_failure_is_not() {
    let mut world = healthy().await;
    world.staging.denies.set(true);
    world.advance(HOUR).await;
    world.staging.denies.set(false);
    world.advance(HOUR).await;
    assert_eq!(world.state("RunsFailing"), State::Ok);
    world.staging.denies.set(true);
    world.advance(HOUR * 3).await;
    world.assert_alarm("RunsFailing");
    world.staging.denies.set(false);
    world.assert_recovers("RunsFailing").await;
}

#[tokio::test]
async fn a_panic_is_an_alarm() {
    let mut world = healthy().await;
    world.staging.panics.set(true);
    while world.points("RunsPanicked").iter().all(|point| point.value == 0) {
        world.tick().await;
    }
    world.assert_alarm("RunsPanicked");
    world.staging.panics.set(false);
    world.assert_recovers("RunsPanicked").await;
}

#[tokio::test]
async fn an_unreadable_item_is_an_alarm() {
    let mut world = healthy().await;
    let tenant = world.tenant.to_string();
    world.store(&tenant, r#"{"n":1e400}"#);
    while world.points("UnreadableItems").iter().all(|point| point.value == 0) {
        world.tick().await;
    }
    world.assert_alarm("UnreadableItems");
    world.assert_recovers("UnreadableItems").await;
}

#[tokio::test]
async fn a_notice_that_the_bus_refuses_is_an_alarm() {
    let mut world = healthy().await;
    world.bus.outage(Outage::Throttled, 1);
    while world.points("NoticesLost").iter().all(|point| point.value == 0) {
        world.tick().await;
    }
    world.assert_alarm("NoticesLost");
    world.assert_recovers("NoticesLost").await;
}

#[tokio::test]
async fn an_unreadable_message_is_an_alarm_and_fails_nothing() {
    let mut world = healthy().await;
    world.batch(&[r#"{"connector_id": 7}"#.to_owned(), "not JSON".to_owned()]).await;
    world.clock.advance(Duration::from_secs(1));
    world.assert_alarm("MessagesDropped");
    world.assert_recovers("MessagesDropped").await;
}

#[tokio::test]
async fn ticks_that_end_before_all_is_sent_are_an_alarm() {
    let mut world = healthy().await;
    for _ in 0..7 {
        world.tick_within(Duration::ZERO).await;
        world.clock.advance(TICK);
    }
    world.assert_alarm("TicksUnfinished");
    world.assert_recovers("TicksUnfinished").await;
}

/// The alarms on AWS's own metrics, which nothing here emits: one breaching value in each period, then good
/// ones, then none.
#[test]
fn the_alarms_of_queues_and_functions_go_off_by_their_numbers_and_stay_quiet_without_any() {
    use super::world::Point;
    let now = tests::fixtures::at("2026-11-20T20:00:00Z");
    for alarm in all().iter().filter(|alarm| !alarm.is_custom_metric()) {
        let threshold: i64 = alarm.get("Threshold").parse().unwrap();
        let minutes = 1..=alarm.evaluation_range().as_secs() / 60;
        let every_minute = |value| -> Vec<Point> {
            minutes.clone().map(|back| Point { at: now - Duration::from_mins(back), value }).collect()
        };
        assert_eq!(alarm.state(&every_minute(threshold + 1), now), State::Alarm, "{}", alarm.id);
        assert_eq!(alarm.state(&every_minute(0), now), State::Ok, "{}", alarm.id);
        assert_eq!(alarm.state(&[], now), State::Ok, "{}: AWS emits nothing for idle resources", alarm.id);
    }
}

#[tokio::test]
async fn mails_that_ses_refuses_are_an_alarm_and_a_temporary_outage_is_not() {
    let mut world = healthy().await;
    world.mailer.outage(Outage::Throttled, 3);
    let to = world.connector.destination.s3().cloned().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.advance(HOUR * 3).await;
    assert_eq!(world.state("MailsRefused"), State::Ok);
    assert_eq!(world.mailer.sent().len(), 1, "of the block, once it was over");
    world.mailer.outage(Outage::Denied, 2);
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    while world.points("MailsRefused").iter().all(|point| point.value == 0) {
        world.tick().await;
    }
    world.assert_alarm("MailsRefused");
    world.assert_recovers("MailsRefused").await;
    world.advance(HOUR).await;
    assert_eq!(world.mailer.sent().len(), 2, "and of its end");
}
