//! A block: its cause, what to do with the text to copy, and when it is tried again.

use control::setup::{setup, trust_statement};
use maud::{Markup, html};
use protocol::delivery_error::{Block, DeliveryErrorKind, DeliveryStage};
use protocol::portal::Ability;

use super::card::Card;
use crate::components::{copyable, date_time, with_code};
use crate::pages::operate::actions::keyed;

pub(super) fn block(card: &Card<'_>, block: &Block) -> Markup {
    let statement = statement(card, block);
    html! {
        div.block {
            p { strong { (with_code(&block.cause)) } }
            p { (with_code(&block.remedy)) }
            @if let Some((label, text)) = &statement {
                p.hint { (label) ":" }
                (copyable(label, text))
            }
            div.actions {
                @if card.visitor.has(Ability::Operate) {
                    (keyed(&card.view.connector, &card.health.status, "retry", "Try again now", "primary"))
                }
                span.hint {
                    "Next automatic try " (date_time(block.next_attempt)) ". "
                    "Tried " (tries(block.attempts)) " since " (date_time(block.since)) "."
                }
            }
        }
    }
}

fn tries(attempts: u32) -> String {
    if attempts == 1 { "once".to_owned() } else { format!("{attempts} times") }
}

/// The statement of a policy that allows what was refused, and what it belongs to.
fn statement(card: &Card<'_>, block: &Block) -> Option<(&'static str, String)> {
    let (connector, vendor) = (&card.view.connector, &card.portal.onboarding.vendor);
    let of_role = |index: usize| {
        let policy = setup(connector, vendor).permissions_policy;
        let statement = policy.get("Statement")?.get(index)?;
        Some(("Statement for the role's policy", serde_json::to_string_pretty(statement).ok()?))
    };
    match (block.stage, block.kind) {
        (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied) if card.visitor.sees_external_ids() => {
            Some(("Statement for the role's trust policy", trust_statement(connector, vendor)))
        }
        (DeliveryStage::PutObject, DeliveryErrorKind::Denied) => of_role(0),
        (DeliveryStage::PutObject, DeliveryErrorKind::KeyDenied) => of_role(1),
        _ => None,
    }
}
