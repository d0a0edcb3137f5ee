//! A customer's role and bucket as a verification meets them: all as it should be, until a test says what isn't.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::connector::{Connector, Destination};
use domain::fault::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use domain::names::{AccountId, ExternalId, Region};
use domain::ports::{Body, NewObject, ProbeAnswer, ProbeSession, Prober, Scope, Shown};
use sha2::Digest as _;

use super::{FakeClock, locked};

/// Whom a role's trust policy lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Whoever shows the external ID that the connector has in use.
    ThisConnector,
    /// Whoever shows this one.
    Only(ExternalId),
    /// Whoever shows any external ID.
    AnyExternalId,
    /// Whoever asks.
    Anyone,
    /// Nobody; this is what STS answers.
    Nobody(DeliveryError),
}

/// A customer's set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetUp {
    /// Whom the role lets in.
    pub trust: Trust,
    /// What STS answers whoever is not let in, if it is no plain denial.
    pub strangers: Option<DeliveryError>,
    /// The account of the session, if it is not the one that the role's ARN names.
    pub account: Option<AccountId>,
    /// What S3 tells of the bucket's region, if it is not the one that was given.
    pub region: Option<Result<Option<Region>, DeliveryError>>,
    /// What a write under the prefix is refused with, if it is.
    pub put: Option<DeliveryError>,
    /// The encryption that S3 names, if it is not the one that was asked for.
    pub encryption: Option<String>,
    /// What a write outside the prefix is answered with; without a fault it is written, whatever its checksum.
    pub outside: Option<DeliveryError>,
}

impl SetUp {
    /// As it should be.
    #[must_use]
    pub fn sound() -> Self {
        Self {
            trust: Trust::ThisConnector,
            strangers: None,
            account: None,
            region: None,
            put: None,
            encryption: None,
            outside: Some(delivery_error(
                DeliveryStage::PutObject,
                DeliveryErrorKind::Denied,
                "AccessDenied",
            )),
        }
    }

    /// As it should be, except that the role may write anywhere in the bucket: S3 then finds the checksum wrong.
    #[must_use]
    pub fn too_broad() -> Self {
        let outside =
            Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "BadDigest"));
        Self { outside, ..Self::sound() }
    }
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The role was to be assumed.
    Assume {
        /// What was shown.
        shown: Option<ExternalId>,
        /// What the session was to be allowed.
        scope: Scope,
        /// Whether the role let us in.
        let_in: bool,
    },
    /// The bucket's region was asked for.
    Region,
    /// An object was sent.
    Put {
        /// Its key.
        key: String,
        /// Whether its checksum was that of its bytes.
        truthful: bool,
        /// Whether it was written.
        written: bool,
    },
}

/// Tries one set-up. A clone is the same.
#[derive(Debug, Clone)]
pub struct FakeProber {
    set_up: Arc<Mutex<SetUp>>,
    probes: Arc<Mutex<Vec<Probe>>>,
    takes: Option<(FakeClock, Duration)>,
}

impl Default for FakeProber {
    fn default() -> Self {
        Self::new()
    }
}

impl FakeProber {
    /// Everything as it should be.
    #[must_use]
    pub fn new() -> Self {
        Self::of(SetUp::sound())
    }

    /// This set-up.
    #[must_use]
    pub fn of(set_up: SetUp) -> Self {
        Self { set_up: Arc::new(Mutex::new(set_up)), probes: Arc::default(), takes: None }
    }

    /// The same, each call taking so long on this clock.
    #[must_use]
    pub fn taking(self, clock: &FakeClock, span: Duration) -> Self {
        Self { takes: Some((clock.clone(), span)), ..self }
    }

    /// Changes the set-up, as the customer's administrator may at any time.
    pub fn change(&self, change: impl FnOnce(&mut SetUp)) {
        change(&mut locked(&self.set_up));
    }

    /// Everything that was tried, in order.
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        locked(&self.probes).clone()
    }

    /// The keys of the objects that were written.
    #[must_use]
    pub fn written(&self) -> Vec<String> {
        let written = |probe| match probe {
            Probe::Put { key, written: true, .. } => Some(key),
            _ => None,
        };
        self.probes().into_iter().filter_map(written).collect()
    }

    fn note(&self, probe: Probe) {
        locked(&self.probes).push(probe);
        if let Some((clock, span)) = &self.takes {
            clock.advance(*span);
        }
    }
}

fn delivery_error(stage: DeliveryStage, reason: DeliveryErrorKind, code: &str) -> DeliveryError {
    DeliveryError { stage, kind: reason, code: code.into(), message: format!("{code}, says the fake") }
}

impl Trust {
    fn judge(&self, connector: &Connector, shown: Option<&ExternalId>) -> Result<(), DeliveryError> {
        let lets_in = match self {
            Self::ThisConnector => shown == Some(&connector.external_id),
            Self::Only(id) => shown == Some(id),
            Self::AnyExternalId => shown.is_some(),
            Self::Anyone => true,
            Self::Nobody(fault) => return Err(fault.clone()),
        };
        if lets_in {
            Ok(())
        } else {
            Err(delivery_error(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, "AccessDenied"))
        }
    }
}

#[async_trait]
impl Prober for FakeProber {
    fn new_roles_known_within(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn assume(
        &self,
        connector: &Connector,
        to: &Destination,
        shown: Shown<'_>,
        scope: Scope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError> {
        let shown = match shown {
            Shown::Nothing => None,
            Shown::ExternalId(id) => Some(id),
        };
        let SetUp { trust, strangers, .. } = locked(&self.set_up).clone();
        let judged = trust.judge(connector, shown).map_err(|denied| strangers.unwrap_or(denied));
        self.note(Probe::Assume { shown: shown.cloned(), scope, let_in: judged.is_ok() });
        judged?;
        Ok(Box::new(Session { prober: self.clone(), to: to.clone(), scope }))
    }
}

struct Session {
    prober: FakeProber,
    to: Destination,
    scope: Scope,
}

#[async_trait]
impl ProbeSession for Session {
    fn account(&self) -> AccountId {
        locked(&self.prober.set_up).account.clone().unwrap_or_else(|| self.to.role.account())
    }

    async fn bucket_region(&self) -> Result<Option<Region>, DeliveryError> {
        self.prober.note(Probe::Region);
        locked(&self.prober.set_up).region.clone().unwrap_or_else(|| Ok(Some(self.to.region.clone())))
    }

    async fn put_new(&self, object: NewObject) -> Result<ProbeAnswer, DeliveryError> {
        let Body::Whole(bytes) = &object.body else { panic!("a probe is a few bytes, not a stream") };
        let truthful = object.sha256.bytes() == &<[u8; 32]>::from(sha2::Sha256::digest(bytes));
        let under = self.to.prefix.key("");
        let outside = !under.is_empty() && !object.key.starts_with(&under);
        let SetUp { put, outside: answer, encryption, .. } = locked(&self.prober.set_up).clone();
        let refused = match (outside, self.scope) {
            (false, _) if truthful => put,
            (false, _) => {
                Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "BadDigest"))
            }
            (true, Scope::Role) => answer,
            // The session policy does not allow it, whatever the role does.
            (true, Scope::Prefix) => {
                Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied"))
            }
        };
        self.prober.note(Probe::Put { key: object.key, truthful, written: refused.is_none() });
        let asked = self.to.encryption.header().unwrap_or("AES256");
        match refused {
            Some(fault) => Err(fault),
            None => Ok(ProbeAnswer { encryption: Some(encryption.unwrap_or_else(|| asked.to_owned())) }),
        }
    }
}
