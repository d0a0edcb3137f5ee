//! The messages of the notifier's queue: a notice as the bus hands it on, or one contact of a notice that is to be tried
//! again.

use domain::names::{EmailAddress, TenantId};
use domain::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(crate) enum Message {
    /// Of our own.
    Retry(Retry),
    /// Of the bus.
    Event(BusEvent),
}

/// An event of the bus, as far as it matters here.
/// Source: EventBridge user guide, "AWS service event metadata".
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BusEvent {
    #[serde(rename = "detail-type")]
    pub(crate) kind: String,
    pub(crate) time: Time,
    pub(crate) detail: Value,
}

/// One contact of a notice, which is to be tried later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Retry {
    #[serde(rename = "again")]
    pub(crate) event: BusEvent,
    /// Whose it is.
    #[serde(rename = "of")]
    pub(crate) tenant: TenantId,
    #[serde(rename = "only")]
    pub(crate) contact: Contact,
    /// How often it was tried.
    #[serde(rename = "tried")]
    pub(crate) attempts: u32,
    /// When to try again: further ahead than a queue can hold a message back, if need be.
    pub(crate) due: Time,
    /// How many notices of the same cause were held back before this one.
    #[serde(default)]
    pub(crate) held_back: u64,
    /// For how many seconds the webhook is waited for, where the tenant has paid for the next try already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "paid")]
    pub(crate) reserved_seconds: Option<u64>,
}

/// Who is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Contact {
    Webhook,
    Email(EmailAddress),
}

impl Contact {
    /// For a log: of an address nothing but that it is one.
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
    fn an_event_of_the_bus_and_what_is_made_of_it_are_told_apart() {
        let event = json!({
            "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "ExportBlocked",
            "source": "auditferry", "account": "111111111111", "time": "2026-11-20T20:15:30Z",
            "region": "eu-central-1", "resources": [], "detail": {"id": "x"},
        });
        let Message::Event(told) = serde_json::from_value(event).unwrap() else { panic!("an event") };
        assert_eq!((told.kind.as_str(), &told.detail["id"]), ("ExportBlocked", &json!("x")));
        for only in [Contact::Webhook, Contact::Email("a@acme.example".parse().unwrap())] {
            let again = Retry {
                event: told.clone(),
                tenant: "acme".parse().unwrap(),
                contact: only.clone(),
                attempts: 2,
                due: Time::LAST,
                held_back: 3,
                reserved_seconds: Some(10),
            };
            let text = serde_json::to_string(&again).unwrap();
            let Message::Retry(again) = serde_json::from_str(&text).unwrap() else { panic!("{text}") };
            assert_eq!((again.contact, again.attempts, again.due), (only, 2, Time::LAST));
            assert_eq!(
                (again.tenant.as_str(), again.held_back, again.reserved_seconds),
                ("acme", 3, Some(10))
            );
        }
    }

    #[test]
    fn anything_else_is_no_message() {
        for other in ["", "{}", "[]", "7", r#"{"connector_id": "con_0000000000000001"}"#, r#"{"again": {}}"#]
        {
            assert!(serde_json::from_str::<Message>(other).is_err(), "{other}");
        }
    }
}
