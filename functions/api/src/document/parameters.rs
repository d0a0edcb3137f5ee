//! The parameters that several operations have.

use archive::names::{ConnectorId, IdempotencyKey, TenantId};
use protocol::exploration::ExplorationId;
use protocol::portal::LinkId;
use serde_json::{Value, json};

use super::values::EntityTag;
use crate::pagination::{DEFAULT_LIMIT, MAX_LIMIT};
use crate::schema::{Components, whole};

/// A search's ID in hexadecimal: an hour, such as `2026-11-30T10`, a hyphen and 32 hexadecimal digits. Of a
/// month it has only the days that every month has, and of the years only those to come.
const SEARCH: &str = "32303[2-9]3[0-9]2d(303[1-9]|313[0-2])2d(303[1-9]|313[0-9]|323[0-8])54(303[0-9]|313[0-9]|323[0-3])\
                      2d(3[0-9]|6[1-6]){32}";

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
                            is deleted; the key of a saved exploration to its tenant, until a day after it is \
                            deleted; the key of a run to its connector, until another key is used.",
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
        "Tenant": {
            "name": "tenant",
            "in": "path",
            "required": true,
            "description": "The tenant's ID, if it has only letters, digits, `.`, `_`, `~` and `-`, which need \
                            no escape in a path. For any other one write `-`.",
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9._~-]+$"},
            "example": "acme",
        },
        "TenantName": {
            "name": "tenant",
            "in": "query",
            "description": "The tenant that `-` in the path stands for, by its exact ID, percent-encoded. A \
                            tenant may omit itself.",
            "schema": components.refer::<TenantId>(),
        },
        "Connector": {
            "name": "connector",
            "in": "query",
            "description": "Which connector's archive, if the tenant has several.",
            "schema": components.refer::<ConnectorId>(),
        },
        "Download": {
            "name": "download",
            "in": "path",
            "required": true,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_]{1,64}$"},
        },
        "Exploration": {
            "name": "exploration",
            "in": "path",
            "required": true,
            "schema": components.refer::<ExplorationId>(),
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
        // An hour of these centuries, whatever the month, and a hash.
        "SearchCursor": cursor("search:", SEARCH),
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
