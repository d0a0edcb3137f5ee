//! Downloads, as the document describes them.

use control::explorer::DownloadAnswer;
use serde_json::json;

use super::bodies::NewDownload;
use super::operation::{EVENTS, Operation};

pub(super) fn create(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "createDownload", "Make a file of all events that match")
        .description(
            "By the same filter as the search. The receipt says what the file is of: filter, times, parts with \
             the hashes that their signed manifests name, number of rows, and whether it has all of them. The \
             file is kept for a day. A spreadsheet would run a cell that begins like a formula; unless `cells` \
             is `exact`, such a cell has an apostrophe in front.",
        )
        .body::<NewDownload>(json!({
            "filter": "action:ConsoleLogin outcome:failure",
            "from": "2026-11-01T00:00:00Z",
            "format": "csv",
            "columns": ["time", "actor", "ip", "/userAgent"],
        }))
        .answer::<DownloadAnswer>(201, "Made: the `url` is good for five minutes.")
        .header("Location", location())
        .answer::<DownloadAnswer>(202, "Being made. Read it again until its `state` is `ready` or `failed`.")
        // It changes nothing.
        .never(409)
}

pub(super) fn read(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "readDownload", "Read the receipt of a file, and get a new URL for it")
        .shared_parameter("Connector")
        .answer::<DownloadAnswer>(
            200,
            "With the `state` `queued` or `running` it is still being made; `ready` has a `url`, `failed` a \
             `reason`.",
        )
}

fn location() -> serde_json::Value {
    json!({
        "description": "The path of the download.",
        "required": true,
        "schema": {"type": "string", "format": "uri-reference"},
    })
}
