//! Confirmation mails: the one mail that an address gets before it has confirmed asks whether it wants
//! notices.
//!
//! It was requested by whoever set the contacts, and paid from the tenant's budget; it is sent here. The
//! sending is stored before the mail is sent, so that no second worker, duplicate message or crash sends two.
//! A mail that the mail service rejected is retried for a day; a mail that may have been sent is not sent
//! again.

use archive::names::EmailAddress;
use control::contacts::{confirmation_mail, retry};
use ports::{MailOutcome, PortError};
use protocol::connector::Connector;
use protocol::contacts::LinkToken;

use crate::counts::NotificationCounts;
use crate::message::{BusEvent, Contact, Retry};
use crate::retry::requeue;
use crate::{ConfirmationMails, Notifier};

/// How many times a write is attempted against concurrent writers of the same item.
const MAX_ATTEMPTS: u32 = 4;

/// Sends the pending confirmation mails of a connector's addresses; with `retry`, only to its address.
pub(crate) async fn send_confirmations(
    notifier: &Notifier,
    event: &BusEvent,
    connector: &Connector,
    retry: Option<&Retry>,
) -> Result<NotificationCounts, PortError> {
    let mut counts = NotificationCounts::default();
    // Without a sender or a portal no mail is sent: operators confirm addresses.
    let Some(confirmation_mails) = &notifier.confirmation_mails else { return Ok(counts) };
    for address in connector.contacts.emails.iter() {
        let contact = Contact::Email(address.clone());
        if retry.is_none_or(|retry| retry.contact == contact) {
            let next = Retry {
                event: event.clone(),
                tenant: connector.tenant.clone(),
                contact,
                attempts: retry.map_or(0, |retry| retry.attempts),
                due: event.time,
                held_back: 0,
                reserved_seconds: None,
            };
            counts.add(send_confirmation(notifier, confirmation_mails, connector, address, next).await?);
        }
    }
    Ok(counts)
}

async fn send_confirmation(
    notifier: &Notifier,
    confirmation_mails: &ConfirmationMails,
    connector: &Connector,
    address: &EmailAddress,
    next: Retry,
) -> Result<NotificationCounts, PortError> {
    let (tenant, ledger) = (&connector.tenant, &notifier.connectors);
    for _ in 0..MAX_ATTEMPTS {
        let Some(before) = ledger.consent(tenant, address).await? else {
            return Ok(NotificationCounts::default());
        };
        let token = LinkToken::new(|| notifier.randomness.next_u64());
        let Some(sent) = before.mark_sent(token.hash(), notifier.clock.now()) else {
            return Ok(NotificationCounts::default());
        };
        // A stored link that is in no mail is harmless.
        ledger.store_link(&token.hash(), tenant, address).await?;
        if !ledger.store_consent(tenant, &sent).await? {
            // Either another worker sends the mail, or this write succeeded and its response was lost: it is
            // not sent here.
            continue;
        }
        let mail = confirmation_mail(
            &confirmation_mails.vendor,
            &confirmation_mails.portal.confirmation(&token.expose()),
        );
        return match confirmation_mails.mailer.send(address, &mail).await {
            MailOutcome::Accepted => {
                tracing::info!(connector.id = %connector.id, "a confirmation mail was sent");
                Ok(NotificationCounts { confirmations_sent: 1, ..NotificationCounts::default() })
            }
            MailOutcome::Unknown(error) => {
                tracing::warn!(
                    connector.id = %connector.id, error = error.chain(),
                    "a confirmation mail may not have been sent; it can be requested again in a day"
                );
                Ok(NotificationCounts { confirmations_sent: 1, ..NotificationCounts::default() })
            }
            MailOutcome::Rejected(error) => {
                // If the state has changed in the meantime, the address was confirmed or declined, and no
                // mail is pending.
                ledger.store_consent(tenant, &sent.revert_sent(&before)).await?;
                retry_or_give_up(notifier, connector, next, &error).await
            }
        };
    }
    Err(PortError::transient("sending a confirmation mail", "others came first on every attempt"))
}

async fn retry_or_give_up(
    notifier: &Notifier,
    connector: &Connector,
    next: Retry,
    error: &PortError,
) -> Result<NotificationCounts, PortError> {
    let is_internal = !matches!(error, PortError::Transient { .. });
    if is_internal {
        tracing::error!(
            connector.id = %connector.id, error = error.chain(),
            "SES rejected a mail; check the SES account"
        );
    }
    let attempts = next.attempts.saturating_add(1);
    let (now, random) = (notifier.clock.now(), notifier.randomness.next_u64());
    let mails_rejected = u64::from(is_internal);
    if let Some(due) = retry::next_attempt(next.event.time, attempts, now, random) {
        requeue(notifier, &Retry { attempts, due, ..next }).await?;
        return Ok(NotificationCounts { mails_rejected, ..NotificationCounts::default() });
    }
    tracing::warn!(
        connector.id = %connector.id, attempts, cause = error.chain(),
        "giving up on a confirmation mail until it is requested again"
    );
    Ok(NotificationCounts { mails_rejected, unreached: 1, ..NotificationCounts::default() })
}
