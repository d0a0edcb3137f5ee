//! One message: who is to be told what, and what becomes of it.

use domain::connector::{Connector, State};
use domain::contacts::{Mail, News, NoNotice, Webhook, retry};
use domain::names::EmailAddress;
use domain::ports::{Cause, LONGEST_DELAY, Mailer, PortError, Posted};
use futures_util::future::join_all;

use crate::Notifier;
use crate::message::{Again, Contact, Message, Told};

/// What came of a message, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    /// Contacts that have it.
    pub(crate) told: u64,
    /// Contacts that are given up.
    pub(crate) unreached: u64,
    /// Mails that the service will not take from us.
    pub(crate) refused: u64,
    /// Messages of another form than ours.
    pub(crate) dropped: u64,
}

impl Tally {
    pub(crate) const fn add(&mut self, other: Self) {
        self.told += other.told;
        self.unreached += other.unreached;
        self.refused += other.refused;
        self.dropped += other.dropped;
    }
}

/// What became of one try.
enum Tried {
    Told,
    /// It wants no more.
    Gone,
    Failed {
        why: String,
        /// It is a fault of the deployment's.
        ours: bool,
    },
}

/// Tells whom a message is for. Told again, it tells them again, with the same ID.
pub(crate) async fn tell(notifier: &Notifier, message: Message) -> Result<Tally, PortError> {
    let (told, only, tried) = match message {
        Message::Told(told) => (told, None, 0),
        Message::Again(again) if notifier.clock.now() < again.due => {
            wait(notifier, &again).await?;
            return Ok(Tally::default());
        }
        Message::Again(Again { told, only, tried, .. }) => (told, Some(only), tried),
    };
    let news = match News::read(&told.kind, told.time, &told.detail) {
        Ok(Some(news)) => news,
        Ok(None) => return Ok(Tally::default()),
        Err(error) => return Ok(dropped(&error)),
    };
    let found = notifier.connectors.get(&news.connector).await?;
    let Some((connector, _)) = found.filter(|(connector, _)| connector.state != State::Deleted) else {
        return Ok(Tally::default());
    };
    if connector.tenant != news.tenant {
        tracing::error!(
            connector.id = %news.connector, notice.id = news.id,
            "a notice was dropped: it names another tenant than its connector has"
        );
        return Ok(Tally { dropped: 1, ..Tally::default() });
    }
    let contacts = contacts(&connector, only.as_ref());
    let telling =
        contacts.into_iter().map(|contact| tell_one(notifier, &told, &news, &connector, contact, tried));
    let mut tally = Tally::default();
    for one in join_all(telling).await {
        tally.add(one?);
    }
    Ok(tally)
}

/// Those that the connector has now; of those, the one that is meant.
fn contacts(connector: &Connector, only: Option<&Contact>) -> Vec<Contact> {
    let emails = connector.contacts.emails.iter().cloned().map(Contact::Email);
    let webhook = connector.contacts.webhook.iter().map(|_| Contact::Webhook);
    webhook.chain(emails).filter(|contact| only.is_none_or(|only| only == contact)).collect()
}

async fn tell_one(
    notifier: &Notifier,
    told: &Told,
    news: &News,
    connector: &Connector,
    contact: Contact,
    tried: u32,
) -> Result<Tally, PortError> {
    let done = match (&contact, &connector.contacts.webhook, &notifier.mailer) {
        (Contact::Webhook, Some(webhook), _) => post(notifier, news, connector, webhook).await?,
        (Contact::Email(address), _, Some(mailer)) => mail(mailer.as_ref(), news, connector, address).await,
        // No sender: whoever set the address was told that it gets nothing.
        _ => return Ok(Tally::default()),
    };
    let tried = tried.saturating_add(1);
    let (about, kind) = (&connector.id, contact.kind());
    match done {
        Tried::Told => {
            tracing::info!(connector.id = %about, notice.id = news.id, contact = kind, tried, "a contact was told");
            Ok(Tally { told: 1, ..Tally::default() })
        }
        Tried::Gone => {
            tracing::warn!(
                connector.id = %about, notice.id = news.id, contact = kind, tried,
                "a contact wants no more: it answered 410"
            );
            Ok(Tally { unreached: 1, ..Tally::default() })
        }
        Tried::Failed { why, ours } => {
            let refused = u64::from(ours);
            if ours {
                tracing::error!(
                    connector.id = %about, notice.id = news.id, error = why, "a mail was refused; look at SES"
                );
            }
            let (now, random) = (notifier.clock.now(), notifier.randomness.next_u64());
            if let Some(due) = retry::next(told.time, tried, now, random) {
                wait(notifier, &Again { told: told.clone(), only: contact, tried, due }).await?;
                return Ok(Tally { refused, ..Tally::default() });
            }
            tracing::warn!(
                connector.id = %about, notice.id = news.id, contact = kind, tried, why,
                "a contact could not be told and is given up"
            );
            Ok(Tally { refused, unreached: 1, ..Tally::default() })
        }
    }
}

async fn post(
    notifier: &Notifier,
    news: &News,
    connector: &Connector,
    webhook: &Webhook,
) -> Result<Tried, PortError> {
    let now = notifier.clock.now();
    let mut secrets = Vec::new();
    for id in webhook.secrets(now) {
        let secret = notifier.connectors.secret(&connector.id, id).await?;
        let missing = || PortError::Bug {
            what: "signing for a webhook",
            source: Cause::from("the ledger lacks a secret that the settings name"),
        };
        secrets.push(secret.ok_or_else(missing)?);
    }
    Ok(match notifier.poster.post(&webhook.url, &news.signed(&secrets, now)).await {
        Posted::Taken => Tried::Told,
        Posted::Gone => Tried::Gone,
        Posted::NotTaken(why) => Tried::Failed { why, ours: false },
    })
}

async fn mail(mailer: &dyn Mailer, news: &News, connector: &Connector, address: &EmailAddress) -> Tried {
    match mailer.mail(address, &Mail::of(news, connector)).await {
        Ok(()) => Tried::Told,
        Err(error) => {
            let ours = !matches!(error, PortError::Transient { .. });
            Tried::Failed { why: error.chain(), ours }
        }
    }
}

/// Puts a message back until it is due, or for as long as the queue can hold it back.
async fn wait(notifier: &Notifier, again: &Again) -> Result<(), PortError> {
    let message = serde_json::to_string(again)
        .map_err(|error| PortError::Bug { what: "writing a message", source: Box::new(error) })?;
    let delay = again.due.since(notifier.clock.now()).min(LONGEST_DELAY);
    notifier.later.later(&message, delay).await
}

fn dropped(error: &NoNotice) -> Tally {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    tracing::error!(%error, cause, "a notice was dropped: it is not of our form");
    Tally { dropped: 1, ..Tally::default() }
}
