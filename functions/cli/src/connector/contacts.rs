//! The contacts of a connector: `contacts`, `rotate-webhook-secret`, `test-contacts`.

use control::onboarding::{AddressView, NewContacts};
use protocol::caller::Caller;
use protocol::connector::{Connector, SECRET_OVERLAP};
use protocol::contacts::{AddressStatus, Addresses, ConfirmationMethod, WebhookSecret};
use serde::Serialize;

use super::args::ChangeArgs;
use super::options::ContactsArgs;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::{Output, Style};

/// The JSON output of these commands: the settings, the status of each address, and a new secret, which is
/// shown once.
#[derive(Serialize)]
struct ContactsOutput<'a> {
    connector: &'a Connector,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    addresses: &'a [AddressView],
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
) -> Result<Exit, CliError> {
    let (id, version) = (&args.change.connector.id, args.change.if_version);
    let (onboarding, caller) = (&backend.onboarding, &backend.caller);
    if let Some(address) = &args.confirm {
        let connector = onboarding.confirm_by_contract(caller, id, address).await?;
        return show(backend, &connector, None, output).await;
    }
    if args.ask_again {
        let connector = onboarding.ask_contacts(caller, id, version).await?;
        output.line("Unconfirmed addresses get a mail within a minute or so:");
        return show(backend, &connector, None, output).await;
    }
    if args.email.is_empty() && args.webhook.is_none() && !args.none {
        let connector = backend.view(id).await?.connector;
        return show(backend, &connector, None, output).await;
    }
    let emails = Addresses::try_from(args.email.clone())?;
    let new = NewContacts { emails, webhook: args.webhook.clone() };
    let (connector, secret) = onboarding.set_contacts(caller, id, version, new).await?;
    show(backend, &connector, secret.as_ref(), output).await
}

/// `connector rotate-webhook-secret`.
pub(crate) async fn rotate_webhook_secret(
    backend: &Backend,
    args: &ChangeArgs,
    output: Output,
) -> Result<Exit, CliError> {
    let (connector, secret) = backend
        .onboarding
        .rotate_webhook_secret(&backend.caller, &args.connector.id, args.if_version)
        .await?;
    let hours = SECRET_OVERLAP.as_secs() / 3_600;
    output.line(format_args!("The previous secret also signs for {hours} more hours."));
    show(backend, &connector, Some(&secret), output).await
}

/// `connector test-contacts`.
pub(crate) async fn test_contacts(
    backend: &Backend,
    args: &ChangeArgs,
    output: Output,
) -> Result<Exit, CliError> {
    let connector =
        backend.onboarding.test_contacts(&backend.caller, &args.connector.id, args.if_version).await?;
    output.line("Confirmed contacts get a test message within a minute or so:");
    show(backend, &connector, None, output).await
}

async fn show(
    backend: &Backend,
    connector: &Connector,
    secret: Option<&WebhookSecret>,
    output: Output,
) -> Result<Exit, CliError> {
    let addresses = backend.onboarding.addresses(&backend.caller, connector).await?;
    if connector.contacts.is_empty() {
        output.line(format_args!("{} has no contacts: only the vendor gets its notices", connector.id));
    }
    for view in &addresses {
        output.line(format_args!("e-mail   {}, {}", view.email, status(view)));
    }
    if let Some(webhook) = &connector.contacts.webhook {
        output.line(format_args!("webhook  {}", webhook.url));
    }
    if let Some(secret) = secret {
        output.line(format_args!(
            "\n{}\n{}\nThe receiver verifies each request with it. It is shown only once.",
            output.styled(Style::Bold, "Webhook secret"),
            secret.expose()
        ));
    }
    let note = delivery_hint(backend, connector, &addresses);
    if let Some(note) = note {
        output.line(format_args!("\n{note}"));
    }
    let webhook_secret = secret.map(WebhookSecret::expose);
    output.object(&ContactsOutput { connector, addresses: &addresses, webhook_secret, note });
    Ok(Exit::Done)
}

/// The status of an address, as text.
pub(super) fn status(view: &AddressView) -> String {
    match &view.status {
        AddressStatus::Waiting => "waiting for an operator to confirm it".to_owned(),
        AddressStatus::Requested { since } => {
            format!("confirmation requested at {since}, the mail is on its way")
        }
        AddressStatus::Pending { since, until } => {
            format!("confirmation requested at {since}, valid until {until}")
        }
        AddressStatus::Expired { until, .. } => format!("not confirmed by {until}"),
        AddressStatus::Confirmed { since, how: ConfirmationMethod::Link } => {
            format!("confirmed by link at {since}")
        }
        AddressStatus::Confirmed { since, how: ConfirmationMethod::Contract } => match &view.by {
            Some(Caller::Operator { name }) => format!("confirmed by contract at {since}, by {name}"),
            _ => format!("confirmed by contract at {since}"),
        },
        AddressStatus::Declined { since } => format!("declined at {since}, gets no mail"),
    }
}

/// Why contacts are not notified here, if they are not.
fn delivery_hint(
    backend: &Backend,
    connector: &Connector,
    addresses: &[AddressView],
) -> Option<&'static str> {
    if backend.embedded.is_some() {
        return (!connector.contacts.is_empty())
            .then_some("With --local nobody is notified: the notifier runs in AWS only.");
    }
    backend.onboarding.contacts_warning(addresses)
}
