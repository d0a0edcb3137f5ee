//! Saved explorations, as the document describes them.

use serde_json::json;

use super::bodies::{ExplorationEdit, NewExploration};
use super::operation::{EVENTS, Operation};
use super::responses;
use crate::views::{DeletedExploration, ExplorationList, ExplorationView};

pub(super) fn create(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "createExploration", "Save an exploration")
        .description(
            "A filter with its columns and chart, under a name that all people of the tenant see. A tenant has \
             at most 200 (else `too_many`). It reads no event.",
        )
        .body::<NewExploration>(json!({
            "name": "Failed logins",
            "filter": "action:ConsoleLogin outcome:failure",
            "columns": ["time", "actor", "ip", "/userAgent"],
            "chart": {"interval": "day", "by": "actor"},
        }))
        .answer::<ExplorationView<'_>>(201, "Saved, now or earlier with the same key and values.")
        .header("ETag", responses::refer_to_etag())
        .header(
            "Location",
            json!({
                "description": "The exploration's path.",
                "required": true,
                "schema": {"type": "string", "format": "uri-reference"},
            }),
        )
        .problem(429)
}

pub(super) fn list(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "listExplorations", "List the saved explorations")
        .description("All of the tenant, by name.")
        .answer::<ExplorationList<'_>>(200, "The explorations.")
}

pub(super) fn read(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "readExploration", "Read a saved exploration")
        .answer::<ExplorationView<'_>>(200, "The exploration.")
        .header("ETag", responses::refer_to_etag())
}

pub(super) fn update(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "updateExploration", "Change a saved exploration")
        .description(
            "Omitted fields keep their values; a chart that is null is removed. Without `If-Match` the change \
             is made to whatever is saved by then.",
        )
        .body::<ExplorationEdit>(json!({"name": "Failed logins of admins"}))
        .answer::<ExplorationView<'_>>(200, "The exploration as it is now.")
        .header("ETag", responses::refer_to_etag())
}

pub(super) fn delete(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "deleteExploration", "Delete a saved exploration")
        .description("A repeated request changes nothing; a day later it is 404.")
        .answer::<DeletedExploration<'_>>(200, "Deleted.")
}
