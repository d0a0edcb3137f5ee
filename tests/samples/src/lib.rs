//! Samples that need nothing of us but the format: the verifier's own tests use them, as all others do.
//!
//! - [`events`]: real events.
//! - [`items`]: items of the events table, as a vendor's product may write them.
//! - [`archive`]: whole signed archives, and what a forger makes of them.
//! - [`verify_output`]: what both programs print that verify archives.

pub mod archive;
pub mod events;
pub mod items;
pub mod verify_output;
