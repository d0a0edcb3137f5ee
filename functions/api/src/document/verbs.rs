//! The actions on a connector, as the document describes them.

use control::preflight::PreflightReport;

use super::operation::{LIFE, Operation};
use crate::views::RunAccepted;

pub(super) fn verify(operation: Operation) -> Operation {
    operation
        .about(LIFE, "verifyConnector", "Verify the destination")
        .description(
            "Checks everything that a delivery needs, and what must be denied. If the destination has \
             never passed and its role denies access, the role may be seconds old; the check is retried \
             for up to 20 s, and the response says how long it waited. A failed verification is a 200 \
             response too: each stage says what is wrong and what to do. After one that passes, the \
             connector owns role and folder; if another connector owns them, the response is 409 \
             `role_taken` or `destination_taken`. A role that does not require the external ID pauses an \
             active connector.",
        )
        .answer::<PreflightReport>(200, "The stages, in order.")
        .problem(429)
}

pub(super) fn activate(operation: Operation) -> Operation {
    operation
        .about(LIFE, "activateConnector", "Verify, and activate if it passes")
        .description("The first window ends at the next full hour.")
        .connector(200)
        .problem(429)
}

pub(super) fn pause(operation: Operation) -> Operation {
    operation
        .about(LIFE, "pauseConnector", "Stop delivering")
        .description("Sealing goes on, so that no event expires unexported; there will be no gap.")
        .connector(200)
}

pub(super) fn resume(operation: Operation) -> Operation {
    operation
        .about(LIFE, "resumeConnector", "Verify, and resume delivery if it passes")
        .description("Waiting files are delivered at once.")
        .connector(200)
        .problem(429)
}

pub(super) fn disable(operation: Operation) -> Operation {
    operation
        .about(LIFE, "disableConnector", "Stop sealing and delivering")
        .description(
            "Everything is kept for 30 days, and the connector can be enabled until then. A day later a \
             connector that has exported is deleted, with a record of it, and its staged bytes are \
             removed.",
        )
        .connector(200)
}

pub(super) fn enable(operation: Operation) -> Operation {
    operation
        .about(LIFE, "enableConnector", "Enable a disabled connector")
        .description("It is then paused, or a draft if it never exported.")
        .connector(200)
        .problem(429)
}

pub(super) fn run(operation: Operation) -> Operation {
    operation
        .about(LIFE, "runConnector", "Request a run now")
        .description(
            "It starts with the dispatcher's next tick, or with the first tick after a run in progress. A \
             blocked connector retries at once. Repeated with the last key, it requests no second run.",
        )
        .answer::<RunAccepted<'_>>(202, "It will run.")
        .problem(429)
}

pub(super) fn rotate_external_id(operation: Operation) -> Operation {
    operation
        .about(LIFE, "rotateExternalId", "Issue a new external ID")
        .description(
            "The current one stays valid until a verification with the new one passes. Each call issues \
             another.",
        )
        .connector(200)
        .problem(429)
}
