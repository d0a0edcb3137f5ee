//! Every port in memory. The fakes behave: they check the same conditions, reject what the real thing rejects
//! and record their calls. A clone of a fake is the same fake.

mod bus;
mod clock;
mod contacts;
mod customers;
mod explorer;
mod ledger;
mod metrics_sink;
mod onboarding;
mod portal;
mod prober;
mod public_url;
mod queue;
mod reader;
mod signer;
mod source;
mod staging;

pub use bus::FakeBus;
pub use clock::{FakeClock, SeededRng};
pub use contacts::{FakeDelayQueue, FakeMailer, FakeWebhookClient};
pub use customers::{Attempt, FakeCustomers, ScriptedResponse};
pub use explorer::explorer_records;
pub use ledger::{Entry, FakeLedger};
pub use metrics_sink::FakeMetricsSink;
pub use onboarding::onboarding;
pub use portal::portal_access;
pub use prober::{FakeProber, Probe, RoleSetup, Trust};
pub use public_url::FakePublicUrlChecker;
pub use queue::FakeQueue;
pub use reader::FakeReaderSessions;
pub use samples::items::{Shape, StoredItem};
pub use signer::{FakeSigner, signing};
pub use source::FakeSource;
pub use staging::FakeStaging;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// The content of a lock, even if a test panicked while holding it: the other tests should fail with their
/// own causes.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
