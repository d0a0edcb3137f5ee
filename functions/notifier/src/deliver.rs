//! One message: reads it, finds its connector, and delivers it to the contacts that it is for.

use archive::names::{ConnectorId, TenantId};
use futures_util::future::join_all;
use ports::PortError;
use protocol::connector::{Connector, State};
use protocol::notice::NoticeParseError;
use protocol::notification::{ContactMessage, requests_consent};

use crate::Notifier;
use crate::attempt::Delivery;
use crate::confirmation::send_confirmations;
use crate::counts::NotificationCounts;
use crate::message::{Contact, Message};
use crate::notify::notify_contact;
use crate::retry::requeue;

/// Delivers a message to its contacts. A message that is handled again is delivered again, with the same ID.
pub(crate) async fn deliver(notifier: &Notifier, message: Message) -> Result<NotificationCounts, PortError> {
    let (event, retry) = match message {
        Message::Event(event) => (event, None),
        Message::Retry(retry) if notifier.clock.now() < retry.due => {
            requeue(notifier, &retry).await?;
            return Ok(NotificationCounts::default());
        }
        Message::Retry(retry) => (retry.event.clone(), Some(retry)),
    };
    match requests_consent(&event.kind, &event.detail) {
        Ok(None) => {}
        Ok(Some((tenant, id))) => {
            return match find_connector(notifier, &tenant, &id).await? {
                ConnectorLookup::Found(connector) => {
                    send_confirmations(notifier, &event, &connector, retry.as_ref()).await
                }
                ConnectorLookup::Missing(counts) => Ok(counts),
            };
        }
        Err(error) => return Ok(dropped(&error)),
    }
    let message = match ContactMessage::read(&event.kind, event.time, &event.detail) {
        Ok(Some(message)) => message,
        Ok(None) => return Ok(NotificationCounts::default()),
        Err(error) => return Ok(dropped(&error)),
    };
    let connector = match find_connector(notifier, &message.tenant, &message.connector).await? {
        ConnectorLookup::Found(connector) => connector,
        ConnectorLookup::Missing(counts) => return Ok(counts),
    };
    let delivery = Delivery { event: &event, message: &message, connector: &connector };
    let contacts = contacts(&connector, retry.as_ref().map(|retry| &retry.contact));
    let deliveries =
        contacts.into_iter().map(|contact| notify_contact(notifier, delivery, contact, retry.as_ref()));
    let mut counts = NotificationCounts::default();
    for result in join_all(deliveries).await {
        counts.add(result?);
    }
    Ok(counts)
}

/// The connector of a message.
enum ConnectorLookup {
    Found(Box<Connector>),
    /// It is deleted, never existed, or belongs to another tenant than the message says.
    Missing(NotificationCounts),
}

async fn find_connector(
    notifier: &Notifier,
    tenant: &TenantId,
    id: &ConnectorId,
) -> Result<ConnectorLookup, PortError> {
    let found = notifier.connectors.get(id).await?;
    let Some((connector, _)) = found.filter(|(connector, _)| connector.state != State::Deleted) else {
        return Ok(ConnectorLookup::Missing(NotificationCounts::default()));
    };
    if connector.tenant == *tenant {
        return Ok(ConnectorLookup::Found(Box::new(connector)));
    }
    tracing::error!(
        connector.id = %id,
        "a notice was dropped: its tenant is not the connector's"
    );
    Ok(ConnectorLookup::Missing(NotificationCounts { dropped: 1, ..NotificationCounts::default() }))
}

/// The connector's current contacts; for a retry, only its contact.
fn contacts(connector: &Connector, only: Option<&Contact>) -> Vec<Contact> {
    let emails = connector.contacts.emails.iter().cloned().map(Contact::Email);
    let webhook = connector.contacts.webhook.iter().map(|_| Contact::Webhook);
    webhook.chain(emails).filter(|contact| only.is_none_or(|only| only == contact)).collect()
}

fn dropped(error: &NoticeParseError) -> NotificationCounts {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a notice was dropped: it is malformed");
    NotificationCounts { dropped: 1, ..NotificationCounts::default() }
}
