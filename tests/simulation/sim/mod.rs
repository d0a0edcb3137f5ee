//! A whole deployment in one thread: the real dispatcher and exporter over ports in memory, with one scheduler, one
//! clock and one source of chance, all from one seed.
//!
//! - `plan`: what the seed decides. `events`, `world` and `people`: what it then makes of it.
//! - `engine`: the agenda of all calls and happenings. `fate`: what becomes of a call.
//! - `keys`: the keys that sign, one after the other.
//! - `ports`, `ledger_ports`, `customer_ports`, `functions`: what surrounds the real code.
//! - `truth` and `judge`: what is true, and whether the promises were kept.
//! - `broken`: mistakes that must be noticed.

mod broken;
mod call;
mod chance;
mod customer_ports;
mod engine;
mod events;
mod fate;
mod fault;
mod functions;
mod happening;
mod judge;
mod keys;
mod ledger_ports;
mod people;
mod plan;
mod ports;
mod run;
mod total;
mod trace;
mod truth;
mod world;

pub(crate) use broken::Broken;
pub(crate) use run::simulate;
pub(crate) use total::simulate_many;
