//! How often a contact is history, when connectors flap and notices arrive twice, late and out of order.

use archive::names::ConnectorId;
use proptest::prelude::*;

use super::*;
use crate::delivery_error::DeliveryStage;

fn after(minutes: u64) -> Time {
    Time::EPOCH + Duration::from_mins(minutes)
}

fn message(id: &str, minutes: u64, fact: ContactFact) -> ContactMessage {
    let (tenant, connector) = ("acme".parse().unwrap(), ConnectorId::new(7));
    ContactMessage {
        id: id.into(),
        kind: "any".into(),
        at: after(minutes),
        tenant,
        connector,
        fact,
        held_back: 0,
    }
}

fn blocked(minutes: u64, code: &str, reminder: bool) -> ContactMessage {
    let fact = ContactFact::Blocked {
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
    message(&format!("blocked-{minutes}-{code}"), minutes, fact)
}

fn recovered(minutes: u64, since: u64) -> ContactMessage {
    let fact = ContactFact::Recovered { blocked_since: after(since), blocked_seconds: 60, waiting_files: 1 };
    message(&format!("recovered-{since}"), minutes, fact)
}

const SENT: Decision = Decision::Send { held_back: 0 };

/// Decides, and stores the new version.
fn decide(history: &mut NotificationHistory, message: &ContactMessage) -> Decision {
    let (decision, next) = history.decide(message);
    if let Some(next) = next {
        assert_eq!(next.version, history.version + 1);
        *history = next;
    }
    decision
}

#[test]
fn a_flapping_connector_is_reported_once_with_its_end_and_then_counted() {
    let mut history = NotificationHistory::default();
    assert_eq!(decide(&mut history, &blocked(0, "AccessDenied", false)), SENT);
    assert_eq!(decide(&mut history, &recovered(5, 0)), SENT);
    for n in 1..=20 {
        let began = n * 10;
        assert_eq!(decide(&mut history, &blocked(began, "AccessDenied", false)), Decision::Hold);
        assert_eq!(
            decide(&mut history, &recovered(began + 5, began)),
            Decision::Hold,
            "its block was suppressed"
        );
    }
    let next_day = 24 * 60;
    assert_eq!(decide(&mut history, &blocked(next_day - 1, "AccessDenied", false)), Decision::Hold);
    let decision = decide(&mut history, &blocked(next_day, "AccessDenied", false));
    assert_eq!(decision, Decision::Send { held_back: 21 });
    assert_eq!(decide(&mut history, &recovered(next_day + 5, next_day)), SENT);
}

#[test]
fn an_activation_and_a_first_file_are_reported_once_and_again_only_if_handled_again() {
    let mut history = NotificationHistory::default();
    let file = ContactFact::FirstFile { events: 3, covered_to: after(60), name: "x.json".into() };
    for (name, fact) in [("activated", ContactFact::Activated), ("first file", file)] {
        let first = message(name, 0, fact.clone());
        assert_eq!(decide(&mut history, &first), SENT);
        assert_eq!(decide(&mut history, &first), SENT, "a crash before the mail repeats it");
        assert_eq!(decide(&mut history, &message("another", 2_000, fact)), Decision::Hold, "{name}");
    }
}

#[test]
fn another_cause_is_reported_at_once_and_one_end_resolves_both() {
    let mut history = NotificationHistory::default();
    assert_eq!(decide(&mut history, &blocked(0, "AccessDenied", false)), SENT);
    assert_eq!(decide(&mut history, &blocked(1, "NoSuchBucket", false)), SENT);
    let late = ContactFact::Late { since: after(2), reminder: false, sealed_to: after(0), lost_from: None };
    assert_eq!(decide(&mut history, &message("late", 2, late)), SENT);
    assert_eq!(decide(&mut history, &recovered(3, 0)), SENT);
    let on_time = ContactFact::OnTime { late_since: after(2), sealed_to: after(4) };
    assert_eq!(decide(&mut history, &message("on time", 4, on_time)), SENT);
    assert_eq!(decide(&mut history, &message("test", 5, ContactFact::Test)), SENT);
    assert_eq!(
        decide(&mut history, &message("test 2", 5, ContactFact::Test)),
        SENT,
        "a test is not a problem"
    );
}

#[test]
fn a_lasting_problem_is_reported_daily_by_its_reminder_even_if_its_start_was_suppressed() {
    let mut history = NotificationHistory::default();
    decide(&mut history, &blocked(0, "AccessDenied", false));
    decide(&mut history, &recovered(5, 0));
    assert_eq!(decide(&mut history, &blocked(60, "AccessDenied", false)), Decision::Hold);
    // Slightly early by the bus's clock.
    let reminder = blocked(60 + 24 * 60 - 30, "AccessDenied", true);
    assert_eq!(decide(&mut history, &reminder), Decision::Send { held_back: 1 });
    assert_eq!(decide(&mut history, &recovered(3_000, 60)), SENT, "its reminder was sent, so its end is");
}

#[test]
fn a_contact_added_during_a_problem_is_notified_of_the_end_once_a_day() {
    let mut history = NotificationHistory::default();
    assert_eq!(decide(&mut history, &recovered(5, 0)), SENT);
    assert_eq!(decide(&mut history, &recovered(7, 6)), Decision::Hold);
    assert_eq!(decide(&mut history, &recovered(5 + 24 * 60, 100)), SENT);
}

#[test]
fn the_history_stays_small_and_a_wrong_clock_suppresses_nothing() {
    let mut history = NotificationHistory::default();
    for n in 0..100 {
        assert_eq!(decide(&mut history, &blocked(n, &format!("{n}{}", "x".repeat(500)), false)), SENT);
        assert!(history.causes.len() <= MAX_CAUSES);
    }
    assert!(serde_json::to_string(&history).unwrap().len() < 30_000);
    let mut wrong = NotificationHistory::default();
    decide(&mut wrong, &blocked(3 * 24 * 60, "AccessDenied", false));
    assert_eq!(decide(&mut wrong, &blocked(1, "AccessDenied", false)), SENT);
    let text = serde_json::to_string(&history).unwrap();
    assert_eq!(serde_json::from_str::<NotificationHistory>(&text).unwrap(), history);
}

proptest! {
    /// However notices repeat: each gets the same decision again, one a day is sent per cause, and the first
    /// always.
    #[test]
    fn one_notice_a_day_is_sent_per_cause_and_a_repeated_notice_gets_the_same_decision(
        steps in prop::collection::vec((0u64..600, 0usize..3, any::<bool>(), any::<bool>()), 1..200),
    ) {
        let codes = ["AccessDenied", "NoSuchBucket", "SlowDown"];
        let (mut history, mut now) = (NotificationHistory::default(), 0);
        let mut sent: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
        for (minutes, code, again, recovers) in steps {
            now += minutes + 1;
            let notice = blocked(now, codes[code], false);
            let decision = decide(&mut history, &notice);
            if again {
                prop_assert_eq!(decide(&mut history, &notice), decision);
            }
            if matches!(decision, Decision::Send { .. }) {
                let of_this = sent.entry(code).or_default();
                prop_assert!(of_this.last().is_none_or(|last| now - last >= 24 * 60));
                of_this.push(now);
            } else {
                prop_assert!(sent.contains_key(&code), "the first is never suppressed");
            }
            if recovers {
                let end = decide(&mut history, &recovered(now, now));
                let open = matches!(decision, Decision::Send { .. });
                prop_assert!(!open || end == SENT, "an end follows what was sent");
            }
        }
    }
}
