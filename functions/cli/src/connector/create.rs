//! The commands that create and configure a connector: `create`, `setup`, `connect`, `update`.

use archive::names::ConnectorId;
use archive::part::Encoding;
use control::onboarding::{ConnectorUpdate, NewConnector, OnboardingError, UpdateOutcome};
use control::preflight::{PreflightProgress, PreflightReport};
use control::setup::Setup;
use protocol::connector::{Connector, Destination, Encryption, S3Destination};
use serde::Serialize;

use super::lifecycle::ChangeOutput;
use super::options::{ConnectArgs, CreateArgs, UpdateArgs};
use super::preflight;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::{Output, Style};

#[derive(Serialize)]
struct CreateOutput<'a> {
    connector: &'a Connector,
    setup: &'a Setup,
    keys: &'a [String],
}

#[derive(Serialize)]
struct SetupOutput<'a> {
    #[serde(flatten)]
    setup: &'a Setup,
    keys: &'a [String],
}

/// The public keys for the customer's auditor, in the format of `verify --key`.
async fn keys(backend: &Backend) -> Result<Vec<String>, CliError> {
    let keys = backend.onboarding.keys().await?;
    Ok(keys.iter().map(|entry| entry.key.to_string()).collect())
}

/// The JSON output of `connector connect`.
#[derive(Serialize)]
struct ConnectOutput<'a> {
    connector: &'a Connector,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification: Option<&'a PreflightReport>,
}

/// `connector create`.
pub(crate) async fn create(backend: &Backend, args: &CreateArgs, output: Output) -> Result<Exit, CliError> {
    let new = NewConnector {
        tenant: args.tenant.clone(),
        shards: args.shards,
        frequency: args.frequency,
        encoding: Encoding { format: args.format, compression: args.compression },
        start_from: args.start_from,
        destination: Destination::None,
        idempotency_key: args.idempotency_key.clone(),
    };
    let connector = backend.onboarding.create(&backend.caller, new).await?;
    let id = &connector.id;
    let setup = backend.onboarding.setup(&backend.caller, id).await?;
    output.line(format_args!("{id} was created for {}", connector.tenant.escaped()));
    output
        .line(format_args!("external ID {}: the customer's trust policy must require it", setup.external_id));
    if let Some(url) = &setup.quick_create_url {
        output.line(format_args!(
            "The customer's administrator opens this link and clicks Create stack:\n  {url}"
        ));
    }
    warn(&setup, output);
    let keys = keys(backend).await?;
    for key in &keys {
        output.line(format_args!(
            "key {key}: signs the manifests; the customer's auditor keeps it (`auditferry verify --key`)"
        ));
    }
    let connect = format_args!("connect {id} --role-arn ARN --bucket BUCKET --region REGION").to_string();
    output.line(format_args!("\nNext: {}", backend.command(connect)));
    output.object(&CreateOutput { connector: &connector, setup: &setup, keys: &keys });
    Ok(Exit::Done)
}

/// `connector setup`.
pub(crate) async fn setup(backend: &Backend, id: &ConnectorId, output: Output) -> Result<Exit, CliError> {
    let setup = backend.onboarding.setup(&backend.caller, id).await?;
    let keys = keys(backend).await?;
    let unknown = "not configured here: set VENDOR_DOMAIN and SIGNING_KEY, or use the API's /v1/keys";
    let pretty = |value: &serde_json::Value| format!("{value:#}");
    let missing = || "the template is not published: set CUSTOMER_TEMPLATE_URL".to_owned();
    for (heading, text) in [
        ("External ID", setup.external_id.to_string()),
        ("Names of the stack and the role", format!("{} and {}", setup.stack_name, setup.role_name)),
        ("Link that opens the customer's console", setup.quick_create_url.clone().unwrap_or_else(missing)),
        ("For manual setup: the role's trust policy", pretty(&setup.trust_policy)),
        ("… and its permissions", pretty(&setup.permissions_policy)),
        ("Or with Terraform", setup.terraform.trim_end().to_owned()),
        (
            "For the customer's auditor: the key that signs the manifests",
            if keys.is_empty() { unknown.to_owned() } else { keys.join("\n") },
        ),
    ] {
        output.line(format_args!("{}\n{text}\n", output.styled(Style::Bold, heading)));
    }
    warn(&setup, output);
    output.object(&SetupOutput { setup: &setup, keys: &keys });
    Ok(Exit::Done)
}

fn warn(setup: &Setup, output: Output) {
    for warning in &setup.warnings {
        output.line(format_args!("{} {warning}", output.styled(Style::Failure, "Warning:")));
    }
}

/// `connector connect`.
pub(crate) async fn connect(backend: &Backend, args: &ConnectArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.change.connector.id;
    let destination = S3Destination {
        role: args.role_arn.clone(),
        bucket: args.bucket.clone(),
        region: args.region.clone(),
        prefix: args.prefix.clone(),
        encryption: Encryption::new(args.encryption.map(Into::into), args.kms_key_arn.clone())?,
    };
    // Checked before the stand-in creates anything for it.
    backend.onboarding.check_destination(&destination)?;
    if let Some(embedded) = backend.embedded.as_ref().filter(|_| !args.no_stack) {
        let mut connector = backend.view(id).await?.connector;
        connector.connect(destination.clone()).map_err(OnboardingError::from)?;
        // A role that trusts another connector is not changed.
        embedded.grant_access(&connector)?;
        output.line("the stand-in has the bucket, and a role that trusts this connector");
    }
    preflight::start_progress(output);
    let edit = ConnectorUpdate { destination: Some(destination), ..ConnectorUpdate::default() };
    let on_progress = |progress: PreflightProgress<'_>| preflight::report_progress(progress, output);
    let updated =
        backend.onboarding.update(&backend.caller, id, args.change.if_version, edit, on_progress).await;
    output.clear_progress();
    let UpdateOutcome { connector, verification } = updated?;
    output.line(format_args!("{id} writes to {}/{}", args.bucket, args.prefix));
    let code = if let Some(verification) = &verification {
        preflight::print_result(backend, &connector, verification, output)
    } else {
        output.line("this destination was verified before");
        Exit::Done
    };
    output.object(&ConnectOutput { connector: &connector, verification: verification.as_ref() });
    Ok(code)
}

/// `connector update`.
pub(crate) async fn update(backend: &Backend, args: &UpdateArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.change.connector.id;
    let now = backend.view(id).await?.connector;
    let encoding = Encoding {
        format: args.format.unwrap_or(now.encoding.format),
        compression: args.compression.unwrap_or(now.encoding.compression),
    };
    // Half of the new encoding was read before, so the change must apply to that version.
    let if_match = args.change.if_version.or_else(|| (encoding != now.encoding).then_some(now.version));
    let edit = ConnectorUpdate {
        shards: args.shards,
        frequency: args.frequency,
        encoding: (encoding != now.encoding).then_some(encoding),
        destination: None,
    };
    let UpdateOutcome { connector, .. } =
        backend.onboarding.update(&backend.caller, id, if_match, edit, |_| ()).await?;
    let (hours, files) = (connector.frequency.hours(), connector.encoding.suffix());
    output.line(format_args!("{id} exports every {hours} h from its next window on, as {files}"));
    output.object(&ChangeOutput::settings(&connector));
    Ok(Exit::Done)
}
