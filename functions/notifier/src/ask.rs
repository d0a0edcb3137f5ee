//! The one mail that an address gets before it has confirmed: whether it wants notices.
//!
//! Whoever set the contacts has asked for it and has spent the tenant's budget; here it is sent. That it is sent is stored
//! first, so that no second worker, no message that comes twice and no crash sends two. What the mail service refused is
//! owed still, and tried again for a day; what may have been sent is not sent again.

use domain::connector::Connector;
use domain::contacts::{LinkToken, Mail, retry};
use domain::names::EmailAddress;
use domain::ports::{MailOutcome, PortError};

use crate::message::{BusEvent, Contact, Retry};
use crate::tell::{NotificationCounts, requeue};
use crate::{Asking, Notifier};

/// How often a mail's write is tried against other writers of the same item.
const TRIES: u32 = 4;

/// Sends the mails that are owed to a connector's addresses; with `again`, to that address.
pub(crate) async fn all(
    notifier: &Notifier,
    told: &BusEvent,
    connector: &Connector,
    again: Option<&Retry>,
) -> Result<NotificationCounts, PortError> {
    let mut tally = NotificationCounts::default();
    // Without a sender or a portal nothing is asked: operators confirm.
    let Some(asking) = &notifier.asking else { return Ok(tally) };
    for address in connector.contacts.emails.iter() {
        let contact = Contact::Email(address.clone());
        if again.is_none_or(|again| again.contact == contact) {
            let next = Retry {
                event: told.clone(),
                tenant: connector.tenant.clone(),
                contact,
                attempts: again.map_or(0, |again| again.attempts),
                due: told.time,
                held_back: 0,
                reserved_seconds: None,
            };
            tally.add(one(notifier, asking, connector, address, next).await?);
        }
    }
    Ok(tally)
}

async fn one(
    notifier: &Notifier,
    asking: &Asking,
    connector: &Connector,
    address: &EmailAddress,
    next: Retry,
) -> Result<NotificationCounts, PortError> {
    let (tenant, ledger) = (&connector.tenant, &notifier.connectors);
    for _ in 0..TRIES {
        let Some(before) = ledger.consent(tenant, address).await? else {
            return Ok(NotificationCounts::default());
        };
        let token = LinkToken::new(notifier.randomness.as_ref());
        let Some(sent) = before.mark_sent(token.hash(), notifier.clock.now()) else {
            return Ok(NotificationCounts::default());
        };
        // A link that no mail holds is nobody's.
        ledger.store_link(&token.hash(), tenant, address).await?;
        if !ledger.store_consent(tenant, &sent).await? {
            // Another worker sends it, or this write went through and its answer was lost: either way not here.
            continue;
        }
        let mail = Mail::confirmation(&asking.vendor, &asking.portal.confirmation(&token.expose()));
        return match asking.mailer.send(address, &mail).await {
            MailOutcome::Taken => {
                tracing::info!(connector.id = %connector.id, "an address was asked whether it wants notices");
                Ok(NotificationCounts { confirmations_sent: 1, ..NotificationCounts::default() })
            }
            MailOutcome::Unknown(error) => {
                tracing::warn!(
                    connector.id = %connector.id, error = error.chain(),
                    "a confirmation mail may not have been sent; it can be asked for again in a day"
                );
                Ok(NotificationCounts { confirmations_sent: 1, ..NotificationCounts::default() })
            }
            MailOutcome::Rejected(error) => {
                // Moved on meanwhile, it was confirmed or declined, and nothing is owed any more.
                ledger.store_consent(tenant, &sent.revert_sent(&before)).await?;
                refused(notifier, connector, next, &error).await
            }
        };
    }
    let source = "others came first on every attempt".into();
    Err(PortError::Transient { what: "asking an address whether it wants notices", source })
}

async fn refused(
    notifier: &Notifier,
    connector: &Connector,
    next: Retry,
    error: &PortError,
) -> Result<NotificationCounts, PortError> {
    let ours = !matches!(error, PortError::Transient { .. });
    if ours {
        tracing::error!(connector.id = %connector.id, error = error.chain(), "a mail was refused; look at SES");
    }
    let tried = next.attempts.saturating_add(1);
    let (now, random) = (notifier.clock.now(), notifier.randomness.next_u64());
    let refused = u64::from(ours);
    if let Some(due) = retry::next_attempt(next.event.time, tried, now, random) {
        requeue(notifier, &Retry { attempts: tried, due, ..next }).await?;
        return Ok(NotificationCounts { mails_rejected: refused, ..NotificationCounts::default() });
    }
    tracing::warn!(
        connector.id = %connector.id, tried, why = error.chain(),
        "an address could not be asked and is given up until someone asks again"
    );
    Ok(NotificationCounts { mails_rejected: refused, unreached: 1, ..NotificationCounts::default() })
}
