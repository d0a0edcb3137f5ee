//! What Auditferry decides and promises, without any AWS crate, clock, environment or I/O.
//!
//! Start with [`protocol`]: its [`protocol::step`] is the one function that the exporter, the simulator and
//! the model checker all drive. The other modules are its vocabulary (`part`, `schedule`, `connector`,
//! `fault`), the reading of the events (`sort_key`, `item`, `key_list`), the writing of the files
//! (`encode`, `own_event`) and the ports that adapters fill ([`ports`]).

pub mod backoff;
pub mod connector;
pub mod cursor;
pub mod encode;
pub mod fault;
pub mod item;
pub mod key_list;
pub mod names;
pub mod notice;
pub mod own_event;
pub mod part;
pub mod ports;
pub mod protocol;
pub mod schedule;
pub mod sort_key;
pub mod time;
