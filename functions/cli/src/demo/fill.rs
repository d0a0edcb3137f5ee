//! `serve --demo`: the demo's tenants, with some days behind them, for a look at the portal.

use std::path::Path;
use std::time::Duration;

use sandbox::Durability;
use sandbox::wiring::Sandbox;

use super::ensure_empty;
use super::scenario::{Tenants, on_demo_day};
use super::steps::import;
use crate::error::CliError;
use crate::output::Output;

/// How many days the tenants have been connected before the day of the events.
const DAYS: u32 = 2;

/// Starts the stand-ins, and runs the schedule of some days: acme's events arrive on the last day, quiet-co
/// has none, and gone-inc's bucket is deleted in the last hours. The clock then stands at 13:06 of that day.
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
    output.line(
        "       acme is well, quiet-co is quiet, gone-inc is blocked: its bucket was deleted at 10:06\n",
    );
    Ok(embedded)
}
