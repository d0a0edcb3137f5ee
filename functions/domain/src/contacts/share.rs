//! Each tenant's share of the notifier's time, so that slow webhooks of one delay nobody else's notices.
//!
//! A webhook that takes a connection and answers nothing holds a place of the notifier for as long as it is waited for,
//! and places are few. So a try is paid for, before it is made, with the time that it may take, from what the tenant has:
//! one second each second, and [`SAVED_UP`] at most saved up. What a try did not use is given back. A try that the
//! tenant can't pay now waits in the queue until it can, and holds no place while it waits.
//!
//! A webhook is waited for briefly at first. One that has not answered lately is waited for longer, as the promise to
//! receivers says, and costs its tenant so much more.
//!
//! This is the generic cell rate algorithm (ITU-T I.371, annex A) with a variable cost: what is stored is the time up to
//! which the tenant's time is spent.

use std::time::Duration;

use crate::time::Time;

/// How long a webhook is waited for that has answered in time or was never asked.
pub const SHORT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long one is waited for that lately was not quick enough: what receivers are promised.
pub const LONG_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of its time a tenant can have saved up: ten brief tries or two long ones at once.
pub const BURST: Duration = Duration::from_secs(20);
/// For how long a webhook's host counts as slow after it was.
pub const SLOW_HOST_PERIOD: Duration = Duration::from_hours(6);
/// Time that is spent further ahead than this was spent by a clock that was wrong.
pub const MAX_AHEAD: Duration = Duration::from_hours(24);

/// When a try may be made whose time begins at `begins`, as the tenant's time is spent up to there.
#[must_use]
pub fn due(begins: Time, now: Time) -> Time {
    if begins <= now + BURST { now } else { begins - BURST }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_saved_up_is_spent_at_once_and_what_is_not_waits_its_turn() {
        let now = Time::EPOCH + Duration::from_hours(1);
        for (ahead, waits) in [(0, 0), (20, 0), (21, 1), (80, 60)] {
            let due = due(now + Duration::from_secs(ahead), now);
            assert_eq!(due.since(now).as_secs(), waits, "{ahead} seconds ahead");
        }
    }
}
