//! Messages to contacts: parsed from a notice as the bus carries it, without vendor internals.
//!
//! Left out are all deliveries but a connector's first, the names of the vendor's people, and the keys of the
//! vendor's table. An internal error of the vendor is reported as one, without its details: the customer
//! learns that its files wait and that it need not act.

use archive::names::{ConnectorId, TenantId};
use archive::part::PartNumber;
use archive::time::Time;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Digest as _;
use sha2::Sha256;

use super::text;
use crate::connector::Verb;
use crate::contacts::{WebhookSecret, seconds};
use crate::delivery_error::{Block, DeliveryStage};
use crate::notice::{
    Blocked, Changed, Delivery, Fact, Notice, NoticeKind, NoticeParseError, OnTime, Open, Recovery, Stale,
    UnreadableItems,
};

/// The kinds of notices that are always sent to contacts. The bus rule in `template.yaml` has the same list.
pub const NOTIFIED_KINDS: [&str; 5] = [
    NoticeKind::Blocked.as_str(),
    NoticeKind::Recovered.as_str(),
    NoticeKind::Stale.as_str(),
    NoticeKind::OnTime.as_str(),
    NoticeKind::Unreadable.as_str(),
];

/// The kinds of notices that are sent to contacts for a connector's first part, and for no other. The bus
/// rule in `template.yaml` has the same list.
pub const FIRST_FILE_KINDS: [&str; 2] = [NoticeKind::Delivered.as_str(), NoticeKind::Heartbeat.as_str()];

/// The changes of settings (`ConnectorChanged`) that concern contacts, by kind of change. The last two
/// request consent and are not messages themselves ([`requests_consent`]).
pub const NOTIFIED_VERBS: [Verb; 6] = [
    Verb::Activate,
    Verb::Pause,
    Verb::RefuseDestination,
    Verb::TestContacts,
    Verb::SetContacts,
    Verb::AskContacts,
];

/// One notice, for a connector's own contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactMessage {
    /// The notice's ID: the same for the same fact, however often it is published.
    pub id: String,
    /// Its kind on the bus, such as `ExportBlocked`.
    pub kind: String,
    /// When it was published on the bus.
    pub at: Time,
    /// The tenant of the connector.
    pub tenant: TenantId,
    /// The connector that this is about.
    pub connector: ConnectorId,
    /// What happened, without vendor internals.
    pub fact: ContactFact,
    /// How many of the same cause were suppressed before it.
    pub held_back: u64,
}

/// What happened, as customers see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContactFact {
    /// Files cannot be delivered; or still cannot, a day later.
    Blocked {
        /// Since when files cannot be delivered.
        since: Time,
        /// Where: `assume_role` or `put_object`. `None` for the vendor's internal errors.
        #[serde(skip_serializing_if = "Option::is_none")]
        stage: Option<DeliveryStage>,
        /// The storage platform's own error code. `None` for the vendor's internal errors.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why, in one sentence.
        cause: String,
        /// What to do, in one sentence.
        remedy: String,
        /// Whether this repeats an earlier message, because the state lasts.
        reminder: bool,
        /// How many files wait.
        waiting_files: u64,
        /// Up to when everything is sealed, and so safe.
        sealed_to: Time,
        /// When events would start to be lost; `None` if none would be.
        #[serde(skip_serializing_if = "Option::is_none")]
        lost_from: Option<Time>,
    },
    /// Files are delivered again.
    Recovered {
        /// When it was due.
        blocked_since: Time,
        /// For how long, seconds.
        blocked_seconds: u64,
        /// How many files waited.
        waiting_files: u64,
    },
    /// A file is overdue and the customer cannot fix it; or still is, a day later.
    Late {
        /// When it should have come.
        since: Time,
        /// Whether this repeats an earlier message, because the state lasts.
        reminder: bool,
        /// Up to when everything is sealed, and so safe.
        sealed_to: Time,
        /// When events would start to be lost; `None` if none would be.
        #[serde(skip_serializing_if = "Option::is_none")]
        lost_from: Option<Time>,
    },
    /// Files are on time again.
    OnTime {
        /// Since when they had been late.
        late_since: Time,
        /// Up to when everything is sealed.
        sealed_to: Time,
    },
    /// A file contains records in place of items that could not be read as events.
    Unreadable {
        /// The number of the file's part.
        part: PartNumber,
        /// How many such records it contains.
        items: u64,
    },
    /// Export was activated. It happens once in a connector's life.
    Activated,
    /// The first file has arrived.
    FirstFile {
        /// How many events it contains; 0 if it is a heartbeat.
        events: u64,
        /// The exclusive end of what it covers.
        covered_to: Time,
        /// The object's name below the prefix.
        name: String,
    },
    /// Delivery was paused by someone.
    Paused,
    /// Delivery was paused because the customer's role is not safe.
    Unsafe,
    /// A test of the contacts.
    Test,
}

/// A request to a webhook: its headers and its body.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// The header `webhook-id`; the same for each attempt.
    pub id: String,
    /// The header `webhook-timestamp`, seconds since 1970.
    pub timestamp: String,
    /// The header `webhook-signature`.
    pub signature: String,
    /// The body, JSON; exactly these bytes are signed.
    pub body: Vec<u8>,
}

/// The signature is omitted: it is valid for as long as the receiver accepts it.
impl std::fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SignedRequest({} of {})", self.id, self.timestamp)
    }
}

impl ContactMessage {
    /// Parses a notice published at `at`: its kind and its detail. `None` if it does not concern contacts.
    ///
    /// # Errors
    /// If it is of a kind that concerns contacts with an unexpected form.
    pub fn read(kind: &str, at: Time, detail: &Value) -> Result<Option<Self>, NoticeParseError> {
        // Of the notices of deliveries only the first concerns contacts, so no other is parsed.
        let is_first_file = FIRST_FILE_KINDS.contains(&kind)
            && detail.get("part").and_then(Value::as_u64) == Some(PartNumber::FIRST.get());
        if !is_first_file && !NOTIFIED_KINDS.contains(&kind) && kind != NoticeKind::Changed.as_str() {
            return Ok(None);
        }
        let Some(Notice { id, tenant, connector, fact }) = Notice::parse(kind, detail)? else {
            return Ok(None);
        };
        let kind = kind.to_owned();
        Ok(contact_fact(fact).map(|fact| Self { id, kind, at, tenant, connector, fact, held_back: 0 }))
    }

    /// The request to a webhook at `now`, with a signature by each of the secrets.
    ///
    /// Its ID is derived from the notice's, which may contain characters that headers don't allow and the
    /// dots that separate the signed parts.
    #[must_use]
    pub fn sign(&self, secrets: &[WebhookSecret], now: Time) -> SignedRequest {
        let digest = Sha256::digest(self.id.as_bytes());
        let id = format!("msg_{}", hex::encode(digest.get(..16).unwrap_or_default()));
        let body = self.body().to_string().into_bytes();
        let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&id, now, &body)).collect();
        SignedRequest { id, timestamp: seconds(now).to_string(), signature: signatures.join(" "), body }
    }

    /// Kind, time and the notice itself, with a readable text.
    fn body(&self) -> Value {
        let mut data = serde_json::to_value(&self.fact).unwrap_or_default();
        if !data.is_object() {
            data = json!({});
        }
        if let Some(fields) = data.as_object_mut() {
            fields.insert("id".into(), json!(self.id));
            fields.insert("tenant".into(), json!(self.tenant));
            fields.insert("connector".into(), json!(self.connector));
            fields.insert("message".into(), json!(text::headline(&self.fact)));
            if self.held_back > 0 {
                fields.insert("held_back".into(), json!(self.held_back));
            }
        }
        json!({ "type": self.kind, "timestamp": self.at, "data": data })
    }
}

/// The connector whose addresses a notice asks for their consent; `None` for any other notice.
///
/// # Errors
/// If it is of that kind with an unexpected form.
pub fn requests_consent(
    kind: &str,
    detail: &Value,
) -> Result<Option<(TenantId, ConnectorId)>, NoticeParseError> {
    if kind != NoticeKind::Changed.as_str() {
        return Ok(None);
    }
    Ok(Notice::parse(kind, detail)?.and_then(|Notice { tenant, connector, fact, .. }| match fact {
        Fact::Changed(Changed { what: Open::Known(Verb::SetContacts | Verb::AskContacts), .. }) => {
            Some((tenant, connector))
        }
        _ => None,
    }))
}

/// The fact as contacts see it; `None` if it does not concern them.
fn contact_fact(fact: Fact) -> Option<ContactFact> {
    Some(match fact {
        Fact::Blocked(detail) => blocked(detail),
        Fact::Recovered(Recovery { blocked_since, blocked_seconds, backlog, .. }) => {
            let waiting_files = backlog.waiting_parts;
            ContactFact::Recovered { blocked_since, blocked_seconds, waiting_files }
        }
        Fact::Stale(Stale { since, backlog, loss, reminder }) => {
            let (sealed_to, lost_from) = (backlog.sealed_to, loss.lost_from);
            ContactFact::Late { since, reminder, sealed_to, lost_from }
        }
        Fact::OnTime(OnTime { stale_since, backlog, .. }) => {
            ContactFact::OnTime { late_since: stale_since, sealed_to: backlog.sealed_to }
        }
        Fact::Unreadable(UnreadableItems { part, items, .. }) => ContactFact::Unreadable { part, items },
        Fact::Changed(Changed { what: Open::Known(verb), .. }) => match verb {
            Verb::Activate => ContactFact::Activated,
            Verb::Pause => ContactFact::Paused,
            Verb::RefuseDestination => ContactFact::Unsafe,
            Verb::TestContacts => ContactFact::Test,
            _ => return None,
        },
        Fact::Delivered(Delivery { events, window, name, .. })
        | Fact::Heartbeat(Delivery { events, window, name, .. }) => {
            ContactFact::FirstFile { events, covered_to: window.to, name }
        }
        Fact::Changed(Changed { what: Open::Newer(_), .. }) => return None,
    })
}

fn blocked(detail: Blocked) -> ContactFact {
    let Blocked { block, backlog, loss, reminder } = detail;
    let Block { stage, kind, code, cause, remedy, since, .. } = block;
    let is_internal = kind.is_internal() || stage == DeliveryStage::Read;
    let (stage, code) = if is_internal { (None, None) } else { (Some(stage), Some(code)) };
    let (cause, remedy) = if is_internal { text::internal_error_text() } else { (cause, remedy) };
    let (waiting_files, sealed_to, lost_from) = (backlog.waiting_parts, backlog.sealed_to, loss.lost_from);
    ContactFact::Blocked { since, stage, code, cause, remedy, reminder, waiting_files, sealed_to, lost_from }
}
