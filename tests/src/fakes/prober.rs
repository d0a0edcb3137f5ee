//! A customer's role and bucket as a verification meets them: all as it should be, until a test says what isn't.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::connector::{Connector, Destination};
use domain::fault::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use domain::names::{AccountId, ExternalId, Region};
use domain::ports::{
    Body, NewObject, PresentedExternalId, ProbeResponse, ProbeSession, Prober, SessionScope,
};
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
pub struct RoleSetup {
    /// Whom the role lets in.
    pub trust: Trust,
    /// What STS answers whoever is not let in, if it is no plain denial.
    pub denial: Option<DeliveryError>,
    /// The account of the session, if it is not the one that the role's ARN names.
    pub account: Option<AccountId>,
    /// What S3 tells of the bucket's region, if it is not the one that was given.
    pub region: Option<Result<Option<Region>, DeliveryError>>,
    /// What a write under the prefix is refused with, if it is.
    pub put: Option<DeliveryError>,
    /// The encryption that S3 names, if it is not the one that was asked for.
    pub encryption: Option<String>,
    /// What a write outside the prefix is answered with; without a fault it is written, whatever its checksum.
    pub put_outside_prefix: Option<DeliveryError>,
}

impl RoleSetup {
    /// As it should be.
    #[must_use]
    pub fn correct() -> Self {
        Self {
            trust: Trust::ThisConnector,
            denial: None,
            account: None,
            region: None,
            put: None,
            encryption: None,
            put_outside_prefix: Some(delivery_error(
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
        Self { put_outside_prefix: outside, ..Self::correct() }
    }
}

/// One thing that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The role was to be assumed.
    Assume {
        /// What was shown.
        external_id: Option<ExternalId>,
        /// What the session was to be allowed.
        scope: SessionScope,
        /// Whether the role let us in.
        assumed: bool,
    },
    /// The bucket's region was asked for.
    Region,
    /// An object was sent.
    Put {
        /// Its key.
        key: String,
        /// Whether its checksum was that of its bytes.
        checksum_matches: bool,
        /// Whether it was written.
        written: bool,
    },
}

/// Tries one set-up. A clone is the same.
#[derive(Debug, Clone)]
pub struct FakeProber {
    setup: Arc<Mutex<RoleSetup>>,
    probes: Arc<Mutex<Vec<Probe>>>,
    latency: Option<(FakeClock, Duration)>,
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
        Self::with_setup(RoleSetup::correct())
    }

    /// This set-up.
    #[must_use]
    pub fn with_setup(set_up: RoleSetup) -> Self {
        Self { setup: Arc::new(Mutex::new(set_up)), probes: Arc::default(), latency: None }
    }

    /// The same, each call taking so long on this clock.
    #[must_use]
    pub fn with_latency(self, clock: &FakeClock, span: Duration) -> Self {
        Self { latency: Some((clock.clone(), span)), ..self }
    }

    /// Changes the set-up, as the customer's administrator may at any time.
    pub fn change(&self, change: impl FnOnce(&mut RoleSetup)) {
        change(&mut locked(&self.setup));
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

    fn record(&self, probe: Probe) {
        locked(&self.probes).push(probe);
        if let Some((clock, span)) = &self.latency {
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
    fn role_propagation_delay(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn assume(
        &self,
        connector: &Connector,
        to: &Destination,
        shown: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError> {
        let shown = match shown {
            PresentedExternalId::Absent => None,
            PresentedExternalId::ExternalId(id) => Some(id),
        };
        let RoleSetup { trust, denial, .. } = locked(&self.setup).clone();
        let judged = trust.judge(connector, shown).map_err(|denied| strangers.unwrap_or(denied));
        self.record(Probe::Assume { external_id: shown.cloned(), scope, assumed: judged.is_ok() });
        judged?;
        Ok(Box::new(Session { prober: self.clone(), destination: to.clone(), scope }))
    }
}

struct Session {
    prober: FakeProber,
    destination: Destination,
    scope: SessionScope,
}

#[async_trait]
impl ProbeSession for Session {
    fn account(&self) -> AccountId {
        locked(&self.prober.setup).account.clone().unwrap_or_else(|| self.destination.role.account())
    }

    async fn bucket_region(&self) -> Result<Option<Region>, DeliveryError> {
        self.prober.record(Probe::Region);
        locked(&self.prober.setup).region.clone().unwrap_or_else(|| Ok(Some(self.destination.region.clone())))
    }

    async fn put_new(&self, object: NewObject) -> Result<ProbeResponse, DeliveryError> {
        let Body::Whole(bytes) = &object.body else { panic!("a probe is a few bytes, not a stream") };
        let truthful = object.sha256.bytes() == &<[u8; 32]>::from(sha2::Sha256::digest(bytes));
        let under = self.destination.prefix.key("");
        let outside = !under.is_empty() && !object.key.starts_with(&under);
        let RoleSetup { put, put_outside_prefix: answer, encryption, .. } =
            locked(&self.prober.setup).clone();
        let refused = match (outside, self.scope) {
            (false, _) if truthful => put,
            (false, _) => {
                Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "BadDigest"))
            }
            (true, SessionScope::Role) => answer,
            // The session policy does not allow it, whatever the role does.
            (true, SessionScope::Prefix) => {
                Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied"))
            }
        };
        self.prober.record(Probe::Put { key: object.key, checksum_matches, written: refused.is_none() });
        let asked = self.destination.encryption.header().unwrap_or("AES256");
        match refused {
            Some(fault) => Err(fault),
            None => Ok(ProbeResponse { encryption: Some(encryption.unwrap_or_else(|| asked.to_owned())) }),
        }
    }
}
