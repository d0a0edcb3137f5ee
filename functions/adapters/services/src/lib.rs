//! AWS's key, mail and queue services, each behind a feature: what the functions need and the embedded stack does not,
//! so that a first `cargo run` need not build their SDKs.

#[cfg(feature = "keys")]
pub mod keys;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "queues")]
pub mod notice_queue;
#[cfg(feature = "queues")]
pub mod queue;
