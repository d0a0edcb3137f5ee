//! The contacts of a connector: set, test, confirm, rotate the webhook's secret. A webhook's secret is shown
//! in the response that creates it, and never again.

use archive::names::EmailAddress;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::NewContacts;
use protocol::contacts::{Addresses, WebhookSecret};

use crate::body::JsonBody;
use crate::fields::Fields;
use crate::pagination::QueryParams;
use crate::problem::Problem;
use crate::target::{Action, Target};
use crate::views::DetailExtras;

/// `PUT …/contacts`: replaces all contacts; those left out are removed.
pub(crate) async fn set(
    Action { target, version, body: JsonBody(body) }: Action<JsonBody>,
) -> Result<Response, Problem> {
    let new = new_contacts(body)?;
    let (_, secret) = target.onboarding.set_contacts(&target.caller, &target.id, version, new).await?;
    target.detail_with(StatusCode::OK, secret_extras(secret.as_ref())).await
}

/// `POST …/rotate-webhook-secret`: the previous secret signs for another day. A repeated request creates
/// another secret.
pub(crate) async fn rotate_webhook_secret(
    Action { target, version, .. }: Action,
) -> Result<Response, Problem> {
    let (_, secret) = target.onboarding.rotate_webhook_secret(&target.caller, &target.id, version).await?;
    target.detail_with(StatusCode::OK, secret_extras(Some(&secret))).await
}

/// `POST …/test-contacts`: sends them a test notice, at most every five minutes.
pub(crate) async fn test(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.test_contacts(&target.caller, &target.id, version).await?;
    target.detail(StatusCode::ACCEPTED).await
}

/// `POST …/ask-contacts`: sends another confirmation mail to the addresses that have not answered.
pub(crate) async fn ask(Action { target, version, .. }: Action) -> Result<Response, Problem> {
    target.onboarding.ask_contacts(&target.caller, &target.id, version).await?;
    target.detail(StatusCode::ACCEPTED).await
}

/// `POST …/confirm-address`: an operator confirms, by contract, that this address wants notices.
pub(crate) async fn confirm(
    target: Target,
    query: QueryParams,
    JsonBody(mut body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let email: Option<EmailAddress> = body.required_text("email");
    let result = body.finish();
    // Without an address the body is invalid, and its errors are the response.
    let Some(email) = email else { return Err(result.err().unwrap_or_else(Problem::not_found)) };
    result?;
    target.onboarding.confirm_by_contract(&target.caller, &target.id, &email).await?;
    target.detail(StatusCode::OK).await
}

pub(crate) fn new_contacts(mut body: Fields) -> Result<NewContacts, Problem> {
    let emails: Option<Vec<EmailAddress>> = body.text_list("emails");
    let emails = match Addresses::try_from(emails.unwrap_or_default()) {
        Ok(emails) => Some(emails),
        Err(refused) => body.reject("emails", &format!("are invalid: {refused}")),
    };
    let webhook = body.text("webhook");
    body.finish()?;
    Ok(NewContacts { emails: emails.unwrap_or_default(), webhook })
}

fn secret_extras(secret: Option<&WebhookSecret>) -> DetailExtras {
    DetailExtras { webhook_secret: secret.map(WebhookSecret::expose), ..DetailExtras::default() }
}
