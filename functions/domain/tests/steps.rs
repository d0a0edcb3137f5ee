//! The steps of the protocol, rehearsed by hand: the tests of `tests/suite/protocol`, once more. They need nothing but
//! the domain, and their own package needs everything; built here, cargo-mutants can judge a change of the protocol
//! by them in seconds (`tests/README.md`, "Mutation").
#![expect(
    dead_code,
    unreachable_pub,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "files of another package, which holds them to its own settings; some of what they offer is for others"
)]

// The name by which they know their fixtures.
extern crate self as tests;

#[path = "../../../tests/src/fakes/clock.rs"]
mod clock;
#[path = "../../../tests/src/fixtures/mod.rs"]
pub mod fixtures;
#[path = "../../../tests/suite/protocol/mod.rs"]
mod protocol;
#[path = "../../../tests/src/turns.rs"]
mod turns;

/// What of the fakes they use.
pub mod fakes {
    pub use crate::clock::SeededRandomness;
}
