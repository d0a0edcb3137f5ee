//! Whom a connector's notices reach: `contacts`, `rotate-webhook-secret`, `test-contacts`.

use domain::connector::{Connector, SIGNS_BESIDE};
use domain::contacts::{Addresses, Contacts, WebhookSecret};
use domain::onboarding::NewContacts;
use serde::Serialize;

use super::args::ChangeArgs;
use super::options::ContactsArgs;
use crate::backend::Backend;
use crate::output::{Output, Tone};
use crate::problem::{Exit, Problem};

/// The answer of these commands: the settings, and what is shown once.
#[derive(Serialize)]
struct Told<'a> {
    connector: &'a Connector,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_secret: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'static str>,
}

/// `connector contacts`.
pub(crate) async fn contacts(
    backend: &Backend,
    args: &ContactsArgs,
    output: Output,
) -> Result<Exit, Problem> {
    let id = &args.change.one.id;
    if args.email.is_empty() && args.webhook.is_none() && !args.none {
        let connector = backend.view(id).await?.connector;
        tell(backend, &connector, None, output);
        return Ok(Exit::Done);
    }
    let emails = Addresses::try_from(args.email.clone())?;
    let new = NewContacts { emails, webhook: args.webhook.clone() };
    let (connector, secret) =
        backend.onboarding.set_contacts(&backend.caller, id, args.change.if_version, new).await?;
    tell(backend, &connector, secret.as_ref(), output);
    Ok(Exit::Done)
}

/// `connector rotate-webhook-secret`.
pub(crate) async fn rotate(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, Problem> {
    let (connector, secret) =
        backend.onboarding.rotate_webhook_secret(&backend.caller, &args.one.id, args.if_version).await?;
    let hours = SIGNS_BESIDE.as_secs() / 3_600;
    output.line(format_args!("The one before signs too for {hours} more hours."));
    tell(backend, &connector, Some(&secret), output);
    Ok(Exit::Done)
}

/// `connector test-contacts`.
pub(crate) async fn test(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, Problem> {
    let connector = backend.onboarding.test_contacts(&backend.caller, &args.one.id, args.if_version).await?;
    output.line("The contacts are told a test within a minute or so:");
    tell(backend, &connector, None, output);
    Ok(Exit::Done)
}

fn tell(backend: &Backend, connector: &Connector, secret: Option<&WebhookSecret>, output: Output) {
    let Contacts { emails, webhook, .. } = &connector.contacts;
    if connector.contacts.is_empty() {
        output.line(format_args!("{} has no contacts: its notices reach the vendor only", connector.id));
    }
    for address in emails.iter() {
        output.line(format_args!("e-mail   {address}"));
    }
    if let Some(webhook) = webhook {
        output.line(format_args!("webhook  {}", webhook.url));
    }
    if let Some(secret) = secret {
        output.line(format_args!(
            "\n{}\n{}\nThe receiver checks each request with it. It is shown this once.",
            output.tone(Tone::Strong, "The webhook's secret"),
            secret.shown()
        ));
    }
    let note = note(backend, connector);
    if let Some(note) = note {
        output.line(format_args!("\n{note}"));
    }
    output.object(&Told { connector, webhook_secret: secret.map(WebhookSecret::shown), note });
}

/// What keeps contacts from being told here.
fn note(backend: &Backend, connector: &Connector) -> Option<&'static str> {
    if backend.embedded.is_some() {
        return (!connector.contacts.is_empty())
            .then_some("With --local nobody is told: the notifier runs in AWS only.");
    }
    backend.onboarding.note_on_contacts(connector)
}
