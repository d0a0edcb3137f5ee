//! The embedded stand-ins: a DynamoDB, an S3 and an STS that run inside this process and speak real HTTP.
//!
//! With them the release code runs unchanged on a newcomer's machine and in tests: the AWS SDK signs, sends
//! and retries as it does in the cloud, and the stand-ins answer with the status codes and error codes of
//! AWS. The Lambdas never link this crate.
//!
//! Start with [`Stack::start`]; then act as the customer's administrator with [`Stack::create_bucket`] and
//! [`Stack::put_role`], and read the delivered objects with [`Stack::objects`].
//!
//! What is third-party, and what is not:
//! - DynamoDB is `dynoxide` as a library, behind a server and a signature check of our own.
//! - The S3 protocol (`SigV4`, checksummed chunks, XML) is `s3s`; storage and permissions are our own.
//! - The STS is our own, behind the signature check of `s3s`.
//!
//! They are for one user on one machine: [`guard`] rejects pages of other origins and other users, and all
//! files are accessible to their owner only.
//!
//! [`wiring`] runs the real dispatcher and exporter on them.
//!
//! A stand-in is not AWS: its errors were written from AWS's documentation.

mod accounts;
mod clock;
mod credentials;
mod dynamo;
mod error;
pub mod guard;
mod obstacle;
mod policy;
mod private_files;
mod role;
mod s3;
mod server;
mod sessions;
mod stack;
mod sts;
pub mod wiring;

pub use credentials::Credentials;
pub use dynamo::Durability;
pub use error::StackError;
pub use obstacle::Obstacle;
pub use role::Role;
pub use s3::Object;
pub use sessions::AssumedRole;
pub use stack::Stack;
