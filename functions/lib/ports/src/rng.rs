//! The random number generator, injected.

use archive::names::WorkerId;

/// A source of random bits, or a seeded one.
pub trait Rng: Send + Sync {
    /// Uniform over all of `u64`.
    fn next_u64(&self) -> u64;

    /// A new worker ID, of 128 random bits.
    fn worker_id(&self) -> WorkerId {
        WorkerId::new(self.next_u64(), self.next_u64())
    }
}
