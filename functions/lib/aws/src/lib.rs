//! The ports filled by AWS, one module per service. Only this package names `aws_sdk_*`.

pub mod clients;
pub mod clock;
mod conflict_retry;
pub mod dynamodb;
pub mod eventbridge;
pub mod http_api;
#[cfg(feature = "kms")]
pub mod kms;
pub mod lambda;
pub mod logs;
pub mod metrics;
pub mod operations;
pub mod port_error;
pub mod reader;
pub mod s3;
#[cfg(feature = "ses")]
pub mod ses;
pub mod settings;
pub mod signing;
#[cfg(feature = "sqs")]
pub mod sqs;
pub mod sqs_batch;
pub mod sts;
mod transient_codes;
pub mod webhooks;
