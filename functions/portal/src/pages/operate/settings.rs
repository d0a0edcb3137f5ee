//! The settings of a connector. What a change means stands beside each field, before it is saved.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::OnboardingError;
use maud::{Markup, html};
use protocol::connector::{Connector, State as Stage};
use protocol::portal::Ability;

use super::encoding::{compressions, formats};
use super::settings_form::{differences, parse, typed};
use super::{Done, conflict_page, done_notice, failed_check, head, with_status};
use crate::Portal;
use crate::address::of_connector;
use crate::components::date_time;
use crate::error::{PageError, sentence};
use crate::fields::{Field, FieldErrors};
use crate::form::Form;
use crate::frequency;
use crate::layout::{ApiTwin, Section};
use crate::tenant::{OfConnector, Query};

const TITLE: &str = "Settings";

/// The page.
pub(crate) async fn show(State(portal): State<Portal>, of: OfConnector, Query(query): Query) -> Response {
    let connector = &of.view.connector;
    let body =
        page(&portal, &of, &html! { (done_notice(&query)) }, &typed(connector), &FieldErrors::default());
    of.layout(&portal).section(Section::Connectors).twin(twin(connector)).page(TITLE, &body)
}

/// Saves the settings.
pub(crate) async fn save(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let (version, connector) = (form.version()?, &of.view.connector);
    let mut errors = FieldErrors::default();
    let Some(update) = parse(&form, connector, &mut errors) else {
        return Ok(refused(&portal, &of, &form, &html! {}, &errors));
    };
    if differences(connector, &update).is_empty() && version == connector.version {
        return Ok(Done::Unchanged.at(&of_connector(&connector.id, "settings")));
    }
    let caller = of.visitor.caller();
    match portal.onboarding.update(&caller, &connector.id, Some(version), update.clone(), |_| ()).await {
        Ok(outcome) => match outcome.verification.filter(|report| !report.passed) {
            None => Ok(Done::Saved.at(&of_connector(&connector.id, "settings"))),
            Some(report) => {
                // The change is stored, so the page shows what is stored now.
                let view = portal.onboarding.read(&caller, &connector.id).await?;
                let of = OfConnector { view, ..of };
                let notice = failed_check(&report, "The encryption is saved, and delivery waits.");
                Ok(refused(&portal, &of, &typed(&of.view.connector), &notice, &FieldErrors::default()))
            }
        },
        Err(OnboardingError::Stale { .. }) => {
            let view = portal.onboarding.read(&caller, &connector.id).await?;
            let of = OfConnector { view, ..of };
            let (connector, form) = (&of.view.connector, form.with("version", &of.view.connector.version));
            let again = fields(connector, &form, &FieldErrors::default(), "Save mine");
            let differences = differences(connector, &update);
            // The other request of a double click, or somebody else, has stored the same.
            if differences.is_empty() {
                return Ok(Done::Saved.at(&of_connector(&connector.id, "settings")));
            }
            conflict_page(&portal, &of, ("settings", TITLE, twin(connector)), version, &differences, &again)
                .await
        }
        Err(OnboardingError::DestinationMismatch(mismatches)) => {
            let text = mismatches.iter().map(|one| sentence(&one.to_string())).collect::<Vec<_>>().join(" ");
            errors.add("kms_key", text);
            Ok(refused(&portal, &of, &form, &html! {}, &errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn twin(connector: &Connector) -> ApiTwin {
    ApiTwin { method: "PATCH", path: format!("/v1/connectors/{}", connector.id) }
}

fn refused(
    portal: &Portal,
    of: &OfConnector,
    form: &Form,
    notice: &Markup,
    errors: &FieldErrors,
) -> Response {
    let body = page(portal, of, notice, form, errors);
    let layout = of.layout(portal).section(Section::Connectors).twin(twin(&of.view.connector));
    with_status(StatusCode::UNPROCESSABLE_ENTITY, layout.page(TITLE, &body))
}

fn page(portal: &Portal, of: &OfConnector, notice: &Markup, form: &Form, errors: &FieldErrors) -> Markup {
    let connector = &of.view.connector;
    html! {
        (head(portal, of, "settings", TITLE))
        div.stack {
            (errors.summary())
            (notice)
            @match connector.state {
                Stage::Deleted => section.card { p { "This connector is deleted. Only its records are left." } },
                Stage::Disabled => section.card {
                    p { "This connector is disabled. Its settings can be changed once it is enabled again." }
                    (super::actions::button(connector, "enable", "Enable", "primary"))
                },
                _ => (fields(connector, form, errors, "Save")),
            }
            div.columns.even {
                (destination_card(connector, of.visitor.has(Ability::SetUp)))
                (start_card(connector))
            }
            @if connector.state != Stage::Deleted { (more(connector)) }
        }
    }
}

fn fields(connector: &Connector, form: &Form, errors: &FieldErrors, save: &str) -> Markup {
    let hours = frequency::choices();
    let encryptions = [
        ("default", "as the bucket says"),
        ("aes256", "SSE-S3 (AES256), keys of S3"),
        ("kms", "SSE-KMS, with the key below"),
    ];
    let encryptions = encryptions.map(|(value, text)| (value.to_owned(), text.to_owned()));
    let field = |name, label, hint| Field { name, label, hint };
    html! {
        section.card {
            h2 { "Files" }
            form.stack method="post" action=(of_connector(&connector.id, "settings")) {
                input type="hidden" name="version" value=(form.text("version"));
                div.fields.aligned {
                    (field("frequency", "A file every", "From the next file on. The one that is due now keeps its time.")
                        .select(errors, &hours, form.text("frequency")))
                    (field("format", "Format: what will read the files?", "From the next file on. Files that are there stay as they are.")
                        .select(errors, &formats(), form.text("format")))
                    (field("compression", "Compression", "From the next file on. The ends of the names change with it.")
                        .select(errors, &compressions(), form.text("compression")))
                }
                @if !connector.destination.is_none() {
                    hr;
                    p.hint { "The encryption belongs to the destination. When you change it, delivery pauses, the connection is checked, and delivery resumes by itself if the check passes. That takes some seconds. If it fails, files wait and nothing is lost." }
                    div.fields.wide.aligned {
                        (field("encryption", "Encryption in the bucket", "What each file asks S3 for.")
                            .select(errors, &encryptions, form.text("encryption")))
                        (field("kms_key", "KMS key", "For SSE-KMS: the ARN of your key, which the role must be allowed to use.")
                            .text(errors, form.text("kms_key")))
                    }
                }
                div.actions {
                    button.primary type="submit" { (save) }
                    a.button href=(of_connector(&connector.id, "settings")) { "Discard" }
                }
            }
        }
    }
}

fn destination_card(connector: &Connector, may_set_up: bool) -> Markup {
    html! {
        section.card {
            h2 { "Destination" }
            @match connector.destination.s3() {
                Some(to) => dl.facts {
                    div { dt { "Bucket" } dd.mono { (to.bucket) } }
                    div { dt { "Region" } dd.mono { (to.region) } }
                    div { dt { "Folder" } dd.mono { @if to.prefix.as_str().is_empty() { "the whole bucket" } @else { (to.prefix) "/" } } }
                    div { dt { "Role" } dd.mono { (to.role) } }
                },
                None => p { "No bucket is connected yet." },
            }
            @if connector.activated_at.is_some() {
                p.hint { "Another bucket, folder or role: an active connector pauses until the new destination is verified. Files that were delivered stay where they are, and what waits goes to the new one." }
            }
            @if may_set_up && connector.state != Stage::Disabled && connector.state != Stage::Deleted {
                p { a.button href=(of_connector(&connector.id, "connect")) { @if connector.destination.is_none() { "Connect" } @else { "Change the destination" } } }
            }
        }
    }
}

fn start_card(connector: &Connector) -> Markup {
    html! {
        section.card {
            h2 { "Start" }
            @match (connector.start_from, connector.activated_at) {
                (Some(from), _) => p { "Events from " (date_time(from)) " on are exported." },
                (None, Some(at)) => p { "Events from the activation on are exported: " (date_time(at)) "." },
                (None, None) => p { "Events from the activation on will be exported." },
            }
            p.hint { "It can't be changed: files and manifests are numbered from there. For an earlier start connect another folder." }
        }
    }
}

fn more(connector: &Connector) -> Markup {
    html! {
        section.card {
            h2 { "More" }
            ul.links {
                @if connector.state != Stage::Disabled {
                    li { a href=(of_connector(&connector.id, "rotate")) { "Rotate the external ID" } p.hint { "Both IDs work until you have changed your role." } }
                    li { a href=(of_connector(&connector.id, "disable")) { "Disable" } p.hint { "Stops everything. It can be enabled again for 30 days." } }
                }
                @if matches!(connector.state, Stage::Draft | Stage::Ready | Stage::Disabled) {
                    li { a href=(of_connector(&connector.id, "delete")) { "Delete" } p.hint { "For good. The page says what is lost." } }
                } @else {
                    li { span { "Delete" } p.hint { "Disable it first." } }
                }
            }
        }
    }
}
