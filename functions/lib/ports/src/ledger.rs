//! The ledger: connectors, cursors and part records, in one DynamoDB table.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::names::{ConnectorId, TenantId, WorkerId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use async_trait::async_trait;
use protocol::budget::{Budget, Spending};
use protocol::connector::{Change, Connector, OwnedResource};
use protocol::contacts::{SecretId, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot,
};
use protocol::source_change::SourceChange;
use protocol::watch::SweepCursor;

use super::{Consents, Page, PortError, Spender};

/// The number of partitions of the index of due connectors.
pub const DUE_SHARDS: u8 = 16;

/// The partition of the due index that contains a connector: one of [`DUE_SHARDS`], by FNV-1a of its ID.
#[must_use]
pub fn due_shard(id: &ConnectorId) -> u8 {
    let hash = id
        .as_str()
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    u8::try_from(hash % u32::from(DUE_SHARDS)).unwrap_or_default()
}

/// The longest lease. One that ends later was taken by a worker with a wrong clock, and is ignored.
pub const MAX_LEASE: Duration = Duration::from_mins(20);

/// What the exporter needs from the ledger. Every write is conditional; each method names the condition.
#[async_trait]
pub trait Runs: Send + Sync {
    /// Acquires the lease if nobody has it, it expired before `now`, it ends later than [`MAX_LEASE`] from
    /// `now`, or `worker` has it already. It only saves cost: safety rests on [`Self::seal`].
    async fn lease(
        &self,
        id: &ConnectorId,
        worker: &WorkerId,
        now: Time,
        until: Time,
    ) -> Result<LeaseAnswer, PortError>;

    /// A consistent read of settings and cursor, with the time of the ledger's response. `None` if the
    /// connector does not exist.
    async fn snapshot(&self, id: &ConnectorId) -> Result<Option<Snapshot>, PortError>;

    /// The only decision: in one transaction, puts the part if its number is free and advances the cursor if
    /// it is unchanged since the worker read it. Of two workers exactly one gets [`SealAnswer::Won`]; a lost
    /// answer is [`SealAnswer::Unknown`], not an error.
    async fn seal(&self, seal: &Seal) -> Result<SealAnswer, PortError>;

    /// A consistent read of one part's record.
    async fn part(&self, id: &ConnectorId, number: PartNumber) -> Result<Option<Part>, PortError>;

    /// The parts before `before` whose windows end later than `after`, newest first: all that may contain an
    /// event of `after` or later. Consistent.
    async fn parts_reaching(
        &self,
        id: &ConnectorId,
        after: Time,
        before: PartNumber,
    ) -> Result<Vec<Part>, PortError>;

    /// Marks a part as delivered, and advances the cursor's `delivered` if this part is the next one.
    /// Idempotent.
    async fn mark(&self, mark: &Mark) -> Result<(), PortError>;

    /// [`Self::mark`], then [`Self::release`]. A ledger may combine them into fewer requests, with the same
    /// result.
    async fn mark_last(&self, worker: &WorkerId, mark: &Mark, release: &Release) -> Result<(), PortError>;

    /// Records why the connector is blocked. The last of two workers wins; both have seen an error.
    async fn block(&self, id: &ConnectorId, block: &Block) -> Result<(), PortError>;

    /// Records how far a window has been read, if number and watermark are unchanged since the worker read
    /// them. Otherwise another worker has sealed, and the progress is void.
    async fn record_progress(&self, id: &ConnectorId, read: &ProgressUpdate) -> Result<(), PortError>;

    /// Advances the reconcile if it is still at `before`; otherwise another worker has advanced it, and
    /// nothing changes. Also clears a read block, if the update says so.
    async fn record_reconcile(&self, id: &ConnectorId, update: &ReconcileUpdate) -> Result<(), PortError>;

    /// Claims the notice about unreadable items at `now`, unless one was claimed at `since` or later: then
    /// `false`. Of two concurrent workers exactly one gets `true`.
    async fn try_claim_unreadable_notice(
        &self,
        id: &ConnectorId,
        since: Time,
        now: Time,
    ) -> Result<bool, PortError>;

    /// Releases the lease if `worker` still has it, and sets `next_run_at` if it is unchanged since the run
    /// read it. Otherwise a run was requested in the meantime: then `next_run_at` becomes at most
    /// `release.now`, since a dispatcher may have claimed that run already and sent it to find the lease
    /// held.
    async fn release(&self, id: &ConnectorId, worker: &WorkerId, release: &Release) -> Result<(), PortError>;

    /// Records up to which part the orphan sweep has gone, if that is further than recorded.
    async fn record_sweep(&self, id: &ConnectorId, through: PartNumber) -> Result<(), PortError>;
}

/// A due connector, and the `next_run_at` that made it due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The connector that is due.
    pub id: ConnectorId,
    /// Its `next_run_at` as read; a claim is conditional on it.
    pub next_run_at: Time,
}

/// The result of [`DueConnectors::claim`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimAnswer {
    /// The caller has claimed it.
    Claimed,
    /// A concurrent tick has claimed it first.
    AlreadyClaimed,
    /// The ledger is throttling writes. The connector stays due, and the next tick claims it.
    Throttled,
}

/// A page of due connectors, longest due first. It is never empty if more follow.
pub type DuePage = Page<Claim>;

/// What the dispatcher needs from the ledger.
#[async_trait]
pub trait DueConnectors: Send + Sync {
    /// Connectors of one partition of the due index whose `next_run_at` is not after `now`. The index is
    /// eventually consistent: some may be claimed already. With `after`, those that follow it.
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError>;

    /// Moves `next_run_at` from `claim.next_run_at` to `until`, if it is unchanged.
    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError>;

    /// Releases a claim if nothing has changed since: `next_run_at` from `until` back to `claim.next_run_at`.
    async fn release_claim(&self, claim: &Claim, until: Time) -> Result<(), PortError>;
}

/// The result of a conditional write of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The change is stored.
    Stored,
    /// Someone else has changed the connector since it was read; nothing was stored.
    Stale,
}

/// The result of [`Connectors::create`] and [`Connectors::save`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaveAnswer {
    /// The write was conditional on the version: stored or stale.
    Saved(Saved),
    /// Another connector owns the role or the destination; nothing was stored.
    AlreadyOwned(OwnedResource),
    /// The change would exceed this budget; nothing was stored or spent.
    Exhausted(Budget),
}

/// The result of [`Connectors::request_run`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunAnswer {
    /// A run up to this time is requested, now or earlier with this key.
    Requested(Time),
    /// The connector was never activated.
    NotActivated,
    /// The run would exceed this budget; nothing was requested or spent.
    Exhausted(Budget),
}

/// Which connectors a list contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ConnectorFilter<'a> {
    /// Only this tenant's connectors.
    pub tenant: Option<&'a TenantId>,
    /// Whether deleted connectors are included.
    pub include_deleted: bool,
}

/// How far a connector is, for overviews of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Its cursor.
    pub cursor: Cursor,
    /// Its newest delivered part; `None` before the first delivery.
    pub last_file: Option<LastFile>,
}

/// What an overview shows of a delivered part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastFile {
    /// When it was delivered.
    pub delivered_at: Time,
    /// How many events it contains; 0 for a heartbeat.
    pub events: u64,
}

/// What the API and the command line need from the ledger.
///
/// A connector's role and destination ([`Connector::claims`]) are claimed in the same transaction that stores
/// its verification. They are released in the one that changes the destination, finds it unsafe or deletes
/// the connector. A role serves one tenant, a destination one connector, and two destinations in one bucket
/// never overlap.
///
/// A change is paid for in its own transaction (`spends`): a refused change spends nothing, and what is spent
/// was stored. The number of a tenant's connectors that are not deleted is counted there too, whether it is
/// limited or not; a spending of [`Budget::Connectors`] says up to which number it may grow.
#[async_trait]
pub trait Connectors: Spender + Consents {
    /// Stores a new connector and the record of its creation, if its ID is free.
    async fn create(
        &self,
        connector: &Connector,
        change: &Change,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError>;

    /// Stores a change (`change.before` → `change.after`) and its record if the stored version is the one
    /// before. With a cursor (at activation), stores that too if there is none yet. All in one transaction.
    async fn save(
        &self,
        change: &Change,
        cursor: Option<&Cursor>,
        spends: &[Spending],
    ) -> Result<SaveAnswer, PortError>;

    /// A consistent read of settings and, once activated, the cursor.
    async fn get(&self, id: &ConnectorId) -> Result<Option<(Connector, Option<Cursor>)>, PortError>;

    /// At most `limit` connectors that match the filter, by ID, after `after`. Eventually consistent.
    async fn list(
        &self,
        filter: ConnectorFilter<'_>,
        after: Option<&ConnectorId>,
        limit: u32,
    ) -> Result<Vec<Connector>, PortError>;

    /// The next connectors of all tenants and states, in the order of the sweep; from the first without
    /// `after`. One page is one request, so that its cost is known. Eventually consistent.
    async fn scan(&self, after: Option<&SweepCursor>) -> Result<Page<Connector, SweepCursor>, PortError>;

    /// How far these connectors are, as far as they are activated. Eventually consistent.
    async fn progress(&self, ids: &[ConnectorId]) -> Result<BTreeMap<ConnectorId, Progress>, PortError>;

    /// The resource that this connector claims ([`Connector::claims`]) and another one owns now. It claims
    /// nothing: a save may find another answer. Consistent.
    async fn owned_by_another(&self, connector: &Connector) -> Result<Option<OwnedResource>, PortError>;

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
    /// for its next attempt, since the caller may have fixed the cause. Returns `cut`.
    ///
    /// `key` makes the request idempotent: it is stored until a request with another key. A repeated request
    /// changes and spends nothing, and gets the same answer.
    async fn request_run(
        &self,
        id: &ConnectorId,
        now: Time,
        cut: Time,
        key: Option<&str>,
        spends: &[Spending],
    ) -> Result<RunAnswer, PortError>;

    /// Changes the source that the cursor names and discards partial read progress, if source, number and
    /// watermark are unchanged since the change was computed. `false`: another writer was faster, and nothing
    /// was changed.
    async fn change_source(&self, id: &ConnectorId, change: &SourceChange) -> Result<bool, PortError>;

    /// Stores a webhook's secret under its ID, if that is free. Secrets are never changed, and are part of
    /// neither the settings nor the record of a change. `false`: the ID is taken, maybe by an earlier attempt
    /// of this very request, and a secret may or may not be stored under it. The caller needs no permission
    /// to read secrets.
    async fn store_secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
        secret: &WebhookSecret,
    ) -> Result<bool, PortError>;

    /// A consistent read of a webhook's secret, for signing.
    async fn secret(
        &self,
        id: &ConnectorId,
        secret_id: &SecretId,
    ) -> Result<Option<WebhookSecret>, PortError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 32-bit FNV-1a, computed by another program. A connector whose shard changed would stay in the old one
    /// forever.
    #[test]
    fn a_connector_never_changes_its_due_shard() {
        for (id, shard) in [(0, 12), (1, 15), (2, 2), (0xfedc_ba98_7654_3210, 8)] {
            assert_eq!(due_shard(&ConnectorId::new(id)), shard, "{id:x}");
        }
    }
}
