//! The embedded stand-ins: a DynamoDB, an S3 and an STS that run inside this process and speak real HTTP.
//!
//! They let the release code run unchanged on a newcomer's machine and in tests: the AWS SDK signs, sends and
//! retries as it does in the cloud, and the stand-ins answer with the status codes and error codes of AWS.
//! The Lambdas never link this crate.
//!
//! Start with [`Stack::start`]; then play the customer's administrator with [`Stack::create_bucket`] and
//! [`Stack::put_role`], and look at what arrived with [`Stack::objects`].
//!
//! What is whose:
//! - DynamoDB is `dynoxide` as a library, behind a server and a check of signatures of our own.
//! - The S3 protocol (`SigV4`, checksummed chunks, XML) is `s3s`; what is kept and who may write it is ours.
//! - The STS is ours, behind the signature check of `s3s`.
//!
//! They are for one person on one machine: [`guard`] keeps out pages of other origins and other users, and all files
//! are their owner's alone.
//!
//! [`wiring`] puts the real dispatcher and exporter on them.
//!
//! A stand-in is not AWS: what it refuses was written by us after AWS's documentation.

mod accounts;
mod clock;
mod credentials;
mod dynamo;
mod error;
pub mod guard;
mod obstacle;
mod policy;
mod private;
mod role;
mod s3;
mod server;
mod sessions;
mod stack;
mod sts;
pub mod wiring;

pub use credentials::Credentials;
pub use dynamo::Writes;
pub use error::StackError;
pub use obstacle::Obstacle;
pub use role::Role;
pub use s3::Object;
pub use sessions::AssumedRole;
pub use stack::Stack;
