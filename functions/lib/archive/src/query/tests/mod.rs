//! The answers of a search equal those of a loop over all events.

mod properties;
mod world;

pub(super) use world::fields;
