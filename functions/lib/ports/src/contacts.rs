//! How notices reach a tenant's own contacts.

use std::time::Duration;

use archive::names::{ConnectorId, EmailAddress, TenantId, WebhookUrl};
use archive::time::Time;
use async_trait::async_trait;
use protocol::contacts::{Consent, Mail, TokenHash};
use protocol::notification::{ContactKey, NotificationHistory, SignedRequest};

use super::PortError;

/// The response of a customer's webhook. None of these is an error of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WebhookResponse {
    /// The receiver answered with a status 2xx.
    Accepted,
    /// Status 410: the webhook wants no retries of this notice.
    Gone,
    /// Any other response; the reason for a log, which contains nothing of the URL but its host.
    Rejected(String),
    /// No response within the timeout.
    TimedOut,
}

/// Sends requests to customers' webhooks.
#[async_trait]
pub trait WebhookClient: Send + Sync {
    /// Posts once, within `timeout`, to the public internet only, and follows no redirect.
    async fn post(&self, to: &WebhookUrl, message: &SignedRequest, timeout: Duration) -> WebhookResponse;
}

/// The result of sending a mail.
#[derive(Debug)]
pub enum MailOutcome {
    /// The mail service has accepted it, once. Whether it arrives is unknown.
    Accepted,
    /// The mail service has answered and not accepted it. [`PortError::Denied`] and [`PortError::Bug`] are
    /// permanent.
    Rejected(PortError),
    /// There was no answer; the mail may have been accepted.
    Unknown(PortError),
}

/// Sends mails through the mail service.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Makes one request to send one mail.
    async fn send(&self, to: &EmailAddress, mail: &Mail) -> MailOutcome;
}

/// Whether addresses have agreed to receive notices.
///
/// Tenants' items and links never share a partition key. All reads are consistent.
#[async_trait]
pub trait Consents: Send + Sync {
    /// An address's stored consent, case-insensitively.
    async fn consent(&self, tenant: &TenantId, address: &EmailAddress) -> Result<Option<Consent>, PortError>;

    /// Stores the consent if the stored version is the previous one (nothing, for version 1). `false` if
    /// another writer was faster, or an earlier attempt of this very write whose answer was lost.
    async fn store_consent(&self, tenant: &TenantId, consent: &Consent) -> Result<bool, PortError>;

    /// Stores which address a link belongs to. Idempotent.
    async fn store_link(
        &self,
        token: &TokenHash,
        tenant: &TenantId,
        address: &EmailAddress,
    ) -> Result<(), PortError>;

    /// The address that a link belongs to.
    async fn link(&self, token: &TokenHash) -> Result<Option<(TenantId, EmailAddress)>, PortError>;
}

/// The notifier's record of what each contact was notified of.
#[async_trait]
pub trait NotificationStore: Send + Sync {
    /// What a contact was last notified of, for one connector. Consistent.
    async fn notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
    ) -> Result<Option<NotificationHistory>, PortError>;

    /// Stores it if the stored version is the previous one (nothing, for version 1); otherwise returns
    /// `false`.
    async fn store_notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
        history: &NotificationHistory,
    ) -> Result<bool, PortError>;

    /// Reserves `cost` of the tenant's share of the notifier's time, after everything already reserved.
    /// Returns its start: `now` or later. Concurrent callers each get their own time. If the answer was lost,
    /// the time may be reserved twice.
    async fn spend_time(&self, tenant: &TenantId, cost: Duration, now: Time) -> Result<Time, PortError>;

    /// Releases time that was reserved and not used.
    async fn refund_time(&self, tenant: &TenantId, unused: Duration) -> Result<(), PortError>;

    /// Until when a tenant's webhook at this host counts as slow. May be a second old.
    async fn slow_until(&self, tenant: &TenantId, host: &str) -> Result<Option<Time>, PortError>;

    /// Stores it; `None` deletes it. The last of two concurrent writers wins: both have just measured it.
    async fn store_slow_until(
        &self,
        tenant: &TenantId,
        host: &str,
        until: Option<Time>,
    ) -> Result<(), PortError>;
}

/// The longest delay of a message ([`DelayQueue::send_after`], [`super::Queue::send`]): the limit of SQS
/// (Amazon SQS API reference, `SendMessage`).
pub const MAX_DELAY: Duration = Duration::from_mins(15);

/// The notifier's own queue.
#[async_trait]
pub trait DelayQueue: Send + Sync {
    /// Sends a message back to the notifier after `delay`, at most [`MAX_DELAY`]. If the answer was lost, the
    /// message may be in the queue all the same. `tenant` is the message group: the queue may serve other
    /// tenants first if one has many messages.
    async fn send_after(&self, message: &str, delay: Duration, tenant: &TenantId) -> Result<(), PortError>;
}
