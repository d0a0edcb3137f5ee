//! When a contact that could not be notified is tried again: after a minute, then after pauses that double up
//! to four hours, until a day after the notice.

use std::time::Duration;

use archive::time::Time;
use protocol::backoff::Backoff;

/// The upper limits of the pauses.
const BACKOFF: Backoff = Backoff { base: Duration::from_mins(1), cap: Duration::from_hours(4) };

/// How long after its notice a message is retried.
pub const GIVE_UP_AFTER: Duration = Duration::from_hours(24);

/// When to try again after `attempt` (counted from 1) failed at `now`, for a notice published at `published`;
/// `None` to give up. The pause is between half of the limit and all of it, in whole seconds by `random`, so
/// that the customers of one endpoint that was down do not return to it together.
#[must_use]
pub fn next_attempt(published: Time, attempt: u32, now: Time, random: u64) -> Option<Time> {
    let half = BACKOFF.ceiling(attempt) / 2;
    let due = now + half + Duration::from_secs(random % (half.as_secs() + 1));
    (due <= published + GIVE_UP_AFTER).then_some(due)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dead_endpoint_is_tried_for_a_day_and_no_longer() {
        for random in [0, u64::MAX] {
            let (mut now, mut tries) = (Time::EPOCH, 1);
            while let Some(due) = next_attempt(Time::EPOCH, tries, now, random) {
                assert!(due > now);
                (now, tries) = (due, tries + 1);
            }
            assert!((12..=22).contains(&tries), "{tries} tries");
            assert!(
                now.since(Time::EPOCH) <= GIVE_UP_AFTER
                    && now.since(Time::EPOCH) + Duration::from_hours(4) > GIVE_UP_AFTER
            );
        }
    }

    #[test]
    fn a_pause_can_be_half_of_its_limit_and_all_of_it() {
        for (attempt, half) in [(1, 30), (2, 60), (9, 7_200)] {
            for (random, pause) in [(0, half), (1, half + 1), (half, 2 * half), (half + 1, half)] {
                let due = next_attempt(Time::EPOCH, attempt, Time::EPOCH, random).unwrap();
                assert_eq!(due.since(Time::EPOCH).as_secs(), pause, "{attempt} by {random}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_pause_is_at_least_half_a_minute_and_at_most_four_hours(attempt in 1u32..1000, random: u64) {
            let due = next_attempt(Time::EPOCH, attempt, Time::EPOCH, random).unwrap();
            let pause = due.since(Time::EPOCH);
            prop_assert!(pause >= Duration::from_secs(30) && pause <= Duration::from_hours(4));
        }
    }
}
