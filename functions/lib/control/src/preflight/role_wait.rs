//! How long to wait for a role that may be seconds old. IAM takes 10 to 30 s until STS knows a new role, and
//! the customer's first step after *Create stack* is to enter its ARN.
//!
//! Source: AWS IAM user guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible".

use std::time::Duration;

use archive::time::Time;

/// The last attempt starts at most this long after the first. The API has 29 s for a whole connection check
/// (API Gateway's limit for an integration is 30 s), and the stages after the wait take a few.
pub const MAX_WAIT: Duration = Duration::from_secs(20);
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_secs(2);

/// The remaining wait of one connection check.
#[derive(Debug)]
pub(super) struct RoleWait {
    until: Option<Time>,
    waited: Duration,
}

impl RoleWait {
    /// A wait of at most `span`, capped at [`MAX_WAIT`]. Zero means no wait.
    pub(super) fn new(now: Time, span: Duration) -> Self {
        let until = (!span.is_zero()).then(|| now + span.min(MAX_WAIT));
        Self { until, waited: Duration::ZERO }
    }

    /// The pause before the next attempt, or `None` if the wait is over. A clock that jumps forward ends the
    /// wait. A clock that jumps back makes it no longer, because the pauses are counted too.
    pub(super) fn pause(&mut self, now: Time) -> Option<Duration> {
        let has_time =
            self.until.is_some_and(|until| now + PAUSE <= until) && self.waited + PAUSE <= MAX_WAIT;
        has_time.then(|| {
            self.waited += PAUSE;
            PAUSE
        })
    }

    /// The sum of all pauses so far.
    pub(super) const fn waited(&self) -> Duration {
        self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_ends_whatever_the_clock_does() {
        let mut none = RoleWait::new(Time::EPOCH, Duration::ZERO);
        assert_eq!(none.pause(Time::EPOCH), None);
        for step in [0, 2, 5] {
            let mut wait = RoleWait::new(Time::EPOCH, Duration::from_mins(1));
            let mut now = Time::EPOCH;
            let mut pauses = 0_u32;
            while wait.pause(now).is_some() {
                now = now + Duration::from_secs(step);
                pauses += 1;
            }
            assert_eq!(pauses, [10, 10, 4][usize::try_from(step / 2).unwrap()], "{step} s per attempt");
            assert!(wait.waited() <= MAX_WAIT && now.since(Time::EPOCH) <= MAX_WAIT);
        }
    }
}
