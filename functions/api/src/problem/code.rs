//! The codes of problems, each with its status and title. They never change.

use axum::http::StatusCode;
use serde::Serialize;

/// Declares the codes by name, status, text and title.
macro_rules! codes {
    ($($(#[$about:meta])* $name:ident = $status:ident, $text:literal, $title:literal;)*) => {
        /// What identifies a problem to programs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
        pub(crate) enum Code {
            $($(#[$about])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            pub(super) const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            pub(super) const fn title(self) -> &'static str {
                match self {
                    $(Self::$name => $title,)*
                }
            }
        }
    };
}

codes! {
    Malformed = BAD_REQUEST, "malformed", "Malformed request";
    Unauthenticated = UNAUTHORIZED, "unauthenticated", "Unauthorized";
    Forbidden = FORBIDDEN, "forbidden", "Forbidden";
    NotSigned = FORBIDDEN, "not_signed", "AWS credentials needed";
    EventsNotShown = FORBIDDEN, "events_not_shown", "Not shown in this deployment";
    NotFound = NOT_FOUND, "not_found", "No such connector";
    NoSuchLink = NOT_FOUND, "no_such_link", "No such link";
    NoSuchLog = NOT_FOUND, "no_such_log", "No such log, download or exploration";
    NoSuchPath = NOT_FOUND, "no_such_path", "No such path";
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed";
    Stale = CONFLICT, "stale", "Modified by someone else";
    RoleTaken = CONFLICT, "role_taken", "The role is in use";
    DestinationTaken = CONFLICT, "destination_taken", "The destination is in use";
    NoDestination = CONFLICT, "no_destination", "Not connected yet";
    NotVerified = CONFLICT, "not_verified", "Not verified";
    WrongState = CONFLICT, "wrong_state", "Not allowed in this state";
    StartsInTheFuture = CONFLICT, "starts_in_the_future", "Start time in the future";
    ShardsAreRead = CONFLICT, "shards_are_read", "Events would be lost";
    KeptNoLonger = CONFLICT, "kept_no_longer", "Retention period over";
    NoWebhook = CONFLICT, "no_webhook", "No webhook";
    NoContacts = CONFLICT, "no_contacts", "No contacts";
    NotAContact = CONFLICT, "not_a_contact", "Not a contact";
    Declined = CONFLICT, "declined", "The address has declined";
    NothingToAsk = CONFLICT, "nothing_to_ask", "No address to confirm";
    TestedJustNow = CONFLICT, "tested_just_now", "Tested recently";
    WouldLose = CONFLICT, "would_lose", "Data would be lost";
    TooMany = CONFLICT, "too_many", "As many as there may be";
    NoPortal = CONFLICT, "no_portal", "No portal";
    TooLarge = PAYLOAD_TOO_LARGE, "too_large", "Too large";
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Unsupported media type";
    Refused = UNPROCESSABLE_ENTITY, "refused", "Invalid value";
    TooMuch = UNPROCESSABLE_ENTITY, "too_much", "Too much for one request";
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency_key_reused", "Idempotency key reused";
    BudgetExhausted = TOO_MANY_REQUESTS, "budget_exhausted", "Budget exhausted";
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal error";
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "Temporarily unavailable";
    /// No operation answers it: links are for the portal's page.
    Link = CONFLICT, "link", "Invalid link";
}
