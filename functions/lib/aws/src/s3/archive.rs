//! An archive in an S3 bucket: listed and read, never written to. The verifier reads it with the credentials
//! of whoever runs it, possibly an auditor.

use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::types::{CommonPrefix, Object};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use futures_util::stream;
use ports::{ByteStream, PortError};

use crate::port_error::port_error;
use crate::s3::object_body::byte_stream;

const LISTING: &str = "listing the archive's bucket";
const READING: &str = "reading an object of the archive";

/// A prefix of a bucket.
#[derive(Debug, Clone)]
pub struct S3Archive {
    client: aws_sdk_s3::Client,
    bucket: String,
    /// Empty, or ends with a slash.
    prefix: String,
}

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectsPage {
    /// The objects' names below the prefix, and their sizes in bytes.
    pub objects: Vec<(String, u64)>,
    /// The continuation token of the next page, if there is one.
    pub next: Option<String>,
}

/// A page of the folders directly below a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoldersPage {
    /// Their names, without slashes.
    pub names: Vec<String>,
    /// The continuation token of the next page, if there is one.
    pub next: Option<String>,
}

impl S3Archive {
    /// The folder `prefix` of this bucket; the whole bucket if the prefix is empty.
    #[must_use]
    pub fn new(client: aws_sdk_s3::Client, bucket: String, prefix: &str) -> Self {
        Self { client, bucket, prefix: folder_prefix(prefix) }
    }

    /// The folder `prefix` of the same bucket.
    #[must_use]
    pub fn with_prefix(&self, prefix: &str) -> Self {
        Self { prefix: folder_prefix(prefix), ..self.clone() }
    }

    /// The folder `name` below this one.
    #[must_use]
    pub fn subfolder(&self, name: &str) -> Self {
        Self { prefix: format!("{}{}", self.prefix, folder_prefix(name)), ..self.clone() }
    }

    /// A page of the folders directly below `below`, which is empty for the prefix itself. `from` is the
    /// continuation token; `None` starts at the beginning. A folder is a common prefix that ends with a
    /// slash; S3 reads no objects to list it. Source: Amazon S3 user guide, "Organizing objects using
    /// prefixes".
    ///
    /// # Errors
    /// If S3 can't be reached or denies the request.
    pub async fn list_folders(&self, below: &str, from: Option<String>) -> Result<FoldersPage, PortError> {
        let prefix = self.subfolder(below).prefix;
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&prefix).delimiter("/");
        let answer = request.set_continuation_token(from).send().await;
        let answer = answer.map_err(|error| port_error(LISTING, error))?;
        let name = |folder: &CommonPrefix| {
            Some(folder.prefix()?.strip_prefix(&prefix)?.strip_suffix('/')?.to_owned())
        };
        Ok(FoldersPage {
            names: answer.common_prefixes().iter().filter_map(name).collect(),
            next: answer.next_continuation_token,
        })
    }

    /// A page of the objects below the prefix, in key order. `from` is the continuation token; `None` starts
    /// at the beginning.
    ///
    /// # Errors
    /// If S3 can't be reached or denies the request.
    pub async fn list_objects(&self, from: Option<String>) -> Result<ObjectsPage, PortError> {
        let request = self.client.list_objects_v2().bucket(&self.bucket).prefix(&self.prefix);
        let answer = request.set_continuation_token(from).send().await;
        let answer = answer.map_err(|error| port_error(LISTING, error))?;
        let below = |object: &Object| {
            let name = object.key()?.strip_prefix(&self.prefix)?.to_owned();
            let size = u64::try_from(object.size().unwrap_or_default()).unwrap_or_default();
            // "Create folder" in the console creates an empty object with the folder's name.
            let is_folder = size == 0 && (name.is_empty() || name.ends_with('/'));
            (!is_folder).then_some((name, size))
        };
        Ok(ObjectsPage {
            objects: answer.contents().iter().filter_map(below).collect(),
            next: answer.next_continuation_token,
        })
    }

    /// The bytes of an object, by its name below the prefix.
    ///
    /// # Errors
    /// If S3 can't be reached or denies the request.
    pub async fn read(&self, name: &str) -> Result<ByteStream, PortError> {
        let key = format!("{}{name}", self.prefix);
        let answer = self.client.get_object().bucket(&self.bucket).key(key).send().await;
        let answer = answer.map_err(|error| port_error(READING, error))?;
        Ok(byte_stream(READING, answer.body))
    }

    /// At most `length` bytes of an object, at least one, from `offset` on; none beyond its end. `None` if
    /// there is no such object (any more).
    ///
    /// # Errors
    /// As those of [`Self::read`].
    pub async fn read_range(
        &self,
        name: &str,
        offset: u64,
        length: u64,
    ) -> Result<Option<ByteStream>, PortError> {
        let key = format!("{}{name}", self.prefix);
        let last = offset.saturating_add(length.max(1)) - 1;
        let request = self.client.get_object().bucket(&self.bucket).key(key);
        match request.range(format!("bytes={offset}-{last}")).send().await {
            Ok(answer) => Ok(Some(byte_stream(READING, answer.body))),
            Err(error) if error.as_service_error().is_some_and(GetObjectError::is_no_such_key) => Ok(None),
            Err(error) if error.code() == Some("InvalidRange") => Ok(Some(Box::pin(stream::empty()))),
            Err(error) => Err(port_error(READING, error)),
        }
    }
}

/// A prefix as the start of keys: without slashes at its ends, then empty or with one slash at its end.
fn folder_prefix(prefix: &str) -> String {
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() { String::new() } else { format!("{prefix}/") }
}
