//! The portal's links and sessions, wired to AWS as portal, API and command line need them.

use std::sync::Arc;

use archive::names::{PortalUrl, ReturnUrl};
use control::budget::Budgets;
use control::portal::PortalAccess;

use crate::clients::ClientFactory;
use crate::clock::{SystemClock, SystemRng};
use crate::dynamodb::ledger::{ClockOffset, DynamoLedger};

/// Links and sessions in AWS. `ledger_table` is the ledger's name, `url` the portal's, and a link may lead
/// back to the pages of `return_urls` and those below them.
#[must_use]
pub fn portal_access(
    ledger_table: String,
    services: &ClientFactory,
    url: PortalUrl,
    return_urls: Vec<ReturnUrl>,
    budgets: Budgets,
) -> PortalAccess {
    PortalAccess {
        links: Arc::new(DynamoLedger::new(services.dynamodb(), ledger_table, ClockOffset::default())),
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(SystemRng),
        url,
        return_urls,
        budgets,
    }
}
