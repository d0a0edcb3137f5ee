//! A connector: where and how one tenant's events go.

use serde::{Deserialize, Serialize};

use crate::names::{
    BucketName, ConnectorId, ExternalId, KmsKeyArn, Prefix, Refused, Region, RoleArn, TenantId,
};
use crate::part::Encoding;
use crate::schedule::{Frequency, Grid};
use crate::time::Time;

/// The life of a connector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Created, not yet exporting.
    Draft,
    /// Exporting.
    Active,
    /// Sealing goes on, so that nothing can expire unseen; delivery waits.
    Paused,
}

impl State {
    /// The name in records and listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Paused => "paused",
        }
    }
}

/// The customer's side: the role to assume and the place to write to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Destination {
    /// The role in the customer's account.
    pub role: RoleArn,
    /// The customer's bucket; its owner must be the role's account.
    pub bucket: BucketName,
    /// The bucket's region.
    pub region: Region,
    /// The folder in the bucket.
    pub prefix: Prefix,
    /// The key for SSE-KMS; without one the bucket's default encryption applies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<KmsKeyArn>,
}

/// How many partitions of the events table hold one tenant's events: 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct Shards(u8);

impl Shards {
    /// One partition, the default.
    pub const ONE: Self = Self(1);

    /// How many.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for Shards {
    type Error = Refused;
    fn try_from(shards: u8) -> Result<Self, Refused> {
        if (1..=64).contains(&shards) {
            return Ok(Self(shards));
        }
        let form = "a tenant's events lie in 1 to 64 partitions";
        Err(Refused::new("number of shards", &shards.to_string(), "is out of range", form))
    }
}

impl From<Shards> for u8 {
    fn from(shards: Shards) -> Self {
        shards.0
    }
}

/// The settings of a connector. What moves with each run is its cursor, a record of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connector {
    /// Its ID.
    pub id: ConnectorId,
    /// Whose events it exports.
    pub tenant: TenantId,
    /// Over how many partitions of the events table the tenant's events are spread.
    pub shards: Shards,
    /// What the customer's trust policy must ask for.
    pub external_id: ExternalId,
    /// Where it is in its life.
    pub state: State,
    /// How often it exports.
    pub frequency: Frequency,
    /// How the files are written.
    pub encoding: Encoding,
    /// Where the files go; known once the customer has connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destination: Option<Destination>,
    /// Export events from this time on; without it, from the activation on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_from: Option<Time>,
    /// When it was created.
    pub created_at: Time,
    /// When it was activated first; its grid of windows starts there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Time>,
    /// Counts the changes, for optimistic concurrency.
    pub version: u64,
}

/// A change that the connector's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// Activated before the customer connected.
    #[error(
        "connector {0} has no destination yet; connect it first: `auditferry connector connect {0} --role-arn … --bucket … --region …`"
    )]
    NoDestination(ConnectorId),
    /// Activated twice, or resumed while not paused, and so on.
    #[error("connector {id} is {state}; {verb} needs one that is {needs}")]
    WrongState {
        /// Which connector.
        id: ConnectorId,
        /// Its state.
        state: &'static str,
        /// What was asked.
        verb: &'static str,
        /// The states in which that is possible.
        needs: &'static str,
    },
    /// A start in the future.
    #[error("start-from {0} is later than now; leave it out to start with the activation")]
    StartsInTheFuture(Time),
}

impl Connector {
    /// The grid of its windows, once it was activated.
    #[must_use]
    pub fn grid(&self) -> Option<Grid> {
        self.activated_at.map(|at| Grid::new(at, self.frequency))
    }

    /// Sets or changes where the files go.
    pub fn connect(&mut self, destination: Destination) {
        self.destination = Some(destination);
        self.version += 1;
    }

    /// Draft → active. Returns the time from which events are exported.
    ///
    /// # Errors
    /// If it is not a draft, has no destination, or is to start in the future.
    pub fn activate(&mut self, now: Time) -> Result<Time, NotAllowed> {
        self.require(State::Draft, "activate", "draft")?;
        if self.destination.is_none() {
            return Err(NotAllowed::NoDestination(self.id.clone()));
        }
        let since = self.start_from.unwrap_or(now);
        if since > now {
            return Err(NotAllowed::StartsInTheFuture(since));
        }
        self.activated_at = Some(now);
        self.turn(State::Active);
        Ok(since)
    }

    /// Active → paused.
    ///
    /// # Errors
    /// If it is not active.
    pub fn pause(&mut self) -> Result<(), NotAllowed> {
        self.require(State::Active, "pause", "active")?;
        self.turn(State::Paused);
        Ok(())
    }

    /// Paused → active.
    ///
    /// # Errors
    /// If it is not paused.
    pub fn resume(&mut self) -> Result<(), NotAllowed> {
        self.require(State::Paused, "resume", "paused")?;
        self.turn(State::Active);
        Ok(())
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.version += 1;
    }

    fn require(&self, state: State, verb: &'static str, needs: &'static str) -> Result<(), NotAllowed> {
        if self.state == state {
            return Ok(());
        }
        Err(NotAllowed::WrongState { id: self.id.clone(), state: self.state.as_str(), verb, needs })
    }
}
