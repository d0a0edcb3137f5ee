//! The reader, over real events on the stand-ins.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test fails"
)]

mod answers;
mod downloads;
mod jobs;
mod let_go;
mod lost;
mod privacy;
mod world;
