//! What people keep of the explorer, on the stand-ins.

use std::sync::Arc;

use control::budget::Budgets;
use control::explorer_records::ExplorerRecords;

use super::Sandbox;

impl Sandbox {
    /// Saved explorations, mappings and the record of searches, over this ledger.
    #[must_use]
    pub fn explorer_records(&self) -> ExplorerRecords {
        let ledger = Arc::new(self.ledger());
        ExplorerRecords {
            saved: Arc::clone(&ledger) as _,
            searches: Arc::clone(&ledger) as _,
            mappings: Arc::clone(&ledger) as _,
            connectors: ledger,
            clock: self.clock(),
            rng: self.randomness(),
            budgets: Budgets::default(),
        }
    }
}
