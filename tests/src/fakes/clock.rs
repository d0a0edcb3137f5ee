//! A clock that moves only on demand, and a reproducible random number generator.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use archive::time::Time;
use async_trait::async_trait;
use ports::{Clock, Rng};

use crate::interleaving::yield_once;

/// A clock that stands still until it is moved, or until someone sleeps.
#[derive(Debug, Clone)]
pub struct FakeClock {
    wall: Arc<AtomicI64>,
    /// How far this worker's clock is ahead of the wall clock, milliseconds.
    skew_ms: i64,
}

impl FakeClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: Time) -> Self {
        Self { wall: Arc::new(AtomicI64::new(now.millis())), skew_ms: 0 }
    }

    /// The same wall clock for a worker whose own clock is `ahead` milliseconds ahead of it, or behind if
    /// negative.
    #[must_use]
    pub fn skewed(&self, ahead: i64) -> Self {
        Self { wall: Arc::clone(&self.wall), skew_ms: ahead }
    }

    /// Moves the wall clock to `now`, for everyone.
    pub fn set(&self, now: Time) {
        self.wall.store(now.millis(), Ordering::SeqCst);
    }

    /// Moves the wall clock forward, for everyone.
    pub fn advance(&self, span: Duration) {
        self.set(self.wall() + span);
    }

    /// The wall clock's time, without the skew.
    #[must_use]
    pub fn wall(&self) -> Time {
        time(self.wall.load(Ordering::SeqCst))
    }
}

fn time(ms: i64) -> Time {
    Time::from_millis(ms).expect("a time between 1970 and 9999")
}

#[async_trait]
impl Clock for FakeClock {
    fn now(&self) -> Time {
        time(self.wall.load(Ordering::SeqCst) + self.skew_ms)
    }

    /// Takes no time of the test: the wall clock moves instead. Other tasks get their turn in between.
    async fn sleep(&self, span: Duration) {
        self.advance(span);
        yield_once().await;
    }
}

/// SplitMix64: good enough to draw from, and the same for the same seed.
///
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
#[derive(Debug, Clone)]
pub struct SeededRng(Arc<AtomicU64>);

impl SeededRng {
    /// The sequence of this seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seed)))
    }

    /// A number below `bound`, which is not 0.
    #[must_use]
    pub fn below(&self, bound: u64) -> u64 {
        self.next_u64() % bound
    }
}

impl Rng for SeededRng {
    fn next_u64(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.0.fetch_add(STEP, Ordering::SeqCst).wrapping_add(STEP);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}
