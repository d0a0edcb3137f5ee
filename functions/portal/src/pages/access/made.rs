//! The page with a new link, which is shown once.

use control::portal::CreatedLink;
use maud::{Markup, html};
use protocol::portal::{LinkKind, LinkScope};

use super::list;
use crate::Portal;
use crate::components::{Tone, copyable, date_time, notice, span};

/// The new link, what it allows, and how long.
pub(crate) fn made(portal: &Portal, created: &CreatedLink, back: &str, again: &str) -> Markup {
    let link = &created.link;
    let left = link.expires_at.since(portal.onboarding.clock.now());
    html! {
        div.head { h1 { "The link for " (link.addressee) } }
        div.stack.readable {
            section.card {
                (notice(Tone::Warn, &html! { p { strong { "Copy it now: it is shown once." } " Whoever has it can use it, so send it to " (link.addressee) " alone." } }))
                (copyable("link", &created.url))
                dl.facts {
                    @if let LinkScope::Tenant { tenant } = &link.scope { div { dt { "Opens the pages of" } dd { (tenant.escaped()) } } }
                    div { dt { "Allows to" } dd { (list(&link.abilities)) } }
                    div { dt { "Works once, until" } dd { (date_time(link.expires_at)) span.quiet { " (" (span(left)) ")" } } }
                }
                ul.points {
                    li { "Opening it shows a page with a button. The button starts a session of at most 8 hours, which ends after 30 minutes without use." }
                    @if link.hand_over.is_some() { li { "It ends with your own link: if that is revoked, this one is too. It can't be handed on again." } }
                    @if link.kind == LinkKind::Redirect { li { "It is meant for a redirect at once. For a mail or a chat make an invitation." } }
                    li { "It can be revoked at any time on the page of links." }
                }
                div.actions { a.button.primary href=(back) { "I have copied it" } a.button href=(again) { "Make another" } }
            }
        }
    }
}
