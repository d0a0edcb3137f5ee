//! The read-only resources of a connector, as the document describes them.

use control::setup::Setup;

use super::operation::{Operation, RECORDS};
use crate::views::{ChangePage, ExportPage, TimelineView};

pub(super) fn exports(operation: Operation) -> Operation {
    operation
        .about(RECORDS, "listExports", "List sealed parts")
        .description("Newest first. The part numbers have no gap.")
        .page("ExportCursor")
        .answer::<ExportPage<'_>>(200, "A page.")
}

pub(super) fn timeline(operation: Operation) -> Operation {
    operation
        .about(RECORDS, "readTimeline", "Read the last 14 days, a window at a time")
        .description(
            "The windows of the connector's schedule, today included, without a gap between them. Windows that \
             one part closed are one. Empty if the connector was never activated. It begins later than 14 days \
             ago if these days have more than 800 parts.",
        )
        .answer::<TimelineView>(200, "The windows, oldest first.")
}

pub(super) fn changes(operation: Operation) -> Operation {
    operation
        .about(RECORDS, "listChanges", "List changes")
        .description("Who, when, what, before and after; newest first. External IDs are omitted.")
        .page("ChangeCursor")
        .answer::<ChangePage<'_>>(200, "A page.")
}

pub(super) fn setup(operation: Operation) -> Operation {
    operation
        .about(RECORDS, "readSetup", "Read what the customer needs to grant access")
        .answer::<Setup>(200, "The quick-create link, and the equivalent policies and Terraform module call.")
}
