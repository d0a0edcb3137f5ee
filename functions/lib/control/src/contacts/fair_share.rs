//! Each tenant's share of the notifier's time, so that one tenant's slow webhooks delay nobody else's
//! notices.
//!
//! A webhook that accepts a connection and never answers occupies a worker of the notifier until the timeout,
//! and workers are few. So each attempt reserves the time that it may take, in advance, from the tenant's
//! share: one second per second, with at most [`BURST`] accumulated. Unused time is refunded. An attempt that
//! the tenant can't afford now waits in the queue and occupies no worker.
//!
//! The first timeout of a webhook is short. A webhook that was recently too slow gets the longer timeout that
//! receivers are promised, and costs its tenant more accordingly.
//!
//! This is the generic cell rate algorithm (ITU-T I.371, annex A) with a variable cost: the stored value is
//! the time up to which the tenant's share is spent.

use std::time::Duration;

use archive::time::Time;

/// The timeout of a webhook that has answered in time or was never called.
pub const SHORT_TIMEOUT: Duration = Duration::from_secs(2);
/// The timeout of a webhook that was recently too slow: what receivers are promised.
pub const LONG_TIMEOUT: Duration = Duration::from_secs(10);
/// How much time a tenant can accumulate: ten attempts with the short timeout, or two with the long one.
pub const BURST: Duration = Duration::from_secs(20);
/// How long a webhook's host counts as slow.
pub const SLOW_HOST_PERIOD: Duration = Duration::from_hours(6);
/// Time that is spent further ahead than this was spent by a wrong clock.
pub const MAX_RESERVATION: Duration = Duration::from_hours(24);

/// When an attempt may start whose reserved time begins at `begins`.
#[must_use]
pub fn due(begins: Time, now: Time) -> Time {
    if begins <= now + BURST { now } else { begins - BURST }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accumulated_time_is_spent_at_once_and_the_rest_waits() {
        let now = Time::EPOCH + Duration::from_hours(1);
        for (ahead, waits) in [(0, 0), (20, 0), (21, 1), (80, 60)] {
            let due = due(now + Duration::from_secs(ahead), now);
            assert_eq!(due.since(now).as_secs(), waits, "{ahead} seconds ahead");
        }
    }
}
