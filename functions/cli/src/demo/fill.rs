//! `serve --demo`: the demo's tenants, with some days behind them, and one more with made-up events of 30
//! days, for a look at the portal and the explorer.

use std::path::Path;
use std::time::Duration;

use archive::time::Time;
use protocol::connector::Connector;
use sandbox::Durability;
use sandbox::wiring::Sandbox;

use super::scenario::{Tenants, on_demo_day, setup_tenant};
use super::steps::{import, import_inputs};
use super::{ensure_empty, made_up};
use crate::error::{CliError, io_error};
use crate::events::inputs::Inputs;
use crate::output::Output;
use crate::table::counted;

/// How many days the tenants have been connected before the day of the events.
const DAYS: u32 = 2;
/// The account of the tenant with made-up events.
const MADE_UP_ACCOUNT: &str = "555555555555";

/// Starts the stand-ins, and runs the schedule of some days: acme's events arrive on the last day, quiet-co
/// has none, gone-inc's bucket is deleted in the last hours, and made-up-co has the log of 30 days. The clock
/// then stands at 13:06 of that day.
///
/// # Errors
/// If the folder is not empty, or the stand-ins fail.
pub(crate) async fn fill(dir: Option<&Path>, output: Output) -> Result<Sandbox, CliError> {
    if let Some(dir) = dir {
        ensure_empty(dir)?;
    }
    let end = on_demo_day(13, 6);
    let start = on_demo_day(11, 30) - Duration::from_hours(24) * DAYS;
    // What is not kept need not survive a power cut.
    let durability = if dir.is_some() { Durability::Sync } else { Durability::NoSync };
    let mut embedded = Sandbox::start_with(dir, Some(start), durability).await?;
    import(&embedded, output).await?;
    let tenants = Tenants::activate(&embedded, start).await?;
    let made_up = add_made_up_tenant(&embedded, end, output).await?;
    output.line(format_args!("       {DAYS} days of the schedule are run; this takes some seconds"));
    let mut now = start + Duration::from_mins(36);
    while now <= end {
        if now == on_demo_day(10, 6) {
            tenants.delete_bucket(&embedded)?;
        }
        embedded.set_now(now);
        embedded.tick().await?;
        now = now + Duration::from_hours(1);
    }
    embedded.index(&made_up.id).await?;
    output.line(
        "       acme is well, quiet-co is quiet, gone-inc is blocked: its bucket was deleted at 10:06\n",
    );
    Ok(embedded)
}

/// The tenant with made-up events up to `end`. Those after the last full hour are not sealed by then.
async fn add_made_up_tenant(embedded: &Sandbox, end: Time, output: Output) -> Result<Connector, CliError> {
    let events = made_up::ndjson(end).map_err(|error| io_error("the made-up events")(error.into()))?;
    let inputs = Inputs::of_bytes("made-up", events);
    let fields = (made_up::TIME_FIELD, made_up::ID_FIELD);
    let imported = import_inputs(embedded, made_up::TENANT, fields, inputs).await?.imported;
    output.line(format_args!(
        "       {} of 30 days imported for {}; they are made up",
        counted(imported, "event"),
        made_up::TENANT
    ));
    setup_tenant(embedded, (made_up::TENANT, MADE_UP_ACCOUNT), made_up::start(end)).await
}
