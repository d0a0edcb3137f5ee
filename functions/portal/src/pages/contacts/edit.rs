//! Changing the contacts, testing them, asking again, and a new webhook secret.

use archive::names::{EmailAddress, WebhookUrl};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use control::onboarding::{NewContacts, OnboardingError};
use maud::html;
use protocol::connector::{Connector, NotAllowedError};
use protocol::contacts::Addresses;

use super::{EMAIL_FIELDS, TITLE, fields, page, secret_page, twin, typed};
use crate::Portal;
use crate::address::of_connector;
use crate::components::{Tone, notice};
use crate::error::{PageError, sentence};
use crate::fields::FieldErrors;
use crate::form::Form;
use crate::pages::operate::{Difference, Done, conflict_page};
use crate::tenant::OfConnector;

/// Sets the contacts.
pub(crate) async fn save(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let (version, connector, caller) = (form.version()?, &of.view.connector, of.visitor.caller());
    let mut errors = FieldErrors::default();
    let Some(new) = parse(&form, &mut errors) else {
        return page(&portal, &of, (&html! {}, &form, &errors), StatusCode::UNPROCESSABLE_ENTITY).await;
    };
    match portal.onboarding.set_contacts(&caller, &connector.id, Some(version), new.clone()).await {
        Ok((_, None)) => Ok(Done::ContactsSaved.at(&of_connector(&connector.id, "contacts"))),
        Ok((_, Some(secret))) => Ok(secret_page(&portal, &of, &secret, "The contacts are saved.")),
        Err(OnboardingError::Stale { .. }) => {
            let view = portal.onboarding.read(&caller, &connector.id).await?;
            let of = OfConnector { view, ..of };
            let form = form.with("version", &of.view.connector.version);
            let again = fields(&of.view.connector, &form, &FieldErrors::default(), "Save mine");
            let differences = differences(&of.view.connector, &new);
            // The other request of a double click has stored the same. If it made a secret, nobody saw that,
            // so the page says that there were two.
            if differences.is_empty() && new.webhook.is_none() {
                return Ok(Done::ContactsSaved.at(&of_connector(&of.view.connector.id, "contacts")));
            }
            let titled = ("contacts", TITLE, twin(&of.view.connector));
            conflict_page(&portal, &of, titled, version, &differences, &again).await
        }
        Err(error @ OnboardingError::Exhausted(_)) => said(&portal, &of, &form, error).await,
        Err(error) => Err(error.into()),
    }
}

/// Sends a test to every contact.
pub(crate) async fn test(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    // Since the page was shown there was a change, and moments ago a test: the first click of a double click.
    let is_repeated = form.version().is_ok_and(|version| version < connector.version);
    match portal.onboarding.test_contacts(&of.visitor.caller(), &connector.id, None).await {
        Ok(_) => Ok(Done::Tested.at(&of_connector(&connector.id, "contacts"))),
        Err(OnboardingError::NotAllowed(NotAllowedError::TestCooldown { .. })) if is_repeated => {
            Ok(Done::Tested.at(&of_connector(&connector.id, "contacts")))
        }
        Err(error) => said(&portal, &of, &typed(connector), error).await,
    }
}

/// Asks the addresses again that have not answered.
pub(crate) async fn ask(State(portal): State<Portal>, of: OfConnector) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    match portal.onboarding.ask_contacts(&of.visitor.caller(), &connector.id, None).await {
        Ok(_) => Ok(Done::Asked.at(&of_connector(&connector.id, "contacts"))),
        Err(error) => said(&portal, &of, &typed(connector), error).await,
    }
}

/// Confirms an address by contract; operators only.
pub(crate) async fn confirm_by_contract(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let connector = &of.view.connector;
    let email: EmailAddress = form.text("email").parse().map_err(OnboardingError::Refused)?;
    match portal.onboarding.confirm_by_contract(&of.visitor.caller(), &connector.id, &email).await {
        Ok(_) => Ok(Done::Confirmed.at(&of_connector(&connector.id, "contacts"))),
        Err(error @ OnboardingError::Forbidden(_)) => Err(error.into()),
        Err(error) => said(&portal, &of, &typed(connector), error).await,
    }
}

/// Makes a new secret for the webhook. The version of the form makes a second click find another version, so
/// it does not void the secret that the first one shows.
pub(crate) async fn rotate_secret(
    State(portal): State<Portal>,
    of: OfConnector,
    form: Form,
) -> Result<Response, PageError> {
    let (version, connector) = (form.version()?, &of.view.connector);
    let rotated =
        portal.onboarding.rotate_webhook_secret(&of.visitor.caller(), &connector.id, Some(version)).await;
    match rotated {
        Ok((_, secret)) => Ok(secret_page(&portal, &of, &secret, "The former one signs for another day.")),
        Err(error) => said(&portal, &of, &typed(connector), error).await,
    }
}

/// The page with a refusal on top. Our own errors are no refusal.
async fn said(
    portal: &Portal,
    of: &OfConnector,
    form: &Form,
    error: OnboardingError,
) -> Result<Response, PageError> {
    if matches!(error, OnboardingError::Port(_) | OnboardingError::NotFound(_)) {
        return Err(error.into());
    }
    let error = PageError::from(error);
    let text = notice(Tone::Warn, &html! { p { (sentence(&error.text())) } });
    page(portal, of, (&text, form, &FieldErrors::default()), error.status()).await
}

fn parse(form: &Form, errors: &mut FieldErrors) -> Option<NewContacts> {
    let mut emails = Vec::new();
    for field in EMAIL_FIELDS {
        let text = form.text(field);
        if !text.is_empty() {
            emails.extend(errors.take(field, text.parse::<EmailAddress>()));
        }
    }
    let webhook = form.text("webhook");
    let webhook = (!webhook.is_empty()).then(|| errors.take("webhook", webhook.parse::<WebhookUrl>()));
    let emails = errors.take("email-1", Addresses::try_from(emails));
    Some(NewContacts { emails: emails?, webhook: webhook.flatten() }).filter(|_| errors.is_empty())
}

fn differences(stored: &Connector, yours: &NewContacts) -> Vec<Difference> {
    let list = |emails: &Addresses| match emails.iter().map(EmailAddress::as_str).collect::<Vec<_>>() {
        none if none.is_empty() => "nobody".to_owned(),
        some => some.join(", "),
    };
    let url = |url: Option<&WebhookUrl>| url.map_or_else(|| "none".to_owned(), ToString::to_string);
    let stored_url = stored.contacts.webhook.as_ref().map(|webhook| &webhook.url);
    [
        Difference::of("E-mail addresses", list(&stored.contacts.emails), list(&yours.emails)),
        Difference::of("Webhook", url(stored_url), url(yours.webhook.as_ref())),
    ]
    .into_iter()
    .flatten()
    .collect()
}
