//! The exporter: executes the protocol of [`protocol::machine`] for the connectors of a queue batch.
//!
//! [`batch`] runs the connectors of a batch concurrently and returns the messages that failed. [`export()`]
//! drives one run of one connector: `driver` executes the effects, `part_builder` reads, encodes and stages a
//! part, and `jobs` follow the run.

pub mod batch;
mod context;
mod driver;
mod export;
mod failure;
mod jobs;
mod metrics;
mod part_builder;
mod report;
mod vendor;

pub use context::{Exporter, Ports};
pub use export::export;
pub use vendor::vendor_of;
