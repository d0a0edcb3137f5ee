//! The ports of the domain, filled by AWS: the only package that names `aws_sdk_*`.

pub mod acting;
pub mod archive;
pub mod bus;
pub mod clients;
pub mod clock;
pub mod customers;
pub mod identity;
pub mod ledger;
pub mod logs;
pub mod mail;
pub mod metrics;
pub mod noted_bus;
pub mod notice_queue;
mod port_error;
pub mod queue;
pub mod settings;
pub mod signing;
pub mod source;
pub mod staging;
pub mod webhooks;
