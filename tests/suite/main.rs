//! All tests that need more than one package, in one binary.

mod conformance;
mod dispatcher;
mod dispatcher_faults;
mod embedded;
mod promises;
mod protocol;
mod real_events;
mod review;
mod template;
mod verification;
