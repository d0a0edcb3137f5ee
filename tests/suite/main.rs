//! All tests that need more than one package, in one binary.

mod aws;
mod backlog;
mod conformance;
mod contacts;
mod costs;
mod dispatcher;
mod dispatcher_faults;
mod embedded;
mod key_lists;
mod monitoring;
mod preflight;
mod promises;
mod protocol;
mod queue_messages;
mod quick_create;
mod real_events;
mod requests;
mod review;
mod run_now;
mod source_changed;
mod strictness;
mod template;
mod thundering_herd;
mod wire;
