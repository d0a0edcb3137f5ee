//! The contacts of a connector: set, test, confirm, rotate the webhook's secret. A webhook's secret is shown
//! in the response that creates it, and never again.

use archive::names::EmailAddress;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::NewContacts;
use protocol::contacts::{Addresses, WebhookSecret};

use crate::Api;
use crate::body::{EmptyBody, JsonBody};
use crate::caller::AuthenticatedCaller;
use crate::connectors::{detail, detail_with};
use crate::fields::Fields;
use crate::pagination::QueryParams;
use crate::path::PathId;
use crate::preconditions::IfMatch;
use crate::problem::Problem;
use crate::responses::DetailExtras;
use crate::verbs::VerbRequest;

/// `PUT …/contacts`: replaces all contacts; those left out are removed.
pub(crate) async fn set(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let new = new_contacts(body)?;
    let (_, secret) = api.onboarding.set_contacts(&caller, &id, version, new).await?;
    detail_with(&api, &caller, &id, StatusCode::OK, secret_extras(secret.as_ref())).await
}

/// `POST …/rotate-webhook-secret`: the previous secret signs for another day. A repeated request creates
/// another secret.
pub(crate) async fn rotate_webhook_secret(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let (_, secret) = api.onboarding.rotate_webhook_secret(&caller, &id, version).await?;
    detail_with(&api, &caller, &id, StatusCode::OK, secret_extras(Some(&secret))).await
}

/// `POST …/test-contacts`: sends them a test notice, at most every five minutes.
pub(crate) async fn test(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.test_contacts(&caller, &id, version).await?;
    detail(&api, &caller, &id, StatusCode::ACCEPTED).await
}

/// `POST …/ask-contacts`: sends another confirmation mail to the addresses that have not answered.
pub(crate) async fn ask(
    (State(api), AuthenticatedCaller(caller), PathId(id), IfMatch(version), query): VerbRequest,
    _: EmptyBody,
) -> Result<Response, Problem> {
    query.finish()?;
    api.onboarding.ask_contacts(&caller, &id, version).await?;
    detail(&api, &caller, &id, StatusCode::ACCEPTED).await
}

/// `POST …/confirm-address`: an operator confirms, by contract, that this address wants notices.
pub(crate) async fn confirm(
    State(api): State<Api>,
    AuthenticatedCaller(caller): AuthenticatedCaller,
    PathId(id): PathId,
    query: QueryParams,
    JsonBody(mut body): JsonBody,
) -> Result<Response, Problem> {
    query.finish()?;
    let email: Option<EmailAddress> = body.required_text("email");
    let result = body.finish();
    // Without an address the body is invalid, and its errors are the response.
    let Some(email) = email else { return Err(result.err().unwrap_or_else(Problem::not_found)) };
    result?;
    api.onboarding.confirm_by_contract(&caller, &id, &email).await?;
    detail(&api, &caller, &id, StatusCode::OK).await
}

fn new_contacts(mut body: Fields) -> Result<NewContacts, Problem> {
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
