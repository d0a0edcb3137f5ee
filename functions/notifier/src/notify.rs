//! One contact and one notice: whether it gets it, how it is sent, and what becomes of it.

use domain::connector::Connector;
use domain::contacts::{ContactKey, ContactMessage, Decision, Mail, NotificationHistory, retry};
use domain::ports::{MailOutcome, PortError};

use crate::message::{BusEvent, Contact, Retry};
use crate::tell::{NotificationCounts, requeue};
use crate::{Notifier, post};

/// How often a decision is tried against other workers that decide of the same contact.
const TRIES: u32 = 8;

/// What a contact is notified of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// As the bus has it.
    pub(crate) event: &'a BusEvent,
    /// As a contact has it.
    pub(crate) news: &'a ContactMessage,
    /// Whose connector.
    pub(crate) connector: &'a Connector,
}

/// What became of one try.
pub(crate) enum Tried {
    Told,
    /// It wants no more.
    Gone,
    Failed {
        why: String,
        /// It is a fault of the deployment's.
        ours: bool,
    },
    /// It was put back until the tenant can pay for it.
    Postponed,
}

/// Notifies a contact, or has it tried later. `again` is what was put back for this contact.
pub(crate) async fn one(
    notifier: &Notifier,
    about: About<'_>,
    contact: Contact,
    again: Option<&Retry>,
) -> Result<NotificationCounts, PortError> {
    if !wants(notifier, about.connector, &contact).await? {
        return Ok(NotificationCounts::default());
    }
    let held_back = match again {
        // Decided when it was tried first.
        Some(again) => again.held_back,
        None => match decide(notifier, about, &contact).await? {
            Decision::Send { held_back } => held_back,
            Decision::Hold => return Ok(held(about, &contact)),
        },
    };
    let news = ContactMessage { held_back, ..about.news.clone() };
    let about = About { news: &news, ..about };
    let tried = again.map_or(0, |again| again.attempts);
    let next = Retry {
        event: about.event.clone(),
        tenant: about.connector.tenant.clone(),
        contact: contact.clone(),
        attempts: tried,
        due: notifier.clock.now(),
        held_back,
        reserved_seconds: None,
    };
    let done = match (&contact, &about.connector.contacts.webhook, &notifier.mailer) {
        (Contact::Webhook, Some(webhook), _) => {
            post::post(notifier, about, webhook, &next, again.and_then(|again| again.reserved_seconds))
                .await?
        }
        (Contact::Email(address), _, Some(mailer)) => {
            mailed(mailer.send(address, &Mail::for_message(&news, about.connector)).await)
        }
        _ => return Ok(NotificationCounts::default()),
    };
    ended(notifier, about, next, done).await
}

/// Whether a contact wants notices: a webhook does, and an address that has confirmed it. Without a sender no address
/// gets any, and whoever set it was told so.
async fn wants(notifier: &Notifier, connector: &Connector, contact: &Contact) -> Result<bool, PortError> {
    let Contact::Email(address) = contact else { return Ok(true) };
    if notifier.mailer.is_none() {
        return Ok(false);
    }
    let permission = notifier.connectors.consent(&connector.tenant, address).await?;
    Ok(permission.is_some_and(|permission| permission.is_confirmed()))
}

/// Stores the decision before anything is sent. Of two workers with the same notice both send it; of two notices of one
/// cause the second is held back, whoever handles it.
async fn decide(notifier: &Notifier, about: About<'_>, contact: &Contact) -> Result<Decision, PortError> {
    let Connector { tenant, id, contacts, .. } = about.connector;
    let key = match (contact, &contacts.webhook) {
        (Contact::Email(address), _) => ContactKey::of_address(address),
        (Contact::Webhook, Some(webhook)) => ContactKey::of_webhook(&webhook.url),
        (Contact::Webhook, None) => return Ok(Decision::Hold),
    };
    for _ in 0..TRIES {
        let before: NotificationHistory =
            notifier.state.notification_history((tenant, id), &key).await?.unwrap_or_default();
        let (decision, after) = before.decide(about.news);
        let Some(after) = after else { return Ok(decision) };
        if notifier.state.store_notification_history((tenant, id), &key, &after).await? {
            return Ok(decision);
        }
    }
    let source = "other notices were faster each time".into();
    Err(PortError::Transient { what: "deciding whether a contact is notified", source })
}

fn held(about: About<'_>, contact: &Contact) -> NotificationCounts {
    tracing::info!(
        connector.id = %about.connector.id, notice.id = about.news.id, contact = contact.kind(),
        "a notice was held back: the contact had one of this cause within a day"
    );
    NotificationCounts { held_back: 1, ..NotificationCounts::default() }
}

fn mailed(mailed: MailOutcome) -> Tried {
    match mailed {
        MailOutcome::Taken => Tried::Told,
        // A mail twice does no harm; one that is lost may.
        MailOutcome::Unknown(error) | MailOutcome::Rejected(error) => {
            let ours = !matches!(error, PortError::Transient { .. });
            Tried::Failed { why: error.chain(), ours }
        }
    }
}

async fn ended(
    notifier: &Notifier,
    about: About<'_>,
    next: Retry,
    done: Tried,
) -> Result<NotificationCounts, PortError> {
    let tried = next.attempts.saturating_add(1);
    let (id, kind) = (&about.connector.id, next.contact.kind());
    match done {
        Tried::Postponed => Ok(NotificationCounts::default()),
        Tried::Told => {
            tracing::info!(
                connector.id = %id, notice.id = about.news.id, contact = kind, tried, "a contact was told"
            );
            Ok(NotificationCounts { delivered: 1, ..NotificationCounts::default() })
        }
        Tried::Gone => {
            tracing::warn!(
                connector.id = %id, notice.id = about.news.id, contact = kind, tried,
                "a contact wants no more: it answered 410"
            );
            Ok(NotificationCounts { unreached: 1, ..NotificationCounts::default() })
        }
        Tried::Failed { why, ours } => {
            let refused = u64::from(ours);
            if ours {
                tracing::error!(
                    connector.id = %id, notice.id = about.news.id, error = why, "a mail was refused; look at SES"
                );
            }
            let (now, random) = (notifier.clock.now(), notifier.randomness.next_u64());
            if let Some(due) = retry::next_attempt(about.event.time, tried, now, random) {
                requeue(notifier, &Retry { attempts: tried, due, ..next }).await?;
                return Ok(NotificationCounts { mails_rejected: refused, ..NotificationCounts::default() });
            }
            tracing::warn!(
                connector.id = %id, notice.id = about.news.id, contact = kind, tried, why,
                "a contact could not be told and is given up"
            );
            Ok(NotificationCounts { mails_rejected: refused, unreached: 1, ..NotificationCounts::default() })
        }
    }
}
