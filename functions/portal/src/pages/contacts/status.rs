//! The status of an address, in words.

use maud::{Markup, html};
use protocol::contacts::{AddressStatus, ConfirmationMethod};

use crate::components::{Tone, badge, full_time};

/// The status in a frame.
pub(super) fn badge_of(status: &AddressStatus) -> Markup {
    match status {
        AddressStatus::Waiting => badge(Tone::Warn, "not confirmed"),
        AddressStatus::Requested { .. } => badge(Tone::Neutral, "mail on its way"),
        AddressStatus::Pending { .. } => badge(Tone::Warn, "asked"),
        AddressStatus::Expired { .. } => badge(Tone::Warn, "did not answer"),
        AddressStatus::Confirmed { .. } => badge(Tone::Good, "confirmed"),
        AddressStatus::Declined { .. } => badge(Tone::Neutral, "declined"),
    }
}

/// What follows from it.
pub(super) fn sentence_of(status: &AddressStatus) -> Markup {
    html! {
        @match status {
            AddressStatus::Waiting => "It gets nothing until it is confirmed.",
            AddressStatus::Requested { since } => { "Since " (full_time(*since)) ". It gets nothing else until it confirms." },
            AddressStatus::Pending { since, until } => { "A mail was sent " (full_time(*since)) ". Its link is valid until " (full_time(*until)) "." },
            AddressStatus::Expired { since, .. } => { "The link of the mail of " (full_time(*since)) " has expired. Ask again." },
            AddressStatus::Confirmed { since, how: ConfirmationMethod::Link } => { "Its owner confirmed " (full_time(*since)) "." },
            AddressStatus::Confirmed { since, how: ConfirmationMethod::Contract } => { "The vendor has it by contract, since " (full_time(*since)) "." },
            AddressStatus::Declined { since } => { "Its owner declined " (full_time(*since)) ". Only they can change that, by the link in their mail." },
        }
    }
}

/// Whether an operator can confirm it by contract.
pub(super) const fn can_be_confirmed(status: &AddressStatus) -> bool {
    !matches!(status, AddressStatus::Confirmed { .. } | AddressStatus::Declined { .. })
}
