//! The vendor's public keys, as they were told a moment ago. Each look at them asks the service that keeps them, whose
//! quota is the whole deployment's: nobody who reads the keys over and over may spend what the exporter signs with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::manifest::RingKey;
use crate::time::Time;

/// For how long an answer is good. A key that is to be destroyed shows within this time.
const TTL: Duration = Duration::from_mins(1);
/// For how long nobody is asked again after a failure.
const FAILURE_TTL: Duration = Duration::from_secs(5);

/// The last answer. A clone is the same one.
#[derive(Debug, Clone, Default)]
pub struct KeyCache(Arc<Mutex<Option<CachedKeys>>>);

#[derive(Debug)]
struct CachedKeys {
    at: Time,
    /// None if it failed.
    keys: Option<Vec<RingKey>>,
}

/// What the last answer is worth now.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CacheLookup {
    /// It is good still.
    Hit(Vec<RingKey>),
    /// It failed just now.
    RecentFailure,
    /// Ask.
    Nothing,
}

impl KeyCache {
    /// What is known at `now`. An answer of a time that has not come yet, as the clock has it, is none.
    pub(super) fn get(&self, now: Time) -> CacheLookup {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(CachedKeys { at, keys }) = last.as_ref().filter(|asked| asked.at <= now) else {
            return CacheLookup::Nothing;
        };
        match keys {
            Some(keys) if now.since(*at) < TTL => CacheLookup::Hit(keys.clone()),
            None if now.since(*at) < FAILURE_TTL => CacheLookup::RecentFailure,
            _ => CacheLookup::Nothing,
        }
    }

    /// Keeps an answer. Of two who asked at once the later one stands.
    pub(super) fn put(&self, at: Time, keys: Option<Vec<RingKey>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(CachedKeys { at, keys });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_good_for_a_minute_and_a_failure_for_seconds() {
        let (cache, now) = (KeyCache::default(), Time::EPOCH + Duration::from_hours(1));
        assert_eq!(cache.get(now), CacheLookup::Nothing);
        cache.put(now, Some(Vec::new()));
        let just = |span: Duration| now + span - Duration::from_millis(1);
        assert_eq!(cache.clone().get(just(TTL)), CacheLookup::Hit(Vec::new()));
        assert_eq!(cache.get(now + TTL), CacheLookup::Nothing);
        assert_eq!(cache.get(now - Duration::from_millis(1)), CacheLookup::Nothing, "the clock jumped back");
        cache.put(now, None);
        assert_eq!(cache.get(just(FAILURE_TTL)), CacheLookup::RecentFailure);
        assert_eq!(cache.get(now + FAILURE_TTL), CacheLookup::Nothing);
    }
}
