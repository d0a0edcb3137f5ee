//! The domain's ports, implemented on AWS. Only this package and `services` name `aws_sdk_*`.

pub mod acting;
pub mod archive;
pub mod bus;
pub mod clients;
pub mod clock;
mod conflicts;
pub mod customers;
pub mod identity;
pub mod ledger;
pub mod logs;
pub mod metrics;
pub mod noted_bus;
pub mod port_error;
pub mod published;
pub mod settings;
pub mod signing;
pub mod source;
pub mod staging;
pub mod webhooks;
