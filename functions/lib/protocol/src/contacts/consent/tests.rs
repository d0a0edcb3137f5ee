//! Which mails an address receives and when, in any order of events.

use proptest::prelude::*;

use super::*;
use crate::contacts::LinkToken;

fn token(n: u64) -> TokenHash {
    let mut next = n * 4;
    let random = || {
        next += 1;
        next
    };
    LinkToken::new(random).hash()
}

fn after(hours: u64) -> Time {
    Time::EPOCH + Duration::from_hours(hours)
}

fn none() -> Consent {
    Consent::unknown("a@acme.example".parse().unwrap())
}

fn operator() -> Caller {
    Caller::Operator { name: "ops".into() }
}

fn mailed(at: Time) -> Consent {
    none().ask(at).unwrap().mark_sent(token(1), at).unwrap()
}

#[test]
fn each_state_of_an_address_has_its_status() {
    let week = after(7 * 24);
    let asked = none().ask(after(0)).unwrap();
    let confirmed = mailed(after(0)).confirm(&token(1), after(3)).unwrap().unwrap();
    let contract = none().confirm_by_contract(&operator(), after(4)).unwrap().unwrap();
    let (since, pending) = (after(0), AddressStatus::Pending { since: after(0), until: week });
    for (consent, now, status) in [
        (none(), after(0), AddressStatus::Waiting),
        (asked, after(1), AddressStatus::Requested { since }),
        (mailed(after(0)), after(1), pending.clone()),
        (mailed(after(0)).ask(after(24)).unwrap(), after(25), pending),
        (mailed(after(0)), week, AddressStatus::Expired { since, until: week }),
        (confirmed, week, AddressStatus::Confirmed { since: after(3), how: ConfirmationMethod::Link }),
        (contract, week, AddressStatus::Confirmed { since: after(4), how: ConfirmationMethod::Contract }),
    ] {
        assert_eq!(consent.status(now), status);
        let json = serde_json::to_value(&consent).unwrap();
        assert_eq!(serde_json::from_value::<Consent>(json).unwrap(), consent);
    }
    let shown = serde_json::to_value(AddressStatus::Waiting).unwrap();
    assert_eq!(shown, serde_json::json!({"status": "waiting"}));
}

#[test]
fn a_link_confirms_for_a_week_and_otherwise_returns_the_reason() {
    let week = after(7 * 24);
    let just_before = week - Duration::from_millis(1);
    assert!(mailed(after(0)).confirm(&token(1), just_before).unwrap().unwrap().is_confirmed());
    assert_eq!(mailed(after(0)).confirm(&token(1), week), Err(LinkError::Expired(week)));
    assert_eq!(mailed(after(0)).confirm(&token(2), after(1)), Err(LinkError::Replaced));
    assert_eq!(none().confirm(&token(1), after(1)), Err(LinkError::Replaced));
    let again = mailed(after(0)).ask(after(24)).unwrap();
    assert!(again.confirm(&token(1), after(25)).is_ok(), "good until the next mail is sent");
    let replaced = again.mark_sent(token(2), after(25)).unwrap();
    assert_eq!(replaced.confirm(&token(1), after(26)), Err(LinkError::Replaced));
    assert!(replaced.confirm(&token(2), after(26)).is_ok());
}

#[test]
fn a_used_link_changes_nothing_and_a_confirmed_one_never_becomes_an_error() {
    let confirmed = mailed(after(0)).confirm(&token(1), after(1)).unwrap().unwrap();
    for now in [after(1), after(2), after(10_000)] {
        assert_eq!(confirmed.confirm(&token(1), now), Ok(None));
    }
}

#[test]
fn an_address_that_declines_gets_no_mail_until_it_confirms() {
    let confirmed = mailed(after(0)).confirm(&token(1), after(1)).unwrap().unwrap();
    for before in [mailed(after(0)), confirmed.clone()] {
        let declined = before.decline(&token(1), after(10_000)).unwrap().unwrap();
        assert!(!declined.is_confirmed());
        assert_eq!(declined.status(after(10_000)), AddressStatus::Declined { since: after(10_000) });
        assert_eq!(declined.may_ask(after(20_000)), Err(AskRefusal::NotNeeded));
        assert_eq!(declined.confirm_by_contract(&operator(), after(20_000)), Err(after(10_000)));
        assert_eq!(declined.decline(&token(1), after(20_000)), Ok(None));
    }
    let declined = mailed(after(0)).decline(&token(1), after(1)).unwrap().unwrap();
    assert!(declined.confirm(&token(1), after(2)).unwrap().unwrap().is_confirmed());
    assert_eq!(confirmed.decline(&token(9), after(2)), Err(LinkError::Replaced));
}

#[test]
fn an_address_that_answers_before_a_requested_mail_gets_none() {
    let asked = mailed(after(0)).ask(after(24)).unwrap();
    let declined = asked.decline(&token(1), after(25)).unwrap().unwrap();
    assert_eq!(declined.mark_sent(token(2), after(26)), None);
    let confirmed = asked.confirm(&token(1), after(25)).unwrap().unwrap();
    assert_eq!(confirmed.mark_sent(token(2), after(26)), None);
}

/// Anything that can happen to an address, at any time.
#[derive(Debug, Clone)]
enum Step {
    Ask,
    Send,
    SendRefused,
    Confirm(u64),
    Decline(u64),
    Contract,
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Ask),
        4 => Just(Step::Send),
        1 => Just(Step::SendRefused),
        1 => (0u64..6).prop_map(Step::Confirm),
        1 => (0u64..6).prop_map(Step::Decline),
        1 => Just(Step::Contract),
        4 => (0u64..200).prop_map(Step::Wait),
    ]
}

proptest! {
    /// Mails: at most three without an answer, a day apart, none after a confirmation or a refusal.
    /// Confirmed: only by the last mail's link within its week, or by an operator.
    #[test]
    fn no_order_of_steps_sends_more_mails_than_allowed(
        steps in prop::collection::vec(step(), 0..80),
    ) {
        let (mut consent, mut now, mut sent) = (none(), Time::EPOCH, Vec::<(Time, u64)>::new());
        for step in steps {
            let before = consent.clone();
            match step {
                Step::Wait(hours) => now = now + Duration::from_hours(hours),
                Step::Ask => consent = consent.ask(now).unwrap_or(consent),
                Step::Send => {
                    let number = sent.len() as u64;
                    if let Some(after) = consent.mark_sent(token(number), now) {
                        prop_assert!(!before.is_confirmed() && before.declined_at.is_none());
                        let last = sent.last().map(|(at, _)| *at);
                        prop_assert!(last.is_none_or(|last| now.since(last) >= MAIL_COOLDOWN));
                        sent.push((now, number));
                        consent = after;
                    }
                }
                Step::SendRefused => {
                    if let Some(after) = consent.mark_sent(token(99), now) {
                        consent = after.revert_sent(&consent);
                        prop_assert_eq!(consent.status(now), before.status(now));
                    }
                }
                Step::Confirm(number) => {
                    let last = sent.last().filter(|(at, last)| *last == number && now < *at + LINK_VALIDITY);
                    if let Ok(Some(after)) = consent.confirm(&token(number), now) {
                        prop_assert!(last.is_some());
                        consent = after;
                    }
                }
                Step::Decline(number) => {
                    if let Ok(Some(after)) = consent.decline(&token(number), now) {
                        prop_assert_eq!(sent.last().map(|(_, last)| *last), Some(number));
                        consent = after;
                    }
                }
                Step::Contract => {
                    if let Ok(Some(after)) = consent.confirm_by_contract(&operator(), now) {
                        consent = after;
                    }
                }
            }
            prop_assert!(sent.len() <= MAX_MAILS as usize);
            let moved = consent != before;
            prop_assert!(!moved || consent.version > before.version, "every change has a new version");
        }
    }
}
