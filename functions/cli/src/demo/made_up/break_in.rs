//! The bad day. By night somebody guesses passwords from one address, gets into one administrator's account,
//! creates an API key and exports the customers. In the morning the other administrator reacts.

use std::time::Duration;

use archive::time::Time;

use super::accounts::{Account, PEOPLE, RESPONDER, VICTIM};
use super::event::{Action, Context, Event, Session, Target};
use super::random::SplitMix64;

/// The address of the attacker, which nobody else uses.
pub(super) const ADDRESS: &str = "203.0.113.66";
/// How many log-ins fail.
pub(super) const ATTEMPTS: usize = 140;
/// Every so many people are attacked: seven accounts, the victim's among them.
const EVERY: usize = 2;
/// 2023-06-28T00:00:00Z, a Wednesday.
const MIDNIGHT_MS: i64 = 1_687_910_400_000;

/// Midnight of the bad day.
pub(super) const fn midnight() -> Time {
    match Time::from_millis(MIDNIGHT_MS) {
        Some(time) => time,
        None => Time::EPOCH,
    }
}

fn at(hours: u64, minutes: u64, seconds: u64, millis: u64) -> Time {
    midnight() + Duration::from_millis(((hours * 60 + minutes) * 60 + seconds) * 1_000 + millis)
}

/// Adds what happened.
pub(super) fn add(events: &mut Vec<Event>, random: &mut SplitMix64) {
    let context = Context { ip: ADDRESS, user_agent: "python-requests/2.28.2" };
    let targets = PEOPLE.iter().skip(1).step_by(EVERY).cycle();
    for account in targets.take(ATTEMPTS) {
        let session = Session { account, id: None, context };
        let time = at(2, 10, 0, 0) + random.duration(Duration::ZERO, Duration::from_mins(90));
        let attempt = session.event(random.id("evt"), time, Action::Login, Target::account(account));
        events.push(attempt.failed("wrong_password"));
    }
    let session = Session { account: &VICTIM, id: Some(random.id("ses")), context };
    let key = Target::new("api_key", random.id("key"), "backup");
    let customers = Target::new("report", "rep_customers", "Customers");
    for (time, action, target) in [
        (at(3, 41, 12, 306), Action::Login, Target::account(&VICTIM)),
        (at(3, 43, 50, 871), Action::CreateApiKey, key),
        (at(3, 47, 5, 118), Action::Export, customers),
    ] {
        events.push(session.event(random.id("evt"), time, action, target));
    }
    let Account { office, user_agent, .. } = RESPONDER;
    let context = Context { ip: office, user_agent };
    let session = Session { account: &RESPONDER, id: Some(random.id("ses")), context };
    let setting = Target::new("setting", "set_require_mfa", "Require a second factor");
    for (time, action, target) in [
        (at(10, 2, 44, 590), Action::Login, Target::account(&RESPONDER)),
        (at(10, 5, 31, 27), Action::ChangeSetting, setting),
    ] {
        events.push(session.event(random.id("evt"), time, action, target));
    }
}
