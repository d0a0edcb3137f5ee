//! A customer's role and bucket as a preflight check meets them: correct until a test changes them.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive::names::{AccountId, ExternalId, Region};
use async_trait::async_trait;
use ports::{Body, NewObject, PresentedExternalId, ProbeResponse, ProbeSession, Prober, SessionScope};
use protocol::connector::{Connector, S3Destination};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use sha2::Digest as _;

use super::{FakeClock, locked};

/// Whom a role's trust policy trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// Callers that present the connector's current external ID.
    ThisConnector,
    /// Callers that present this external ID.
    Only(ExternalId),
    /// Callers that present any external ID.
    AnyExternalId,
    /// All callers, with or without an external ID.
    Anyone,
    /// Nobody; this is the error of STS.
    Nobody(DeliveryError),
}

/// A customer's setup of role and bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSetup {
    /// The role's trust policy.
    pub trust: Trust,
    /// The error of STS for untrusted callers, if it isn't a plain denial.
    pub denial: Option<DeliveryError>,
    /// The account of the session, if it differs from the one in the role's ARN.
    pub account: Option<AccountId>,
    /// S3's answer for the bucket's region, if it differs from the configured one.
    pub region: Option<Result<Option<Region>, DeliveryError>>,
    /// The error of a write under the prefix, if it fails.
    pub put: Option<DeliveryError>,
    /// The encryption that S3 names, if it differs from the requested one.
    pub encryption: Option<String>,
    /// The error of a write outside the prefix; `None` writes it, whatever its checksum.
    pub put_outside_prefix: Option<DeliveryError>,
}

impl RoleSetup {
    /// A setup that passes every stage.
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

    /// Everything is correct, except that the role may write anywhere in the bucket: S3 then rejects the
    /// wrong checksum.
    #[must_use]
    pub fn too_broad() -> Self {
        let is_outside =
            Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "BadDigest"));
        Self { put_outside_prefix: is_outside, ..Self::correct() }
    }
}

/// One probe, as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// An attempt to assume the role.
    Assume {
        /// The presented external ID.
        external_id: Option<ExternalId>,
        /// The requested scope of the session.
        scope: SessionScope,
        /// Whether the role was assumed.
        assumed: bool,
    },
    /// A request for the bucket's region.
    Region,
    /// A put of an object.
    Put {
        /// The full key of the object.
        key: String,
        /// Whether its checksum was that of its bytes.
        checksum_matches: bool,
        /// Whether it was written.
        written: bool,
    },
}

/// Probes one setup. A clone is the same.
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
    /// A prober with a correct setup.
    #[must_use]
    pub fn new() -> Self {
        Self::with_setup(RoleSetup::correct())
    }

    /// A prober with this setup.
    #[must_use]
    pub fn with_setup(setup: RoleSetup) -> Self {
        Self { setup: Arc::new(Mutex::new(setup)), probes: Arc::default(), latency: None }
    }

    /// The same, with every call taking this long on this clock.
    #[must_use]
    pub fn with_latency(self, clock: &FakeClock, span: Duration) -> Self {
        Self { latency: Some((clock.clone(), span)), ..self }
    }

    /// Changes the setup, as the customer's administrator may at any time.
    pub fn change(&self, change: impl FnOnce(&mut RoleSetup)) {
        change(&mut locked(&self.setup));
    }

    /// All probes, in order.
    #[must_use]
    pub fn probes(&self) -> Vec<Probe> {
        locked(&self.probes).clone()
    }

    /// The keys of the written objects.
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

fn delivery_error(stage: DeliveryStage, kind: DeliveryErrorKind, code: &str) -> DeliveryError {
    DeliveryError { stage, kind, code: code.into(), message: format!("{code}, says the fake") }
}

impl Trust {
    fn check(&self, connector: &Connector, external_id: Option<&ExternalId>) -> Result<(), DeliveryError> {
        let trusted = match self {
            Self::ThisConnector => external_id == Some(&connector.external_id),
            Self::Only(id) => external_id == Some(id),
            Self::AnyExternalId => external_id.is_some(),
            Self::Anyone => true,
            Self::Nobody(error) => return Err(error.clone()),
        };
        if trusted {
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
        destination: &S3Destination,
        external_id: PresentedExternalId<'_>,
        scope: SessionScope,
    ) -> Result<Box<dyn ProbeSession>, DeliveryError> {
        let external_id = match external_id {
            PresentedExternalId::Absent => None,
            PresentedExternalId::ExternalId(id) => Some(id),
        };
        let RoleSetup { trust, denial, .. } = locked(&self.setup).clone();
        let result = trust.check(connector, external_id).map_err(|denied| denial.unwrap_or(denied));
        self.record(Probe::Assume { external_id: external_id.cloned(), scope, assumed: result.is_ok() });
        result?;
        Ok(Box::new(Session { prober: self.clone(), destination: destination.clone(), scope }))
    }
}

struct Session {
    prober: FakeProber,
    destination: S3Destination,
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
        let checksum_matches = object.sha256.bytes() == &<[u8; 32]>::from(sha2::Sha256::digest(bytes));
        let under = self.destination.prefix.key("");
        let is_outside = !under.is_empty() && !object.key.starts_with(&under);
        let RoleSetup { put, put_outside_prefix: answer, encryption, .. } =
            locked(&self.prober.setup).clone();
        let error = match (is_outside, self.scope) {
            (false, _) if checksum_matches => put,
            (false, _) => {
                Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Rejected, "BadDigest"))
            }
            (true, SessionScope::Role) => answer,
            // The session policy does not allow it, whatever the role does.
            (true, SessionScope::Prefix) => {
                Some(delivery_error(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied"))
            }
        };
        self.prober.record(Probe::Put { key: object.key, checksum_matches, written: error.is_none() });
        let requested = self.destination.encryption.header().unwrap_or("AES256");
        match error {
            Some(error) => Err(error),
            None => {
                Ok(ProbeResponse { encryption: Some(encryption.unwrap_or_else(|| requested.to_owned())) })
            }
        }
    }
}
