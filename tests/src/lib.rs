//! What the tests are made of.
//!
//! - [`fakes`]: every port of the domain in memory, behaving as the real thing does.
//! - [`failing`]: a wrapper of any port that fails, loses the answer or crashes the worker at a chosen call, or
//!   makes it stand still there.
//! - [`turns`]: moves workers forward call by call, in any order of their calls.
//! - [`conformance`]: what each port promises, as functions that run on the fake and on the real adapter.
//! - [`fixtures`]: real events, and connectors and parts to start from.
//! - [`lambda`]: the Lambda service around a function's binary, an event bus and a message queue.
//! - [`proxy`]: what a network and a busy service do to requests and answers.
//! - [`archive`]: sound archives with signed manifests, as a customer's bucket holds them.
//! - [`chain`]: holds the manifests of a bucket against each other and against the files.
//! - [`oracle`]: reads a customer's bucket from outside and holds it against the table.
//! - [`schema`]: holds JSON against a JSON schema.
//!
//! The tests themselves are in `suite/`.

pub mod archive;
pub mod chain;
pub mod conformance;
pub mod failing;
pub mod fakes;
pub mod fixtures;
pub mod lambda;
pub mod oracle;
pub mod proxy;
pub mod schema;
pub mod turns;
