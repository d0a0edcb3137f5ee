//! Changing, which leaves a record.

use std::time::Duration;

use sha2::{Digest, Sha256 as Hasher};

use super::{Changed, NewConnector, Onboarding, OnboardingError, View};
use crate::connector::{Caller, Change, Connector, NotAllowed, Verb};
use crate::cursor::Cursor;
use crate::names::{ConnectorId, ExternalId};
use crate::notice::Notice;
use crate::ports::{SaveAnswer, Saved};
use crate::time::Time;

/// How often a change without a version of its own is tried against other writers.
const TRIES: u32 = 4;
const SECOND: Duration = Duration::from_secs(1);

/// What a deletion takes away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Loss {
    /// Parts that were sealed and never delivered.
    pub undelivered_parts: u64,
    /// Events from this time on were never sealed.
    pub unsealed_from: Option<Time>,
}

impl Onboarding {
    /// Creates a connector, with its external ID at once.
    ///
    /// # Errors
    /// If the caller may not, the tenant has no partition keys of its own, or the ledger fails.
    pub async fn create(&self, caller: &Caller, new: NewConnector) -> Changed {
        if !caller.may_see(&new.tenant) {
            return Err(OnboardingError::Forbidden("another tenant's connector"));
        }
        self.partitions.check(&new.tenant, new.shards)?;
        if let Some(destination) = &new.destination {
            self.fits(destination)?;
        }
        let now = self.clock.now();
        let id = ConnectorId::new(match &new.idempotency_key {
            Some(key) => derived(&[new.tenant.as_str(), key]),
            None => self.randomness.next_u64(),
        });
        let external_id = self.new_external_id();
        let mut connector = Connector::draft(id.clone(), new.tenant, external_id, now);
        connector.shards = new.shards;
        connector.frequency = new.frequency;
        connector.encoding = new.encoding;
        connector.start_from = new.start_from;
        connector.destination = new.destination;
        let change = self.change_of(caller, Verb::Create, None, &connector);
        match self.connectors.create(&connector, &change).await? {
            SaveAnswer::Saved(Saved::Yes) => self.announce(&change).await,
            SaveAnswer::Taken(taken) => return Err(OnboardingError::Taken(taken)),
            // The ID is taken: by this very request, asked before, or its answer was lost.
            SaveAnswer::Saved(Saved::Stale) => return Ok(self.read(caller, &id).await?.connector),
        }
        Ok(connector)
    }

    /// Stops delivery; sealing goes on.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn pause(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> Changed {
        self.change(caller, id, if_match, Verb::Pause, Connector::pause).await
    }

    /// Stops everything, and keeps everything for 30 days.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn disable(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> Changed {
        let now = self.clock.now();
        self.change(caller, id, if_match, Verb::Disable, |connector| connector.disable(now)).await
    }

    /// Takes a disabled connector back; it is paused then, or a draft if it never exported.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn enable(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> Changed {
        let now = self.clock.now();
        let enabled =
            self.change(caller, id, if_match, Verb::Enable, |connector| connector.enable(now)).await?;
        if enabled.activated_at.is_some() {
            self.run(caller, id).await?;
        }
        Ok(enabled)
    }

    /// What a deletion would take away.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn loss(&self, caller: &Caller, id: &ConnectorId) -> Result<Loss, OnboardingError> {
        let cursor = self.read(caller, id).await?.cursor;
        Ok(Loss {
            undelivered_parts: cursor.as_ref().map_or(0, |c| c.next.previous().get() - c.delivered.get()),
            unsealed_from: cursor.map(|cursor| cursor.watermark),
        })
    }

    /// Deletes a connector: role and destination are free again, the records stay.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn delete(&self, caller: &Caller, id: &ConnectorId, if_match: Option<u64>) -> Changed {
        self.change(caller, id, if_match, Verb::Delete, Connector::delete).await
    }

    /// Deletes a connector whose 30 days are over; nobody could have taken it back any more.
    ///
    /// # Errors
    /// If they are not over; if the ledger fails.
    pub async fn expire(&self, id: &ConnectorId) -> Changed {
        let now = self.clock.now();
        self.change(&Caller::System, id, None, Verb::Delete, |connector| connector.expire(now)).await
    }

    /// Issues a new external ID; the one in use stays valid until a verification sees the new one work.
    ///
    /// # Errors
    /// As the state allows.
    pub async fn rotate_external_id(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
    ) -> Changed {
        let new = self.new_external_id();
        let apply = |connector: &mut Connector| connector.rotate_external_id(new.clone());
        self.change(caller, id, if_match, Verb::RotateExternalId, apply).await
    }

    /// Asks for a run now, up to now less the settle time. Returns that time.
    ///
    /// # Errors
    /// If the connector exports nothing, or the ledger fails.
    pub async fn run(&self, caller: &Caller, id: &ConnectorId) -> Result<Time, OnboardingError> {
        self.run_once(caller, id, None).await
    }

    /// Asks for a run now. Asked again with the same key, it asks for none, and returns what it returned: whoever
    /// missed the answer may ask again. The connector remembers the last key.
    ///
    /// # Errors
    /// As for [`Self::run`].
    pub async fn run_once(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        key: Option<&str>,
    ) -> Result<Time, OnboardingError> {
        let View { connector, cursor } = self.read(caller, id).await?;
        let refused = || {
            let (id, state) = (id.clone(), connector.state.as_str());
            NotAllowed::WrongState { id, state, verb: "run", needs: "active or paused" }
        };
        if !connector.is_exporting() {
            return Err(refused().into());
        }
        let now = self.clock.now();
        let watermark = cursor.map_or(Time::EPOCH, |cursor| cursor.watermark);
        // On a whole second, so that it lies on the grain of every form of sort key.
        let cut = (now - self.timing.settle).floor(SECOND).max(watermark);
        let asked = self.connectors.request_run(id, now, cut, key).await?;
        asked.ok_or_else(|| refused().into())
    }

    /// Applies a change to what is stored and stores it with its record. Without `if_match` it is applied
    /// again to whatever another writer has stored meanwhile.
    pub(super) async fn change(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        verb: Verb,
        apply: impl Fn(&mut Connector) -> Result<(), NotAllowed> + Send,
    ) -> Changed {
        Ok(self.change_from(caller, id, if_match, verb, apply).await?.1)
    }

    /// The same; returns what it was, too.
    pub(super) async fn change_from(
        &self,
        caller: &Caller,
        id: &ConnectorId,
        if_match: Option<u64>,
        verb: Verb,
        apply: impl Fn(&mut Connector) -> Result<(), NotAllowed> + Send,
    ) -> Result<(Connector, Connector), OnboardingError> {
        for _ in 0..TRIES {
            let before = self.read(caller, id).await?.connector;
            if if_match.is_some_and(|version| version != before.version) {
                return Err(OnboardingError::Stale { id: id.clone(), current: before.version });
            }
            let mut after = before.clone();
            apply(&mut after)?;
            if after == before {
                return Ok((before, after));
            }
            let cursor = self.first_cursor(&before, &after);
            let change = self.change_of(caller, verb, Some(before.clone()), &after);
            match self.connectors.save(&change, cursor.as_ref()).await? {
                SaveAnswer::Saved(Saved::Yes) => {
                    self.announce(&change).await;
                    return Ok((before, after));
                }
                SaveAnswer::Taken(taken) => return Err(OnboardingError::Taken(taken)),
                SaveAnswer::Saved(Saved::Stale) => {}
            }
        }
        let current = self.read(caller, id).await?.connector.version;
        Err(OnboardingError::Stale { id: id.clone(), current })
    }

    /// The cursor that an activation makes.
    fn first_cursor(&self, before: &Connector, after: &Connector) -> Option<Cursor> {
        let activated_at = after.activated_at.filter(|_| before.activated_at.is_none())?;
        let since = after.start_from.unwrap_or(activated_at);
        let next_run_at = after.grid()?.due(since, None, self.timing.settle);
        Some(Cursor::new(since, activated_at, next_run_at))
    }

    fn change_of(&self, caller: &Caller, what: Verb, before: Option<Connector>, after: &Connector) -> Change {
        let at = self.clock.now();
        Change { version: after.version, at, by: caller.clone(), what, before, after: after.clone() }
    }

    /// A bus that does not answer undoes nothing: the change is stored, with its record, and that is the truth. What
    /// the bus did not take is told and counted by the bus that the wiring gives (`adapters::noted_bus`).
    async fn announce(&self, change: &Change) {
        let notice = Notice::changed(change);
        drop(self.bus.announce(&notice).await);
    }

    fn new_external_id(&self) -> ExternalId {
        ExternalId::new(self.randomness.next_u64(), self.randomness.next_u64())
    }
}

/// 64 bits of a hash over the parts, each closed by a byte that none of them holds.
fn derived(parts: &[&str]) -> u64 {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0xff]);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
