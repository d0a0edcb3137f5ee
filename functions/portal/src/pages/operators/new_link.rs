//! The form of a new link, parsed.

use std::time::Duration;

use archive::names::{ReturnUrl, TenantId};
use control::portal::NewLink;
use protocol::portal::{Ability, Addressee, LinkKind, LinkScope};

use crate::fields::FieldErrors;
use crate::form::Form;

/// The link that a form asks for; otherwise the errors are added to its fields.
pub(super) fn parse(form: &Form, errors: &mut FieldErrors) -> Option<NewLink> {
    let tenant = errors.take("tenant", form.text("tenant").parse::<TenantId>());
    let addressee = errors.take("addressee", form.text("addressee").parse::<Addressee>());
    let kind = match form.text("kind") {
        "invite" => Some(LinkKind::Invite),
        "redirect" => Some(LinkKind::Redirect),
        _ => {
            errors.add("kind-invite", "Choose how the link reaches its person.");
            None
        }
    };
    let abilities: Vec<Ability> = form.all("ability").filter_map(|text| text.parse().ok()).collect();
    let return_url = match form.text("return_url") {
        "" => None,
        text => errors.take("return_url", text.parse::<ReturnUrl>()),
    };
    let validity = match (form.text("hours"), kind) {
        ("", _) | (_, Some(LinkKind::Redirect)) => None,
        (text, _) => {
            let hours = text.parse::<u64>().map_err(|_| "Give a whole number of hours, at most 336.");
            errors.take("hours", hours).map(|hours| Duration::from_secs(hours.saturating_mul(3_600)))
        }
    };
    errors.is_empty().then_some(NewLink {
        scope: LinkScope::Tenant { tenant: tenant? },
        kind: kind?,
        abilities: abilities.into_iter().collect(),
        addressee: addressee?,
        return_url,
        validity,
    })
}
