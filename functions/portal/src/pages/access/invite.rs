//! Handing a link on to a colleague.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::portal::{NewHandOver, PortalError, Visitor};
use maud::{Markup, html};
use protocol::portal::{Abilities, Ability, Addressee, LinkKind};

use super::{choices, made};
use crate::Portal;
use crate::address::encode;
use crate::components::{Tone, date_time, notice};
use crate::error::{PageError, sentence};
use crate::fields::{Field, FieldErrors};
use crate::form::Form;
use crate::layout::{ApiTwin, Layout, Section};
use crate::pages::enter::see_other;
use crate::pages::operate::with_status;
use crate::session::Person;
use crate::tenant::Query;

const TITLE: &str = "Hand a link on";

/// The page. `?abilities=set-up,view` chooses some beforehand.
pub(crate) async fn show(
    State(portal): State<Portal>,
    Person(visitor): Person,
    Query(query): Query,
) -> Response {
    if visitor.is_operator() {
        return see_other("/portal/operators/links");
    }
    let wanted: Vec<&str> = query.text("abilities").split(',').collect();
    let body = page(&portal, &visitor, (&Form::default(), &FieldErrors::default(), &html! {}), |ability| {
        wanted.contains(&ability.as_str())
    });
    layout(&portal, &visitor).page(TITLE, &body)
}

/// Makes the link.
pub(crate) async fn submit(
    State(portal): State<Portal>,
    Person(visitor): Person,
    form: Form,
) -> Result<Response, PageError> {
    let mut errors = FieldErrors::default();
    let addressee = errors.take("addressee", form.text("addressee").parse::<Addressee>());
    let abilities: Result<Vec<Ability>, _> = form.all("ability").map(str::parse).collect();
    let abilities = abilities.map_err(|_| PageError::Malformed("An ability is unknown.".to_owned()))?;
    let chosen = |ability: Ability| form.all("ability").any(|text| text == ability.as_str());
    let Some(addressee) = addressee else {
        let body = page(&portal, &visitor, (&form, &errors, &html! {}), chosen);
        return Ok(with_status(
            StatusCode::UNPROCESSABLE_ENTITY,
            layout(&portal, &visitor).page(TITLE, &body),
        ));
    };
    let new = NewHandOver { abilities: abilities.into_iter().collect::<Abilities>(), addressee };
    match portal.access.hand_over(&visitor, new).await {
        Ok(created) => {
            let body = made(&portal, &created, "/portal/access", "/portal/invite");
            Ok(layout(&portal, &visitor).page("The new link", &body))
        }
        Err(error @ (PortalError::BeyondOwn(_) | PortalError::HandedOn | PortalError::Exhausted(_))) => {
            let error = PageError::from(error);
            let text = notice(Tone::Bad, &html! { p { (sentence(&error.text())) } });
            let body = page(&portal, &visitor, (&form, &errors, &text), chosen);
            Ok(with_status(error.status(), layout(&portal, &visitor).page(TITLE, &body)))
        }
        Err(error) => Err(error.into()),
    }
}

fn layout<'a>(portal: &'a Portal, visitor: &'a Visitor) -> Layout<'a> {
    let tenant = visitor.link().scope.tenant().map(|tenant| encode(tenant.as_str())).unwrap_or_default();
    let twin = ApiTwin::get(format!("/v1/portal-links?tenant={tenant}"));
    Layout::new(portal, Some(visitor)).section(Section::Changes).twin(twin)
}

fn page(
    portal: &Portal,
    visitor: &Visitor,
    (form, errors, found): (&Form, &FieldErrors, &Markup),
    chosen: impl Fn(Ability) -> bool,
) -> Markup {
    let own = visitor.link();
    let longest = portal.onboarding.clock.now() + LinkKind::Invite.default_validity();
    let until = own.hand_over_limit().min(longest);
    html! {
        div.head {
            h1 { (TITLE) }
            p.quiet { "For somebody who does a part of this better than you: your AWS administrator, or your security team." }
        }
        div.stack.readable {
            (errors.summary())
            (found)
            @if own.hand_over.is_some() {
                (notice(Tone::Neutral, &html! { p { "Your own link was handed on to you, so it can't be handed on again. Ask whoever sent it." } }))
            } @else {
                section.card {
                    form.stack method="post" action="/portal/invite" {
                        (Field { name: "addressee", label: "For whom", hint: "Name or e-mail address. It stands beside every change that this person makes." }
                            .text(errors, form.text("addressee")))
                        fieldset {
                            legend { "It allows to" }
                            (choices(&handed_on(&own.abilities), chosen))
                        }
                        ul.points.hint {
                            li { "It works once, and only while yours does: revoking yours revokes it." }
                            li { "It can be used until " (date_time(until)) ", which is as long as yours may last, and 72 hours at most. It can't be handed on again." }
                            li { "Your account can hand on five a day. Each is recorded." }
                        }
                        div.actions { button.primary type="submit" { "Make the link" } a.button href="/portal/access" { "Who has access" } }
                    }
                }
            }
        }
    }
}

/// What can be handed on: everything of the own link, but the ability to hand on.
fn handed_on(own: &Abilities) -> Abilities {
    own.iter().filter(|ability| *ability != Ability::Invite).collect()
}
