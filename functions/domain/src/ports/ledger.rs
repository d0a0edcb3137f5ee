//! The ledger: connectors, cursors and part records, in one DynamoDB table.

use std::time::Duration;

use async_trait::async_trait;

use super::{Consents, PortError, Spender};
use crate::budget::{Budget, Spending};
use crate::connector::{Change, Connector};
use crate::contacts::{SecretId, WebhookSecret};
use crate::cursor::Cursor;
use crate::events_source::SourceChange;
use crate::fault::Block;
use crate::names::{ConnectorId, TenantId, WorkerId};
use crate::onboarding::OwnedResource;
use crate::part::{Part, PartNumber};
use crate::protocol::{Mark, ProgressUpdate, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot};
use crate::time::Time;

/// Over how many partitions the index of due connectors is spread.
pub const DUE_SHARDS: u8 = 16;

/// The partition of the due index that holds a connector: one of [`DUE_SHARDS`], by FNV-1a of its ID.
#[must_use]
pub fn due_shard(id: &ConnectorId) -> u8 {
    let hash = id
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(DUE_SHARDS)).unwrap_or_default()
}

/// No lease is longer than this: one that ends later was taken by a worker whose clock is wrong, and counts for
/// nothing.
pub const MAX_LEASE: Duration = Duration::from_mins(20);

/// What a lease was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// It is ours until the time we named.
    Granted,
    /// Another worker has it.
    Held,
    /// There is no such connector, or it was never activated.
    Unknown,
}

/// What the exporter asks of the ledger. Every write is conditional; each method says on what.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Takes the lease if nobody has it, it has run out at `now`, it ends later than [`LONGEST_LEASE`] from
    /// `now`, or it is `worker`'s already. It saves cost only: safety rests on [`Self::seal`].
    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError>;

    /// A consistent read of settings and cursor, with the time that the ledger's answer carried. `None` if
    /// there is no such connector.
    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError>;

    /// The only decision: in one transaction, puts the part if its number is free and moves the cursor if it
    /// still stands where the sealing worker read it. Of two workers exactly one is answered
    /// [`SealAnswer::Won`]; a lost answer is [`SealAnswer::Unknown`], not an error.
    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError>;

    /// A consistent read of one part's record.
    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError>;

    /// The parts before `before` whose windows end later than `after`, newest first: all that may hold an
    /// event of `after` or later. Consistent.
    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError>;

    /// Marks a part as delivered, and moves the cursor's `delivered` if it stands right before. A second
    /// worker's mark changes nothing.
    async fn mark(&self, mark: &Mark) -> Result<(), PortError>;

    /// [`Self::mark`], then [`Self::release`]. A ledger that can do them in fewer requests does, and leaves what the
    /// two would have left.
    async fn mark_last(&self, worker: &WorkerId, mark: &Mark, release: &Release) -> Result<(), PortError> {
        self.mark(mark).await?;
        self.release(&mark.part.connector, worker, release).await
    }

    /// Records why the connector is blocked. The last of two workers wins; both have seen a fault.
    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError>;

    /// Notes how far a window is read, if number and watermark still are what the reading worker saw; otherwise
    /// another worker has sealed, and the note is nothing.
    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError>;

    /// Moves the reconcile on if it still stands at `before`; otherwise another worker has, and nothing is changed.
    /// With it goes the block of reading, if the note says so.
    async fn record_reconcile(&self, id: &ConnectorId, noted: &ReconcileUpdate) -> Result<(), PortError>;

    /// Notes that it is told at `now` of items that could not be read, unless it was told at `since` or later: then
    /// `false`, and of two workers at once one is answered `true`.
    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError>;

    /// Gives the lease back if it is still `worker`'s, and sets `next_run_at` if it still is what the run read. If
    /// not, a run was asked for in the meantime: `next_run_at` is made no later than `release.now`, since a
    /// dispatcher may have claimed that run already and sent it to find the lease taken.
    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError>;

    /// Notes up to which part the staging bucket was swept, if that is further than noted. Where nothing is swept,
    /// there is nothing to note.
    async fn record_sweep(&self, _id: &ConnectorId, _through: PartNumber) -> Result<(), PortError> {
        Ok(())
    }
}

/// A connector that is due, and the `next_run_at` that made it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Which.
    pub id: ConnectorId,
    /// Its `next_run_at` as read; a claim moves it only from there.
    pub next_run_at: Time,
}

/// What became of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// It is ours.
    Claimed,
    /// A doubled tick has claimed it before us.
    AlreadyClaimed,
    /// The ledger takes no more writes at this moment. The connector stays due, and the next tick claims it.
    Throttled,
}

/// A page of due connectors.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DuePage {
    /// Those due, the longest due first.
    pub due: Vec<Claim>,
    /// Whether more are due behind them.
    pub more: bool,
}

/// What the dispatcher asks of the ledger.
#[async_trait]
pub trait DueConnectors: Send + Sync {
    /// Connectors of one partition of the due index whose `next_run_at` is not after `now`, from an
    /// eventually consistent index: some may be claimed already. With `after`, those behind it.
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError>;

    /// Moves `next_run_at` from `claim.seen` to `until`, if it still is there.
    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError>;

    /// Takes a claim back, if nothing has moved since: `next_run_at` from `until` to `claim.seen`.
    async fn release_claim(&self, claim: &Claim, until: Time) -> Result<(), PortError>;
}

/// What became of a conditional change of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// It is stored.
    Stored,
    /// Someone else has changed the connector since it was read; nothing was stored.
    Stale,
}

/// What became of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveAnswer {
    /// Stored, or stale.
    Saved(Saved),
    /// The role or the destination is another's; nothing was stored.
    AlreadyOwned(OwnedResource),
    /// This budget would be exceeded; nothing was stored, and nothing was spent.
    Exhausted(Budget),
}

/// What became of a run that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunAnswer {
    /// It is asked for, up to this time; or it was asked for before, with this key.
    Requested(Time),
    /// The connector was never activated.
    NotActivated,
    /// This budget would be exceeded; nothing was asked for, and nothing was spent.
    Exhausted(Budget),
}

/// Which connectors a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectorFilter<'a> {
    /// Only this tenant's.
    pub tenant: Option<&'a TenantId>,
    /// The deleted ones too.
    pub include_deleted: bool,
}

/// What the API and the command line ask of the ledger.
///
/// What a connector has for itself ([`Connector::claims`]) is claimed in the same transaction that stores its
/// verification, and given back in the one that changes the destination, finds it unsafe or deletes the connector:
/// a role serves one tenant, a destination one connector, and two destinations in one bucket never overlap.
///
/// A change is spent for in its own transaction (`spends`): what is refused spends nothing, and what is spent was
/// stored. How many connectors a tenant has that are not deleted is counted there too, whether that is limited or not; a
/// spending of [`Budget::Connectors`] says up to which number it may grow.
#[async_trait]
pub trait Connectors: Spender + Consents {
    /// Stores a new connector and the record of its creation, if its ID is free.
    async fn create(
        &self,
        connector: &Connector,
        change: &Change,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError>;

    /// Stores a change (`change.before` → `change.after`) and its record, if the stored version is the one
    /// before; with a cursor (at activation), stores that too if there is none yet. All in one transaction.
    async fn save(
        &self,
        change: &Change,
        cursor: Option<&Cursor>,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError>;

    /// A consistent read of settings and, once activated, the cursor.
    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError>;

    /// At most `limit` of the wanted connectors, by ID, behind `after`. Eventually consistent.
    async fn list(
        &self,
        wanted: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError>;

    /// The parts of a connector before `before`, newest first, at most `limit`.
    async fn history(
        &self,
        id: &ConnectorId,
        before: Option<PartNumber>,
        limit: u32,
    ) -> Result<Vec<Part>, PortError>;

    /// The changes of a connector before version `before`, newest first, at most `limit`.
    async fn changes(
        &self,
        id: &ConnectorId,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Change>, PortError>;

    /// "Run now": makes the connector due at `now`, with a window that ends at `cut`, and a blocked one ready
    /// for its next attempt, since whoever asks may have mended what was wrong. Returns `cut`.
    ///
    /// With a `key`, it is remembered until another key follows: asked again with it, nothing changes, nothing is
    /// spent, and the answer is the one before.
    async fn request_run(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
        spends: &[Spending],
    ) -> Result<RunAnswer, PortError>;

    /// Changes the source that the cursor remembers, and forgets what was read halfway, if source, number and watermark
    /// still are what the change was made from. `false`: someone was faster, and nothing was changed.
    async fn change_source(&self, id: &ConnectorId, change: &SourceChange) -> Result<bool, PortError>;

    /// Keeps a webhook's secret under its ID, if that is free; no secret is ever changed, and none is part of the
    /// settings or of the record of a change. `false`: the ID is taken, also by a first try of this very request, and
    /// a secret may or may not lie under it. Nobody who keeps secrets need be able to read one.
    async fn store_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError>;

    /// A consistent read of a webhook's secret, for whoever signs with it.
    async fn secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a of 32 bits, by another program. A connector whose shard changed would wait in the old one for ever.
    #[test]
    fn a_connector_lies_in_the_shard_that_it_always_lay_in() {
        for (id, shard) in [(0, 12), (1, 15), (2, 2), (0xfedc_ba98_7654_3210, 8)] {
            assert_eq!(due_shard(&ConnectorId::new(id)), shard, "{id:x}");
        }
    }
}
