//! The explorer's records over the fakes.

use std::sync::Arc;

use control::budget::Budgets;
use control::explorer_records::ExplorerRecords;
use ports::{Connectors, EventMappings, SavedExplorations, SearchLog};

use super::{FakeClock, SeededRng};

/// Saved explorations, mappings and searches in this ledger, with the default budgets.
pub fn explorer_records(
    ledger: Arc<impl SavedExplorations + SearchLog + EventMappings + Connectors + 'static>,
    clock: &FakeClock,
) -> ExplorerRecords {
    ExplorerRecords {
        saved: Arc::clone(&ledger) as _,
        searches: Arc::clone(&ledger) as _,
        mappings: Arc::clone(&ledger) as _,
        connectors: ledger,
        clock: Arc::new(clock.clone()),
        rng: Arc::new(SeededRng::new(7)),
        budgets: Budgets::default(),
    }
}
