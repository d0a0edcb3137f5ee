//! What lands in a customer's bucket, and the proof of it: pure, without AWS, a clock or I/O.
//!
//! - one notion of an event: [`event`], [`item`], [`sort_key`], [`import`];
//! - the files: [`part`] (names, records), [`encode`], [`generated_events`], [`key_list`], [`staging_keys`];
//! - the proof: [`note`] (signed notes and keys), [`manifest`] (the text and its chain);
//! - the auditor's check: [`verify`], and `files` (feature `files`), which reads folders and has what the
//!   programs `auditferry-verify` and `auditferry verify` share;
//! - what all of it is made of: [`names`], [`time`], [`sha256`], [`frequency`], [`shell`].

pub mod encode;
pub mod event;
pub mod fields;
#[cfg(feature = "files")]
#[expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it is the I/O of the verifier's programs; no function links it"
)]
pub mod files;
pub mod frequency;
pub mod generated_events;
pub mod import;
pub mod item;
pub mod key_list;
pub mod manifest;
pub mod names;
pub mod note;
pub mod part;
pub mod query;
pub mod sha256;
pub mod shell;
pub mod sort_key;
pub mod staging_keys;
pub mod time;
pub mod verify;
