//! What contacts are told: read from a notice as the bus carries it, without what is the vendor's own.
//!
//! Left out are the parts that arrive as they should, who of the vendor's people did something, and the keys of the
//! vendor's table. A fault of the vendor's is told as one, without its details: the customer learns that its files
//! wait and that there is nothing for it to do.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::secret::seconds;
use super::{WebhookSecret, words};
use crate::fault::{Block, DeliveryStage};
use crate::names::{ConnectorId, TenantId};
use crate::part::PartNumber;
use crate::time::Time;

/// The kinds of notices that are told whatever they hold. `template.yaml` has the bus hand on the same.
pub const NOTIFIED_KINDS: [&str; 5] =
    ["ExportBlocked", "ExportRecovered", "ExportStale", "ExportOnTime", "ExportUnreadable"];

/// Of the changes of settings (`ConnectorChanged`) those that are told, by what was done.
/// With the last two addresses are asked to confirm, which is nobody's notice ([`asks_addresses`]).
pub const NOTIFIED_VERBS: [&str; 5] =
    ["pause", "refuse_destination", "test_contacts", "set_contacts", "ask_contacts"];

/// One notice, for a connector's own contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactMessage {
    /// The notice's ID: the same for the same fact, however often it is told.
    pub id: String,
    /// Its kind on the bus, such as `ExportBlocked`.
    pub kind: String,
    /// When the bus was told.
    pub at: Time,
    /// Whose.
    pub tenant: TenantId,
    /// Which connector.
    pub connector: ConnectorId,
    /// What happened.
    pub fact: ContactFact,
    /// How many of the same cause were held back before it.
    pub held_back: u64,
}

/// What happened, as customers are told of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum ContactFact {
    /// Files can't be delivered; or still can't, a day later.
    Blocked {
        /// Since when.
        since: Time,
        /// Where: `assume_role` or `put_object`. Not told of a fault of the vendor's.
        #[serde(skip_serializing_if = "Option::is_none")]
        stage: Option<DeliveryStage>,
        /// The storage platform's own error code. Not told of a fault of the vendor's.
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        /// Why.
        cause: String,
        /// What to do.
        remedy: String,
        /// It was told before, and lasts.
        reminder: bool,
        /// How many files wait.
        waiting_files: u64,
        /// Up to when everything is sealed, and so safe.
        sealed_to: Time,
        /// From then on events would be lost; none would if it is not there.
        #[serde(skip_serializing_if = "Option::is_none")]
        lost_from: Option<Time>,
    },
    /// Files are delivered again.
    Recovered {
        /// Since when they had not been.
        blocked_since: Time,
        /// For how long, seconds.
        blocked_seconds: u64,
        /// How many files waited.
        waiting_files: u64,
    },
    /// A file does not come, and the customer can't mend it; or still does not, a day later.
    Late {
        /// When it should have come.
        since: Time,
        /// It was told before, and lasts.
        reminder: bool,
        /// Up to when everything is sealed, and so safe.
        sealed_to: Time,
        /// From then on events would be lost; none would if it is not there.
        #[serde(skip_serializing_if = "Option::is_none")]
        lost_from: Option<Time>,
    },
    /// It comes again.
    OnTime {
        /// Since when it had not.
        late_since: Time,
        /// Up to when everything is sealed.
        sealed_to: Time,
    },
    /// A file holds records in place of items that could not be read as events.
    Unreadable {
        /// The file's number.
        part: PartNumber,
        /// How many such records are in it.
        items: u64,
    },
    /// Delivery was paused by someone.
    Paused,
    /// Delivery was paused because the customer's role is not safe.
    Unsafe,
    /// Someone tests the contacts.
    Test,
}

/// A request to a webhook: its headers and its body.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`.
    pub timestamp: String,
    /// `webhook-signature`.
    pub signature: String,
    /// The body, JSON.
    pub body: Vec<u8>,
}

/// A signature is good for as long as its receiver takes it, so it is not shown.
impl std::fmt::Debug for SignedRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signed({} of {})", self.id, self.timestamp)
    }
}

/// A notice of a kind that is told, of another form than ours.
#[derive(Debug, thiserror::Error)]
#[error("a notice of the kind {kind} can't be read")]
pub struct NoticeParseError {
    /// Its kind.
    kind: String,
    /// What is wrong with it.
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
    /// Reads what the bus was told at `at`: a notice's kind and its detail. `None` if it is none of a contact's.
    ///
    /// # Errors
    /// If it is of a kind that is told, and of another form than ours.
    pub fn read(kind: &str, at: Time, detail: &Value) -> Result<Option<Self>, NoticeParseError> {
        let read = || -> Result<Option<Self>, serde_json::Error> {
            let Some(what) = parse_fact(kind, detail)? else { return Ok(None) };
            let Common { id, tenant, connector } = Common::deserialize(detail)?;
            let kind = kind.to_owned();
            Ok(Some(Self { id, kind, at, tenant, connector, fact: what, held_back: 0 }))
        };
        read().map_err(|source| NoticeParseError { kind: kind.to_owned(), source })
    }

    /// The request to a webhook at `now`, with a signature by each of the secrets.
    ///
    /// Its ID is made from the notice's, which may hold characters that no header takes and the dots that separate
    /// what is signed.
    #[must_use]
    pub fn sign(&self, secrets: &[WebhookSecret], now: Time) -> SignedRequest {
        let digest = Sha256::digest(self.id.as_bytes());
        let id = format!("msg_{}", hex::encode(digest.get(..16).unwrap_or_default()));
        let body = self.body().to_string().into_bytes();
        let signatures: Vec<String> = secrets.iter().map(|secret| secret.sign(&id, now, &body)).collect();
        SignedRequest { id, timestamp: seconds(now).to_string(), signature: signatures.join(" "), body }
    }

    /// Kind, time and the notice itself, with what a person reads.
    fn body(&self) -> Value {
        let mut data = serde_json::to_value(&self.fact).unwrap_or_default();
        if !data.is_object() {
            data = json!({});
        }
        if let Some(fields) = data.as_object_mut() {
            fields.insert("id".into(), json!(self.id));
            fields.insert("tenant".into(), json!(self.tenant));
            fields.insert("connector".into(), json!(self.connector));
            fields.insert("message".into(), json!(words::headline(&self.fact)));
            if self.held_back > 0 {
                fields.insert("held_back".into(), json!(self.held_back));
            }
        }
        json!({ "type": self.kind, "timestamp": self.at, "data": data })
    }
}

/// Whether a notice says that a connector's addresses are to be asked whether they want notices, and which connector's.
///
/// # Errors
/// If it is of that kind and of another form than ours.
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

fn blocked(told: Blocked) -> ContactFact {
    let Blocked { block, waiting_parts, sealed_to, loss, reminder } = told;
    let Block { stage, kind: reason, code, cause, remedy, since, .. } = block;
    let is_ours = reason.is_internal() || stage == DeliveryStage::Read;
    let (stage, code) = if is_ours { (None, None) } else { (Some(stage), Some(code)) };
    let (cause, remedy) = if is_ours { words::vendor_fault() } else { (cause, remedy) };
    let (waiting_files, lost_from) = (waiting_parts, loss.lost_from);
    ContactFact::Blocked { since, stage, code, cause, remedy, reminder, waiting_files, sealed_to, lost_from }
}
