//! One contact and one notice: whether the contact gets it, how it is sent, and how the result is handled.

use control::contacts::{notice_mail, retry};
use ports::{MailOutcome, PortError};
use protocol::connector::Connector;
use protocol::notification::{ContactKey, ContactMessage, Decision, NotificationHistory};

use crate::Notifier;
use crate::attempt::{Delivery, DeliveryOutcome};
use crate::counts::NotificationCounts;
use crate::message::{Contact, Retry};
use crate::retry::requeue;
use crate::webhook::deliver_webhook;

/// How many times a decision is attempted against workers that decide for the same contact.
const MAX_ATTEMPTS: u32 = 8;

/// Notifies a contact, or requeues the attempt. `retry` is the message for this contact, if this is one.
pub(crate) async fn notify_contact(
    notifier: &Notifier,
    delivery: Delivery<'_>,
    contact: Contact,
    retry: Option<&Retry>,
) -> Result<NotificationCounts, PortError> {
    if !accepts_notices(notifier, delivery.connector, &contact).await? {
        return Ok(NotificationCounts::default());
    }
    let held_back = match retry {
        // Decided at the first attempt.
        Some(retry) => retry.held_back,
        None => match decide(notifier, delivery, &contact).await? {
            Decision::Send { held_back } => held_back,
            Decision::Hold => return Ok(log_held_back(delivery, &contact)),
        },
    };
    let message = ContactMessage { held_back, ..delivery.message.clone() };
    let delivery = Delivery { message: &message, ..delivery };
    let attempts = retry.map_or(0, |retry| retry.attempts);
    let next = Retry {
        event: delivery.event.clone(),
        tenant: delivery.connector.tenant.clone(),
        contact: contact.clone(),
        attempts,
        due: notifier.clock.now(),
        held_back,
        reserved_seconds: None,
    };
    let outcome = match (&contact, &delivery.connector.contacts.webhook, &notifier.mailer) {
        (Contact::Webhook, Some(webhook), _) => {
            deliver_webhook(
                notifier,
                delivery,
                webhook,
                &next,
                retry.and_then(|retry| retry.reserved_seconds),
            )
            .await?
        }
        (Contact::Email(address), _, Some(mailer)) => {
            mail_outcome(mailer.send(address, &notice_mail(&message, delivery.connector)).await)
        }
        _ => return Ok(NotificationCounts::default()),
    };
    finish(notifier, delivery, next, outcome).await
}

/// Whether a contact accepts notices: a webhook always, an address once it has confirmed. Without a sender no
/// address gets any; the response to whoever set it said so.
async fn accepts_notices(
    notifier: &Notifier,
    connector: &Connector,
    contact: &Contact,
) -> Result<bool, PortError> {
    let Contact::Email(address) = contact else { return Ok(true) };
    if notifier.mailer.is_none() {
        return Ok(false);
    }
    let permission = notifier.connectors.consent(&connector.tenant, address).await?;
    Ok(permission.is_some_and(|permission| permission.is_confirmed()))
}

/// Stores the decision before anything is sent. Two workers with the same notice both send it; of two notices
/// with the same cause, the second is held back, whichever worker handles it.
async fn decide(
    notifier: &Notifier,
    delivery: Delivery<'_>,
    contact: &Contact,
) -> Result<Decision, PortError> {
    let Connector { tenant, id, contacts, .. } = delivery.connector;
    let key = match (contact, &contacts.webhook) {
        (Contact::Email(address), _) => ContactKey::of_address(address),
        (Contact::Webhook, Some(webhook)) => ContactKey::of_webhook(&webhook.url),
        (Contact::Webhook, None) => return Ok(Decision::Hold),
    };
    for _ in 0..MAX_ATTEMPTS {
        let before: NotificationHistory =
            notifier.state.notification_history((tenant, id), &key).await?.unwrap_or_default();
        let (decision, after) = before.decide(delivery.message);
        let Some(after) = after else { return Ok(decision) };
        if notifier.state.store_notification_history((tenant, id), &key, &after).await? {
            return Ok(decision);
        }
    }
    let source = "other notices won every attempt".into();
    Err(PortError::Transient { what: "deciding whether to notify a contact", source })
}

fn log_held_back(delivery: Delivery<'_>, contact: &Contact) -> NotificationCounts {
    tracing::info!(
        connector.id = %delivery.connector.id, notice.id = delivery.message.id, contact = contact.kind(),
        "a notice was held back: the contact had one of this cause within a day"
    );
    NotificationCounts { held_back: 1, ..NotificationCounts::default() }
}

fn mail_outcome(mailed: MailOutcome) -> DeliveryOutcome {
    match mailed {
        MailOutcome::Accepted => DeliveryOutcome::Delivered,
        // A duplicate mail is harmless; a lost one may not be.
        MailOutcome::Unknown(error) | MailOutcome::Rejected(error) => {
            let is_internal = !matches!(error, PortError::Transient { .. });
            DeliveryOutcome::Failed { cause: error.chain(), is_internal }
        }
    }
}

async fn finish(
    notifier: &Notifier,
    delivery: Delivery<'_>,
    next: Retry,
    outcome: DeliveryOutcome,
) -> Result<NotificationCounts, PortError> {
    let attempts = next.attempts.saturating_add(1);
    let (id, kind) = (&delivery.connector.id, next.contact.kind());
    match outcome {
        DeliveryOutcome::Postponed => Ok(NotificationCounts::default()),
        DeliveryOutcome::Delivered => {
            tracing::info!(
                connector.id = %id, notice.id = delivery.message.id, contact = kind, attempts,
                "a contact was notified"
            );
            Ok(NotificationCounts { delivered: 1, ..NotificationCounts::default() })
        }
        DeliveryOutcome::Gone => {
            tracing::warn!(
                connector.id = %id, notice.id = delivery.message.id, contact = kind, attempts,
                "a webhook ended retries of a notice with 410"
            );
            Ok(NotificationCounts { unreached: 1, ..NotificationCounts::default() })
        }
        DeliveryOutcome::Failed { cause, is_internal } => {
            let mails_rejected = u64::from(is_internal);
            if is_internal {
                tracing::error!(
                    connector.id = %id, notice.id = delivery.message.id, error = cause,
                    "SES rejected a mail; check the SES account"
                );
            }
            let (now, random) = (notifier.clock.now(), notifier.randomness.next_u64());
            if let Some(due) = retry::next_attempt(delivery.event.time, attempts, now, random) {
                requeue(notifier, &Retry { attempts, due, ..next }).await?;
                return Ok(NotificationCounts { mails_rejected, ..NotificationCounts::default() });
            }
            tracing::warn!(
                connector.id = %id, notice.id = delivery.message.id, contact = kind, attempts, cause,
                "giving up on notifying a contact"
            );
            Ok(NotificationCounts { mails_rejected, unreached: 1, ..NotificationCounts::default() })
        }
    }
}
