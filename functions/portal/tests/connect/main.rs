//! Connect, through the router over the fakes: from nothing to the first file, and everything that gets in
//! between.

#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod answers;
mod connecting;
mod following;
mod racing;
mod site;
