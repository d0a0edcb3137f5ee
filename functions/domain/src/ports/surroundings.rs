//! Time and chance, which the domain never takes for itself.

use std::time::Duration;

use async_trait::async_trait;

use crate::names::WorkerId;
use crate::time::Time;

/// The clock on the wall, or a simulated one.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Time;

    /// Waits.
    async fn sleep(&self, span: Duration);
}

/// A source of random bits, or a seeded one.
pub trait Rng: Send + Sync {
    /// Uniform over all of `u64`.
    fn next_u64(&self) -> u64;

    /// A worker's ID.
    fn worker_id(&self) -> WorkerId {
        WorkerId::new(self.next_u64(), self.next_u64())
    }
}
