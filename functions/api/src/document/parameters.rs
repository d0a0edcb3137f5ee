//! The parameters that several operations have.

use archive::names::{ConnectorId, IdempotencyKey};
use protocol::portal::LinkId;
use serde_json::{Value, json};

use super::values::EntityTag;
use crate::pagination::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::schema::{Components, whole};

/// A reference to one of them.
pub(super) fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/parameters/{name}")})
}

pub(super) fn all(components: &mut Components) -> Value {
    json!({
        "Id": {
            "name": "id",
            "in": "path",
            "required": true,
            "schema": components.refer::<ConnectorId>(),
        },
        "IfMatch": {
            "name": "If-Match",
            "in": "header",
            "description": "The ETag that was read. The request is executed only if it is still the current \
                            version.",
            "schema": components.refer::<EntityTag>(),
            "example": "\"3\"",
        },
        "IdempotencyKey": {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The same for each repetition of one request, 1 to 255 visible ASCII characters, \
                            such as a UUID. The key of a creation belongs to its tenant, until the connector \
                            is deleted; the key of a run to its connector, until another key is used.",
            "schema": {
                "type": "string",
                "minLength": 1,
                "maxLength": IdempotencyKey::MAX_BYTES,
                "pattern": whole(IdempotencyKey::PATTERN),
            },
        },
        "Link": {
            "name": "link",
            "in": "path",
            "required": true,
            "schema": components.refer::<LinkId>(),
        },
        "Limit": {
            "name": "limit",
            "in": "query",
            "description": "Maximum number of items on the page.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        },
        // A cursor is the hexadecimal form of what it stands for: here the digits of an ID, and of numbers.
        "ConnectorCursor": cursor("connector:con_", "(3[0-9]|6[1-6]){16}"),
        "ExportCursor": cursor("part:", "(3[0-9]){1,19}"),
        "ChangeCursor": cursor("change:", "(3[0-9]){1,19}"),
        "PortalLinkCursor": cursor("link:lnk_", "(3[0-9]|6[1-6]){28}"),
    })
}

fn cursor(start: &str, item: &str) -> Value {
    json!({
        "name": "cursor",
        "in": "query",
        "description": "The `next_cursor` of the previous page. Opaque, and only for this listing.",
        "schema": {"type": "string", "pattern": whole(format!("{}{item}", hex::encode(start)))},
    })
}
