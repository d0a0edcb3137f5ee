//! The archive verification: proves, from a copy of a bucket, that nothing is missing, changed, added or
//! out of order.
//!
//! [`check::check`] is the entry point; `infra/schemas/manifest.md` is the specification that it checks. It
//! reads through [`archive::Archive`], which is implemented for folders and buckets, and knows the machine
//! through [`resources::Resources`] alone: no file system, no clock, no environment. Nothing in here trusts
//! its input: sizes are bounded, and memory does not grow with the archive.

pub mod archive;
mod back_references;
pub mod boundary;
mod chain;
pub mod chain_summary;
pub mod check;
pub mod content;
mod contents;
pub mod discovery;
mod event_counts;
pub mod events;
pub mod finding;
mod heartbeat;
mod identities;
mod key_state;
mod keys;
mod links;
mod listing;
mod manifests;
mod object;
mod object_matcher;
pub mod observer;
pub mod resources;
mod sorter;
pub mod totals;
mod trust;
