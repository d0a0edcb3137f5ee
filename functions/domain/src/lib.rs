//! What Auditferry decides and promises, without any AWS crate, clock, environment or I/O.
//!
//! Start with [`protocol`]: its [`protocol::step`] is the one function that the exporter, the simulator and
//! the model checker all drive. The other modules are its vocabulary (`part`, `schedule`, `connector`,
//! `fault`), the reading of the events ([`event`], `partition`, `sort_key`, `item`, `key_list`), the writing of the files
//! (`encode`, `own_event`), the proof of them ([`manifest`]) and the ports that adapters fill ([`ports`]). What
//! the API and the command line offer is [`onboarding`], with [`verify`], [`setup`] and [`budget`] beside it; what the bus is told
//! is [`notice`], and whom of a tenant's own that reaches [`contacts`].

pub mod backoff;
pub mod budget;
pub mod connector;
pub mod contacts;
pub mod cursor;
pub mod encode;
pub mod event;
pub mod events_source;
pub mod fault;
pub mod health;
pub mod import;
pub mod item;
pub mod key_list;
pub mod loss_forecast;
pub mod manifest;
pub mod metrics;
pub mod names;
pub mod notice;
pub mod onboarding;
pub mod own_event;
pub mod part;
pub mod partition;
pub mod ports;
pub mod protocol;
pub mod schedule;
pub mod setup;
pub mod sort_key;
pub mod staging_keys;
pub mod time;
pub mod verify;
pub mod watch;
