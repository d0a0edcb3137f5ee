//! Opens sessions that serve one connector.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use archive::names::{ConnectorId, RoleArn, TenantId};
use archive::time::Time;
use async_trait::async_trait;
use aws_credential_types::Credentials;
use ports::{Clock, PortError, ReaderSession, ReaderSessions};
use protocol::connector::{Connector, Shards};
use tokio::sync::OnceCell;

use super::objects::S3StagedObjects;
use super::policy::{self, Scope};
use super::source::{SessionSource, ShardGroup};
use crate::clients::SessionClients;
use crate::dynamodb::events::{DynamoSource, EventsTable};
use crate::port_error::port_error;

const ASSUMING: &str = "assuming the reader's data role";

/// Lifetime of the temporary credentials, seconds. A URL ends with the credentials that signed it, so this
/// covers a session that is reused ([`REUSE`]), an invocation of five minutes at most, and
/// [`ports::DOWNLOAD_URL_LIFETIME`]. A role that assumes another one gets at most an hour. Source: AWS STS
/// API reference, `AssumeRole`.
const SESSION_SECONDS: i32 = 1800;
/// For how long a session is reused.
const REUSE: Duration = Duration::from_mins(15);

/// Sessions of the data role, each with a policy for one connector.
pub struct StsReaderSessions {
    role: DataRole,
    bucket: String,
    layout: EventsTable,
    clock: Arc<dyn Clock>,
    open: Mutex<HashMap<ConnectorId, OpenSession>>,
}

/// The function's own STS client, and the role that it assumes.
#[derive(Debug, Clone)]
pub(super) struct DataRole {
    sts: aws_sdk_sts::Client,
    pub(super) clients: SessionClients,
    role: RoleArn,
}

/// A session, and what it was opened for: a connector's number of shards may change.
#[derive(Debug)]
struct OpenSession {
    opened_at: Time,
    tenant: TenantId,
    shards: Shards,
    session: ReaderSession,
}

impl OpenSession {
    /// A clock that went back makes it stale too: its age is unknown then.
    fn serves(&self, connector: &Connector, now: Time) -> bool {
        self.is_young(now) && self.tenant == connector.tenant && self.shards == connector.shards
    }

    fn is_young(&self, now: Time) -> bool {
        now >= self.opened_at && now.since(self.opened_at) < REUSE
    }
}

impl std::fmt::Debug for StsReaderSessions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StsReaderSessions").field("role", &self.role.role).finish_non_exhaustive()
    }
}

impl StsReaderSessions {
    /// Sessions of this role, for this bucket and a table of this layout. The clock is the real one: STS
    /// counts the lifetime of a session in it.
    #[must_use]
    pub fn new(
        sts: aws_sdk_sts::Client,
        clients: SessionClients,
        role: RoleArn,
        bucket: String,
        layout: EventsTable,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { role: DataRole { sts, clients, role }, bucket, layout, clock, open: Mutex::default() }
    }

    /// A panic while it was locked can't leave half a session.
    fn open_sessions(&self) -> MutexGuard<'_, HashMap<ConnectorId, OpenSession>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn start(&self, connector: &Connector) -> Result<ReaderSession, PortError> {
        let policies = policy::policies(Scope {
            aws_partition: self.role.role.partition(),
            bucket: &self.bucket,
            connector: &connector.id,
            tenant: &connector.tenant,
            shards: connector.shards,
            format: &self.layout.partition_format,
        });
        let mut policies = policies.map_err(|error| PortError::misconfigured(ASSUMING, error))?.into_iter();
        let first = policies.next().ok_or_else(|| PortError::bug(ASSUMING, "a session has no policy"))?;
        let name = session_name(&connector.id);
        let keys = self.role.assume(&name, &first.json).await?;
        let source = DynamoSource::new(self.role.clients.dynamodb(keys.clone()), self.layout.clone());
        let started =
            ShardGroup { shards: first.shards, start: None, source: OnceCell::new_with(Some(source)) };
        let others = policies.map(|policy| {
            let start = Some((self.role.clone(), name.clone(), policy.json));
            ShardGroup { shards: policy.shards, start, source: OnceCell::new() }
        });
        let source = SessionSource {
            tenant: connector.tenant.clone(),
            shards: connector.shards,
            layout: self.layout.clone(),
            groups: std::iter::once(started).chain(others).collect(),
        };
        let s3 = self.role.clients.s3(keys);
        let objects = S3StagedObjects::new(s3, self.bucket.clone(), connector.id.clone());
        Ok(ReaderSession { objects: Arc::new(objects), source: Arc::new(source) })
    }
}

impl DataRole {
    /// Keys of a new session. The expiry is left out on purpose: a session is reused by its age.
    pub(super) async fn assume(&self, name: &str, policy: &str) -> Result<Credentials, PortError> {
        let request = self.sts.assume_role().role_arn(self.role.as_str()).role_session_name(name);
        let answer = request.duration_seconds(SESSION_SECONDS).policy(policy).send().await;
        let answer = answer.map_err(|error| port_error(ASSUMING, error))?;
        let no_keys = || PortError::transient(ASSUMING, "STS returned no credentials");
        let keys = answer.credentials.ok_or_else(no_keys)?;
        let (id, secret, token) = (keys.access_key_id, keys.secret_access_key, keys.session_token);
        Ok(Credentials::new(id, secret, Some(token), None, "AssumeRole"))
    }
}

/// Appears in the vendor's own CloudTrail, with every request.
fn session_name(connector: &ConnectorId) -> String {
    format!("auditferry-reads-{connector}")
}

#[async_trait]
impl ReaderSessions for StsReaderSessions {
    /// Two at once may both start a session; the later one is kept.
    async fn open(&self, connector: &Connector) -> Result<ReaderSession, PortError> {
        let now = self.clock.now();
        let known = self
            .open_sessions()
            .get(&connector.id)
            .filter(|open| open.serves(connector, now))
            .map(|open| open.session.clone());
        if let Some(session) = known {
            return Ok(session);
        }
        let session = self.start(connector).await?;
        let mut open = self.open_sessions();
        open.retain(|_, session| session.is_young(now));
        let (tenant, shards) = (connector.tenant.clone(), connector.shards);
        open.insert(
            connector.id.clone(),
            OpenSession { opened_at: now, tenant, shards, session: session.clone() },
        );
        Ok(session)
    }
}

/// Sessions with the caller's own credentials, for stand-ins, which have no role to assume. They refuse keys
/// of other connectors and other tenants by themselves.
#[derive(Debug, Clone)]
pub struct OwnReaderSessions {
    s3: aws_sdk_s3::Client,
    dynamodb: aws_sdk_dynamodb::Client,
    bucket: String,
    layout: EventsTable,
}

impl OwnReaderSessions {
    /// Sessions for this bucket and a table of this layout.
    #[must_use]
    pub const fn new(
        s3: aws_sdk_s3::Client,
        dynamodb: aws_sdk_dynamodb::Client,
        bucket: String,
        layout: EventsTable,
    ) -> Self {
        Self { s3, dynamodb, bucket, layout }
    }
}

#[async_trait]
impl ReaderSessions for OwnReaderSessions {
    async fn open(&self, connector: &Connector) -> Result<ReaderSession, PortError> {
        let objects = S3StagedObjects::new(self.s3.clone(), self.bucket.clone(), connector.id.clone());
        let source = DynamoSource::new(self.dynamodb.clone(), self.layout.clone());
        let source = SessionSource::of(connector, self.layout.clone(), source);
        Ok(ReaderSession { objects: Arc::new(objects), source: Arc::new(source) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_session_name_is_one_that_sts_accepts() {
        let name = session_name(&ConnectorId::new(u64::MAX));
        assert!(name.len() <= 64 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)));
    }

    /// Reuse, an invocation and a URL fit into the lifetime.
    #[test]
    fn a_session_outlives_its_reuse_an_invocation_and_a_url() {
        let needed = REUSE + Duration::from_mins(5) + ports::DOWNLOAD_URL_LIFETIME;
        assert!(needed < Duration::from_secs(SESSION_SECONDS.unsigned_abs().into()));
    }
}
