//! Who has access: the links of a tenant, the visits of the vendor's operators, and handing a link on.

pub(crate) mod invite;
pub(crate) mod links;
mod made;

use maud::{Markup, html};
use protocol::portal::{Abilities, Ability, LinkStatus, PortalLink};

use crate::components::{Tone, badge, full_time};

pub(crate) use made::made;

/// What an ability allows, for whoever gives it.
pub(crate) const fn words(ability: Ability) -> &'static str {
    match ability {
        Ability::View => "see whether the log arrives",
        Ability::Explore => "search the log",
        Ability::SetUp => "connect a bucket",
        Ability::Operate => "change, pause and delete exports",
        Ability::Contacts => "choose who is notified",
        Ability::Invite => "hand a link on to a colleague",
    }
}

/// All abilities of a link in words.
pub(crate) fn list(abilities: &Abilities) -> String {
    if *abilities == Abilities::all() {
        return "everything in this portal".to_owned();
    }
    abilities.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// Check boxes of abilities. Everybody may view, so that one is not a choice.
pub(crate) fn choices(offered: &Abilities, chosen: impl Fn(Ability) -> bool) -> Markup {
    html! {
        @for ability in offered.iter() {
            @let id = format!("ability-{ability}");
            div.choice {
                @if ability == Ability::View {
                    input id=(id) type="checkbox" checked disabled;
                } @else {
                    input id=(id) type="checkbox" name="ability" value=(ability) checked[chosen(ability)];
                }
                label for=(id) { (words(ability)) }
            }
        }
    }
}

/// Where a link stands: its status in a frame, and what is known of its session.
pub(crate) fn status_of(link: &PortalLink, now: archive::time::Time) -> Markup {
    match link.status(now) {
        LinkStatus::Open { until } => html! {
            (badge(Tone::Warn, "not used yet")) p.hint { "valid until " (full_time(until)) }
        },
        LinkStatus::Expired { at } => html! {
            (badge(Tone::Neutral, "expired")) p.hint { "unused, " (full_time(at)) }
        },
        LinkStatus::Revoked { at } => html! {
            (badge(Tone::Neutral, "revoked")) p.hint { (full_time(at)) }
        },
        LinkStatus::Redeemed { at } => {
            let open = link.session.as_ref().filter(|session| session.check(now).is_ok());
            html! {
                @match open {
                    Some(session) => { (badge(Tone::Good, "in use")) p.hint { "ends " (full_time(session.ends_at())) " without use" } },
                    None => { (badge(Tone::Neutral, "session ended")) p.hint { "used " (full_time(at)) } },
                }
            }
        }
    }
}
