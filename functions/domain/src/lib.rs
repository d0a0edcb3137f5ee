//! What Auditferry decides and guarantees, without any AWS crate, clock, environment or I/O.
//!
//! Start with [`protocol`]: its [`protocol::step`] is the one function that the exporter, the simulator and
//! the model checker all drive. The other modules:
//! - the protocol's vocabulary: `part`, `schedule`, `connector`, `delivery_error`, `staging_keys`;
//! - reading events: [`event`], `partition`, `sort_key`, `item`, `key_list`;
//! - writing files and proving them: `encode`, `generated_events`, [`manifest`];
//! - the ports that adapters implement: [`ports`];
//! - what API and CLI offer: [`onboarding`], with [`preflight`], [`setup`] and [`budget`];
//! - what is published on the bus: [`notice`], and which of a tenant's contacts are notified: [`contacts`].

pub mod backoff;
pub mod budget;
pub mod budget_limits;
pub mod caller;
pub mod connector;
pub mod contact_delivery;
pub mod contacts;
pub mod cursor;
pub mod delivery_error;
pub mod encode;
pub mod event;
pub mod events_source;
pub mod frequency;
pub mod generated_events;
pub mod health;
pub mod import;
pub mod item;
pub mod key_list;
pub mod loss_forecast;
pub mod manifest;
pub mod metrics;
pub mod names;
pub mod note;
pub mod notice;
pub mod onboarding;
pub mod part;
pub mod partition;
pub mod ports;
pub mod preflight;
pub mod protocol;
pub mod schedule;
pub mod setup;
pub mod sha256;
pub mod signing;
pub mod sort_key;
pub mod source_change;
pub mod staging_keys;
pub mod time;
pub mod watch;
