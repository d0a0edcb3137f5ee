//! The portal's binary as Lambda runs it, attacked: API Gateway events of payload format 2.0 come in through
//! the Runtime API, with cookies in and out; the ledger is the sandbox's.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

mod forgery;
mod links;
mod policies;
mod tenants;
mod world;
