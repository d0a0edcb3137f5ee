//! A notification: a notice's delivery to one of a tenant's contacts.
//!
//! A contact receives a [`ContactMessage`]: those of the bus's notices that concern the customer, in its
//! words, without vendor internals.
//!
//! Guarantee to a contact: for each cause of a problem it receives a notice, and one a day while the problem
//! lasts or recurs ([`NotificationHistory`]), each at least once if it can be reached within a day
//! (`control::contacts::retry`). A crash between sending and recording sends it twice, with the same
//! `webhook-id`. The ledger is authoritative, as for every notice.
//!
//! Guarantee to other tenants: one tenant's slow contacts delay nobody else's notices
//! (`control::contacts::fair_share`).

mod history;
mod message;
pub mod text;

pub use history::{ContactKey, Decision, NOTICE_COOLDOWN, NotificationHistory, short_hash};
pub use message::{
    ContactFact, ContactMessage, FIRST_FILE_KINDS, NOTIFIED_KINDS, NOTIFIED_VERBS, SignedRequest,
    requests_consent,
};
