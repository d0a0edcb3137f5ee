//! Seal, then deliver: every decision of an export, and the records that the ledger keeps. Pure, without I/O.
//!
//! Start with [`machine`]: its [`machine::step`] is the one function that the exporter, the simulator and the
//! model checker all drive. The records: [`connector`], [`cursor`], [`contacts`], [`budget`], [`preflight`],
//! [`portal`], [`exploration`]. What follows from them: [`schedule`], [`health`], [`loss_forecast`],
//! [`timeline`], [`watch`]. What is published: [`notice`], [`notification`], [`metrics`].

pub mod backoff;
pub mod budget;
pub mod caller;
pub mod connector;
pub mod contacts;
pub mod cursor;
pub mod delivery_error;
pub mod events_source;
pub mod exploration;
pub mod health;
pub mod loss_forecast;
pub mod machine;
pub mod metrics;
pub mod notice;
pub mod notification;
mod parsed_text;
pub mod portal;
pub mod preflight;
pub mod schedule;
pub mod source_change;
pub mod timeline;
mod visible_name;
pub mod watch;
