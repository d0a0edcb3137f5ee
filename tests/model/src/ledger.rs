//! The conditional writes of the ledger and of the bucket, each with the conditions of the port's contract.
//! The conformance suite checks the same contract on the real adapter.

use archive::names::WorkerId;
use archive::note::SignedManifest;
use archive::part::{Part, PartNumber};
use archive::time::Time;
use ports::MAX_LEASE;
use protocol::delivery_error::Block;
use protocol::machine::{
    LeaseAnswer, Mark, ProgressUpdate, PutAnswer, ReconcileUpdate, Release, Seal, SealAnswer,
};

use crate::manifests::StoredManifest;
use crate::variant::Variant;
use crate::world::{Account, Body, Object};

impl Account {
    /// Takes the lease if it is free, expired, longer than allowed, or the worker's own.
    pub fn lease(&mut self, worker: &WorkerId, now: Time, until: Time) -> LeaseAnswer {
        let held = self
            .lease
            .as_ref()
            .is_some_and(|(owner, until)| owner != worker && *until >= now && *until <= now + MAX_LEASE);
        if held {
            return LeaseAnswer::Held;
        }
        self.lease = Some((worker.clone(), until));
        LeaseAnswer::Granted
    }

    /// The record of a part.
    #[must_use]
    pub fn part(&self, number: PartNumber) -> Option<&Part> {
        self.parts.iter().find(|part| part.number == number)
    }

    /// Puts the part if its number is free, and moves the cursor if it is what the worker read; both or
    /// neither.
    pub fn seal(&mut self, seal: &Seal, variant: Variant) -> SealAnswer {
        let number = seal.part.number;
        let free = self.part(number).is_none() && self.cursor.next == number;
        let unchanged = self.cursor.watermark == seal.watermark_before;
        let (free, unchanged) = variant.seal_conditions(free, unchanged);
        if !(free && unchanged) {
            return SealAnswer::Refused;
        }
        self.put_part(seal.part.clone());
        self.move_cursor(seal);
        SealAnswer::Won
    }

    /// The first half of the transaction.
    pub fn put_part(&mut self, part: Part) {
        self.parts.retain(|other| other.number != part.number);
        self.parts.push(part);
        self.parts.sort_by_key(|part| part.number);
    }

    /// The second half of the transaction.
    pub fn move_cursor(&mut self, seal: &Seal) {
        self.cursor.next = seal.part.number.next();
        self.cursor.watermark = seal.watermark_after;
        self.cursor.read_progress = seal.read_progress;
        self.cursor.chain_state = seal.chain_state.clone().or(self.cursor.chain_state.take());
        if let Some(reconcile) = &seal.reconcile {
            self.cursor.reconcile = reconcile.clone();
        }
        if seal.unblock {
            self.cursor.block = None;
        }
    }

    /// The parts before `before` whose windows end later than `after`: newest first, up to the first that
    /// ends too early.
    pub fn parts_reaching(&self, after: Time, before: PartNumber) -> impl Iterator<Item = &Part> {
        let earlier = self.parts.iter().rev().filter(move |part| part.number < before);
        earlier.take_while(move |part| part.window.to > after)
    }

    /// The first half of a mark: the part's record. No decision depends on the time of a mark, so all marks
    /// have the same time.
    pub fn mark_part(&mut self, mark: &Mark) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.number == mark.part.number) {
            part.delivered_at = Some(Time::EPOCH);
        }
    }

    /// The second half of a mark: the cursor, if it is right before this part.
    pub fn move_delivered(&mut self, mark: &Mark) {
        if self.cursor.delivered == mark.part.number.previous() {
            self.cursor.delivered = mark.part.number;
            if let Some(published) = &mark.published_keys {
                self.cursor.published_keys = Some(published.clone());
            }
            if mark.unblock {
                self.cursor.block = None;
            }
        }
    }

    /// The second half of a run's last mark: cursor and lease in one write, if both are what the worker read.
    /// Otherwise the worker does one after the other; a mark that arrives late has no worker any more.
    pub fn move_delivered_and_release(&mut self, mark: &Mark, worker: Option<&WorkerId>, release: &Release) {
        let owner = self.lease.as_ref().map(|(owner, _)| owner);
        let ours = worker.is_none() || owner == worker;
        let before = self.cursor.delivered == mark.part.number.previous();
        if ours && before && self.cursor.next_run_at == release.seen {
            self.move_delivered(mark);
            self.release(worker, release);
        }
    }

    /// Records why delivery is blocked.
    pub fn block(&mut self, block: Block) {
        self.cursor.block = Some(block);
    }

    /// Records how far a window is read, if nobody has sealed since.
    pub fn record_progress(&mut self, read: &ProgressUpdate, variant: Variant) {
        let unchanged = self.cursor.next == read.next && self.cursor.watermark == read.watermark;
        if unchanged || variant == Variant::RecordsProgressUnconditionally {
            self.cursor.read_progress = Some(read.progress);
        }
    }

    /// Updates the reconcile, if it is what the worker read.
    pub fn record_reconcile(&mut self, update: &ReconcileUpdate) {
        if self.cursor.reconcile == update.before {
            self.cursor.reconcile = update.after.clone();
            if update.unblock {
                self.cursor.block = None;
            }
        }
    }

    /// Releases the lease and sets the next run. If that was changed by someone else, a run was requested:
    /// the connector stays due.
    pub fn release(&mut self, worker: Option<&WorkerId>, release: &Release) {
        let owner = self.lease.as_ref().map(|(owner, _)| owner);
        let ours = worker.is_none() || owner == worker;
        if !ours {
            return;
        }
        self.lease = None;
        self.cursor.next_run_at = if self.cursor.next_run_at == release.seen {
            release.next_run_at
        } else {
            self.cursor.next_run_at.min(release.now)
        };
    }

    /// Writes an object if none has its name.
    pub fn put_new(&mut self, of: usize, part: &Part, body: Body) -> PutAnswer {
        let object = Object { of, number: part.number, name: part.name(), body };
        if self.bucket.iter().any(|other| other.name == object.name) {
            return PutAnswer::Exists;
        }
        self.bucket.push(object);
        PutAnswer::Written
    }

    /// Writes a part's manifest if no object has its name.
    pub fn put_manifest(&mut self, part: &Part) -> PutAnswer {
        let Some(sha256) = part.manifest.as_ref().map(SignedManifest::sha256) else {
            return PutAnswer::Exists;
        };
        let manifest = StoredManifest { number: part.number, sha256 };
        if self.manifests.contains(&manifest) {
            return PutAnswer::Exists;
        }
        self.manifests.push(manifest);
        PutAnswer::Written
    }
}
