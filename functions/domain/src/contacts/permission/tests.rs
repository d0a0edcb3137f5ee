//! What an address gets and when, in any order of what can happen to it.

use proptest::prelude::*;

use super::*;
use crate::contacts::LinkToken;
use crate::ports::Rng;

struct Counting(std::sync::atomic::AtomicU64);

impl Rng for Counting {
    fn next_u64(&self) -> u64 {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

fn token(n: u64) -> TokenHash {
    LinkToken::new(&Counting((n * 4 + 1).into())).hash()
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
fn an_address_is_shown_as_it_stands() {
    let week = after(7 * 24);
    let asked = none().ask(after(0)).unwrap();
    let confirmed = mailed(after(0)).confirm(&token(1), after(3)).unwrap().unwrap();
    let contract = none().confirm_by_contract(&operator(), after(4)).unwrap().unwrap();
    let (since, pending) = (after(0), AddressStatus::Pending { since: after(0), until: week });
    for (permission, now, status) in [
        (none(), after(0), AddressStatus::Waiting),
        (asked, after(1), AddressStatus::Requested { since }),
        (mailed(after(0)), after(1), pending.clone()),
        (mailed(after(0)).ask(after(24)).unwrap(), after(25), pending),
        (mailed(after(0)), week, AddressStatus::Expired { since, until: week }),
        (confirmed, week, AddressStatus::Confirmed { since: after(3), how: ConfirmationMethod::Link }),
        (contract, week, AddressStatus::Confirmed { since: after(4), how: ConfirmationMethod::Contract }),
    ] {
        assert_eq!(permission.status(now), status);
        let json = serde_json::to_value(&permission).unwrap();
        assert_eq!(serde_json::from_value::<Consent>(json).unwrap(), permission);
    }
    let shown = serde_json::to_value(AddressStatus::Waiting).unwrap();
    assert_eq!(shown, serde_json::json!({"status": "waiting"}));
}

#[test]
fn a_link_confirms_for_a_week_and_says_why_it_does_not() {
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
fn a_link_that_is_used_again_changes_nothing_and_one_that_was_confirmed_is_no_error_later() {
    let confirmed = mailed(after(0)).confirm(&token(1), after(1)).unwrap().unwrap();
    for now in [after(1), after(2), after(10_000)] {
        assert_eq!(confirmed.confirm(&token(1), now), Ok(None));
    }
}

#[test]
fn who_declines_gets_nothing_more_until_it_thinks_again() {
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
fn who_was_asked_and_declines_before_the_mail_is_sent_again_gets_none() {
    let asked = mailed(after(0)).ask(after(24)).unwrap();
    let declined = asked.decline(&token(1), after(25)).unwrap().unwrap();
    assert_eq!(declined.mark_sent(token(2), after(26)), None);
    let confirmed = asked.confirm(&token(1), after(25)).unwrap().unwrap();
    assert_eq!(confirmed.mark_sent(token(2), after(26)), None);
}

/// What can happen to an address, by anyone, at any time.
#[derive(Debug, Clone)]
enum Happening {
    Ask,
    Send,
    SendRefused,
    Confirm(u64),
    Decline(u64),
    Contract,
    Wait(u64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        4 => Just(Happening::Ask),
        4 => Just(Happening::Send),
        1 => Just(Happening::SendRefused),
        1 => (0u64..6).prop_map(Happening::Confirm),
        1 => (0u64..6).prop_map(Happening::Decline),
        1 => Just(Happening::Contract),
        4 => (0u64..200).prop_map(Happening::Wait),
    ]
}

proptest! {
    /// Mails: at most three to whoever never answered, a day apart, none behind a confirmation or to who declined.
    /// Confirmed: only by the last mail's link within its week, or by an operator.
    #[test]
    fn any_order_of_asking_sending_answering_and_waiting_mails_no_more_than_it_may(
        happenings in prop::collection::vec(happening(), 0..80),
    ) {
        let (mut permission, mut now, mut sent) = (none(), Time::EPOCH, Vec::<(Time, u64)>::new());
        for happening in happenings {
            let before = permission.clone();
            match happening {
                Happening::Wait(hours) => now = now + Duration::from_hours(hours),
                Happening::Ask => permission = permission.ask(now).unwrap_or(permission),
                Happening::Send => {
                    let number = sent.len() as u64;
                    if let Some(after) = permission.mark_sent(token(number), now) {
                        prop_assert!(!before.is_confirmed() && before.declined_at.is_none());
                        let last = sent.last().map(|(at, _)| *at);
                        prop_assert!(last.is_none_or(|last| now.since(last) >= MAIL_COOLDOWN));
                        sent.push((now, number));
                        permission = after;
                    }
                }
                Happening::SendRefused => {
                    if let Some(after) = permission.mark_sent(token(99), now) {
                        permission = after.revert_sent(&permission);
                        prop_assert_eq!(permission.status(now), before.status(now));
                    }
                }
                Happening::Confirm(number) => {
                    let last = sent.last().filter(|(at, last)| *last == number && now < *at + LINK_VALIDITY);
                    if let Ok(Some(after)) = permission.confirm(&token(number), now) {
                        prop_assert!(last.is_some());
                        permission = after;
                    }
                }
                Happening::Decline(number) => {
                    if let Ok(Some(after)) = permission.decline(&token(number), now) {
                        prop_assert_eq!(sent.last().map(|(_, last)| *last), Some(number));
                        permission = after;
                    }
                }
                Happening::Contract => {
                    if let Ok(Some(after)) = permission.confirm_by_contract(&operator(), now) {
                        permission = after;
                    }
                }
            }
            prop_assert!(sent.len() <= MAX_MAILS as usize);
            let moved = permission != before;
            prop_assert!(!moved || permission.version > before.version, "a change is a version");
        }
    }
}
