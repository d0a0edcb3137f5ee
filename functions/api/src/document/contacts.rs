//! The contacts of a connector, as the document describes them.

use serde_json::json;

use super::bodies::{AddressToConfirm, NewContacts};
use super::operation::{CONNECTORS, Operation};

pub(super) fn set(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "setContacts", "Set the contacts that get its notices")
        .description(
            "Replaces all contacts: omitted ones are removed. They are notified of problems and their \
             end, pauses and tests, at most once a day for each cause; not of individual files. If there \
             was no webhook, or one at another host, the response contains the secret that signs its \
             requests (`webhook_secret`), only this once; a webhook that moves to another path at its \
             host keeps its secret. If the response is lost, rotate the secret. An address gets nothing \
             before it is confirmed: a new one gets a mail with a link, from the tenant's budget of \
             confirmations, or waits for an operator; `addresses` says which.",
        )
        .body::<NewContacts>(
            json!({"emails": ["security@acme.example"], "webhook": "https://hooks.acme.example/auditferry"}),
        )
        .connector(200)
        .problem(429)
}

pub(super) fn rotate_webhook_secret(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "rotateWebhookSecret", "Rotate the webhook's secret")
        .description(
            "The new secret is in the response, only this once. For 24 hours each request has two \
             signatures, by the new and by the previous secret. Each call issues another, and only the \
             last two sign.",
        )
        .connector(200)
        .problem(429)
}

pub(super) fn test(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "testContacts", "Send a test to the contacts")
        .description(
            "Sent within about a minute; at most every five minutes. The result is in the notifier's log.",
        )
        .connector(202)
        .problem(429)
}

pub(super) fn ask(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "askContacts", "Send confirmation mails again")
        .description(
            "Each address that has not answered gets another mail with a link, within about a minute: at \
             most once a day, and three in all, from the tenant's budget of confirmations. A confirmation \
             mail that was not sent yet goes out too.",
        )
        .connector(202)
        .problem(429)
}

pub(super) fn confirm(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "confirmAddress", "Confirm an address")
        .description(
            "Operators only, on the basis of a contract. The address must be one of this connector's \
             contacts; it is confirmed for all of the tenant's connectors. Repeating it changes nothing.",
        )
        .body::<AddressToConfirm>(json!({"email": "security@acme.example"}))
        .connector(200)
        .problem(403)
}
