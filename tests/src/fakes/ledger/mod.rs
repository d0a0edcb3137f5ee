//! The ledger: one table under one lock, so that each write is as atomic as the real one, with a history of
//! all writes.

mod addresses;
mod budgets;
mod check_progress;
mod connectors;
mod due;
mod explorations;
mod portal_links;
mod runs;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use archive::names::{ConnectorId, WorkerId};
use archive::part::{Part, PartNumber};
use archive::time::Time;
use ports::Clock as _;
use ports::PortError;
use protocol::budget::Counter;
use protocol::connector::{Change, Connector};
use protocol::contacts::{SecretId, WebhookSecret};
use protocol::cursor::Cursor;
use protocol::delivery_error::Block;
use protocol::preflight::RunningCheck;
use protocol::watch::{NotificationState, Sweep};

use super::{FakeClock, locked};

/// A fake ledger. A clone is the same ledger.
#[derive(Debug, Clone, Default)]
pub struct FakeLedger {
    table: Arc<Mutex<Table>>,
    /// The clock of the `Date` header of its responses.
    clock: Option<FakeClock>,
    /// Grants every lease: safety must not depend on leases.
    grants_every_lease: bool,
}

/// The writes, and the connector of each.
type History = Vec<(ConnectorId, Entry)>;

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<ConnectorId, Row>,
    history: History,
    /// The use of each budget counter.
    used: BTreeMap<Counter, i64>,
    /// The records of contacts.
    contacts: addresses::ContactRecords,
    /// The portal's links, and the visits of operators.
    portal: portal_links::PortalRecords,
    /// The explorer's records, and the mappings of fields.
    explorer: explorations::ExplorerTable,
    /// The newest connection check of each connector.
    checks: BTreeMap<ConnectorId, RunningCheck>,
    sweep: Sweep,
    secrets: BTreeMap<(ConnectorId, SecretId), WebhookSecret>,
}

#[derive(Debug)]
struct Row {
    connector: Connector,
    cursor: Option<Cursor>,
    lease: Option<(WorkerId, Time)>,
    parts: BTreeMap<PartNumber, Part>,
    changes: BTreeMap<u64, Change>,
    /// The key of the last run request with one, and its answer.
    run_request: Option<(String, Time)>,
    /// The watchdog's notification state.
    notification_state: Option<NotificationState>,
    /// When the exporter last reported unreadable items.
    unreadable_notified_at: Option<Time>,
}

/// A write that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A lease was acquired.
    Leased(WorkerId),
    /// A part was sealed.
    Sealed(PartNumber, WorkerId),
    /// A part was marked as delivered.
    Marked(PartNumber),
    /// The connector was blocked.
    Blocked(Block),
    /// The connector was unblocked.
    Unblocked,
    /// Read progress was recorded.
    ProgressRecorded,
    /// The reconcile's progress was recorded.
    ReconcileRecorded,
    /// A run ended, and the connector runs next at this time.
    Released(Time),
    /// A tick claimed the connector until this time.
    Claimed(Time),
}

impl FakeLedger {
    /// An empty ledger whose responses have no time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty ledger whose responses have this clock's time, in whole seconds as in HTTP.
    #[must_use]
    pub fn with_clock(clock: &FakeClock) -> Self {
        Self { clock: Some(clock.clone()), ..Self::default() }
    }

    /// The same ledger for workers that are granted every lease, as if the previous one had expired.
    #[must_use]
    pub fn without_leases(&self) -> Self {
        Self { grants_every_lease: true, ..self.clone() }
    }

    /// Inserts an activated connector, as [`crate::fixtures::activated`] makes it.
    pub fn insert(&self, connector: Connector, cursor: Cursor) {
        let id = connector.id.clone();
        self.table().rows.insert(id, Row::new(connector, Some(cursor)));
    }

    /// Changes a connector's settings without any check or record.
    pub fn change(&self, id: &ConnectorId, change: impl FnOnce(&mut Connector)) {
        change(&mut self.table().rows.get_mut(id).expect("a connector to change").connector);
    }

    /// The settings of a connector.
    #[must_use]
    pub fn connector(&self, id: &ConnectorId) -> Connector {
        self.table().rows.get(id).expect("a connector").connector.clone()
    }

    /// The cursor of an activated connector.
    #[must_use]
    pub fn cursor(&self, id: &ConnectorId) -> Cursor {
        self.table().rows.get(id).and_then(|row| row.cursor.clone()).expect("an activated connector")
    }

    /// All parts of a connector, by number.
    #[must_use]
    pub fn parts(&self, id: &ConnectorId) -> Vec<Part> {
        self.table().rows.get(id).expect("a connector").parts.values().cloned().collect()
    }

    /// Every write that took effect on a connector, in order.
    #[must_use]
    pub fn history_of(&self, id: &ConnectorId) -> Vec<Entry> {
        self.table().history.iter().filter(|(of, _)| of == id).map(|(_, entry)| entry.clone()).collect()
    }

    /// How many webhook secrets of a connector are stored, referenced or not.
    pub fn secrets_of(&self, id: &ConnectorId) -> usize {
        self.table().secrets.keys().filter(|(of, _)| of == id).count()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        locked(&self.table)
    }

    fn server_time(&self) -> Option<Time> {
        self.clock.as_ref().map(|clock| clock.now().floor(std::time::Duration::from_secs(1)))
    }
}

impl Table {
    /// The row of an activated connector. A write to a missing one is the caller's bug.
    fn activated(&mut self, id: &ConnectorId) -> Result<(&mut Row, &mut History), PortError> {
        let Self { rows, history, .. } = self;
        match rows.get_mut(id).filter(|row| row.cursor.is_some()) {
            Some(row) => Ok((row, history)),
            None => Err(PortError::Bug { what: "writing to the ledger", source: "no such cursor".into() }),
        }
    }
}

impl Row {
    fn new(connector: Connector, cursor: Option<Cursor>) -> Self {
        let (parts, changes) = (BTreeMap::new(), BTreeMap::new());
        Self {
            connector,
            cursor,
            lease: None,
            parts,
            changes,
            run_request: None,
            notification_state: None,
            unreadable_notified_at: None,
        }
    }

    fn cursor_mut(&mut self) -> &mut Cursor {
        self.cursor.as_mut().expect("an activated connector")
    }
}
