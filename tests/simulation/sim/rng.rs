//! The only source of randomness of a simulation.

use rand::rngs::Xoshiro256PlusPlus;
use rand::{Rng as _, RngExt as _, SeedableRng as _};

/// A random number generator whose draws are the same for the same seed on every machine. The algorithm is
/// named, since a crate's "standard" one may change with its version.
#[derive(Debug)]
pub(crate) struct SimRng(Xoshiro256PlusPlus);

impl SimRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number of `from..to`, which is not empty.
    pub(crate) fn between(&mut self, from: u64, to: u64) -> u64 {
        self.0.random_range(from..to)
    }

    /// A number below `bound`, which is not 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0.random_range(0..bound)
    }

    /// True with a probability of `times` in a thousand.
    pub(crate) fn per_mille(&mut self, times: u32) -> bool {
        self.0.random_range(0..1000) < times
    }

    /// One of these choices.
    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}
