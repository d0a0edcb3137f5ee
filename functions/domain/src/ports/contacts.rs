//! The way to a tenant's own contacts.

use std::time::Duration;

use async_trait::async_trait;

use super::PortError;
use crate::contacts::{Consent, ContactKey, Mail, NotificationHistory, SignedRequest, TokenHash};
use crate::names::{ConnectorId, EmailAddress, TenantId, WebhookUrl};
use crate::time::Time;

/// What became of a request to a customer's webhook. Nothing of it is a failure of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookResponse {
    /// It was taken: 2xx.
    Taken,
    /// It wants no more: 410.
    Gone,
    /// It was not taken; why, in words for a log that hold nothing of the URL but its host.
    Rejected(String),
    /// There was no answer for as long as it was waited for.
    TimedOut,
}

/// Sends requests to customers' webhooks.
#[async_trait]
pub trait WebhookClient: Send + Sync {
    /// Posts once, within `patience`, to the public internet only, and follows no redirect.
    async fn post(&self, to: &WebhookUrl, message: &SignedRequest, patience: Duration) -> WebhookResponse;
}

/// What became of a mail.
#[derive(Debug)]
pub enum MailOutcome {
    /// The service has taken it, once; whether it arrives, nobody knows.
    Taken,
    /// The service has answered, and has not taken it. What it will never take is [`PortError::Denied`] or
    /// [`PortError::Bug`].
    Rejected(PortError),
    /// There was no answer: it may have been taken.
    Unknown(PortError),
}

/// Sends mails.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Asks the service once to send one mail.
    async fn send(&self, to: &EmailAddress, mail: &Mail) -> MailOutcome;
}

/// Whether addresses want notices.
///
/// Partition keys of tenants' items and of links do not meet. All reads are consistent.
#[async_trait]
pub trait Consents: Send + Sync {
    /// What is known of an address, in whatever case it is written.
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Option<Consent>, PortError>;

    /// Stores it if what is stored is still the version before (nothing, for version 1). `false`: someone else was
    /// faster, or a first try of this very write, whose answer was lost.
    async fn store_consent(&self, tenant: &TenantId, permission: &Consent) -> Result<bool, PortError>;

    /// Remembers whose link this is. Stored again, it is the same.
    async fn store_link(
        &self,
        token: &TokenHash,
        tenant: &TenantId,
        address: &EmailAddress,
    ) -> Result<(), PortError>;

    /// Whose link this is.
    async fn link(&self, token: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError>;
}

/// What the notifier remembers of contacts.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// What a contact was last notified of, of one connector. Consistent.
    async fn notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
    ) -> Result<Option<NotificationHistory>, PortError>;

    /// Stores it if what is stored is still the version before (nothing, for version 1); else `false`.
    async fn store_notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
        notified: &NotificationHistory,
    ) -> Result<bool, PortError>;

    /// Spends `cost` of the tenant's share of the notifier's time, behind what is spent already, and returns where it
    /// begins: `now` or later. Of any number at once each gets a time of its own. A lost answer may have spent it twice.
    async fn spend_time(&self, tenant: &TenantId, cost: Duration, now: Time) -> Result<Time, PortError>;

    /// Gives back what was spent and not used.
    async fn refund_time(&self, tenant: &TenantId, unused: Duration) -> Result<(), PortError>;

    /// Until when a tenant's webhook at this host counts as slow, if it does. May be a second old.
    async fn slow_until(&self, tenant: &TenantId, host: &str) -> Result<Option<Time>, PortError>;

    /// Remembers it; `None` forgets it. The last of two at once wins: both have just seen how quick it is.
    async fn store_slow_until(
        &self,
        tenant: &TenantId,
        host: &str,
        until: Option<Time>,
    ) -> Result<(), PortError>;
}

/// The longest that a message can wait ([`Later::later`], [`super::Queue::send`]): the limit of SQS (Amazon SQS API
/// reference, `SendMessage`).
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// The notifier's own queue.
#[async_trait]
pub trait DelayQueue: Send + Sync {
    /// Has a message handed to the notifier again after `delay`, at most [`LONGEST_DELAY`]. A lost answer may have put
    /// it there all the same. The queue is told whose it is, and may take others' first where one has many.
    async fn send_after(&self, message: &str, delay: Duration, of: &TenantId) -> Result<(), PortError>;
}
