//! Errors of the stack itself. What AWS would reject is answered over HTTP and is not an error here.

use std::io;
use std::path::PathBuf;

/// Why the stack did not start, or why an administrator's call was rejected.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A file or folder of the stack could not be read or written.
    #[error("cannot use {path}: {source}", path = path.display())]
    Io {
        /// The file or folder that failed.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// Another process uses the folder. Two would overwrite each other's accounts.
    #[error(
        "{path} is in use by another run: stop that one first, or use another folder",
        path = path.display()
    )]
    InUse {
        /// The folder that is in use.
        path: PathBuf,
    },
    /// `accounts.json` does not have the format of this version.
    #[error(
        "{path} can't be parsed as accounts (remove the folder to start again): {source}",
        path = path.display()
    )]
    MalformedAccounts {
        /// The path of `accounts.json`.
        path: PathBuf,
        /// The error of the parser.
        source: serde_json::Error,
    },
    /// The embedded DynamoDB could not open its database.
    #[error("the embedded DynamoDB did not start: {0}")]
    Database(String),
    /// No port of 127.0.0.1 could be listened on, or a server ended with an error.
    #[error("the embedded servers cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] io::Error),
    /// A bucket with this name exists already, in this or another account.
    #[error("bucket {0} exists already")]
    BucketExists(String),
    /// A role with this ARN exists already and trusts another connector.
    #[error("the role {0} exists already and trusts another connector")]
    RoleExists(String),
    /// There is no bucket with this name.
    #[error("bucket {0} does not exist")]
    NoSuchBucket(String),
    /// The bucket is the vendor's own, so no customer's administrator could misconfigure it.
    #[error("bucket {0} is the vendor's own, not a customer's")]
    VendorBucket(String),
    /// The name violates S3's naming rules.
    #[error("invalid bucket name {0:?}: expected 3 to 63 lower-case letters, digits, dots and hyphens")]
    InvalidBucketName(String),
    /// The account is not 12 digits.
    #[error("invalid AWS account {0:?}: expected 12 digits")]
    InvalidAccount(String),
    /// The ARN is not the ARN of a role.
    #[error("invalid role ARN {0:?}: expected arn:aws:iam::123456789012:role/Name")]
    InvalidRoleArn(String),
}

impl StackError {
    /// For `map_err`: adds the path to an I/O error.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
