//! The customers' accounts: roles that trust us, buckets that accept each key once, and the errors of both.
//! The administrator's side (`create_bucket`, `put_role` …) is next to the port.

mod account;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use account::Accounts;
use archive::names::ExternalId;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use ports::{Body, CustomerBucket, Customers, NewObject};
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::PutAnswer;
use sha2::Digest as _;

use super::locked;

/// A response of S3 that a test sets, in place of the bucket's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScriptedResponse {
    /// 409: another request for the key is in progress, and the object isn't written.
    Conflict,
    /// 409 although the object is written.
    ConflictButWritten,
    /// 503, and the object isn't written.
    Unavailable,
    /// The response is lost after the object was written.
    UnavailableButWritten,
    /// The credentials have expired.
    Expired,
    /// 400, and the object isn't written.
    Rejected,
}

/// One call of `put_new`, and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The name of the bucket.
    pub bucket: String,
    /// The full key of the object.
    pub key: String,
    /// The part that the role was assumed for: the first one of the run.
    pub opened_for: PartNumber,
    /// The bytes of the body.
    pub bytes: Bytes,
    /// The result, with only the kind of an error.
    pub answer: Result<PutAnswer, DeliveryErrorKind>,
}

/// All customers' accounts. A clone is the same.
#[derive(Debug, Clone, Default)]
pub struct FakeCustomers {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    accounts: Accounts,
    script: VecDeque<(String, ScriptedResponse)>,
    attempts: Vec<Attempt>,
    sessions_opened: usize,
}

impl FakeCustomers {
    /// Customers without roles and buckets.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the role and the bucket that the connector needs.
    pub fn provision(&self, connector: &Connector) {
        let destination = destination(connector);
        self.create_bucket(
            destination.bucket.as_str(),
            destination.role.account().as_str(),
            destination.region.as_str(),
        );
        self.put_role(
            destination.role.as_str(),
            connector.external_id.as_str(),
            destination.bucket.as_str(),
            destination.prefix.as_str(),
        );
    }

    /// Creates an empty bucket.
    pub fn create_bucket(&self, bucket: &str, owner: &str, region: &str) {
        locked(&self.shared).accounts.create_bucket(bucket, owner, region);
    }

    /// The account that owns a bucket; `None` if the bucket does not exist.
    #[must_use]
    pub fn owner_of(&self, bucket: &str) -> Option<String> {
        locked(&self.shared).accounts.owner_of(bucket)
    }

    /// Deletes a bucket with its objects.
    pub fn delete_bucket(&self, bucket: &str) {
        locked(&self.shared).accounts.delete_bucket(bucket);
    }

    /// Deletes one object, as the customer may.
    pub fn delete_object(&self, bucket: &str, key: &str) {
        locked(&self.shared).accounts.delete_object(bucket, key);
    }

    /// Creates or changes a role that trusts us with this external ID and may write below the prefix.
    pub fn put_role(&self, arn: &str, external_id: &str, bucket: &str, prefix: &str) {
        locked(&self.shared).accounts.put_role(arn, external_id, bucket, prefix);
    }

    /// Deletes a role.
    pub fn delete_role(&self, arn: &str) {
        locked(&self.shared).accounts.delete_role(arn);
    }

    /// Sets the response to the next put to this bucket; several are used in the order in which they were
    /// set.
    pub fn respond_next(&self, bucket: &str, scripted: ScriptedResponse) {
        locked(&self.shared).script.push_back((bucket.to_owned(), scripted));
    }

    /// The objects of a bucket by key; empty if it does not exist.
    #[must_use]
    pub fn objects(&self, bucket: &str) -> Vec<(String, Bytes)> {
        locked(&self.shared).accounts.objects(bucket)
    }

    /// Every put so far, in order.
    #[must_use]
    pub fn attempts(&self) -> Vec<Attempt> {
        locked(&self.shared).attempts.clone()
    }

    /// How often a role was assumed.
    #[must_use]
    pub fn sessions_opened(&self) -> usize {
        locked(&self.shared).sessions_opened
    }
}

fn destination(connector: &Connector) -> S3Destination {
    connector.destination.s3().cloned().expect("only a connected connector is delivered for")
}

fn delivery_error(stage: DeliveryStage, kind: DeliveryErrorKind, code: &str) -> DeliveryError {
    DeliveryError { stage, kind, code: code.into(), message: format!("{code}, says the fake") }
}

#[async_trait]
impl Customers for FakeCustomers {
    async fn open(
        &self,
        connector: &Connector,
        part: PartNumber,
    ) -> Result<Box<dyn CustomerBucket>, DeliveryError> {
        let destination = destination(connector);
        let mut state = locked(&self.shared);
        state.sessions_opened += 1;
        let trusted = |id: &&ExternalId| state.accounts.trusts(destination.role.as_str(), id.as_str());
        let Some(external_id) = connector.external_ids().find(trusted).cloned() else {
            return Err(delivery_error(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, "AccessDenied"));
        };
        Ok(Box::new(Session { customers: self.clone(), destination, part, external_id }))
    }
}

/// The session of one connector, with a session policy for its prefix.
struct Session {
    customers: FakeCustomers,
    destination: S3Destination,
    part: PartNumber,
    external_id: ExternalId,
}

#[async_trait]
impl CustomerBucket for Session {
    async fn put_new(&self, object: NewObject) -> Result<PutAnswer, DeliveryError> {
        let NewObject { key, sha256, size, body, .. } = object;
        let bytes = match body {
            Body::Whole(bytes) => bytes,
            Body::Stream(mut stream) => {
                let mut bytes = Vec::new();
                while let Some(piece) = stream.next().await {
                    let piece = piece.map_err(|_| {
                        delivery_error(
                            DeliveryStage::PutObject,
                            DeliveryErrorKind::Unavailable,
                            "StagingRead",
                        )
                    })?;
                    bytes.extend_from_slice(&piece);
                }
                bytes.into()
            }
        };
        let matches =
            bytes.len() as u64 == size && sha256 == Sha256::new(sha2::Sha256::digest(&bytes).into());
        let mut state = locked(&self.customers.shared);
        let answer = state.put(&self.destination, &key, &bytes, matches);
        let bucket = self.destination.bucket.to_string();
        let recorded = answer.as_ref().map(|a| *a).map_err(|error| error.kind);
        state.attempts.push(Attempt { bucket, key, opened_for: self.part, bytes, answer: recorded });
        answer
    }

    fn assumed_with(&self) -> Option<&ExternalId> {
        Some(&self.external_id)
    }
}

impl State {
    fn put(
        &mut self,
        destination: &S3Destination,
        key: &str,
        bytes: &Bytes,
        matches: bool,
    ) -> Result<PutAnswer, DeliveryError> {
        let error = |kind, code| Err(delivery_error(DeliveryStage::PutObject, kind, code));
        let bucket = destination.bucket.as_str();
        let index = self.script.iter().position(|(name, _)| name == bucket);
        match index.and_then(|index| self.script.remove(index)).map(|(_, scripted)| scripted) {
            None => self.accounts.put(destination, key, bytes, matches),
            Some(ScriptedResponse::Conflict) => {
                error(DeliveryErrorKind::Conflict, "ConditionalRequestConflict")
            }
            Some(ScriptedResponse::Unavailable) => error(DeliveryErrorKind::Unavailable, "SlowDown"),
            Some(ScriptedResponse::Expired) => error(DeliveryErrorKind::Expired, "ExpiredToken"),
            Some(ScriptedResponse::Rejected) => error(DeliveryErrorKind::Rejected, "BadDigest"),
            Some(ScriptedResponse::ConflictButWritten) => {
                drop(self.accounts.put(destination, key, bytes, matches));
                error(DeliveryErrorKind::Conflict, "ConditionalRequestConflict")
            }
            Some(ScriptedResponse::UnavailableButWritten) => {
                drop(self.accounts.put(destination, key, bytes, matches));
                error(DeliveryErrorKind::Unavailable, "RequestTimeout")
            }
        }
    }
}
