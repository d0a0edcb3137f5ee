//! A model checker for the protocol: every order of workers, crashes, lost answers, late events, a bucket
//! that comes and goes, TTL and time itself, in worlds small enough to be explored to the end.
//!
//! The workers run [`protocol::machine::step`], the function that the exporter runs. Only what is outside of
//! it is a model: the ledger's conditional writes ([`ledger`]), reading the events table page by page
//! ([`reading`]), the customer's bucket, the clock. The properties are the promises ([`promises`]), by name.
//!
//! A [`Setup`](setup::Setup) defines how large a world is and what may happen in it. A
//! [`Variant`](variant::Variant) breaks the protocol in one place, to show that the checks would find it.

pub mod coverage;
pub mod drain;
pub mod execute;
pub mod explore;
pub mod ledger;
pub mod machine;
pub mod manifests;
pub mod promises;
pub mod reading;
pub mod setup;
pub mod setups;
pub mod shared;
pub mod variant;
pub mod worker;
pub mod world;
