//! How long a role is waited for that may be seconds old. IAM takes 10 to 30 s until STS knows one, and the customer's
//! first step after *Create stack* is to give its ARN.
//!
//! Source: AWS IAM user guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible".

use std::time::Duration;

use crate::time::Time;

/// No try begins later than this after the first. The API has 29 s for all of a verification (API Gateway's limit for
/// an integration is 30 s), and what is behind the wait takes a few.
pub const MAX_WAIT: Duration = Duration::from_secs(20);
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(2);

/// What is left of the wait.
#[derive(Debug)]
pub(super) struct RoleWait {
    until: Option<Time>,
    waited: Duration,
}

impl RoleWait {
    /// For at most `span` and never longer than [`LONGEST`]; nothing is waited for where it is zero.
    pub(super) fn new(now: Time, span: Duration) -> Self {
        let until = (!span.is_zero()).then(|| now + span.min(MAX_WAIT));
        Self { until, waited: Duration::ZERO }
    }

    /// The pause before the next try, if there is to be one. A clock that jumps forward ends the wait; one that jumps
    /// back makes it no longer, since the pauses are counted, too.
    pub(super) fn pause(&mut self, now: Time) -> Option<Duration> {
        let goes_on = self.until.is_some_and(|until| now + PAUSE <= until) && self.waited + PAUSE <= MAX_WAIT;
        goes_on.then(|| {
            self.waited += PAUSE;
            PAUSE
        })
    }

    /// How long was waited so far, in pauses.
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
            let mut patience = RoleWait::new(Time::EPOCH, Duration::from_mins(1));
            let mut now = Time::EPOCH;
            let mut pauses = 0_u32;
            while patience.pause(now).is_some() {
                now = now + Duration::from_secs(step);
                pauses += 1;
            }
            assert_eq!(pauses, [10, 10, 4][usize::try_from(step / 2).unwrap()], "{step} s a try");
            assert!(patience.waited() <= MAX_WAIT && now.since(Time::EPOCH) <= MAX_WAIT);
        }
    }
}
