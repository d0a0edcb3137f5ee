//! The vendor's public keys, as they were told a moment ago. Each look at them asks the service that keeps them, whose
//! quota is the whole deployment's: nobody who reads the keys over and over may spend what the exporter signs with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::manifest::RingKey;
use crate::time::Time;

/// For how long an answer is good. A key that is to be destroyed shows within this time.
const GOOD_FOR: Duration = Duration::from_mins(1);
/// For how long nobody is asked again after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// The last answer. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct RingCache(Arc<Mutex<Option<Asked>>>);

#[derive(Debug)]
struct Asked {
    at: Time,
    /// None if it failed.
    keys: Option<Vec<RingKey>>,
}

/// What the last answer is worth now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// It is good still.
    Keys(Vec<RingKey>),
    /// It failed just now.
    FailedJustNow,
    /// Ask.
    Nothing,
}

impl RingCache {
    /// What is known at `now`. An answer of a time that has not come yet, as the clock has it, is none.
    pub(super) fn known(&self, now: Time) -> Known {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Asked { at, keys }) = last.as_ref().filter(|asked| asked.at <= now) else {
            return Known::Nothing;
        };
        match keys {
            Some(keys) if now.since(*at) < GOOD_FOR => Known::Keys(keys.clone()),
            None if now.since(*at) < PAUSE => Known::FailedJustNow,
            _ => Known::Nothing,
        }
    }

    /// Keeps an answer. Of two who asked at once the later one stands.
    pub(super) fn keep(&self, at: Time, keys: Option<Vec<RingKey>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Asked { at, keys });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_a_minute_and_a_failure_for_seconds() {
        let (cache, now) = (RingCache::default(), Time::EPOCH + Duration::from_hours(1));
        assert_eq!(cache.known(now), Known::Nothing);
        cache.keep(now, Some(Vec::new()));
        let just = |span: Duration| now + span - Duration::from_millis(1);
        assert_eq!(cache.clone().known(just(GOOD_FOR)), Known::Keys(Vec::new()));
        assert_eq!(cache.known(now + GOOD_FOR), Known::Nothing);
        assert_eq!(cache.known(now - Duration::from_millis(1)), Known::Nothing, "the clock jumped back");
        cache.keep(now, None);
        assert_eq!(cache.known(just(PAUSE)), Known::FailedJustNow);
        assert_eq!(cache.known(now + PAUSE), Known::Nothing);
    }
}
