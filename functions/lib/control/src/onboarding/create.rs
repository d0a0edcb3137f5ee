//! Creating a connector, once per idempotency key.
//!
//! A key belongs to one tenant and stands for one connector at a time: the connector's ID is derived from
//! tenant, key and a generation. The key stands for the first generation whose connector is not deleted. So a
//! key ends with its connector, and its next use creates a new one. Nothing is stored for a key, so nothing
//! of one can be left behind.
//!
//! Two workers with one key derive the same ID, and the ledger stores one of them. The other finds it and
//! compares its own values with the record of the creation. A lost answer is found in the same way. Each
//! generation is created after the deletion of the previous one, so the first free one is found by binary
//! search, not by walking through all of them.

use archive::names::{ConnectorId, ExternalId, IdempotencyKey, TenantId};
use ports::{PortError, SaveAnswer, Saved};
use protocol::budget::{Budget, BudgetScope, Spending};
use protocol::caller::Caller;
use protocol::connector::{Connector, Destination, NotAllowedError, Shards, State, Verb};
use sha2::{Digest, Sha256 as Hasher};

use super::spending::exhausted_error;
use super::{ChangeResult, KeyReusedError, NewConnector, Onboarding, OnboardingError};

/// The maximum number of attempts of a creation whose ID was taken concurrently.
const MAX_ATTEMPTS: u32 = 4;

/// What an idempotency key stands for.
enum KeyTarget {
    /// The connector that it has created and that is not deleted.
    Existing(Box<Connector>),
    /// Nothing yet; this ID is free for it.
    Free(ConnectorId),
    /// This generation of the key is deleted; a later one decides.
    Deleted,
}

impl Onboarding {
    /// Creates a connector, including its external ID. With an idempotency key, returns the connector that
    /// the key has created already, as long as it is not deleted.
    ///
    /// # Errors
    /// If the caller has no access, the tenant cannot have partition keys of its own, it starts in the
    /// future, the key was used with other values, a budget is used up, or the ledger fails.
    pub async fn create(&self, caller: &Caller, new: NewConnector) -> ChangeResult {
        if !caller.can_access(&new.tenant) {
            return Err(OnboardingError::Forbidden("another tenant's connector"));
        }
        if new.shards != Shards::ONE {
            require_operator(caller, "the number of shards")?;
        }
        self.partitions.check(&new.tenant, new.shards)?;
        if let Destination::S3(destination) = &new.destination {
            self.check_destination(destination)?;
        }
        if let Some(start) = new.start_from.filter(|start| *start > self.clock.now()) {
            return Err(NotAllowedError::StartInFuture(start).into());
        }
        for _ in 0..MAX_ATTEMPTS {
            let id = match &new.idempotency_key {
                None => ConnectorId::new(self.rng.next_u64()),
                Some(key) => match self.resolve_key(&new.tenant, key).await? {
                    KeyTarget::Existing(connector) => return self.replay(*connector, &new).await,
                    KeyTarget::Free(id) => id,
                    KeyTarget::Deleted => continue,
                },
            };
            let draft = self.draft(id, &new);
            if self.store_new(caller, &draft).await? {
                return Ok(draft);
            }
        }
        let source = "the ID of a new connector was taken at each attempt";
        Err(PortError::transient("creating a connector", source).into())
    }

    fn draft(&self, id: ConnectorId, new: &NewConnector) -> Connector {
        let external_id = self.new_external_id();
        let mut connector = Connector::draft(id, new.tenant.clone(), external_id, self.clock.now());
        connector.shards = new.shards;
        connector.frequency = new.frequency;
        connector.encoding = new.encoding;
        connector.start_from = new.start_from;
        connector.destination.clone_from(&new.destination);
        connector
    }

    /// `false`: the ID belongs to another connector, maybe that of a concurrent worker with this very
    /// request.
    async fn store_new(&self, caller: &Caller, connector: &Connector) -> Result<bool, OnboardingError> {
        let change = self.change_record(caller, Verb::Create, None, connector);
        // A creation leaves a permanent record, so it counts as a change too: the tenant's, since the
        // connector is new.
        let of_tenant = || BudgetScope::Tenant(connector.tenant.clone());
        let mut spends: Vec<Spending> = Vec::new();
        for budget in [Budget::Connectors, Budget::Changes] {
            spends.extend(self.spending(caller, budget, of_tenant(), 1)?);
        }
        match self.connectors.create(connector, &change, &spends).await? {
            SaveAnswer::Saved(Saved::Stored) => {
                self.publish(&change).await;
                Ok(true)
            }
            SaveAnswer::Saved(Saved::Stale) => Ok(false),
            SaveAnswer::AlreadyOwned(resource) => Err(OnboardingError::AlreadyOwned(resource)),
            SaveAnswer::Exhausted(budget) => Err(exhausted_error(budget, &spends)),
        }
    }

    /// The connector that a key has created, if the request equals the original one, which is in the record
    /// of the creation. Later changes don't matter.
    async fn replay(&self, connector: Connector, new: &NewConnector) -> ChangeResult {
        let first = self.connectors.changes(&connector.id, Some(2), 1).await?.into_iter().next();
        let Some(creation) = first.filter(|change| change.what == Verb::Create) else {
            let source = "a connector has no record of its creation";
            return Err(PortError::bug("reading what a key was used for", source).into());
        };
        let differences = new.differences(&creation.after);
        if differences.is_empty() {
            return Ok(connector);
        }
        Err(KeyReusedError { id: connector.id, differences }.into())
    }

    /// What a key stands for. All generations before the first one that is not deleted are deleted.
    async fn resolve_key(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
    ) -> Result<KeyTarget, OnboardingError> {
        let (mut ended, mut generation) = (0_u64, 0_u64);
        let mut found = loop {
            match self.generation(tenant, key, generation).await? {
                KeyTarget::Deleted => {
                    ended = generation + 1;
                    generation = generation * 2 + 1;
                }
                found => break found,
            }
        };
        while ended < generation {
            let middle = ended + (generation - ended) / 2;
            match self.generation(tenant, key, middle).await? {
                KeyTarget::Deleted => ended = middle + 1,
                earlier => {
                    generation = middle;
                    found = earlier;
                }
            }
        }
        Ok(found)
    }

    async fn generation(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
        generation: u64,
    ) -> Result<KeyTarget, OnboardingError> {
        let number = generation.to_string();
        // The first has no number, from when a key stood for one connector forever.
        let parts = [tenant.as_str(), key.as_str(), number.as_str()];
        let id = ConnectorId::new(derive_id(if generation == 0 {
            parts.get(..2).unwrap_or(&parts)
        } else {
            &parts
        }));
        Ok(match self.connectors.get(&id).await? {
            None => KeyTarget::Free(id),
            // Another tenant's, by a chance of 2^-64: the key skips this generation as if it were deleted.
            Some((connector, _)) if connector.state == State::Deleted || connector.tenant != *tenant => {
                KeyTarget::Deleted
            }
            Some((connector, _)) => KeyTarget::Existing(Box::new(connector)),
        })
    }

    pub(super) fn new_external_id(&self) -> ExternalId {
        ExternalId::new(self.rng.next_u64(), self.rng.next_u64())
    }
}

/// Refuses a tenant's administrator what only operators may do.
pub(super) fn require_operator(caller: &Caller, what: &'static str) -> Result<(), OnboardingError> {
    match caller {
        Caller::Operator { .. } | Caller::System => Ok(()),
        Caller::Tenant { .. } => Err(OnboardingError::Forbidden(what)),
    }
}

/// 64 bits of a hash over the parts, each terminated by a byte that none of them can contain.
fn derive_id(parts: &[&str]) -> u64 {
    let mut hasher = Hasher::new();
    for part in parts {
        hasher.update(part.as_bytes());
        hasher.update([0xff]);
    }
    let digest: [u8; 32] = hasher.finalize().into();
    digest.first_chunk().map_or(0, |first| u64::from_be_bytes(*first))
}
