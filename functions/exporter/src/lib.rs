//! The exporter: executes the protocol of [`protocol::machine`] for the connectors of a queue batch.
//!
//! [`export()`] drives one run of one connector, [`build`] reads, encodes and stages a part, and [`batch`]
//! runs the connectors of a batch concurrently and returns the messages that failed.

pub mod batch;
pub mod build;
mod driver;
mod export;
mod metrics;
mod orphan_sweep;
mod report;
mod reverification;
mod unreadable;
mod vendor;

pub use export::{Exporter, Ports, export};
pub use vendor::vendor_of;
