//! The ledger for the dispatcher.

use archive::time::Time;
use async_trait::async_trait;
use ports::{Claim, ClaimAnswer, DueConnectors, DuePage, Page, PortError, due_shard};

use super::{Entry, FakeLedger, Table};

/// How many connectors a page contains.
const PAGE: usize = 100;

#[async_trait]
impl DueConnectors for FakeLedger {
    async fn due(&self, shard: u8, now: Time, after: Option<&Claim>) -> Result<DuePage, PortError> {
        let table = self.table();
        let mut due: Vec<Claim> = table
            .rows
            .iter()
            .filter(|(id, _)| due_shard(id) == shard)
            .filter_map(|(id, row)| {
                Some(Claim { id: id.clone(), next_run_at: row.cursor.as_ref()?.next_run_at })
            })
            .filter(|claim| claim.next_run_at <= now)
            .filter(|claim| {
                after.is_none_or(|after| (claim.next_run_at, &claim.id) > (after.next_run_at, &after.id))
            })
            .collect();
        due.sort_by(|a, b| (a.next_run_at, &a.id).cmp(&(b.next_run_at, &b.id)));
        let more = due.len() > PAGE;
        due.truncate(PAGE);
        Ok(Page::new(due, more))
    }

    async fn claim(&self, claim: &Claim, until: Time) -> Result<ClaimAnswer, PortError> {
        let is_ours = self.table().move_run(claim, claim.next_run_at, until);
        Ok(if is_ours { ClaimAnswer::Claimed } else { ClaimAnswer::AlreadyClaimed })
    }

    async fn release_claim(&self, claim: &Claim, until: Time) -> Result<(), PortError> {
        self.table().move_run(claim, until, claim.next_run_at);
        Ok(())
    }
}

impl Table {
    /// Moves `next_run_at`, if it still is what the caller read.
    fn move_run(&mut self, claim: &Claim, from: Time, to: Time) -> bool {
        let Ok((row, history)) = self.activated(&claim.id) else { return false };
        let cursor = row.cursor_mut();
        if cursor.next_run_at != from {
            return false;
        }
        cursor.next_run_at = to;
        history.push((claim.id.clone(), Entry::Claimed(to)));
        true
    }
}
