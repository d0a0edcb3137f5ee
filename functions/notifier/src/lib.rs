//! The notifier: hands a connector's notices on to the tenant's own contacts, by e-mail and by signed webhook.
//!
//! The bus's rules put notices into the notifier's queue. A message is a notice, and the contacts are read anew from the
//! ledger for each: who was taken off hears nothing any more, also of what was to be tried again.
//!
//! An address gets nothing but one question until it has confirmed; of one cause a contact gets one notice a day; and a
//! tenant's webhooks use that tenant's share of the notifier's time.
//!
//! [`batch`] reads the messages of a batch, and answers which failed. Those are faults of ours and end in the dead
//! letters. That a contact can't be reached is none: it is tried again for a day, each contact for itself, by a
//! message of its own in the same queue, and then counted and told in the log.

mod ask;
pub mod batch;
mod message;
mod notify;
mod post;
mod tell;

use std::sync::Arc;

use domain::manifest::VendorDomain;
use domain::names::PortalUrl;
use domain::ports::{Clock, Connectors, DelayQueue, Mailer, NotificationStore, Rng, WebhookClient};

/// What it takes to ask addresses whether they want notices.
#[derive(Clone)]
pub struct Asking {
    /// The way to them.
    pub mailer: Arc<dyn Mailer>,
    /// Who asks.
    pub vendor: VendorDomain,
    /// Where the page is on which they answer.
    pub portal: PortalUrl,
}

impl std::fmt::Debug for Asking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Asking")
    }
}

/// What the notifier needs.
#[derive(Clone)]
pub struct Notifier {
    /// The ledger's connectors, which the notifier only reads, and what addresses want.
    pub connectors: Arc<dyn Connectors>,
    /// What it remembers of contacts.
    pub state: Arc<dyn NotificationStore>,
    /// The way to webhooks.
    pub poster: Arc<dyn WebhookClient>,
    /// The way to addresses, if the deployment has a sender.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// How addresses are asked, if the deployment has a sender and a portal.
    pub asking: Option<Asking>,
    /// Its own queue.
    pub later: Arc<dyn DelayQueue>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub randomness: Arc<dyn Rng>,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notifier")
    }
}
