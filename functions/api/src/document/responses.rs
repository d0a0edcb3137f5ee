//! The responses that several operations have: the connector, and the problems.

use serde_json::{Map, Value, json};

use crate::problem::Details;
use crate::schema::Components;
use crate::views::Detail;

/// The problems by status: the name in the document, and what they mean.
const PROBLEMS: [(u16, &str, &str); 11] = [
    (
        400,
        "Malformed",
        "`malformed`: the body, a parameter or a header can't be read. A question about a log has `errors`, \
         one for each parameter.",
    ),
    (401, "Unauthenticated", "`unauthenticated`: the caller can't be identified."),
    (
        403,
        "Forbidden",
        "`forbidden`: only an operator may do this. `not_signed`: sign the request with SigV4. \
         `events_not_shown`: the deployment does not show this of events.",
    ),
    (
        404,
        "NotFound",
        "`not_found`, `no_such_link`, `no_such_log`: no such connector, link, log, download or exploration, \
         or another tenant's.",
    ),
    (
        409,
        "Conflict",
        "`stale` (with `current_version`), `role_taken`, `destination_taken` (never the owner), \
         `no_destination`, `not_verified` (with the `verification`, in which external IDs are masked), \
         `wrong_state`, `starts_in_the_future`, `shards_are_read`, `kept_no_longer`, `no_webhook`, \
         `no_contacts`, `not_a_contact`, `declined` (the address declined notices), `nothing_to_ask`, \
         `tested_just_now`, `would_lose` (with the `loss`), `too_many` (delete one first), `no_portal` (the \
         deployment has none).",
    ),
    (413, "TooLarge", "`too_large`: the body is larger than 64 KiB."),
    (415, "UnsupportedMediaType", "`unsupported_media_type`: the body is not application/json."),
    (
        422,
        "Refused",
        "`refused` (with `errors`, one for each invalid field), `idempotency_key_reused` (of a connector \
         with `errors`, one for each value that differs from what the key was used with), `too_much` (the question reads or \
         answers more than one request may; ask for less).",
    ),
    (
        429,
        "TooManyRequests",
        "`budget_exhausted`: the tenant's budget is used up (RFC 6585). `budget` names it, `limit` is its \
         size, and `frees_at` is when it is available again; without that, when something is released. \
         Nothing was done.",
    ),
    (
        500,
        "Internal",
        "`internal`: an internal error; its cause is in the function's log, under the `request_id`.",
    ),
    (503, "Unavailable", "`unavailable`: a service that Auditferry needs is temporarily unavailable."),
];

/// The name of the problem with this status.
pub(super) fn problem_name(status: u16) -> &'static str {
    PROBLEMS.iter().find(|(of, ..)| *of == status).map(|(_, name, _)| *name).expect("a status with a problem")
}

/// A reference to one of the responses.
pub(super) fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

/// A body in JSON.
pub(super) fn json_content(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

pub(super) fn all(components: &mut Components) -> Value {
    let mut all = Map::new();
    for (status, name, description) in PROBLEMS {
        let content = json!({"application/problem+json": {"schema": components.refer::<Details>()}});
        let mut response = json!({"description": description, "content": content});
        if let Some(retry_after) = retry_after(status) {
            response["headers"] = json!({"Retry-After": retry_after});
        }
        all.insert(name.to_owned(), response);
    }
    let connector = json!({
        "description": "The connector as it is now.",
        "headers": {"ETag": refer_to_etag()},
        "content": json_content(&components.refer::<Detail<'_>>()),
    });
    all.insert("Connector".to_owned(), connector);
    all.into()
}

fn retry_after(status: u16) -> Option<Value> {
    match status {
        429 => Some(json!({
            "description": "Seconds until it is available again (RFC 9110, section 10.2.3); an hour if that \
                            needs a release.",
            "required": true,
            "schema": {"type": "integer", "minimum": 1},
        })),
        503 => Some(json!({"description": "Seconds.", "required": true, "schema": {"type": "integer"}})),
        _ => None,
    }
}

/// The headers that several responses have.
pub(super) fn headers() -> Value {
    json!({
        "ETag": {
            "description": "The version, quoted; send it back in `If-Match`.",
            "required": true,
            "schema": {"type": "string", "pattern": "^\"[0-9]+\"$"},
        },
    })
}

/// A reference to the version's header.
pub(super) fn refer_to_etag() -> Value {
    json!({"$ref": "#/components/headers/ETag"})
}
