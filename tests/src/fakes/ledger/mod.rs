//! The ledger: one table under one lock, so that each write is as atomic as the real one, with a history of all
//! that was written.

mod addresses;
mod budgets;
mod connectors;
mod due;
mod runs;
mod watch;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use domain::budget::Counter;
use domain::connector::{Change, Connector};
use domain::contacts::{SecretId, WebhookSecret};
use domain::cursor::Cursor;
use domain::fault::Block;
use domain::names::{ConnectorId, WorkerId};
use domain::part::{Part, PartNumber};
use domain::ports::{Clock as _, PortError};
use domain::time::Time;
use domain::watch::{NotificationState, Sweep};

use super::{FakeClock, locked};

/// A ledger.
#[derive(Debug, Clone, Default)]
pub struct FakeLedger {
    table: Arc<Mutex<Table>>,
    /// The clock behind the `Date` header of its answers.
    clock: Option<FakeClock>,
    /// Grants every lease: safety must not rest on it.
    lax: bool,
}

/// What was written, and to which connector.
type History = Vec<(ConnectorId, Entry)>;

#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<ConnectorId, Row>,
    history: History,
    /// What is used of budgets.
    used: BTreeMap<Counter, i64>,
    /// What is known of contacts.
    contacts: addresses::ContactRecords,
    /// Where the watchdog stands.
    sweep: Sweep,
    /// Webhooks' secrets.
    secrets: BTreeMap<(ConnectorId, SecretId), WebhookSecret>,
}

#[derive(Debug)]
struct Row {
    connector: Connector,
    cursor: Option<Cursor>,
    lease: Option<(WorkerId, Time)>,
    parts: BTreeMap<PartNumber, Part>,
    changes: BTreeMap<u64, Change>,
    /// The key of the last run that was asked for with one, and the answer.
    run_request: Option<(String, Time)>,
    /// What the watchdog told of it last.
    notification_state: Option<NotificationState>,
    /// When the exporter told of unreadable items last.
    unreadable_notified_at: Option<Time>,
}

/// A write that took effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A lease was taken.
    Leased(WorkerId),
    /// A part was sealed.
    Sealed(PartNumber, WorkerId),
    /// A part was marked as delivered.
    Marked(PartNumber),
    /// The connector was blocked.
    Blocked(Block),
    /// The connector was no longer blocked.
    Unblocked,
    /// How far a window is read was noted.
    ReadThrough,
    /// The reconcile moved on.
    Reconciled,
    /// A run ended, and the connector runs next at this time.
    Released(Time),
    /// A tick claimed the connector until this time.
    Claimed(Time),
}

impl FakeLedger {
    /// An empty ledger whose answers carry no time.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty ledger whose answers carry this clock's time, in whole seconds as HTTP has it.
    #[must_use]
    pub fn with_clock(clock: &FakeClock) -> Self {
        Self { clock: Some(clock.clone()), ..Self::default() }
    }

    /// The same ledger, seen by workers that are granted every lease, as if the one before had run out.
    #[must_use]
    pub fn without_leases(&self) -> Self {
        Self { lax: true, ..self.clone() }
    }

    /// Puts an activated connector, as [`crate::fixtures::activated`] makes it.
    pub fn insert(&self, connector: Connector, cursor: Cursor) {
        let id = connector.id.clone();
        self.table().rows.insert(id, Row::new(connector, Some(cursor)));
    }

    /// Changes a connector's settings behind everyone's back.
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

    fn table(&self) -> MutexGuard<'_, Table> {
        locked(&self.table)
    }

    fn server_time(&self) -> Option<Time> {
        self.clock.as_ref().map(|clock| clock.now().floor(std::time::Duration::from_secs(1)))
    }
}

impl Table {
    /// The row of an activated connector. A write to one that is not there is a bug of the caller's.
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
