//! Connectors as resources, as the document describes them.

use serde_json::json;

use super::bodies::{Edit, NewConnector};
use super::operation::{CONNECTORS, Operation};
use super::responses;
use crate::views::{ConnectorPage, Deleted, Detail};

pub(super) fn create(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "createConnector", "Create a connector")
        .description(
            "It is a draft, and has its external ID at once. No field sets the external ID. Naming a \
             destination reserves nothing; passing verification does: then the connector owns role and \
             folder.",
        )
        .body::<NewConnector>(json!({
            "tenant": "acme",
            "frequency": 1,
            "encoding": {"format": "json", "compression": "gzip"},
        }))
        .answer::<Detail<'_>>(201, "Created, now or earlier with the same key and values.")
        .header("ETag", responses::refer_to_etag())
        .header(
            "Location",
            json!({"description": "The connector's path.", "required": true, "schema": {"type": "string"}}),
        )
        .problem(403)
        .problem(429)
}

pub(super) fn list(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "listConnectors", "List connectors")
        .description(
            "Sorted by ID, without deleted ones. A tenant gets its own; an operator those of one tenant, \
             or all.",
        )
        .query(
            "tenant",
            "Only this tenant's connectors, by its exact ID, percent-encoded. A tenant may name \
                     itself.",
            &json!({"$ref": "#/components/schemas/TenantId"}),
        )
        .query(
            "deleted",
            "Include deleted connectors, of which only the records are left.",
            &json!({"type": "boolean", "default": false}),
        )
        .page("ConnectorCursor")
        .answer::<ConnectorPage<'_>>(200, "A page.")
        .problem(403)
}

pub(super) fn read(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "readConnector", "Read a connector with its health and progress")
        .connector(200)
}

pub(super) fn update(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "updateConnector", "Change settings")
        .description(
            "Omitted fields keep their values; an object is replaced as a whole. A new destination pauses \
             delivery (sealing goes on) and is verified at once, unless it has passed before. That takes \
             seconds, and the response contains the `verification`. If it passed, an active connector \
             continues by itself and a draft is ready. If not, the change is kept and nothing is \
             delivered until `verify` or `resume` passes. The change is also kept if the verification \
             ends with a problem (`role_taken`, `destination_taken`, 5xx).",
        )
        .body::<Edit>(json!({
            "destination": {
                "role": "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery",
                "bucket": "acme-audit-log",
                "region": "eu-central-1",
                "prefix": "auditferry",
            },
        }))
        .connector(200)
        .problem(403)
        .problem(429)
}

pub(super) fn delete(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "deleteConnector", "Delete a connector")
        .description(
            "Role and destination are released; the records stay. If the connector ever ran, the first \
             response is 409 `would_lose`, which says what would be lost; to delete anyway, repeat with \
             `accept_loss=true`.",
        )
        .query(
            "accept_loss",
            "Delete even if events or files would be lost.",
            &json!({"type": "boolean", "default": false}),
        )
        .answer::<Deleted<'_>>(200, "Deleted.")
}
