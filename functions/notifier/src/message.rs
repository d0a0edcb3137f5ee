//! The messages of the notifier's queue: a notice from the bus, or a retry for one contact of a notice.

use archive::names::{EmailAddress, TenantId};
use archive::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message of the queue.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Message {
    /// A retry, sent by the notifier itself.
    Retry(Retry),
    /// A notice, sent by a rule of the bus.
    Event(BusEvent),
}

/// An event of the bus; only the fields that the notifier needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BusEvent {
    #[serde(rename = "detail-type")]
    pub(crate) kind: String,
    pub(crate) time: Time,
    pub(crate) detail: Value,
}

/// A retry: one contact of a notice, and when to try it again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Retry {
    #[serde(rename = "again")]
    pub(crate) event: BusEvent,
    #[serde(rename = "of")]
    pub(crate) tenant: TenantId,
    #[serde(rename = "only")]
    pub(crate) contact: Contact,
    /// The number of attempts so far.
    #[serde(rename = "tried")]
    pub(crate) attempts: u32,
    /// When to try again; may be later than the queue's maximum delay.
    pub(crate) due: Time,
    /// How many notices of the same cause were held back before this one.
    #[serde(default)]
    pub(crate) held_back: u64,
    /// The webhook's timeout in seconds, if the tenant has already reserved the time for the next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "paid")]
    pub(crate) reserved_seconds: Option<u64>,
}

/// A contact of the connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contact {
    Webhook,
    Email(EmailAddress),
}

impl Contact {
    /// The kind, for a log: an address is never logged.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Email(_) => "e-mail",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_of_the_bus_and_a_retry_of_it_are_distinguished() {
        let event = json!({
            "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "ExportBlocked",
            "source": "auditferry", "account": "111111111111", "time": "2026-11-20T20:15:30Z",
            "region": "eu-central-1", "resources": [], "detail": {"id": "x"},
        });
        let Message::Event(event) = serde_json::from_value(event).unwrap() else { panic!("an event") };
        assert_eq!((event.kind.as_str(), &event.detail["id"]), ("ExportBlocked", &json!("x")));
        for contact in [Contact::Webhook, Contact::Email("a@acme.example".parse().unwrap())] {
            let retry = Retry {
                event: event.clone(),
                tenant: "acme".parse().unwrap(),
                contact: contact.clone(),
                attempts: 2,
                due: Time::LAST,
                held_back: 3,
                reserved_seconds: Some(10),
            };
            let text = serde_json::to_string(&retry).unwrap();
            let Message::Retry(retry) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
            assert_eq!((retry.contact, retry.attempts, retry.due), (contact, 2, Time::LAST));
            assert_eq!(
                (retry.tenant.as_str(), retry.held_back, retry.reserved_seconds),
                ("acme", 3, Some(10))
            );
        }
    }

    #[test]
    fn anything_else_is_not_a_message() {
        for text in ["", "{}", "[]", "7", r#"{"connector_id": "con_0000000000000001"}"#, r#"{"again": {}}"#] {
            assert!(serde_json::from_str::<Message>(text).is_err(), "{text}");
        }
    }
}
