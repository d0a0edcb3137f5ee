//! The building blocks of the tests.
//!
//! - [`fakes`]: every port in memory, behaving as the real thing does.
//! - [`delegation`]: wrappers of ports, which say only what happens around a call.
//! - [`fault_injection`]: a wrapper of any port that fails, loses the response, crashes the worker or stalls
//!   it at a chosen call.
//! - [`functions`]: dispatcher, exporter and notifier on a test's ports, with the settings that tests share.
//! - [`interleaving`]: moves workers forward call by call, in any order of their calls.
//! - [`conformance`]: the promises of each port, as functions that run on the fake and on the real adapter.
//! - [`fixtures`]: real events, and connectors and parts to start from.
//! - [`lambda`]: the Lambda service around a function's binary, an event bus and a message queue.
//! - [`proxy`]: network faults and errors of a busy service, in requests and responses.
//! - [`chain`]: checks the manifests of a bucket against each other and against the files.
//! - [`oracle`]: reads a customer's bucket from outside and compares it with the table.
//! - [`schema`]: validates JSON against a JSON schema.
//!
//! The tests themselves are in `suite/`.

pub mod chain;
pub mod conformance;
pub mod delegation;
pub mod fakes;
pub mod fault_injection;
pub mod fixtures;
pub mod functions;
pub mod interleaving;
pub mod lambda;
pub mod oracle;
pub mod proxy;
pub mod schema;

pub use samples::{archive, verify_output};
