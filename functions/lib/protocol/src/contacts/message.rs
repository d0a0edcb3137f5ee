//! Messages to contacts: parsed from a notice as the bus carries it, without vendor internals.
//!
//! Left out are regular deliveries, the names of the vendor's people, and the keys of the vendor's table. An
//! internal error of the vendor is reported as one, without its details: the customer learns that its files
//! wait and that it need not act.

use archive::names::{ConnectorId, TenantId};
use archive::part::PartNumber;
use archive::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Digest as _;
use sha2::Sha256;

use super::secret::seconds;
use super::{WebhookSecret, text};
use crate::delivery_error::{Block, DeliveryStage};

/// The kinds of notices that are always sent to contacts. The bus rule in `template.yaml` has the same list.
pub const NOTIFIED_KINDS: [&str; 5] =
    ["ExportBlocked", "ExportRecovered", "ExportStale", "ExportOnTime", "ExportUnreadable"];

/// The changes of settings (`ConnectorChanged`) that concern contacts, by kind of change. The last two
/// request consent and are not messages themselves ([`requests_consent`]).
pub const NOTIFIED_VERBS: [&str; 5] =
    ["pause", "refuse_destination", "test_contacts", "set_contacts", "ask_contacts"];

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

/// A notice of a known kind with an unexpected form.
#[derive(Debug, thiserror::Error)]
#[error("cannot parse a notice of the kind {kind}")]
pub struct NoticeParseError {
    /// The kind of the notice.
    kind: String,
    source: serde_json::Error,
}

#[derive(Deserialize)]
struct Common {
    id: String,
    tenant: TenantId,
    connector: ConnectorId,
}

#[derive(Deserialize)]
struct Loss {
    lost_from: Option<Time>,
}

#[derive(Deserialize)]
struct Blocked {
    block: Block,
    waiting_parts: u64,
    sealed_to: Time,
    loss: Loss,
    reminder: bool,
}

#[derive(Deserialize)]
struct Recovered {
    blocked_since: Time,
    blocked_seconds: u64,
    waiting_parts: u64,
}

#[derive(Deserialize)]
struct Stale {
    since: Time,
    sealed_to: Time,
    loss: Loss,
    reminder: bool,
}

#[derive(Deserialize)]
struct OnTime {
    stale_since: Time,
    sealed_to: Time,
}

#[derive(Deserialize)]
struct Unreadable {
    part: PartNumber,
    items: u64,
}

#[derive(Deserialize)]
struct Changed {
    what: String,
}

impl ContactMessage {
    /// Parses a notice published at `at`: its kind and its detail. `None` if it does not concern contacts.
    ///
    /// # Errors
    /// If it is of a known kind with an unexpected form.
    pub fn read(kind: &str, at: Time, detail: &Value) -> Result<Option<Self>, NoticeParseError> {
        let read = || -> Result<Option<Self>, serde_json::Error> {
            let Some(fact) = parse_fact(kind, detail)? else { return Ok(None) };
            let Common { id, tenant, connector } = Common::deserialize(detail)?;
            let kind = kind.to_owned();
            Ok(Some(Self { id, kind, at, tenant, connector, fact, held_back: 0 }))
        };
        read().map_err(|source| NoticeParseError { kind: kind.to_owned(), source })
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
    let read = || -> Result<Option<(TenantId, ConnectorId)>, serde_json::Error> {
        if kind != "ConnectorChanged" {
            return Ok(None);
        }
        let Changed { what } = Changed::deserialize(detail)?;
        if !matches!(what.as_str(), "set_contacts" | "ask_contacts") {
            return Ok(None);
        }
        let Common { tenant, connector, .. } = Common::deserialize(detail)?;
        Ok(Some((tenant, connector)))
    };
    read().map_err(|source| NoticeParseError { kind: kind.to_owned(), source })
}

fn parse_fact(kind: &str, detail: &Value) -> Result<Option<ContactFact>, serde_json::Error> {
    Ok(Some(match kind {
        "ExportBlocked" => blocked(Blocked::deserialize(detail)?),
        "ExportRecovered" => {
            let Recovered { blocked_since, blocked_seconds, waiting_parts } = Recovered::deserialize(detail)?;
            ContactFact::Recovered { blocked_since, blocked_seconds, waiting_files: waiting_parts }
        }
        "ExportStale" => {
            let Stale { since, sealed_to, loss, reminder } = Stale::deserialize(detail)?;
            ContactFact::Late { since, reminder, sealed_to, lost_from: loss.lost_from }
        }
        "ExportOnTime" => {
            let OnTime { stale_since, sealed_to } = OnTime::deserialize(detail)?;
            ContactFact::OnTime { late_since: stale_since, sealed_to }
        }
        "ExportUnreadable" => {
            let Unreadable { part, items } = Unreadable::deserialize(detail)?;
            ContactFact::Unreadable { part, items }
        }
        "ConnectorChanged" => match Changed::deserialize(detail)?.what.as_str() {
            "pause" => ContactFact::Paused,
            "refuse_destination" => ContactFact::Unsafe,
            "test_contacts" => ContactFact::Test,
            _ => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn blocked(detail: Blocked) -> ContactFact {
    let Blocked { block, waiting_parts, sealed_to, loss, reminder } = detail;
    let Block { stage, kind, code, cause, remedy, since, .. } = block;
    let is_internal = kind.is_internal() || stage == DeliveryStage::Read;
    let (stage, code) = if is_internal { (None, None) } else { (Some(stage), Some(code)) };
    let (cause, remedy) = if is_internal { text::internal_error_text() } else { (cause, remedy) };
    let (waiting_files, lost_from) = (waiting_parts, loss.lost_from);
    ContactFact::Blocked { since, stage, code, cause, remedy, reminder, waiting_files, sealed_to, lost_from }
}
