//! A whole deployment in one thread: the real dispatcher and exporter with in-memory ports, one scheduler,
//! one clock and one random number generator, all from one seed.
//!
//! - `plan`: what the seed decides. `events`, `world`, `actor_plans` and `actors`: what follows from it.
//! - `engine`: the agenda of all calls and items. `injection`: the outcome of a call.
//! - `keys`: the signing keys, one after the other.
//! - `ports`, `ledger_ports`, `customer_ports`, `functions`: the surroundings of the real code.
//! - `ground_truth` and `checker`: what is true, and whether the promises were kept.
//! - `mutants`: bugs that must be noticed.

mod actor_plans;
mod actors;
mod agenda;
mod call;
mod checker;
mod customer_ports;
mod engine;
mod events;
mod fault;
mod functions;
mod ground_truth;
mod injection;
mod keys;
mod ledger_ports;
mod mutants;
mod plan;
mod ports;
mod rng;
mod run;
mod summary;
mod trace;
mod world;

pub(crate) use mutants::Mutant;
pub(crate) use run::simulate;
pub(crate) use summary::simulate_many;
