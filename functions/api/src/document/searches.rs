//! The record of searches, as the document describes it.

use super::operation::{EVENTS, Operation};
use crate::views::SearchPage;

pub(super) fn list(operation: Operation) -> Operation {
    operation
        .about(EVENTS, "listSearches", "List who has searched a tenant's log")
        .description(
            "The newest hour first, for a year: every question about events is recorded, through the API, the \
             portal and the command line alike.",
        )
        .page("SearchCursor")
        .answer::<SearchPage<'_>>(200, "A page.")
}
