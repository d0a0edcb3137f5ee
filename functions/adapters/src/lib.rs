//! The domain's ports, implemented on AWS. Only this package and `services` name `aws_sdk_*`.

pub mod anonymous_reader;
pub mod archive;
pub mod assumed_role;
pub mod bus;
pub mod caller_identity;
pub mod clients;
pub mod clock;
mod conflict_retry;
pub mod customers;
pub mod ledger;
pub mod logs;
pub mod metrics;
pub mod observed_bus;
pub mod port_error;
pub mod settings;
pub mod signing;
pub mod source;
pub mod staging;
pub mod webhooks;
