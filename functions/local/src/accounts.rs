//! Who owns which bucket, and the roles of the customers' accounts: what survives a restart beside the data itself.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::error::StackError;
use crate::obstacle::Obstacle;
use crate::role::{Role, is_account};

/// A bucket's place in the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bucket {
    /// The account that it belongs to.
    pub(crate) owner: String,
    /// The region that it lies in.
    pub(crate) region: String,
}

/// All accounts' buckets and roles, kept in one JSON file that is written anew with every change.
#[derive(Debug)]
pub(crate) struct Accounts {
    file: PathBuf,
    book: Mutex<Book>,
    /// By bucket; not written down.
    obstacles: Mutex<BTreeMap<String, Obstacle>>,
}

/// The content of the file, in the order of names, so that two runs with the same calls write the same bytes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    buckets: BTreeMap<String, Bucket>,
    roles: BTreeMap<String, Role>,
}

impl Accounts {
    /// Reads the file, or starts with no accounts if there is none.
    ///
    /// # Errors
    ///
    /// [`StackError::Files`] and [`StackError::Accounts`] when the file is there but can't be read.
    pub(crate) fn open(file: &Path) -> Result<Self, StackError> {
        let book = match std::fs::read(file) {
            Ok(json) => serde_json::from_slice(&json)
                .map_err(|source| StackError::Accounts { path: file.to_owned(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Book::default(),
            Err(error) => return Err(StackError::files(file)(error)),
        };
        Ok(Self { file: file.to_owned(), book: Mutex::new(book), obstacles: Mutex::default() })
    }

    /// The names of all buckets.
    pub(crate) fn bucket_names(&self) -> Vec<String> {
        self.lock().buckets.keys().cloned().collect()
    }

    /// The bucket of this name.
    pub(crate) fn bucket(&self, name: &str) -> Option<Bucket> {
        self.lock().buckets.get(name).cloned()
    }

    /// Enters a new bucket.
    ///
    /// # Errors
    ///
    /// [`StackError::BucketName`], [`StackError::Account`] for what AWS wouldn't take, [`StackError::BucketExists`]
    /// for a name that is taken (bucket names are unique across accounts), [`StackError::Files`] when it couldn't
    /// be written down.
    pub(crate) fn add_bucket(&self, name: &str, bucket: Bucket) -> Result<(), StackError> {
        if !s3s::path::check_bucket_name(name) {
            return Err(StackError::BucketName(name.to_owned()));
        }
        if !is_account(&bucket.owner) {
            return Err(StackError::Account(bucket.owner));
        }
        let mut book = self.lock();
        if book.buckets.contains_key(name) {
            return Err(StackError::BucketExists(name.to_owned()));
        }
        book.buckets.insert(name.to_owned(), bucket);
        self.save(&book)
    }

    /// Strikes a bucket out.
    ///
    /// # Errors
    ///
    /// [`StackError::NoSuchBucket`], or [`StackError::Files`] when it couldn't be written down.
    pub(crate) fn remove_bucket(&self, name: &str) -> Result<(), StackError> {
        let mut book = self.lock();
        book.buckets.remove(name).ok_or_else(|| StackError::NoSuchBucket(name.to_owned()))?;
        self.save(&book)
    }

    /// Puts something in the way before a bucket, or takes it away.
    pub(crate) fn obstruct(&self, bucket: &str, obstacle: Option<Obstacle>) {
        let mut obstacles = self.obstacles.lock().unwrap_or_else(PoisonError::into_inner);
        match obstacle {
            Some(obstacle) => obstacles.insert(bucket.to_owned(), obstacle),
            None => obstacles.remove(bucket),
        };
    }

    /// What stands before a bucket.
    pub(crate) fn obstacle(&self, bucket: &str) -> Option<Obstacle> {
        self.obstacles.lock().unwrap_or_else(PoisonError::into_inner).get(bucket).copied()
    }

    /// The role of this ARN.
    pub(crate) fn role(&self, arn: &str) -> Option<Role> {
        self.lock().roles.get(arn).cloned()
    }

    /// Makes or changes a role.
    ///
    /// # Errors
    ///
    /// [`StackError::RoleArn`], or [`StackError::Files`] when it couldn't be written down.
    pub(crate) fn put_role(&self, role: Role) -> Result<(), StackError> {
        role.parts()?;
        let mut book = self.lock();
        book.roles.insert(role.arn.clone(), role);
        self.save(&book)
    }

    /// Deletes a role. One that isn't there is deleted already.
    ///
    /// # Errors
    ///
    /// [`StackError::Files`] when it couldn't be written down.
    pub(crate) fn delete_role(&self, arn: &str) -> Result<(), StackError> {
        let mut book = self.lock();
        book.roles.remove(arn);
        self.save(&book)
    }

    /// Writes beside the file and renames, so that a kill in between leaves the old accounts whole.
    fn save(&self, book: &Book) -> Result<(), StackError> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, book)?;
            file.write_all(b"\n")?;
            file.persist(&self.file)?;
            Ok(())
        };
        write().map_err(StackError::files(&self.file))
    }

    /// A panic elsewhere can't leave the book half changed: every change is a single insert or remove.
    fn lock(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
