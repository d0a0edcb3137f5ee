//! The notifier: delivers a connector's notices to the tenant's own contacts, by e-mail and by signed
//! webhook.
//!
//! Rules of the bus send notices to the notifier's queue. For each message the contacts are read from the
//! ledger again: a removed contact gets nothing further, retries included.
//!
//! An address gets only one confirmation mail until it has confirmed. A contact gets at most one notice a day
//! for the same cause. A tenant's webhooks use that tenant's share of the notifier's time.
//!
//! [`batch`] reads the messages of a batch and returns those that failed. These are internal errors and end
//! in the dead-letter queue. An unreachable contact is not one: delivery to it is retried for a day,
//! independently of the other contacts, by a message of its own in the same queue. Then it is counted and
//! logged.

mod attempt;
pub mod batch;
mod confirmation;
mod counts;
mod deliver;
mod message;
mod notify;
mod retry;
mod webhook;

use std::sync::Arc;

use archive::names::PortalUrl;
use archive::note::VendorDomain;
use ports::{Clock, Connectors, DelayQueue, Mailer, NotificationStore, Rng, WebhookClient};

/// What is needed to send confirmation mails.
#[derive(Clone)]
pub struct ConfirmationMails {
    /// The port that sends mails.
    pub mailer: Arc<dyn Mailer>,
    /// The domain of the vendor, named in the mail.
    pub vendor: VendorDomain,
    /// The URL of the page where an address confirms or declines.
    pub portal: PortalUrl,
}

impl std::fmt::Debug for ConfirmationMails {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConfirmationMails")
    }
}

/// The ports of the notifier.
#[derive(Clone)]
pub struct Notifier {
    /// The ledger's connectors, read-only, and the permissions of addresses.
    pub connectors: Arc<dyn Connectors>,
    /// The notification state of contacts, and the tenants' shares of time.
    pub state: Arc<dyn NotificationStore>,
    /// Posts to webhooks; never to a private address.
    pub webhooks: Arc<dyn WebhookClient>,
    /// Sends e-mails, if the deployment has a sender.
    pub mailer: Option<Arc<dyn Mailer>>,
    /// Sends confirmation mails, if the deployment has a sender and a portal.
    pub confirmation_mails: Option<ConfirmationMails>,
    /// The notifier's own queue, for retries.
    pub queue: Arc<dyn DelayQueue>,
    /// The clock, injected.
    pub clock: Arc<dyn Clock>,
    /// The random number generator, injected.
    pub randomness: Arc<dyn Rng>,
}

impl std::fmt::Debug for Notifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Notifier")
    }
}
