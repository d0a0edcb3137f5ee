//! The notifier: hands a connector's notices on to the tenant's own contacts, by e-mail and by signed webhook.
//!
//! The bus's rules put notices into the notifier's queue. A message is a notice, and the contacts are read anew from the
//! ledger for each: who was taken off hears nothing any more, also of what was to be tried again.
//!
//! [`batch`] reads the messages of a batch, and answers which failed. Those are faults of ours and end in the dead
//! letters. That a contact can't be reached is none: it is tried again for a day, each contact for itself, by a
//! message of its own in the same queue, and then counted and told in the log.

pub mod batch;
mod message;
mod tell;

use std::sync::Arc;

use domain::ports::{Clock, Connectors, Later, Mailer, Poster, Randomness};

/// What the notifier needs.
#[derive(Clone)]
pub struct Notifier {
    /// The ledger; the notifier only reads it.
    pub connectors: Arc<dyn Connectors>,
    /// The way to webhooks.
    pub poster: Arc<dyn Poster>,
    /// The way to addresses, if the deployment has a sender.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Its own queue.
    pub later: Arc<dyn Later>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub randomness: Arc<dyn Randomness>,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notifier")
    }
}
