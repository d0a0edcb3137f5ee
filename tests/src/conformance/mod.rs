//! The promises of each port, as functions over the port. They run on the fake and, through the real SDK, on
//! the adapter. So what a protocol test learns from the fake is true of the adapter too.
//!
//! Each function starts from what it creates itself and shares nothing with the others.

pub mod addresses;
pub mod budgets;
pub mod bus;
pub mod changes;
pub mod checks;
pub mod claims;
pub mod clock;
pub mod connectors;
pub mod customers;
pub mod downloads;
pub mod due;
pub mod explorations;
pub mod leases;
pub mod logo;
pub mod mappings;
pub mod portal_links;
pub mod prober;
mod promises;
pub mod queue;
pub mod randomness;
pub mod reader;
pub mod runs;
pub mod searches;
pub mod source;
pub mod staging;
pub mod watch;

use archive::time::Time;
use ports::{Connectors, DueConnectors, Runs, SaveAnswer, Saved};
use protocol::connector::Connector;
use protocol::cursor::Cursor;
use protocol::machine::Seal;

use crate::fixtures;

/// The three ports of a ledger.
pub trait Ledger: Runs + DueConnectors + Connectors {}
impl<T: Runs + DueConnectors + Connectors> Ledger for T {}

const STORED: SaveAnswer = SaveAnswer::Saved(Saved::Stored);
const STALE: SaveAnswer = SaveAnswer::Saved(Saved::Stale);

/// When the connectors of these suites are activated.
fn start() -> Time {
    fixtures::at("2026-11-20T20:15:30.123Z")
}

/// Stores a new connector.
async fn create(ledger: &impl Ledger, connector: &Connector) -> SaveAnswer {
    ledger.create(connector, &fixtures::creation(connector), &[]).await.unwrap()
}

async fn save(ledger: &impl Ledger, before: &Connector, after: &Connector) -> SaveAnswer {
    ledger.save(&fixtures::change(before, after), None, &[]).await.unwrap()
}

/// Stores a connector and activates it.
async fn activate(ledger: &impl Ledger) -> (Connector, Cursor) {
    let draft = fixtures::connector(&fixtures::tenant("acme"), start());
    let (connector, cursor) = fixtures::activated(draft, start());
    fixtures::store(ledger, &connector, &cursor).await;
    (connector, cursor)
}

async fn cursor(ledger: &impl Ledger, connector: &Connector) -> Cursor {
    ledger.snapshot(&connector.id).await.unwrap().expect("an activated connector").cursor
}

/// Seals the next part, which ends at `to`.
async fn seal_next(ledger: &impl Ledger, connector: &Connector, to: Time) -> Seal {
    let seal = fixtures::seal(connector, &cursor(ledger, connector).await, to, &fixtures::worker());
    assert_eq!(ledger.seal(&seal).await.unwrap(), protocol::machine::SealAnswer::Won);
    seal
}
