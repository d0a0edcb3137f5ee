//! The page: four steps, in one form.

use std::time::Duration;

use archive::time::Time;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use control::portal::Visitor;
use control::setup::{Setup, setup};
use maud::{Markup, html};
use protocol::connector::{Connector, State as ConnectorState};
use protocol::portal::Ability;
use protocol::preflight::{CheckEnd, CheckId, RunningCheck};
use protocol::schedule::WindowSchedule;

use super::conflict::Conflict;
use super::fields::{Destinations, Typed};
use super::role_step::RoleStep;
use super::{is_unfinished, next_page, reader_step, stages};
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, badge, clock_time, copyable, date_time, notice, span};
use crate::error::PageError;
use crate::fields::{Field, FieldErrors};
use crate::frequency::every;
use crate::layout::{ApiTwin, Layout, Section};
use crate::pages::enter::see_other;
use crate::tenant::{OfConnector, Query};

/// What a page has beside the connector and the form.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) errors: FieldErrors,
    /// The fields that were found in what was pasted.
    pub(super) pasted: Option<Vec<&'static str>>,
    /// The check that the page shows.
    pub(super) check: Option<RunningCheck>,
    pub(super) conflict: Option<Conflict>,
    /// What else to know, and how it feels.
    pub(super) message: Option<(Tone, String)>,
}

/// `GET /portal/connectors/{id}/connect`.
pub(crate) async fn show(
    State(portal): State<Portal>,
    OfConnector { visitor, view }: OfConnector,
    Query(query): Query,
) -> Result<Response, PageError> {
    let (caller, connector) = (visitor.caller(), view.connector);
    if !is_unfinished(connector.state) {
        return Ok(see_other(&next_page(&connector.id, connector.state)));
    }
    let setup = portal.onboarding.setup(&caller, &connector.id).await?;
    // The last check is shown again as long as it is one of what is stored.
    let check = portal.onboarding.newest_check(&caller, &connector.id).await?;
    let check = check.filter(|check| Some(&check.to) == connector.destination.s3() && check.end.is_some());
    let message = query.has("saved").then(|| saved_message(&connector, check.as_ref()));
    // Nothing stores the reader that was chosen: it decides the form of the files, and that is stored.
    let typed = Typed::stored(&connector).read_by(Some(query.text("reader")), &connector);
    let extras = Extras { check, message, ..Extras::default() };
    Ok(ConnectPage { portal: &portal, visitor: &visitor, connector: &connector, setup, typed, extras }
        .answer(StatusCode::OK))
}

fn saved_message(connector: &Connector, check: Option<&RunningCheck>) -> (Tone, String) {
    let failed = check.is_some_and(|check| check.end != Some(CheckEnd::Passed));
    match (connector.state, connector.destination.is_none()) {
        (ConnectorState::Ready, _) => {
            (Tone::Good, "Saved, and the check passed. You can activate now.".to_owned())
        }
        (_, true) => (Tone::Good, "Saved. You find this page again under Connectors.".to_owned()),
        (_, false) if failed => {
            (Tone::Warn, "Saved, but the check did not pass. Step 4 says why.".to_owned())
        }
        (_, false) => (Tone::Warn, "Saved. The connection is not verified yet.".to_owned()),
    }
}

/// A page, ready to be written.
pub(super) struct ConnectPage<'a> {
    pub(super) portal: &'a Portal,
    pub(super) visitor: &'a Visitor,
    pub(super) connector: &'a Connector,
    pub(super) setup: Setup,
    pub(super) typed: Typed,
    pub(super) extras: Extras,
}

impl<'a> ConnectPage<'a> {
    /// The page after a form was submitted.
    pub(super) fn submitted(
        portal: &'a Portal,
        visitor: &'a Visitor,
        connector: &'a Connector,
        typed: Typed,
        extras: Extras,
    ) -> Self {
        let setup = setup(connector, &portal.onboarding.vendor);
        Self { portal, visitor, connector, setup, typed, extras }
    }

    /// The answer.
    pub(super) fn answer(&self, status: StatusCode) -> Response {
        let layout = Layout::new(self.portal, Some(self.visitor));
        let layout = layout.tenant(&self.connector.tenant).section(Section::Connectors);
        let twin = ApiTwin::get(format!("/v1/connectors/{}", self.connector.id));
        let body = self.body(layout.vendor());
        (status, layout.twin(twin).page("Connect your bucket", &body)).into_response()
    }

    fn body(&self, vendor: &str) -> Markup {
        let check = CheckId::new(self.portal.access.rng.next_u64());
        let typed = &self.typed;
        let path = of_connector(&self.connector.id, "connect");
        html! {
            div.head {
                h1 { "Connect your bucket" }
                p.quiet {
                    (self.steps_done()) " · what you save is found again under Connectors"
                    @if self.visitor.has(Ability::Invite) {
                        " · " a href="/portal/invite?abilities=set-up" { "send this to your AWS administrator" }
                    }
                }
            }
            div.messages {
                @if let Some((tone, text)) = &self.extras.message { (notice(*tone, &html! { p { (text) } })) }
                @if let Some(conflict) = &self.extras.conflict { (conflict.notice(self.connector)) }
                (self.extras.errors.summary())
            }
            form #connect.connect method="post" action=(path) novalidate
                data-progress=(of_connector(&self.connector.id, &format!("check/{check}"))) {
                input type="hidden" name="version" value=(typed.version);
                input type="hidden" name="check" value=(check);
                // What the Enter key in a field does.
                button.hidden type="submit" name="action" value="verify" tabindex="-1" aria-hidden="true" { "Verify" }
                div.connect-columns {
                    div.stack {
                        (self.role_step(vendor))
                        (self.paste_step())
                        section.card aria-labelledby="step-3" {
                            (heading(3, "What will read it?", None))
                            (reader_step::fields(typed, &self.extras.errors))
                        }
                    }
                    (self.verify_step())
                }
            }
        }
    }

    fn role_step(&self, vendor: &str) -> Markup {
        let wanted = self.typed.parse(self.connector, Destinations::Optional).ok();
        let connector =
            wanted.map_or_else(|| self.connector.clone(), |wanted| wanted.applied_to(self.connector));
        let setup = Setup {
            warnings: self.setup.warnings.clone(),
            ..setup(&connector, &self.portal.onboarding.vendor)
        };
        let is_done = self.has_role();
        let step = RoleStep { portal: self.portal, connector: &connector, setup: &setup, vendor, is_done };
        html! {
            section.card aria-labelledby="step-1" {
                (heading(1, "Create the role in AWS", self.has_role().then(|| badge(Tone::Good, "done"))))
                p { "The role lets " (vendor) " put files into one folder of your bucket, and nothing else. \
                    It asks for this external ID, which no other connector has:" }
                div.id { (copyable("external ID", setup.external_id.as_str())) }
                (step.ways(&self.typed))
            }
        }
    }

    fn paste_step(&self) -> Markup {
        let (typed, errors) = (&self.typed, &self.extras.errors);
        let field = |name, label, hint| Field { name, label, hint };
        html! {
            section.card aria-labelledby="step-2" {
                (heading(2, "Paste the result", self.is_filled_in().then(|| badge(Tone::Good, "filled in"))))
                (field("paste", "The stack's outputs, or the role's ARN",
                    "Copy them as they are: the console's table, JSON, YAML, what Terraform or the AWS CLI printed.")
                    .area(errors, &typed.paste, 3))
                div.actions.paste-actions {
                    button.small type="submit" name="action" value="read" { "Read it" }
                    @if let Some(found) = &self.extras.pasted { (found_words(found)) }
                }
                (field("role", "Role ARN", "").text(errors, &typed.role))
                div.fields {
                    (field("bucket", "Bucket", "Its name alone.").text(errors, &typed.bucket))
                    (field("region", "Region", "Of the bucket, such as eu-central-1.").text(errors, &typed.region))
                }
                div.fields {
                    (field("prefix", "Folder (optional)",
                        "Empty: files can be written anywhere the role allows.").text(errors, &typed.prefix))
                    (field("kms_key", "KMS key (optional)",
                        "Only if a key of your own must encrypt the files.").text(errors, &typed.kms_key))
                }
            }
        }
    }

    fn verify_step(&self) -> Markup {
        let check = self.extras.check.as_ref();
        let is_ready = self.connector.state == ConnectorState::Ready;
        let passed = check.is_some_and(|check| check.end == Some(CheckEnd::Passed));
        html! {
            section.card.verify aria-labelledby="step-4" {
                (heading(4, "Verify connectivity", self.check_badge()))
                div #check {
                    p #check-status role="status" {
                        @match check {
                            Some(check) => {
                                (stages::summary(check)) " " span.quiet { "At " (clock_time(check.started_at)) "." }
                            }
                            None if is_ready => {
                                @if let Some(at) = self.connector.verified_at { "Passed at " (date_time(at)) "." }
                            }
                            None => span.quiet { "Tries what a delivery does, and what must be refused. Nothing is saved." }
                        }
                    }
                    div #check-stages { (stages::list(check)) }
                }
                p #check-note.quiet hidden[check.is_some() || is_ready] {
                    "It takes a few seconds; with a role that is seconds old up to half a minute."
                }
                div.actions {
                    @let verify_first = !passed && !is_ready;
                    button.primary[verify_first] type="submit" name="action" value="verify" {
                        @if check.is_some() || is_ready { "Verify again" } @else { "Verify connectivity" }
                    }
                    button.primary[passed && !is_ready] type="submit" name="action" value="save" { "Save" }
                }
                div.activate {
                    @if is_ready {
                        button.primary type="submit" name="action" value="activate" { "Activate" }
                        (self.first_file())
                    } @else {
                        button type="submit" name="action" value="activate" disabled aria-describedby="activate-why" { "Activate" }
                        p #activate-why.quiet { "Needs a saved connection that has passed the check." }
                    }
                }
            }
        }
    }

    /// When the first file comes if the connector is activated now.
    fn first_file(&self) -> Markup {
        let now = self.portal.onboarding.clock.now();
        let settle = self.portal.onboarding.timing.settle;
        let first = first_file_at(self.connector, now, settle);
        html! {
            p.quiet {
                @if self.connector.start_from.is_some() {
                    "Activate now, and the files since the chosen start come first, one after the other. "
                } @else {
                    "Activate now, and the first file comes at " strong { (clock_time(first)) " UTC" } ": at the next full hour, \
                     and " (span(settle)) " later its events have settled. "
                }
                "The next follow " (every(self.connector.frequency)) "."
            }
        }
    }

    fn has_role(&self) -> bool {
        !self.typed.role.is_empty() && self.extras.errors.of("role").is_none()
    }

    fn is_filled_in(&self) -> bool {
        self.has_role() && !self.typed.bucket.is_empty() && !self.typed.region.is_empty()
    }

    fn check_badge(&self) -> Option<Markup> {
        match self.extras.check.as_ref().map(|check| check.end) {
            Some(Some(CheckEnd::Passed)) => Some(badge(Tone::Good, "passed")),
            Some(Some(CheckEnd::Failed)) => Some(badge(Tone::Bad, "one step failed")),
            Some(Some(CheckEnd::Aborted) | None) => Some(badge(Tone::Warn, "not finished")),
            None => (self.connector.state == ConnectorState::Ready).then(|| badge(Tone::Good, "passed")),
        }
    }

    /// How far the person is, by what the page knows.
    fn steps_done(&self) -> String {
        let is_verified = self.connector.state == ConnectorState::Ready;
        // The third step has a choice that suits everyone, so it is done with the second.
        let done = u8::from(self.has_role()) + u8::from(self.is_filled_in()) * 2 + u8::from(is_verified);
        format!("{done} of 4 steps done")
    }
}

/// When the first file of a connector comes that is activated now.
pub(super) fn first_file_at(connector: &Connector, now: Time, settle: Duration) -> Time {
    WindowSchedule::new(now, connector.frequency).due(now, None, settle)
}

fn heading(number: u8, title: &str, badge: Option<Markup>) -> Markup {
    html! {
        h2 id={ "step-" (number) } tabindex="-1" {
            span.step aria-hidden="true" { (number) } span.hidden { "Step " (number) ": " } (title)
            @if let Some(badge) = badge { " " (badge) }
        }
    }
}

fn found_words(found: &[&str]) -> Markup {
    let missing: Vec<_> =
        ["role", "bucket", "region"].into_iter().filter(|name| !found.contains(name)).collect();
    html! {
        span role="status" {
            (badge(Tone::Good, "read")) " Found: " (found.join(", ")) "."
            @if !missing.is_empty() { " Please add: " (missing.join(", ")) "." }
        }
    }
}
