//! The demo's imports, as `events import` does them.

use archive::import::{KeyFields, TimeForm};
use protocol::connector::Shards;
use sandbox::wiring::Sandbox;

use super::scenario::{BUSY_TENANT, EVENTS, hour_and_minute, tenant};
use crate::error::CliError;
use crate::events::import::Import;
use crate::events::inputs::Inputs;
use crate::events::stats::ImportStats;
use crate::output::Output;
use crate::table::counted;

/// Imports the real events, and prints how many there are.
///
/// # Errors
/// If a write to the table fails.
pub(super) async fn import(embedded: &Sandbox, output: Output) -> Result<u64, CliError> {
    let inputs = Inputs::of_bytes("cloudtrail", EVENTS);
    let stats = import_inputs(embedded, BUSY_TENANT, ("eventTime", "eventID"), inputs).await?;
    let span = match (stats.first, stats.last) {
        (Some(first), Some(last)) => format!(", {} to {}", hour_and_minute(first), hour_and_minute(last)),
        _ => String::new(),
    };
    output.line(format_args!(
        "       {} of CloudTrail imported for {BUSY_TENANT}{span}",
        counted(stats.imported, "event")
    ));
    Ok(stats.imported)
}

/// Imports for the tenant of this name. The events' fields of time and ID have these names.
///
/// # Errors
/// If a write to the table fails.
pub(super) async fn import_inputs(
    embedded: &Sandbox,
    name: &str,
    (time, id): (&str, &str),
    inputs: Inputs,
) -> Result<ImportStats, CliError> {
    let (writer, keys) = (embedded.events(), KeyFields::new(time, id, TimeForm::Rfc3339));
    let import = Import { writer, tenant: tenant(name)?, shards: Shards::ONE, keys };
    import.run(inputs, |_| {}).await
}
