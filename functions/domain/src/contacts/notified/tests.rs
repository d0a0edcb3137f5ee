//! How often a contact hears of what, as connectors flap, notices come twice, late and in another order.

use proptest::prelude::*;

use super::*;
use crate::fault::DeliveryStage;
use crate::names::ConnectorId;

fn after(minutes: u64) -> Time {
    Time::EPOCH + Duration::from_mins(minutes)
}

fn news(id: &str, minutes: u64, what: ContactFact) -> ContactMessage {
    let (tenant, connector) = ("acme".parse().unwrap(), ConnectorId::new(7));
    ContactMessage {
        id: id.into(),
        kind: "any".into(),
        at: after(minutes),
        tenant,
        connector,
        fact: what,
        held_back: 0,
    }
}

fn blocked(minutes: u64, code: &str, reminder: bool) -> ContactMessage {
    let what = ContactFact::Blocked {
        since: after(minutes),
        stage: Some(DeliveryStage::PutObject),
        code: Some(code.into()),
        cause: "why".into(),
        remedy: "what to do".into(),
        reminder,
        waiting_files: 1,
        sealed_to: after(minutes),
        lost_from: None,
    };
    news(&format!("blocked-{minutes}-{code}"), minutes, what)
}

fn recovered(minutes: u64, since: u64) -> ContactMessage {
    let what = ContactFact::Recovered { blocked_since: after(since), blocked_seconds: 60, waiting_files: 1 };
    news(&format!("recovered-{since}"), minutes, what)
}

const SENT: Decision = Decision::Send { held_back: 0 };

/// Decides, and stores what is to be stored.
fn decide(notified: &mut NotificationHistory, news: &ContactMessage) -> Decision {
    let (decision, next) = notified.decide(news);
    if let Some(next) = next {
        assert_eq!(next.version, notified.version + 1);
        *notified = next;
    }
    decision
}

#[test]
fn a_connector_that_flaps_is_told_once_with_its_end_and_then_counted() {
    let mut notified = NotificationHistory::default();
    assert_eq!(decide(&mut notified, &blocked(0, "AccessDenied", false)), SENT);
    assert_eq!(decide(&mut notified, &recovered(5, 0)), SENT);
    for n in 1..=20 {
        let began = n * 10;
        assert_eq!(decide(&mut notified, &blocked(began, "AccessDenied", false)), Decision::Hold);
        assert_eq!(decide(&mut notified, &recovered(began + 5, began)), Decision::Hold, "its block was held");
    }
    let next_day = 24 * 60;
    assert_eq!(decide(&mut notified, &blocked(next_day - 1, "AccessDenied", false)), Decision::Hold);
    let told = decide(&mut notified, &blocked(next_day, "AccessDenied", false));
    assert_eq!(told, Decision::Send { held_back: 21 });
    assert_eq!(decide(&mut notified, &recovered(next_day + 5, next_day)), SENT);
}

#[test]
fn another_cause_is_told_at_once_and_one_end_ends_both() {
    let mut notified = NotificationHistory::default();
    assert_eq!(decide(&mut notified, &blocked(0, "AccessDenied", false)), SENT);
    assert_eq!(decide(&mut notified, &blocked(1, "NoSuchBucket", false)), SENT);
    let late = ContactFact::Late { since: after(2), reminder: false, sealed_to: after(0), lost_from: None };
    assert_eq!(decide(&mut notified, &news("late", 2, late)), SENT);
    assert_eq!(decide(&mut notified, &recovered(3, 0)), SENT);
    let on_time = ContactFact::OnTime { late_since: after(2), sealed_to: after(4) };
    assert_eq!(decide(&mut notified, &news("on time", 4, on_time)), SENT);
    assert_eq!(decide(&mut notified, &news("test", 5, ContactFact::Test)), SENT);
    assert_eq!(decide(&mut notified, &news("test 2", 5, ContactFact::Test)), SENT, "a test is no trouble");
}

#[test]
fn what_lasts_is_told_each_day_by_its_reminder_also_where_its_beginning_was_held_back() {
    let mut notified = NotificationHistory::default();
    decide(&mut notified, &blocked(0, "AccessDenied", false));
    decide(&mut notified, &recovered(5, 0));
    assert_eq!(decide(&mut notified, &blocked(60, "AccessDenied", false)), Decision::Hold);
    // A little early by the bus's clock.
    let reminder = blocked(60 + 24 * 60 - 30, "AccessDenied", true);
    assert_eq!(decide(&mut notified, &reminder), Decision::Send { held_back: 1 });
    assert_eq!(decide(&mut notified, &recovered(3_000, 60)), SENT, "its reminder was told, so its end is");
}

#[test]
fn who_became_a_contact_in_the_middle_hears_of_the_end_once_a_day() {
    let mut notified = NotificationHistory::default();
    assert_eq!(decide(&mut notified, &recovered(5, 0)), SENT);
    assert_eq!(decide(&mut notified, &recovered(7, 6)), Decision::Hold);
    assert_eq!(decide(&mut notified, &recovered(5 + 24 * 60, 100)), SENT);
}

#[test]
fn what_is_remembered_stays_small_and_a_clock_that_was_wrong_silences_nobody() {
    let mut notified = NotificationHistory::default();
    for n in 0..100 {
        assert_eq!(decide(&mut notified, &blocked(n, &format!("{n}{}", "x".repeat(500)), false)), SENT);
        assert!(notified.causes.len() <= MAX_CAUSES);
    }
    assert!(serde_json::to_string(&notified).unwrap().len() < 30_000);
    let mut wrong = NotificationHistory::default();
    decide(&mut wrong, &blocked(3 * 24 * 60, "AccessDenied", false));
    assert_eq!(decide(&mut wrong, &blocked(1, "AccessDenied", false)), SENT);
    let text = serde_json::to_string(&notified).unwrap();
    assert_eq!(serde_json::from_str::<NotificationHistory>(&text).unwrap(), notified);
}

proptest! {
    /// However notices repeat: each gets the answer that it got, of a cause one a day goes out, and the first always.
    #[test]
    fn of_a_cause_one_a_day_goes_out_and_the_same_notice_gets_the_same_answer(
        steps in prop::collection::vec((0u64..600, 0usize..3, any::<bool>(), any::<bool>()), 1..200),
    ) {
        let codes = ["AccessDenied", "NoSuchBucket", "SlowDown"];
        let (mut notified, mut now) = (NotificationHistory::default(), 0);
        let mut sent: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for (minutes, code, again, recovers) in steps {
            now += minutes + 1;
            let notice = blocked(now, codes[code], false);
            let decision = decide(&mut notified, &notice);
            if again {
                prop_assert_eq!(decide(&mut notified, &notice), decision);
            }
            if matches!(decision, Decision::Send { .. }) {
                let of_this = sent.entry(code).or_default();
                prop_assert!(of_this.last().is_none_or(|last| now - last >= 24 * 60));
                of_this.push(now);
            } else {
                prop_assert!(sent.contains_key(&code), "the first is never held back");
            }
            if recovers {
                let end = decide(&mut notified, &recovered(now, now));
                let open = matches!(decision, Decision::Send { .. });
                prop_assert!(!open || end == SENT, "an end follows what was sent");
            }
        }
    }
}
