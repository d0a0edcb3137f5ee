//! The ownership of buckets, and the roles of the customers' accounts: what survives a restart besides the
//! data itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::error::StackError;
use crate::obstacle::Obstacle;
use crate::role::{Role, is_account};

/// The vendor's account, the owner of the vendor's long-lived keys.
pub(crate) const VENDOR_ACCOUNT: &str = "111111111111";

/// The owner and the region of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bucket {
    /// The account that owns it.
    pub(crate) owner: String,
    /// The region that it is in.
    pub(crate) region: String,
}

/// All accounts' buckets and roles, stored in one JSON file that is rewritten with every change.
#[derive(Debug)]
pub(crate) struct Accounts {
    file: PathBuf,
    registry: Mutex<Registry>,
    overrides: Mutex<Overrides>,
}

/// Settings made by hand. They are not stored, so they end with the process.
#[derive(Debug, Default)]
struct Overrides {
    /// The obstacles by bucket; never an empty set.
    obstacles: BTreeMap<String, BTreeSet<Obstacle>>,
    /// When this process created each role. A role that existed before has no time.
    roles_created_at: BTreeMap<String, Timestamp>,
    /// How long a new role is invisible to STS.
    new_role_delay: SignedDuration,
    /// The deleted buckets, as they were.
    deleted_buckets: BTreeMap<String, Bucket>,
}

/// The content of the file, sorted by name, so that two runs with the same calls write the same bytes.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Registry {
    buckets: BTreeMap<String, Bucket>,
    roles: BTreeMap<String, Role>,
}

/// A region other than this one.
fn other_region(region: &str) -> &'static str {
    if region == "us-west-2" { "eu-west-1" } else { "us-west-2" }
}

impl Accounts {
    /// Reads the file, or starts without accounts if it does not exist.
    ///
    /// # Errors
    ///
    /// [`StackError::Io`] and [`StackError::MalformedAccounts`] when the file exists but can't be read.
    pub(crate) fn open(file: &Path) -> Result<Self, StackError> {
        let registry = match std::fs::read(file) {
            Ok(json) => serde_json::from_slice(&json)
                .map_err(|source| StackError::MalformedAccounts { path: file.to_owned(), source })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Registry::default(),
            Err(error) => return Err(StackError::io(file)(error)),
        };
        Ok(Self { file: file.to_owned(), registry: Mutex::new(registry), overrides: Mutex::default() })
    }

    /// The names of all buckets.
    pub(crate) fn bucket_names(&self) -> Vec<String> {
        self.lock().buckets.keys().cloned().collect()
    }

    /// The bucket with this name.
    pub(crate) fn bucket(&self, name: &str) -> Option<Bucket> {
        let mut bucket = self.lock().buckets.get(name).cloned()?;
        if self.obstacles(name).contains(&Obstacle::OtherRegion) {
            bucket.region = other_region(&bucket.region).to_owned();
        }
        Some(bucket)
    }

    /// Adds a new bucket.
    ///
    /// # Errors
    ///
    /// [`StackError::InvalidBucketName`], [`StackError::InvalidAccount`] for what AWS would reject,
    /// [`StackError::BucketExists`] for a name in use (bucket names are unique across accounts),
    /// [`StackError::Io`] when it couldn't be stored.
    pub(crate) fn add_bucket(&self, name: &str, bucket: Bucket) -> Result<(), StackError> {
        if !s3s::path::check_bucket_name(name) {
            return Err(StackError::InvalidBucketName(name.to_owned()));
        }
        if !is_account(&bucket.owner) {
            return Err(StackError::InvalidAccount(bucket.owner));
        }
        let mut registry = self.lock();
        if registry.buckets.contains_key(name) {
            return Err(StackError::BucketExists(name.to_owned()));
        }
        registry.buckets.insert(name.to_owned(), bucket);
        self.lock_overrides().deleted_buckets.remove(name);
        self.save(&registry)
    }

    /// Removes a bucket.
    ///
    /// # Errors
    ///
    /// [`StackError::NoSuchBucket`], or [`StackError::Io`] when it couldn't be stored.
    pub(crate) fn remove_bucket(&self, name: &str) -> Result<(), StackError> {
        let mut registry = self.lock();
        let bucket =
            registry.buckets.remove(name).ok_or_else(|| StackError::NoSuchBucket(name.to_owned()))?;
        let mut by_hand = self.lock_overrides();
        // Its obstacles are removed with it.
        by_hand.obstacles.remove(name);
        by_hand.deleted_buckets.insert(name.to_owned(), bucket);
        self.save(&registry)
    }

    /// Removes the buckets for which `is_gone` returns true.
    ///
    /// # Errors
    ///
    /// [`StackError::Io`] when it couldn't be stored.
    pub(crate) fn forget_buckets(&self, is_gone: impl Fn(&str) -> bool) -> Result<(), StackError> {
        let mut registry = self.lock();
        let removed: Vec<String> = registry.buckets.keys().filter(|name| is_gone(name)).cloned().collect();
        if removed.is_empty() {
            return Ok(());
        }
        for name in removed {
            if let Some(bucket) = registry.buckets.remove(&name) {
                let mut by_hand = self.lock_overrides();
                by_hand.obstacles.remove(&name);
                by_hand.deleted_buckets.insert(name, bucket);
            }
        }
        self.save(&registry)
    }

    /// The buckets that were deleted and not created again, as they were.
    pub(crate) fn deleted_buckets(&self) -> BTreeMap<String, Bucket> {
        self.lock_overrides().deleted_buckets.clone()
    }

    /// Adds an obstacle to a bucket.
    pub(crate) fn add_obstacle(&self, bucket: &str, obstacle: Obstacle) {
        self.lock_overrides().obstacles.entry(bucket.to_owned()).or_default().insert(obstacle);
    }

    /// Removes the obstacles for which `which` returns true, given the obstacle and the bucket's name.
    pub(crate) fn clear_obstacles(&self, which: impl Fn(Obstacle, &str) -> bool) {
        let mut by_hand = self.lock_overrides();
        for (bucket, obstacles) in &mut by_hand.obstacles {
            obstacles.retain(|obstacle| !which(*obstacle, bucket));
        }
        by_hand.obstacles.retain(|_, obstacles| !obstacles.is_empty());
    }

    /// The obstacles of a bucket, in the order in which they are checked.
    pub(crate) fn obstacles(&self, bucket: &str) -> Vec<Obstacle> {
        self.lock_overrides().obstacles.get(bucket).into_iter().flatten().copied().collect()
    }

    /// All obstacles with their buckets, sorted by bucket.
    pub(crate) fn all_obstacles(&self) -> Vec<(String, Obstacle)> {
        let by_hand = self.lock_overrides();
        let of = |(bucket, set): (&String, &BTreeSet<Obstacle>)| {
            set.iter().map(|obstacle| (bucket.clone(), *obstacle)).collect::<Vec<_>>()
        };
        by_hand.obstacles.iter().flat_map(of).collect()
    }

    /// Makes new roles visible to STS only after this delay, including roles that were created already.
    pub(crate) fn set_new_role_delay(&self, delay: SignedDuration) {
        self.lock_overrides().new_role_delay = delay;
    }

    /// How long a new role is invisible to STS.
    pub(crate) fn new_role_delay(&self) -> SignedDuration {
        self.lock_overrides().new_role_delay
    }

    /// The role with this ARN, if it is visible to STS. IAM propagates a change to other services only after
    /// a while
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency>).
    pub(crate) fn role_visible_to_sts(&self, arn: &str) -> Option<Role> {
        let by_hand = self.lock_overrides();
        // Without a delay the clock is not read, since it may jump back.
        let made =
            by_hand.roles_created_at.get(arn).filter(|_| by_hand.new_role_delay > SignedDuration::ZERO);
        let is_too_new = made.is_some_and(|made| clock::now().duration_since(*made) < by_hand.new_role_delay);
        drop(by_hand);
        if is_too_new { None } else { self.role(arn) }
    }

    /// The role with this ARN.
    pub(crate) fn role(&self, arn: &str) -> Option<Role> {
        self.lock().roles.get(arn).cloned()
    }

    /// Creates or updates a role.
    ///
    /// # Errors
    ///
    /// [`StackError::InvalidRoleArn`], or [`StackError::Io`] when it couldn't be stored.
    pub(crate) fn put_role(&self, role: Role) -> Result<(), StackError> {
        role.parts()?;
        let mut registry = self.lock();
        let arn = role.arn.clone();
        if registry.roles.insert(arn.clone(), role).is_none() {
            self.lock_overrides().roles_created_at.insert(arn, clock::now());
        }
        self.save(&registry)
    }

    /// Deletes a role. A missing one counts as deleted.
    ///
    /// # Errors
    ///
    /// [`StackError::Io`] when it couldn't be stored.
    pub(crate) fn delete_role(&self, arn: &str) -> Result<(), StackError> {
        let mut registry = self.lock();
        registry.roles.remove(arn);
        self.lock_overrides().roles_created_at.remove(arn);
        self.save(&registry)
    }

    /// Writes a temporary file and renames it, so that a crash in between leaves the old accounts intact.
    fn save(&self, registry: &Registry) -> Result<(), StackError> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        let write = || -> io::Result<()> {
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, registry)?;
            file.write_all(b"\n")?;
            file.persist(&self.file)?;
            Ok(())
        };
        write().map_err(StackError::io(&self.file))
    }

    /// A panic elsewhere can't leave a partial change: every change is a single insert or remove.
    fn lock(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same holds here. Lock order: the registry first, then this.
    fn lock_overrides(&self) -> MutexGuard<'_, Overrides> {
        self.overrides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
