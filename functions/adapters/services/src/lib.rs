//! AWS's key, mail and queue services, each behind a feature. The functions need them and the sandbox does
//! not, so a first `cargo run` doesn't build their SDKs.

#[cfg(feature = "keys")]
pub mod keys;
#[cfg(feature = "mail")]
pub mod mail;
#[cfg(feature = "queues")]
pub mod notice_queue;
#[cfg(feature = "queues")]
pub mod queue;
