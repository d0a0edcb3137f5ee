//! What the jobs after a run must know of it, collected from the run's effects and their answers.

use archive::item::Unreadable;
use archive::names::{ExternalId, TenantId};
use archive::part::PartNumber;
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use protocol::machine::{Answer, Built, Effect, SealAnswer};
use protocol::notice::Notice;

use crate::driver::OpenBucket;

/// The record of one run.
#[derive(Debug, Default)]
pub(crate) struct RunRecord {
    /// The connector as the run read it last, if it read it.
    pub(crate) connector: Option<Connector>,
    /// The external ID with which the run assumed the customer's role last, if it delivered anything.
    pub(crate) assumed_with: Option<ExternalId>,
    /// The notice of the first sealed part with unreadable items.
    pub(crate) unreadable_notice: Option<Notice>,
    pub(crate) sweep_progress: SweepProgress,
    /// The first unreadable item of the part built last, and its tenant.
    first_unreadable: Option<(TenantId, Unreadable)>,
}

/// How far the staging keys of a connector are swept, and how far they can be.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SweepProgress {
    /// All parts up to this one are swept.
    pub(crate) swept_through: PartNumber,
    /// The newest sealed part.
    pub(crate) sealed_through: PartNumber,
}

impl RunRecord {
    /// Records what an effect and its answer say.
    pub(crate) fn observe(&mut self, effect: &Effect<OpenBucket>, answer: &Answer<OpenBucket>) {
        match (effect, answer) {
            (_, Answer::Snapshot(snapshot)) => {
                let snapshot = snapshot.as_deref();
                self.connector = snapshot.map(|snapshot| snapshot.connector.clone());
                self.sweep_progress =
                    snapshot.map(|snapshot| SweepProgress::at(&snapshot.cursor)).unwrap_or_default();
            }
            (Effect::Build(connector, _), Answer::Built(built)) => {
                let first = match &**built {
                    Built::Staged(part) => part.first_unreadable.as_deref(),
                    _ => None,
                };
                self.first_unreadable = first.map(|first| (connector.tenant.clone(), first.clone()));
            }
            // A seal whose answer was lost records no notice, although it may have succeeded; the log and the
            // metrics count it.
            (Effect::Seal(seal), Answer::Sealed(SealAnswer::Won)) => {
                if let Some((tenant, first)) = &self.first_unreadable {
                    let notice = || Notice::unreadable(tenant, &seal.part, first);
                    self.unreadable_notice.get_or_insert_with(notice);
                }
                self.sweep_progress.sealed_through = seal.part.number;
            }
            (_, Answer::Opened(Ok(bucket))) => self.assumed_with = bucket.assumed_with().cloned(),
            _ => {}
        }
    }
}

impl SweepProgress {
    const fn at(cursor: &Cursor) -> Self {
        Self { swept_through: cursor.orphans_swept_to, sealed_through: cursor.next.previous() }
    }
}
