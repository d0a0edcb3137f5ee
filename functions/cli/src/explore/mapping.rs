//! `events fields --set`: sets where the fields are in a connector's events.

use std::fs;

use archive::names::ConnectorId;
use ports::ConnectorFilter;
use protocol::exploration::StoredMapping;
use serde::Serialize;

use super::args::FieldsArgs;
use super::cells::cell;
use super::kept::Kept;
use crate::backend::Backend;
use crate::error::{CliError, Exit, io_error};
use crate::output::Output;

#[derive(Serialize)]
struct Set<'a> {
    connector: &'a ConnectorId,
    source: &'static str,
    /// The name of a preset, or a mapping in JSON.
    fields: &'a str,
}

/// Sets the mapping of the connector that the options name, or of the tenant's only one.
pub(super) async fn set(
    (backend, kept): (&Backend, &Kept),
    args: &FieldsArgs,
    setting: &str,
    output: Output,
) -> Result<Exit, CliError> {
    let text = text(setting)?;
    let connector = connector(backend, args).await?;
    let StoredMapping { fields, .. } = kept.records.set_mapping(&kept.by, &connector, &text).await?;
    output.line(format_args!("connector {connector} has the mapping {}", cell(fields.as_str())));
    output.line("Its indexes are made anew by themselves; until then, searches reach less far back.");
    output.line(format_args!(
        "See what it finds: auditferry events fields{} --connector {connector}",
        kept.flags
    ));
    output.object(&Set { connector: &connector, source: "set", fields: fields.as_str() });
    Ok(Exit::Done)
}

/// The setting itself, or what is in the file that it names.
pub(super) fn text(setting: &str) -> Result<String, CliError> {
    match setting.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(io_error(format!("can't read {path}"))),
        None => Ok(setting.to_owned()),
    }
}

/// The tenant's connector: a mapping is one connector's.
async fn connector(backend: &Backend, args: &FieldsArgs) -> Result<ConnectorId, CliError> {
    let tenant = &args.log.tenant;
    if let Some(id) = &args.log.connector {
        let view = backend.view(id).await?;
        if view.connector.tenant == *tenant {
            return Ok(id.clone());
        }
    }
    let filter = ConnectorFilter { tenant: Some(tenant), include_deleted: false };
    let found = backend.onboarding.list(&backend.caller, filter, None, 2).await?;
    match found.as_slice() {
        [one] if args.log.connector.is_none() => Ok(one.id.clone()),
        _ => {
            let remedy = format!("List them: auditferry connector list --tenant {}", tenant.escaped());
            let message = match (&args.log.connector, found.is_empty()) {
                (Some(id), _) => format!("connector {id} is not of tenant {}", tenant.escaped()),
                (None, true) => format!("tenant {} has no connector", tenant.escaped()),
                (None, false) => "the tenant has several connectors; name one with --connector".to_owned(),
            };
            Err(CliError::usage(message, remedy))
        }
    }
}
