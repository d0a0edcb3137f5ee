//! `init`: creates the tables and the staging bucket.

use aws::clients::Clients;
use aws::dynamodb::events::EventsTable;
use aws::settings::{LedgerSettings, S3Settings, StagingSettings};
use clap::Args;
use sandbox::guard::Token;
use sandbox::wiring::{EVENTS_TABLE, LEDGER_TABLE, STAGING_BUCKET, Sandbox};
use serde::Serialize;

use crate::context::ProcessContext;
use crate::error::{CliError, Exit, io_error};
use crate::target::Target;

/// The options of `init`.
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Where to create them.
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The resources that were created, or existed.
#[derive(Debug, Serialize)]
struct Resources {
    events_table: String,
    ledger_table: String,
    staging_bucket: String,
}

pub(crate) async fn run(args: InitArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    let created = match &args.target.local {
        Some(dir) => {
            ensure_own_or_empty(dir)?;
            Sandbox::start(Some(dir), args.target.now).await?.stop().await;
            // Scripts read the token's file before the first `serve` listens.
            Token::read_or_create(dir)?;
            Resources {
                events_table: EVENTS_TABLE.into(),
                ledger_table: LEDGER_TABLE.into(),
                staging_bucket: STAGING_BUCKET.into(),
            }
        }
        None => create_on_stand_in(context).await?,
    };
    let output = context.output;
    output.line(format_args!("events table    {}", created.events_table));
    output.line(format_args!("ledger table    {}", created.ledger_table));
    output.line(format_args!("staging bucket  {}", created.staging_bucket));
    if let Some(dir) = &args.target.local {
        let dir = dir.display();
        output.line(format_args!("\nNext: auditferry events import --local {dir} --tenant acme FILE"));
        output.line(format_args!("      auditferry connector create --local {dir} --tenant acme"));
    }
    output.object(&created);
    Ok(Exit::Done)
}

/// Refuses a folder with other content.
pub(crate) fn ensure_own_or_empty(dir: &std::path::Path) -> Result<(), CliError> {
    if Sandbox::exists_in(dir) || is_new_or_empty(dir)? {
        return Ok(());
    }
    let path = dir.display();
    Err(CliError::failed(
        format!("{path} is not empty and not an Auditferry folder"),
        "Name a new folder, or an empty one.",
    ))
}

/// Whether a folder is empty or does not exist.
pub(crate) fn is_new_or_empty(dir: &std::path::Path) -> Result<bool, CliError> {
    match std::fs::read_dir(dir) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(io_error(dir.display())(error)),
    }
}

/// Creates them on the stand-in that the SDK's endpoint variables name. Never in AWS itself: there they would
/// lack the template's backups, alarms and lifecycle rules.
async fn create_on_stand_in(context: &ProcessContext) -> Result<Resources, CliError> {
    let is_set = |name: &str| context.variable(name).is_some_and(|value| !value.is_empty());
    let both_services = is_set("AWS_ENDPOINT_URL_DYNAMODB") && is_set("AWS_ENDPOINT_URL_S3");
    if !is_set("AWS_ENDPOINT_URL") && !both_services {
        return Err(CliError::usage(
            "in AWS, template.yaml creates the tables and the bucket (`sam deploy`)",
            "Name a folder with --local DIR, or a stand-in for AWS with the variable AWS_ENDPOINT_URL.",
        ));
    }
    let (events, ledger, staging, s3) =
        context.settings::<(EventsTable, LedgerSettings, StagingSettings, S3Settings)>()?;
    let clients = Clients::from_environment(s3).await;
    aws::dynamodb::events::create_table_of(&clients.dynamodb, &events).await?;
    aws::dynamodb::ledger::create_table(&clients.dynamodb, &ledger.table).await?;
    let bucket = staging.bucket.to_string();
    aws::s3::staging::create_bucket(&clients.s3, &bucket).await?;
    Ok(Resources { events_table: events.table, ledger_table: ledger.table, staging_bucket: bucket })
}

pub(crate) const AFTER_HELP: &str = "\
Running it again changes nothing. In AWS itself template.yaml creates the tables and the bucket, so without \
--local this command requires AWS_ENDPOINT_URL to name a stand-in.

Examples:
  auditferry init --local ./af
  AWS_ENDPOINT_URL=http://localhost:4566 S3_FORCE_PATH_STYLE=true \\
    LEDGER_TABLE=ledger EVENTS_TABLE=events STAGING_BUCKET=staging auditferry init";
