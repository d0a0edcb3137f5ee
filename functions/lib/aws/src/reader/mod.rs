//! How the reader reads, in sessions that each serve one connector, and how it is asked.
//!
//! `policy` says what a session may do, `sessions` opens one, `objects` is what it sees of the staging
//! bucket, and `source` what it sees of the events table. IAM enforces the limits on AWS. `objects` and
//! `source` check them too, so that a stand-in without IAM refuses the same. `function` asks the reader,
//! from another function.

#[cfg(feature = "lambda")]
mod function;
mod objects;
mod policy;
mod sessions;
mod source;

#[cfg(feature = "lambda")]
pub use function::LambdaReader;
pub use sessions::{OwnReaderSessions, StsReaderSessions};
