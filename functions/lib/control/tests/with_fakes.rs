//! The decisions with their ports: the tests of the protocol and of the connection check from package
//! `tests`, a second time, and those of onboarding, the portal and signing. They need only the pure packages
//! and the fakes, while package `tests` needs everything. Built here, cargo-mutants can judge a change of
//! these in seconds (`tests/README.md`, "Mutation").
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::pedantic,
    clippy::unwrap_used,
    reason = "files of another package, which has its own lint settings; some helpers are unused here"
)]

// The name by which those tests import the fakes and fixtures.
extern crate self as tests;

#[path = "../../../../tests/src/delegation/mod.rs"]
pub mod delegation;
mod explorer_records;
#[path = "../../../../tests/src/fakes/mod.rs"]
pub mod fakes;
#[path = "../../../../tests/src/fault_injection/mod.rs"]
pub mod fault_injection;
#[path = "../../../../tests/src/fixtures/mod.rs"]
pub mod fixtures;
#[path = "../../../../tests/src/interleaving.rs"]
pub mod interleaving;
mod onboarding;
mod portal;
#[path = "../../../../tests/suite/protocol/mod.rs"]
mod protocol;
#[path = "../../../../tests/suite/preflight/reports.rs"]
mod reports;
mod signing;
#[path = "../../../../tests/suite/preflight/stages.rs"]
mod stages;

// What `stages` imports from its parent module in its own package.
use reports::{assert_stopped_at, connector, only_finding, vendor, verdicts, verify};
