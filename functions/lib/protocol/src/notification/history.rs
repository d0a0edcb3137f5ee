//! At most one notice a day per cause and contact, so that a flapping connector does not flood its contacts.
//!
//! A cause is what is wrong with a connector: a block by its stage and code, a late file, a pause. The first
//! notice of a cause is sent at once. Further ones within a day are suppressed and counted, and the next
//! notice includes their number. The end of a block is sent if the block was. Nothing is lost by this: an
//! ongoing problem is repeated by the watchdog's reminder a day later; any other has ended.
//!
//! What happens once in a connector's life, its activation and its first file, is sent once: the number of
//! the first part and the verb make it so, and the history holds back another notice of the same.
//!
//! The decision is stored before the notice is sent, by a write that is conditional on the previous version.
//! The same notice gets the same decision again, so a crash between the two sends it twice rather than never.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::names::{EmailAddress, WebhookUrl};
use archive::time::Time;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sha2::Sha256;

use super::{ContactFact, ContactMessage};

/// The minimum time between two notices of one cause.
pub const NOTICE_COOLDOWN: Duration = Duration::from_hours(24);
/// The minimum time before a notice that comes once a day by itself (a reminder, unreadable items). It
/// is scheduled by the sender's clock and compared with the bus's, so it may come a little early.
const REMINDER_INTERVAL: Duration = Duration::from_hours(23);
/// How long a cause is remembered.
const CAUSE_RETENTION: Duration = Duration::from_hours(7 * 24);
/// The maximum number of remembered causes. Beyond it the oldest is forgotten, which sends one notice too
/// many, never too few.
const MAX_CAUSES: usize = 24;
/// The maximum length of a cause, in characters: longer than any known error code. A longer one is cut.
const MAX_CAUSE_LEN: usize = 100;

/// The key of a contact's state: its kind and a hash of its address or URL, which reveals neither. A webhook
/// with another URL is another contact, also on the same host, so that a new receiver does not miss what the
/// previous one was notified of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactKey(String);

impl ContactKey {
    /// The key of an e-mail address.
    #[must_use]
    pub fn of_address(address: &EmailAddress) -> Self {
        Self::of("email", &address.folded())
    }

    /// The key of a webhook.
    #[must_use]
    pub fn of_webhook(url: &WebhookUrl) -> Self {
        Self::of("webhook", url.as_str())
    }

    fn of(kind: &str, target: &str) -> Self {
        Self(format!("{kind}-{}", short_hash(target)))
    }

    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The first half of the SHA-256 of a text, in 32 hexadecimal digits.
#[must_use]
pub fn short_hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()).get(..16).unwrap_or_default())
}

/// What one contact was last notified of, for one connector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotificationHistory {
    /// Incremented by every change, from 1: a write is conditional on the previous one.
    #[serde(default)]
    pub version: u64,
    /// The last notice of each cause.
    #[serde(default)]
    causes: BTreeMap<String, LastNotice>,
}

/// The last notice of a cause that was sent, and what was suppressed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LastNotice {
    /// The ID of the notice.
    id: String,
    /// When it was published on the bus.
    at: Time,
    /// How many were suppressed before it.
    #[serde(default)]
    #[serde(rename = "with")]
    held_before: u64,
    /// Whether its end has not been sent yet.
    #[serde(default)]
    open: bool,
    /// How many were suppressed since.
    #[serde(default)]
    held: u64,
    /// The start of the problem that the last suppressed notice reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_since: Option<Time>,
    /// The ID of the last suppressed notice, so that it is counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_id: Option<String>,
}

/// Whether a notice is sent to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Send it, and report how many of the same cause were suppressed before it.
    Send {
        /// The number of suppressed notices.
        held_back: u64,
    },
    /// Suppress it, and count it for the next one.
    Hold,
}

/// The class of a notice, which decides how it is limited.
enum NoticeClass {
    /// Something is wrong, since `since` if that is known.
    Problem { cause: String, since: Option<Time>, paced: bool },
    /// A problem that began at `since` is over.
    Resolved { of: &'static str, since: Time },
    /// Something that happens once in a connector's life.
    Once { cause: &'static str },
    /// None of them; always sent.
    Other,
}

impl NotificationHistory {
    /// Whether this notice is sent, and what to store first; `None` if that was decided before.
    #[must_use]
    pub fn decide(&self, message: &ContactMessage) -> (Decision, Option<Self>) {
        match classify(&message.fact) {
            NoticeClass::Other => (Decision::Send { held_back: 0 }, None),
            NoticeClass::Once { cause } => self.on_once(message, cause),
            NoticeClass::Problem { cause, since, paced } => self.on_problem(message, cause, since, paced),
            NoticeClass::Resolved { of, since } => self.on_resolved(message, of, since),
        }
    }

    /// The first notice is sent, and again if it is handled again; any other of the cause is not.
    fn on_once(&self, message: &ContactMessage, cause: &'static str) -> (Decision, Option<Self>) {
        match self.causes.get(cause) {
            Some(last) if last.id == message.id => (Decision::Send { held_back: 0 }, None),
            Some(_) => (Decision::Hold, None),
            None => {
                let mut next = self.next(message.at);
                next.causes.insert(cause.to_owned(), LastNotice::of(message));
                (Decision::Send { held_back: 0 }, Some(next))
            }
        }
    }

    fn on_problem(
        &self,
        message: &ContactMessage,
        cause: String,
        since: Option<Time>,
        paced: bool,
    ) -> (Decision, Option<Self>) {
        let last = self.causes.get(&cause);
        if let Some(last) = last.filter(|last| last.id == message.id) {
            return (Decision::Send { held_back: last.held_before }, None);
        }
        let span = if paced { REMINDER_INTERVAL } else { NOTICE_COOLDOWN };
        let mut next = self.next(message.at);
        match last.filter(|last| last.suppresses(message.at, span)) {
            Some(last) if last.held_id.as_ref() == Some(&message.id) => (Decision::Hold, None),
            Some(last) => {
                let (held, held_id) = (last.held.saturating_add(1), Some(message.id.clone()));
                next.causes.insert(cause, LastNotice { held, held_since: since, held_id, ..last.clone() });
                (Decision::Hold, Some(next))
            }
            None => {
                let with = last.map_or(0, |last| last.held);
                let open = true;
                next.causes.insert(cause, LastNotice { held_before: with, open, ..LastNotice::of(message) });
                (Decision::Send { held_back: with }, Some(next))
            }
        }
    }

    fn on_resolved(
        &self,
        message: &ContactMessage,
        of: &'static str,
        since: Time,
    ) -> (Decision, Option<Self>) {
        let end = format!("end of {of}");
        if self.causes.get(&end).is_some_and(|last| last.id == message.id) {
            return (Decision::Send { held_back: 0 }, None);
        }
        let ended = |(cause, _): &(&String, &LastNotice)| cause.starts_with(of);
        let is_open = self.causes.iter().filter(ended).any(|(_, last)| last.open);
        let was_held = self.causes.iter().filter(ended).any(|(_, last)| last.held_since == Some(since));
        // The end of a problem that this contact was not notified of: it became a contact later, or the end
        // came first.
        let unknown_and_just_sent =
            || self.causes.get(&end).is_some_and(|last| last.suppresses(message.at, NOTICE_COOLDOWN));
        if !is_open && (was_held || unknown_and_just_sent()) {
            return (Decision::Hold, None);
        }
        let mut next = self.next(message.at);
        for (_, last) in next.causes.iter_mut().filter(|(cause, _)| cause.starts_with(of)) {
            last.open = false;
        }
        next.causes.insert(end, LastNotice::of(message));
        (Decision::Send { held_back: 0 }, Some(next))
    }

    /// The next version, without expired causes and with room for one more.
    fn next(&self, now: Time) -> Self {
        let mut causes = self.causes.clone();
        causes.retain(|_, last| now < last.at + CAUSE_RETENTION);
        while causes.len() >= MAX_CAUSES {
            let oldest = causes.iter().min_by_key(|(_, last)| last.at).map(|(cause, _)| cause.clone());
            let Some(oldest) = oldest else { break };
            causes.remove(&oldest);
        }
        Self { version: self.version + 1, causes }
    }
}

impl LastNotice {
    fn of(message: &ContactMessage) -> Self {
        let (id, at) = (message.id.clone(), message.at);
        Self { id, at, held_before: 0, open: false, held: 0, held_since: None, held_id: None }
    }

    /// Whether this notice suppresses one at `at` for `span`. A notice further in the future than that was
    /// stored by a wrong clock, and suppresses nothing.
    fn suppresses(&self, at: Time, span: Duration) -> bool {
        at < self.at + span && self.at <= at + span
    }
}

fn classify(fact: &ContactFact) -> NoticeClass {
    let problem = |cause: &str, since, paced| NoticeClass::Problem {
        cause: cause.chars().take(MAX_CAUSE_LEN).collect(),
        since,
        paced,
    };
    match fact {
        ContactFact::Blocked { since, stage, code, reminder, .. } => {
            let stage = stage.map_or("ours", |stage| stage.as_str());
            let cause = format!("blocked {stage} {}", code.as_deref().unwrap_or_default());
            problem(&cause, Some(*since), *reminder)
        }
        ContactFact::Late { since, reminder, .. } => problem("late", Some(*since), *reminder),
        ContactFact::Unreadable { .. } => problem("unreadable", None, true),
        ContactFact::Paused => problem("paused", None, false),
        ContactFact::Unsafe => problem("unsafe", None, false),
        ContactFact::Recovered { blocked_since, .. } => {
            NoticeClass::Resolved { of: "blocked", since: *blocked_since }
        }
        ContactFact::OnTime { late_since, .. } => NoticeClass::Resolved { of: "late", since: *late_since },
        ContactFact::Activated => NoticeClass::Once { cause: "activated" },
        ContactFact::FirstFile { .. } => NoticeClass::Once { cause: "first file" },
        ContactFact::Test => NoticeClass::Other,
    }
}

#[cfg(test)]
mod tests;
