//! At most one notice a day for each cause to each contact, so that a connector which flaps does not flood it.
//!
//! A cause is what is wrong with a connector: a block by its stage and code, a file that is late, a pause. The first
//! notice of a cause goes out at once; what follows within a day is held back, counted, and its number told with the
//! next. The end of a block goes out if the block did. Nothing is dropped by this for good: what lasts comes again as
//! the watchdog's reminder a day later, and what does not last is over.
//!
//! The decision is stored before the notice is sent, by a write that is conditional on the one before. The same notice
//! again gets the same answer, so that a crash between the two sends it twice and never not at all.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{ContactFact, ContactMessage};
use crate::names::{EmailAddress, WebhookUrl};
use crate::time::Time;

/// A notice of one cause goes out at most so often.
pub const MIN_INTERVAL: Duration = Duration::from_hours(24);
/// What comes once a day by itself (a reminder, what could not be read) goes out this much after the last: it is paced by
/// the clock of whoever sends it and judged here by the bus's, so it may come a little early.
const REMINDER_INTERVAL: Duration = Duration::from_hours(23);
/// A cause that is so old is forgotten.
const CAUSE_RETENTION: Duration = Duration::from_hours(7 * 24);
/// How many causes are remembered; of more the oldest are forgotten, which sends a notice too many and none too few.
const MAX_CAUSES: usize = 24;
/// A code of a storage platform is not longer; one that is is cut.
const MAX_CAUSE_LEN: usize = 100;

/// By what a contact's state is found: its kind and a hash of where it is, which tells nothing of it. A webhook that moves
/// is another contact, also on the same host, so that whoever is there now is not kept waiting for what another was
/// told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContactKey(String);

impl ContactKey {
    /// Of an address.
    #[must_use]
    pub fn of_address(address: &EmailAddress) -> Self {
        Self::of("email", &address.folded())
    }

    /// Of a webhook.
    #[must_use]
    pub fn of_webhook(url: &WebhookUrl) -> Self {
        Self::of("webhook", url.as_str())
    }

    fn of(kind: &str, place: &str) -> Self {
        Self(format!("{kind}-{}", short_hash(place)))
    }

    /// The text.
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

/// What one contact was last notified of, of one connector.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NotificationHistory {
    /// Counts the changes, from 1: a write is conditional on the one before.
    #[serde(default)]
    pub version: u64,
    /// By cause.
    #[serde(default)]
    causes: BTreeMap<String, LastNotice>,
}

/// The last notice of a cause that went out, and what was held back since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LastNotice {
    /// Its ID.
    id: String,
    /// When it was given to the bus.
    at: Time,
    /// How many were held back before it.
    #[serde(default)]
    #[serde(rename = "with")]
    held_before: u64,
    /// Whether its end was not sent yet.
    #[serde(default)]
    open: bool,
    /// How many were held back since.
    #[serde(default)]
    held: u64,
    /// Since when what the last of them was about had been wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_since: Option<Time>,
    /// The last of them, which is counted once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_id: Option<String>,
}

/// Whether a notice goes out to a contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It does, and so many of the same cause were held back before it.
    Send {
        /// How many.
        held_back: u64,
    },
    /// It is held back.
    Hold,
}

/// What a notice is to the rule.
enum NoticeClass {
    /// Something is wrong, since then if that is known.
    Problem { cause: String, since: Option<Time>, paced: bool },
    /// It is over; what was wrong since then.
    Resolved { of: &'static str, since: Time },
    /// Neither: it goes out.
    Other,
}

impl NotificationHistory {
    /// Whether this notice goes out, and what is to be stored first; nothing, if that was decided before.
    #[must_use]
    pub fn decide(&self, news: &ContactMessage) -> (Decision, Option<Self>) {
        match classify(&news.fact) {
            NoticeClass::Other => (Decision::Send { held_back: 0 }, None),
            NoticeClass::Problem { cause, since, paced } => self.on_problem(news, cause, since, paced),
            NoticeClass::Resolved { of, since } => self.on_resolved(news, of, since),
        }
    }

    fn on_problem(
        &self,
        news: &ContactMessage,
        cause: String,
        since: Option<Time>,
        paced: bool,
    ) -> (Decision, Option<Self>) {
        let last = self.causes.get(&cause);
        if let Some(last) = last.filter(|last| last.id == news.id) {
            return (Decision::Send { held_back: last.held_before }, None);
        }
        let span = if paced { REMINDER_INTERVAL } else { MIN_INTERVAL };
        let mut next = self.next(news.at);
        match last.filter(|last| last.suppresses(news.at, span)) {
            Some(last) if last.held_id.as_ref() == Some(&news.id) => (Decision::Hold, None),
            Some(last) => {
                let (held, held_id) = (last.held.saturating_add(1), Some(news.id.clone()));
                next.causes.insert(cause, LastNotice { held, held_since: since, held_id, ..last.clone() });
                (Decision::Hold, Some(next))
            }
            None => {
                let with = last.map_or(0, |last| last.held);
                let open = true;
                next.causes.insert(cause, LastNotice { held_before: with, open, ..LastNotice::of(news) });
                (Decision::Send { held_back: with }, Some(next))
            }
        }
    }

    fn on_resolved(&self, news: &ContactMessage, of: &'static str, since: Time) -> (Decision, Option<Self>) {
        let end = format!("end of {of}");
        if self.causes.get(&end).is_some_and(|last| last.id == news.id) {
            return (Decision::Send { held_back: 0 }, None);
        }
        let ended = |(cause, _): &(&String, &LastNotice)| cause.starts_with(of);
        let is_open = self.causes.iter().filter(ended).any(|(_, last)| last.open);
        let was_held = self.causes.iter().filter(ended).any(|(_, last)| last.held_since == Some(since));
        // The end of what this contact was sent nothing of: it became a contact meanwhile, or the end came first.
        let unknown_and_just_sent =
            || self.causes.get(&end).is_some_and(|last| last.suppresses(news.at, MIN_INTERVAL));
        if !is_open && (was_held || unknown_and_just_sent()) {
            return (Decision::Hold, None);
        }
        let mut next = self.next(news.at);
        for (_, last) in next.causes.iter_mut().filter(|(cause, _)| cause.starts_with(of)) {
            last.open = false;
        }
        next.causes.insert(end, LastNotice::of(news));
        (Decision::Send { held_back: 0 }, Some(next))
    }

    /// The next version, without what is forgotten at `now` and with room for one more.
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
    fn of(news: &ContactMessage) -> Self {
        let (id, at) = (news.id.clone(), news.at);
        Self { id, at, held_before: 0, open: false, held: 0, held_since: None, held_id: None }
    }

    /// Whether it keeps one of `at` from going out for so long. One that lies further ahead than that was stored by a
    /// clock that was wrong, and keeps nothing.
    fn suppresses(&self, at: Time, span: Duration) -> bool {
        at < self.at + span && self.at <= at + span
    }
}

fn classify(what: &ContactFact) -> NoticeClass {
    let trouble = |cause: &str, since, paced| NoticeClass::Problem {
        cause: cause.chars().take(MAX_CAUSE_LEN).collect(),
        since,
        paced,
    };
    match what {
        ContactFact::Blocked { since, stage, code, reminder, .. } => {
            let stage = stage.map_or("ours", |stage| stage.as_str());
            let cause = format!("blocked {stage} {}", code.as_deref().unwrap_or_default());
            trouble(&cause, Some(*since), *reminder)
        }
        ContactFact::Late { since, reminder, .. } => trouble("late", Some(*since), *reminder),
        ContactFact::Unreadable { .. } => trouble("unreadable", None, true),
        ContactFact::Paused => trouble("paused", None, false),
        ContactFact::Unsafe => trouble("unsafe", None, false),
        ContactFact::Recovered { blocked_since, .. } => {
            NoticeClass::Resolved { of: "blocked", since: *blocked_since }
        }
        ContactFact::OnTime { late_since, .. } => NoticeClass::Resolved { of: "late", since: *late_since },
        ContactFact::Test => NoticeClass::Other,
    }
}

#[cfg(test)]
mod tests;
