//! Objects as plain files: `buckets/<bucket>/<key>`, and nothing else in that folder.
//!
//! Next to it, `s3/` contains internal data: `attributes/<bucket>/<hash of the key>.json`, `incoming/` with
//! bodies that are still being received, `uploads/` with the parts of multipart uploads.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use s3s::{S3Error, S3Result, s3_error};
use sha2::{Digest as _, Sha256};
use tempfile::{NamedTempFile, TempPath};

use super::attributes::Attributes;
use crate::private_files;

/// An object of a bucket on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The key, with the prefix.
    pub key: String,
    /// The plain file with the object's bytes.
    pub path: PathBuf,
    /// The size in bytes.
    pub size: u64,
}

/// The store. All changes of objects take one lock, which makes "only if absent" atomic.
#[derive(Debug)]
pub(crate) struct Disk {
    buckets: PathBuf,
    attributes: PathBuf,
    incoming: PathBuf,
    uploads: PathBuf,
    write_lock: Mutex<()>,
}

/// The condition of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Condition {
    /// None: an existing object is replaced.
    Always,
    /// `If-None-Match: *`: only if there is no object with this key.
    Absent,
}

impl Disk {
    /// Opens or creates the folders, and removes bodies that a killed run was receiving.
    pub(crate) fn open(root: &Path) -> io::Result<Self> {
        let internal = root.join("s3");
        let disk = Self {
            buckets: root.join("buckets"),
            attributes: internal.join("attributes"),
            incoming: internal.join("incoming"),
            uploads: internal.join("uploads"),
            write_lock: Mutex::new(()),
        };
        remove_folder(&disk.incoming)?;
        for folder in [&disk.buckets, &disk.attributes, &disk.incoming, &disk.uploads] {
            private_files::create_folder(folder)?;
        }
        Ok(disk)
    }

    /// Creates the folder of a bucket. Attributes of objects in a folder that was removed by hand are
    /// deleted.
    pub(crate) fn create_bucket(&self, bucket: &str) -> io::Result<()> {
        let _changing = self.lock();
        if !self.has_bucket(bucket) {
            remove_folder(&self.attributes.join(bucket))?;
        }
        private_files::create_folder(&self.buckets.join(bucket))
    }

    /// Whether the folder of a bucket exists. Removing it by hand deletes the bucket.
    pub(crate) fn has_bucket(&self, bucket: &str) -> bool {
        self.buckets.join(bucket).is_dir()
    }

    /// Removes a bucket and everything in it.
    pub(crate) fn remove_bucket(&self, bucket: &str) -> io::Result<()> {
        let _changing = self.lock();
        remove_folder(&self.buckets.join(bucket))?;
        remove_folder(&self.attributes.join(bucket))
    }

    /// Every object of a bucket, sorted by key in the order of UTF-8 bytes, as S3 lists them.
    pub(crate) fn objects(&self, bucket: &str) -> io::Result<Vec<Object>> {
        let root = self.buckets.join(bucket);
        let (mut objects, mut folders) = (Vec::new(), vec![root.clone()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                let path = entry.path();
                if entry.file_type()?.is_dir() {
                    folders.push(path);
                } else if let Some(key) = path.strip_prefix(&root).ok().and_then(Path::to_str) {
                    objects.push(Object { key: key.to_owned(), size: entry.metadata()?.len(), path });
                }
            }
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// The folder for incoming bodies. It is on the same file system as the objects, so that a rename is
    /// enough.
    pub(super) fn incoming(&self) -> &Path {
        &self.incoming
    }

    /// The folder of a multipart upload.
    pub(super) fn upload(&self, id: uuid::Uuid) -> PathBuf {
        self.uploads.join(id.to_string())
    }

    /// Makes a received body the object of this key.
    ///
    /// # Errors
    ///
    /// `PreconditionFailed` when the condition fails (of several concurrent writers with `Absent` exactly one
    /// succeeds), `NoSuchBucket` when the bucket was deleted in the meantime, `InvalidArgument` for a key
    /// that can't be a plain file. None of them changes an existing object.
    pub(super) fn put(
        &self,
        (bucket, key): (&str, &str),
        body: TempPath,
        attributes: &Attributes,
        condition: Condition,
    ) -> S3Result<()> {
        let path = self.object_path(bucket, key)?;
        let _changing = self.lock();
        if !self.has_bucket(bucket) {
            return Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"));
        }
        if condition == Condition::Absent && path.exists() {
            return Err(s3_error!(
                PreconditionFailed,
                "At least one of the pre-conditions you specified did not hold"
            ));
        }
        if path.is_dir() {
            return Err(invalid_key(key));
        }
        path.parent().map_or(Ok(()), private_files::create_folder).map_err(|error| match error.kind() {
            // If `a` is an object, `a/b` can't be one.
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => invalid_key(key),
            _ => S3Error::internal_error(error),
        })?;
        self.write_attributes(bucket, key, attributes).map_err(S3Error::internal_error)?;
        body.persist(&path).map_err(S3Error::internal_error)
    }

    /// The open file and the matching attributes of an object.
    ///
    /// # Errors
    ///
    /// `NoSuchKey` when the object does not exist.
    pub(super) fn get(&self, bucket: &str, key: &str) -> S3Result<(File, Attributes)> {
        let path = self.object_path(bucket, key)?;
        let _changing = self.lock();
        if !path.is_file() {
            return Err(s3_error!(NoSuchKey, "The specified key does not exist."));
        }
        let file = File::open(&path).map_err(S3Error::internal_error)?;
        Ok((file, self.read_attributes(bucket, key).map_err(S3Error::internal_error)?))
    }

    /// Deletes an object, and folders that become empty. A missing one counts as deleted.
    pub(super) fn delete(&self, bucket: &str, key: &str) -> S3Result<()> {
        let path = self.object_path(bucket, key)?;
        let root = self.buckets.join(bucket);
        let _changing = self.lock();
        ignore_not_found(fs::remove_file(&path)).map_err(S3Error::internal_error)?;
        ignore_not_found(fs::remove_file(self.attributes_path(bucket, key)))
            .map_err(S3Error::internal_error)?;
        for folder in path.ancestors().skip(1).take_while(|folder| **folder != *root) {
            // The first folder that is not empty stays, and so do its parents.
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// The attributes of an object; default values for a file that was put there by hand.
    pub(super) fn read_attributes(&self, bucket: &str, key: &str) -> io::Result<Attributes> {
        match fs::read(self.attributes_path(bucket, key)) {
            Ok(json) => Ok(serde_json::from_slice(&json)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Attributes::default()),
            Err(error) => Err(error),
        }
    }

    fn write_attributes(&self, bucket: &str, key: &str, attributes: &Attributes) -> io::Result<()> {
        let path = self.attributes_path(bucket, key);
        private_files::create_folder(&self.attributes.join(bucket))?;
        let mut file = NamedTempFile::new_in(&self.incoming)?;
        serde_json::to_writer(&mut file, attributes)?;
        file.persist(path)?;
        Ok(())
    }

    /// Named by a hash, since a key may be longer than a file name.
    fn attributes_path(&self, bucket: &str, key: &str) -> PathBuf {
        self.attributes.join(bucket).join(format!("{}.json", hex::encode(Sha256::digest(key))))
    }

    /// The path of a key's plain file. Segments with a special meaning to a file system are rejected.
    fn object_path(&self, bucket: &str, key: &str) -> S3Result<PathBuf> {
        let is_plain = |segment: &str| !matches!(segment, "" | "." | "..") && segment.len() <= 255;
        if key.split('/').all(is_plain) && !key.contains(['\0', '\\']) {
            Ok(self.buckets.join(bucket).join(key))
        } else {
            Err(invalid_key(key))
        }
    }

    /// A panic elsewhere can't leave a partial change: the rename completes it.
    fn lock(&self) -> MutexGuard<'_, ()> {
        self.write_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn invalid_key(key: &str) -> S3Error {
    s3_error!(InvalidArgument, "this stand-in stores objects as plain files, and {key:?} can't be one")
}

fn remove_folder(folder: &Path) -> io::Result<()> {
    ignore_not_found(fs::remove_dir_all(folder))
}

fn ignore_not_found(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    /// Over HTTP the writers rarely meet at the critical moment. Here a barrier makes them.
    #[test]
    fn of_concurrent_writers_exactly_one_creates_the_object() {
        let root = tempfile::tempdir().unwrap();
        let disk = Disk::open(root.path()).unwrap();
        disk.create_bucket("acme-logs").unwrap();
        for round in 0..100 {
            let (key, barrier) = (format!("audit/{round}"), Barrier::new(4));
            let write = || {
                let body = NamedTempFile::new_in(disk.incoming()).unwrap().into_temp_path();
                barrier.wait();
                disk.put(("acme-logs", &key), body, &Attributes::default(), Condition::Absent).is_ok()
            };
            let winners = thread::scope(|scope| {
                let writers: Vec<_> = (0..4).map(|_| scope.spawn(write)).collect();
                writers.into_iter().map(|writer| writer.join().unwrap()).filter(|won| *won).count()
            });
            assert_eq!(winners, 1, "round {round}");
        }
        assert_eq!(fs::read_dir(disk.incoming()).unwrap().count(), 0, "the losers' bodies are gone");
    }
}
