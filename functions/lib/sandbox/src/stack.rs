//! The stack: the three stand-ins together, and the calls of a customer's administrator.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::request::Parts;
use axum::response::Response;
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::accounts::{Accounts, Bucket};
use crate::credentials::Credentials;
use crate::dynamo::Durability;
use crate::error::StackError;
use crate::guard::{TrustedProxies, signature};
use crate::obstacle::Obstacle;
use crate::role::Role;
use crate::s3::{Disk, Object};
use crate::server::Server;
use crate::sessions::{AssumedRole, Sessions};
use crate::{accounts, clock, dynamo, private_files, s3, sts};

/// A running DynamoDB, S3 and STS, each reachable over HTTP on 127.0.0.1.
///
/// Dropping it stops the servers and removes a temporary folder; [`Stack::stop`] also waits for them.
#[derive(Debug)]
pub struct Stack {
    dynamodb: Server,
    s3: Server,
    proxies: TrustedProxies,
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    disk: Arc<Disk>,
    root: PathBuf,
    /// Held as long as the stack runs, so that a second stack on the same folder is rejected.
    _lock: File,
    /// Removed with the stack, when no folder was given.
    _temporary: Option<TempDir>,
}

impl Stack {
    /// The vendor's account, the owner of the vendor's long-lived keys.
    pub const VENDOR_ACCOUNT: &'static str = accounts::VENDOR_ACCOUNT;

    /// Starts the stand-ins, each on a free port.
    ///
    /// Without a folder the database is in memory and the objects are in a temporary folder that is removed
    /// with the stack. With one everything stays in it: `dynamodb.sqlite`, `accounts.json` (buckets and
    /// roles), every object as a plain file `buckets/<bucket>/<key>`, and in `s3/` the objects' attributes.
    /// The vendor's keys and the open sessions are new with each start.
    ///
    /// # Errors
    ///
    /// [`StackError`] when the folder can't be used, is in use by another stack, or contains accounts of
    /// another version; or when no port is free.
    pub async fn start(dir: Option<&Path>) -> Result<Self, StackError> {
        Self::start_with(dir, Durability::Sync).await
    }

    /// The same, with this durability of writes to the database.
    ///
    /// # Errors
    ///
    /// As [`Self::start`].
    pub async fn start_with(dir: Option<&Path>, writes: Durability) -> Result<Self, StackError> {
        let (root, temporary) = root(dir)?;
        let lock = lock(&root)?;
        let accounts = Arc::new(Accounts::open(&root.join("accounts.json"))?);
        let sessions = Arc::new(Sessions::new());
        let disk = Arc::new(Disk::open(&root).map_err(StackError::io(&root))?);
        // A bucket whose folder was removed by hand in the meantime was deleted.
        accounts.forget_buckets(|bucket| !disk.has_bucket(bucket))?;

        let database = root.join("dynamodb.sqlite");
        let file = dir.is_some().then_some(database.as_path());
        let proxies = TrustedProxies::default();
        let dynamodb = dynamo::start(file, writes, Arc::clone(&sessions), proxies.clone()).await?;
        let sts = sts::Route::new(Arc::clone(&accounts), Arc::clone(&sessions));
        let (s3_accounts, s3_sessions) = (Arc::clone(&accounts), Arc::clone(&sessions));
        let s3 = s3::start(s3_accounts, s3_sessions, Arc::clone(&disk), sts, proxies.clone()).await?;
        Ok(Self { dynamodb, s3, proxies, accounts, sessions, disk, root, _lock: lock, _temporary: temporary })
    }

    /// The folder with all data, also if it is temporary.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.root
    }

    /// Writes a file into the folder that only its owner may read, replacing an existing one.
    ///
    /// # Errors
    ///
    /// [`StackError::Io`].
    pub fn write_private(&self, name: &str, text: &str) -> Result<PathBuf, StackError> {
        let path = self.root.join(name);
        let write = || -> std::io::Result<()> {
            // Such a file is private from the start, and readers see the old or the new file completely.
            let mut file = tempfile::NamedTempFile::new_in(&self.root)?;
            file.write_all(text.as_bytes())?;
            file.persist(&path)?;
            Ok(())
        };
        write().map_err(StackError::io(&path))?;
        Ok(path)
    }

    /// The endpoint of DynamoDB.
    #[must_use]
    pub fn dynamodb_url(&self) -> &str {
        self.dynamodb.url()
    }

    /// The endpoint of S3, which needs path-style requests.
    #[must_use]
    pub fn s3_url(&self) -> &str {
        self.s3.url()
    }

    /// The endpoint of STS, the same as that of S3.
    #[must_use]
    pub fn sts_url(&self) -> &str {
        self.s3.url()
    }

    /// Accepts requests through a proxy at this `http://host:port`, which name the proxy's host instead of
    /// the stand-in's. The operator of the proxy controls who may use it.
    pub fn trust_proxy(&self, proxy: &str) {
        self.proxies.add(proxy.trim_start_matches("http://").trim_end_matches('/').to_owned());
    }

    /// The vendor's long-lived keys. They may do everything on the vendor's own buckets, nothing on others',
    /// and assume the roles that trust the vendor's account.
    #[must_use]
    pub fn vendor_credentials(&self) -> Credentials {
        self.sessions.vendor().clone()
    }

    /// Checks that the vendor's keys of this start have signed a request (`SigV4`) to this service, such as
    /// `events`.
    ///
    /// # Errors
    ///
    /// The error response, with AWS's message.
    pub fn check_signature(&self, request: &Parts, body: &[u8], service: &str) -> Result<(), Box<Response>> {
        let checked = signature::check(request, body, service, &self.sessions, clock::now());
        checked.map_err(|error| Box::new(error.response()))
    }

    /// Stops the servers: running requests finish, then every socket is closed.
    pub async fn stop(self) {
        tokio::join!(self.dynamodb.stop(), self.s3.stop());
    }

    /// Creates a bucket in an account and region, as that account's administrator.
    ///
    /// # Errors
    ///
    /// [`StackError`] for a name or account that AWS would reject, or a name that is in use.
    pub fn create_bucket(&self, bucket: &str, owner_account: &str, region: &str) -> Result<(), StackError> {
        let entry = Bucket { owner: owner_account.to_owned(), region: region.to_owned() };
        self.forget_removed(bucket)?;
        self.accounts.add_bucket(bucket, entry)?;
        self.disk.create_bucket(bucket).map_err(StackError::io(bucket))
    }

    /// Deletes a bucket with all objects in it, as the owner's administrator.
    ///
    /// # Errors
    ///
    /// [`StackError::NoSuchBucket`], or [`StackError::Io`] when its files can't be removed.
    pub fn delete_bucket(&self, bucket: &str) -> Result<(), StackError> {
        self.accounts.remove_bucket(bucket)?;
        self.disk.remove_bucket(bucket).map_err(StackError::io(bucket))
    }

    /// Creates a role, or updates the one with this ARN. Its permissions change at once for open sessions
    /// too.
    ///
    /// # Errors
    ///
    /// [`StackError::InvalidRoleArn`], or [`StackError::Io`] when it couldn't be stored.
    pub fn put_role(&self, role: Role) -> Result<(), StackError> {
        self.accounts.put_role(role)
    }

    /// The role with this ARN.
    pub(crate) fn role(&self, arn: &str) -> Option<Role> {
        self.accounts.role(arn)
    }

    /// Deletes a role. Its open sessions lose all permissions.
    ///
    /// # Errors
    ///
    /// [`StackError::Io`] when it couldn't be stored.
    pub fn delete_role(&self, arn: &str) -> Result<(), StackError> {
        self.accounts.delete_role(arn)
    }

    /// Sets the only obstacle of a bucket, or with `None` removes all: mistakes that a customer's
    /// administrator may make beside the role.
    pub fn set_obstacle(&self, bucket: &str, obstacle: Option<Obstacle>) {
        self.accounts.clear_obstacles(|_, before| before == bucket);
        if let Some(obstacle) = obstacle {
            self.accounts.add_obstacle(bucket, obstacle);
        }
    }

    /// Adds an obstacle to a customer's bucket.
    ///
    /// # Errors
    ///
    /// [`StackError::NoSuchBucket`]; [`StackError::VendorBucket`] for the staging bucket and other buckets of
    /// the vendor.
    pub fn add_obstacle(&self, bucket: &str, obstacle: Obstacle) -> Result<(), StackError> {
        self.check_customer_bucket(bucket)?;
        self.accounts.add_obstacle(bucket, obstacle);
        Ok(())
    }

    /// Removes the obstacles for which `which` returns true, given the obstacle and its bucket.
    pub fn clear_obstacles(&self, which: impl Fn(Obstacle, &str) -> bool) {
        self.accounts.clear_obstacles(which);
    }

    /// The obstacles with their buckets, sorted by bucket.
    #[must_use]
    pub fn obstacles(&self) -> Vec<(String, Obstacle)> {
        self.accounts.all_obstacles()
    }

    /// The names of the customers' buckets.
    #[must_use]
    pub fn customer_buckets(&self) -> Vec<String> {
        let mut names = self.accounts.bucket_names();
        names.retain(|name| self.check_customer_bucket(name).is_ok());
        names
    }

    /// Deletes a customer's bucket with all objects in it, so that it can be
    /// [restored](Self::restore_bucket).
    ///
    /// # Errors
    ///
    /// As [`Self::add_obstacle`] and [`Self::delete_bucket`].
    pub fn delete_customer_bucket(&self, bucket: &str) -> Result<(), StackError> {
        self.check_customer_bucket(bucket)?;
        self.delete_bucket(bucket)
    }

    /// The buckets that were deleted since the start and not created again.
    #[must_use]
    pub fn deleted_buckets(&self) -> Vec<String> {
        self.accounts.deleted_buckets().into_keys().collect()
    }

    /// Creates a deleted bucket again, empty, in the account and region where it was.
    ///
    /// # Errors
    ///
    /// [`StackError::NoSuchBucket`] if none of that name was deleted since the start; as
    /// [`Self::create_bucket`].
    pub fn restore_bucket(&self, bucket: &str) -> Result<(), StackError> {
        let deleted = self.accounts.deleted_buckets().remove(bucket);
        let deleted = deleted.ok_or_else(|| StackError::NoSuchBucket(bucket.to_owned()))?;
        self.create_bucket(bucket, &deleted.owner, &deleted.region)
    }

    /// Removes a bucket whose folder was removed by hand.
    fn forget_removed(&self, bucket: &str) -> Result<(), StackError> {
        self.accounts.forget_buckets(|name| name == bucket && !self.disk.has_bucket(name))
    }

    fn check_customer_bucket(&self, name: &str) -> Result<(), StackError> {
        match self.bucket(name)?.owner.as_str() {
            Self::VENDOR_ACCOUNT => Err(StackError::VendorBucket(name.to_owned())),
            _ => Ok(()),
        }
    }

    /// The bucket with this name, if its folder exists.
    fn bucket(&self, name: &str) -> Result<Bucket, StackError> {
        let bucket = self.accounts.bucket(name).filter(|_| self.disk.has_bucket(name));
        bucket.ok_or_else(|| StackError::NoSuchBucket(name.to_owned()))
    }

    /// How long a new role is invisible to STS.
    #[must_use]
    pub fn new_role_delay(&self) -> Duration {
        // It is never negative.
        self.accounts.new_role_delay().unsigned_abs()
    }

    pub(crate) fn accounts(&self) -> Arc<Accounts> {
        Arc::clone(&self.accounts)
    }

    /// Makes new roles visible to STS only after this delay, as in IAM. It also applies to roles that this
    /// stack has already created; zero, the default, makes each visible at once.
    pub fn set_new_role_delay(&self, delay: Duration) {
        // A delay beyond the range of time means forever.
        self.accounts.set_new_role_delay(SignedDuration::try_from(delay).unwrap_or(SignedDuration::MAX));
    }

    /// Every object of a bucket in the order of keys, read from the plain files.
    ///
    /// # Errors
    ///
    /// [`StackError::NoSuchBucket`], or [`StackError::Io`] when the folder can't be read.
    pub fn objects(&self, bucket: &str) -> Result<Vec<Object>, StackError> {
        self.bucket(bucket)?;
        self.disk.objects(bucket).map_err(StackError::io(bucket))
    }

    /// The assumed roles, in the order of assumption. Those that expired over an hour ago are forgotten.
    #[must_use]
    pub fn assumed_roles(&self) -> Vec<AssumedRole> {
        self.sessions.assumed()
    }

    /// Expires all temporary credentials now, as if their duration had passed.
    pub fn expire_sessions(&self) {
        self.sessions.expire_all();
    }
}

/// The working folder, and the guard that removes it if it is temporary.
fn root(dir: Option<&Path>) -> Result<(PathBuf, Option<TempDir>), StackError> {
    if let Some(dir) = dir {
        private_files::create_private_folder(dir).map_err(StackError::io(dir))?;
        return Ok((dir.to_owned(), None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("auditferry-")
        .tempdir()
        .map_err(StackError::io("the folder for temporary files"))?;
    Ok((temporary.path().to_owned(), Some(temporary)))
}

/// Locks the folder for this stack. The operating system releases the lock when the process ends, however it
/// ends.
fn lock(root: &Path) -> Result<File, StackError> {
    let path = root.join(".lock");
    let file = private_files::open_file(&path).map_err(StackError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StackError::InUse { path: root.to_owned() }),
        Err(TryLockError::Error(source)) => Err(StackError::Io { path, source }),
    }
}
