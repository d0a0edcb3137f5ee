//! The mapping of a connector's fields, as the document describes it.

use serde_json::json;

use super::bodies::NewEventFields;
use super::operation::{CONNECTORS, Operation};
use crate::views::EventFieldSetting;

pub(super) fn read(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "readEventFields", "Read where the fields are in the events")
        .description(
            "What the mapping finds in the newest events is at `/v1/tenants/{tenant}/events/fields`.",
        )
        .answer::<EventFieldSetting<'_>>(200, "The mapping.")
}

pub(super) fn set(operation: Operation) -> Operation {
    operation
        .about(CONNECTORS, "setEventFields", "Set where the fields are in the events")
        .description(
            "Operators only. It replaces the guess, and the deployment's mapping. Exports don't change. All \
             indexes of the connector are made anew, and until then searches reach less far back.",
        )
        .body::<NewEventFields>(json!({
            "fields": {"time": "/at", "actor": ["/user/name", "/user/id"], "outcome": "/status"},
        }))
        .answer::<EventFieldSetting<'_>>(200, "The mapping as it is now.")
        .problem(403)
        // It depends on no state.
        .never(409)
}
