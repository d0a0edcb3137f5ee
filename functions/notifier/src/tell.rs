//! One message: what it says, of which connector, and which of its contacts it is for.

use std::time::Duration;

use domain::connector::{Connector, State};
use domain::contacts::{ContactMessage, NoticeParseError, requests_consent};
use domain::names::{ConnectorId, TenantId};
use domain::ports::{MAX_DELAY, PortError};
use futures_util::future::join_all;

use crate::Notifier;
use crate::message::{Contact, Message, Retry};
use crate::{ask, notify};

/// What came of a message, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct NotificationCounts {
    /// Contacts that have it.
    pub(crate) delivered: u64,
    /// Contacts that are given up.
    pub(crate) unreached: u64,
    /// Contacts that had one of this cause within a day.
    pub(crate) held_back: u64,
    /// Addresses that were asked whether they want notices.
    pub(crate) confirmations_sent: u64,
    /// Mails that the service will not take from us.
    pub(crate) mails_rejected: u64,
    /// Messages of another form than ours.
    pub(crate) dropped: u64,
}

impl NotificationCounts {
    pub(crate) const fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.unreached += other.unreached;
        self.held_back += other.held_back;
        self.confirmations_sent += other.confirmations_sent;
        self.mails_rejected += other.mails_rejected;
        self.dropped += other.dropped;
    }
}

/// Notifies whom a message is for. Handled again, it notifies them again, with the same ID.
pub(crate) async fn deliver(notifier: &Notifier, message: Message) -> Result<NotificationCounts, PortError> {
    let (told, again) = match message {
        Message::Event(told) => (told, None),
        Message::Retry(again) if notifier.clock.now() < again.due => {
            requeue(notifier, &again).await?;
            return Ok(NotificationCounts::default());
        }
        Message::Retry(again) => (again.event.clone(), Some(again)),
    };
    match requests_consent(&told.kind, &told.detail) {
        Ok(None) => {}
        Ok(Some((tenant, id))) => {
            return match connector(notifier, &tenant, &id).await? {
                Found::Connector(connector) => ask::all(notifier, &told, &connector, again.as_ref()).await,
                Found::Nobody(tally) => Ok(tally),
            };
        }
        Err(error) => return Ok(dropped(&error)),
    }
    let news = match ContactMessage::read(&told.kind, told.time, &told.detail) {
        Ok(Some(news)) => news,
        Ok(None) => return Ok(NotificationCounts::default()),
        Err(error) => return Ok(dropped(&error)),
    };
    let connector = match connector(notifier, &news.tenant, &news.connector).await? {
        Found::Connector(connector) => connector,
        Found::Nobody(tally) => return Ok(tally),
    };
    let about = notify::About { event: &told, news: &news, connector: &connector };
    let contacts = contacts(&connector, again.as_ref().map(|again| &again.contact));
    let telling = contacts.into_iter().map(|contact| notify::one(notifier, about, contact, again.as_ref()));
    let mut tally = NotificationCounts::default();
    for one in join_all(telling).await {
        tally.add(one?);
    }
    Ok(tally)
}

/// The connector that a message is about.
enum Found {
    Connector(Box<Connector>),
    /// It is deleted, or was never there, or is another tenant's than the message says.
    Nobody(NotificationCounts),
}

async fn connector(notifier: &Notifier, tenant: &TenantId, id: &ConnectorId) -> Result<Found, PortError> {
    let found = notifier.connectors.get(id).await?;
    let Some((connector, _)) = found.filter(|(connector, _)| connector.state != State::Deleted) else {
        return Ok(Found::Nobody(NotificationCounts::default()));
    };
    if connector.tenant == *tenant {
        return Ok(Found::Connector(Box::new(connector)));
    }
    tracing::error!(
        connector.id = %id,
        "a notice was dropped: it names another tenant than its connector has"
    );
    Ok(Found::Nobody(NotificationCounts { dropped: 1, ..NotificationCounts::default() }))
}

/// Those that the connector has now; of those, the one that is meant.
fn contacts(connector: &Connector, only: Option<&Contact>) -> Vec<Contact> {
    let emails = connector.contacts.emails.iter().cloned().map(Contact::Email);
    let webhook = connector.contacts.webhook.iter().map(|_| Contact::Webhook);
    webhook.chain(emails).filter(|contact| only.is_none_or(|only| only == contact)).collect()
}

/// Puts a message back until it is due, or for as long as the queue can hold it back.
pub(crate) async fn requeue(notifier: &Notifier, again: &Retry) -> Result<(), PortError> {
    let message = serde_json::to_string(again)
        .map_err(|error| PortError::Bug { what: "writing a message", source: Box::new(error) })?;
    // Up to the next whole second, since the queue knows no others: one that came early would only go round.
    let left = again.due.since(notifier.clock.now());
    let delay = Duration::from_secs(left.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX));
    let delay = delay.min(MAX_DELAY);
    notifier.later.send_after(&message, delay, &again.tenant).await
}

fn dropped(error: &NoticeParseError) -> NotificationCounts {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a notice was dropped: it is not of our form");
    NotificationCounts { dropped: 1, ..NotificationCounts::default() }
}
