//! A cache of the vendor's public keys. Each read of them calls the key service, whose quota the whole
//! deployment shares: a client that reads the keys over and over must not use up what the exporter signs
//! with.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use archive::note::RingKey;
use archive::time::Time;

/// How long an answer is valid. A scheduled key deletion shows within this time.
const TTL: Duration = Duration::from_mins(1);
/// How long after a failure no new call is made.
const FAILURE_TTL: Duration = Duration::from_secs(5);

/// The last answer. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct KeyCache(Arc<Mutex<Option<CachedKeys>>>);

#[derive(Debug)]
struct CachedKeys {
    at: Time,
    /// `None` if the call failed.
    keys: Option<Vec<RingKey>>,
}

/// The result of a lookup.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum CacheLookup {
    /// The cached keys are still valid.
    Hit(Vec<RingKey>),
    /// The last call failed moments ago.
    RecentFailure,
    /// A call is needed.
    Miss,
}

impl KeyCache {
    /// The cached answer at `now`. An answer from the future, by this clock, is ignored.
    pub(super) fn get(&self, now: Time) -> CacheLookup {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(CachedKeys { at, keys }) = last.as_ref().filter(|cached| cached.at <= now) else {
            return CacheLookup::Miss;
        };
        match keys {
            Some(keys) if now.since(*at) < TTL => CacheLookup::Hit(keys.clone()),
            None if now.since(*at) < FAILURE_TTL => CacheLookup::RecentFailure,
            _ => CacheLookup::Miss,
        }
    }

    /// Caches an answer. Of two concurrent ones the later wins.
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
        assert_eq!(cache.get(now), CacheLookup::Miss);
        cache.put(now, Some(Vec::new()));
        let just = |span: Duration| now + span - Duration::from_millis(1);
        assert_eq!(cache.clone().get(just(TTL)), CacheLookup::Hit(Vec::new()));
        assert_eq!(cache.get(now + TTL), CacheLookup::Miss);
        assert_eq!(cache.get(now - Duration::from_millis(1)), CacheLookup::Miss, "the clock jumped back");
        cache.put(now, None);
        assert_eq!(cache.get(just(FAILURE_TTL)), CacheLookup::RecentFailure);
        assert_eq!(cache.get(now + FAILURE_TTL), CacheLookup::Miss);
    }
}
