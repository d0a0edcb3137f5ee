//! What the programs that verify share beside the verification: reading folders, temporary files, options,
//! output and exit codes.
//!
//! `auditferry-verify` is [`program`]. `auditferry verify` also reads buckets: it opens those itself, and
//! does everything else by [`verification::Verification`].

pub mod args;
pub mod directory;
pub mod error;
pub mod help;
pub mod invocation;
pub mod numbers;
pub mod open;
pub mod options;
pub mod output;
pub mod program;
pub mod report;
pub mod resources;
mod system_files;
pub mod usage;
pub mod verification;
