//! The callers: the vendor with its long-lived keys, or a session of an assumed role with temporary ones.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::credentials::Credentials;
use crate::policy::SessionPolicy;
use crate::{clock, credentials};

/// The parameters of an `AssumeRole` request that succeeded, for tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// The role's ARN.
    pub role_arn: String,
    /// `RoleSessionName`: what the customer's `CloudTrail` would show.
    pub session_name: String,
    /// `ExternalId`, if one was sent.
    pub external_id: Option<String>,
    /// `Policy`, the session policy's JSON as it was sent, if one was.
    pub policy: Option<String>,
    /// `DurationSeconds`, or the default of 3,600.
    pub duration_seconds: i64,
}

/// A session of an assumed role.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) credentials: Credentials,
    pub(crate) token: String,
    pub(crate) expires: Timestamp,
    pub(crate) assumed: AssumedRole,
    pub(crate) policy: Option<SessionPolicy>,
    /// The sequence number of the assumption.
    number: u64,
}

/// The owner of an access key.
#[derive(Debug, Clone)]
pub(crate) enum Principal {
    /// The vendor's own account.
    Vendor,
    /// A session of a customer's role.
    Session(Box<Session>),
}

/// Every access key that the stand-ins know. Sessions are in memory only: after a restart roles must be
/// assumed again.
#[derive(Debug)]
pub(crate) struct Sessions {
    vendor: Credentials,
    open: Mutex<OpenSessions>,
}

#[derive(Debug, Default)]
struct OpenSessions {
    by_access_key: HashMap<String, Session>,
    count: u64,
}

/// How long an expired session is kept, so that its keys get the error `ExpiredToken`.
const EXPIRED_RETENTION: SignedDuration = SignedDuration::from_hours(1);

impl Sessions {
    /// No sessions, and new long-lived keys for the vendor.
    pub(crate) fn new() -> Self {
        Self { vendor: Credentials::long_lived(), open: Mutex::default() }
    }

    /// The vendor's long-lived keys.
    pub(crate) fn vendor(&self) -> &Credentials {
        &self.vendor
    }

    /// The owner of an access key.
    pub(crate) fn principal(&self, access_key_id: &str) -> Option<Principal> {
        if access_key_id == self.vendor.access_key_id {
            return Some(Principal::Vendor);
        }
        self.lock()
            .by_access_key
            .get(access_key_id)
            .cloned()
            .map(|session| Principal::Session(Box::new(session)))
    }

    /// The owner of an access key, and its secret.
    pub(crate) fn principal_and_secret(&self, access_key_id: &str) -> Option<(Principal, String)> {
        let principal = self.principal(access_key_id)?;
        let secret = match &principal {
            Principal::Vendor => &self.vendor.secret_access_key,
            Principal::Session(session) => &session.credentials.secret_access_key,
        };
        let secret = secret.clone();
        Some((principal, secret))
    }

    /// The secret of an access key.
    pub(crate) fn secret(&self, access_key_id: &str) -> Option<String> {
        self.principal_and_secret(access_key_id).map(|(_, secret)| secret)
    }

    /// Opens a session with new temporary credentials.
    pub(crate) fn open(&self, assumed: AssumedRole, policy: Option<SessionPolicy>) -> Session {
        let now = clock::now();
        let mut open = self.lock();
        open.by_access_key.retain(|_, session| now.duration_since(session.expires) < EXPIRED_RETENTION);
        open.count += 1;
        let session = Session {
            credentials: Credentials::temporary(),
            token: credentials::session_token(),
            // A duration of at most an hour can't exceed the range of time.
            expires: now
                .saturating_add(SignedDuration::from_secs(assumed.duration_seconds))
                .unwrap_or(Timestamp::MAX),
            assumed,
            policy,
            number: open.count,
        };
        open.by_access_key.insert(session.credentials.access_key_id.clone(), session.clone());
        session
    }

    /// The assumed roles, in the order of assumption.
    pub(crate) fn assumed(&self) -> Vec<AssumedRole> {
        let mut sessions: Vec<Session> = self.lock().by_access_key.values().cloned().collect();
        sessions.sort_by_key(|session| session.number);
        sessions.into_iter().map(|session| session.assumed).collect()
    }

    /// Expires every session's credentials now, as if its duration had passed.
    pub(crate) fn expire_all(&self) {
        let now = clock::now();
        for session in self.lock().by_access_key.values_mut() {
            session.expires = now;
        }
    }

    /// A panic elsewhere can't leave a partial session: every change is a single insert.
    fn lock(&self) -> MutexGuard<'_, OpenSessions> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
