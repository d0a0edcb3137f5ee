//! What can go wrong with the stack itself. What AWS would refuse is answered over HTTP and is no error here.

use std::io;
use std::path::PathBuf;

/// Why the stack did not start, or why an administrator's call was refused.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A file or folder of the stack could not be read or written.
    #[error("cannot use {path}: {source}", path = path.display())]
    Files {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another process has the folder open. Two would overwrite each other's accounts.
    #[error("{path} is in use by another run: stop that one first, or take another folder", path = path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// `accounts.json` isn't what this version writes.
    #[error("{path} is not readable as accounts (remove the folder to start anew): {source}", path = path.display())]
    Accounts {
        /// The file.
        path: PathBuf,
        /// Where it stopped making sense.
        source: serde_json::Error,
    },
    /// The embedded DynamoDB could not open its database.
    #[error("the embedded DynamoDB did not start: {0}")]
    Database(String),
    /// No port of 127.0.0.1 could be listened on, or a server ended with an error.
    #[error("the embedded servers cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] io::Error),
    /// A bucket of this name exists already, in this or another account.
    #[error("bucket {0} exists already")]
    BucketExists(String),
    /// A role of this ARN exists already and lets in another connector.
    #[error("the role {0} exists already and lets in another connector")]
    RoleExists(String),
    /// No bucket has this name.
    #[error("bucket {0} does not exist")]
    NoSuchBucket(String),
    /// The bucket is the vendor's own: there is no customer's administrator who could get it wrong.
    #[error("bucket {0} is the vendor's own, not a customer's")]
    VendorsBucket(String),
    /// The name breaks S3's naming rules.
    #[error("{0:?} is no bucket name: 3 to 63 lower-case letters, digits, dots and hyphens are")]
    BucketName(String),
    /// The account is not 12 digits.
    #[error("{0:?} is no AWS account: 12 digits are")]
    Account(String),
    /// The ARN isn't one of a role.
    #[error("{0:?} is no role ARN: the form is arn:aws:iam::123456789012:role/Name")]
    RoleArn(String),
}

impl StackError {
    /// For `map_err`: an I/O error with the path that it happened on.
    pub(crate) fn files(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Files { path, source }
    }
}
