//! `serve --demo`: the demo's tenants with two days behind them, and one more with made-up events of 30 days,
//! for a look at the portal and the explorer.

use std::path::Path;
use std::time::Duration;

use archive::frequency::Frequency;
use archive::time::Time;
use control::onboarding::ConnectorUpdate;
use protocol::connector::Connector;
use sandbox::Durability;
use sandbox::wiring::Sandbox;

use super::import::{import, import_inputs};
use super::scenario::{Tenants, demo_operator, on_demo_day, setup_tenant};
use super::{ensure_empty, made_up};
use crate::error::{CliError, io_error};
use crate::events::inputs::Inputs;
use crate::output::Output;
use crate::table::counted;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// When it all ends.
const END: Time = on_demo_day(13, 6);
/// The account of the tenant with made-up events.
const MADE_UP_ACCOUNT: &str = "555555555555";

/// Starts the stand-ins, and runs the schedule of four days: acme's events arrive on the last day, quiet-co
/// has none, gone-inc's bucket is deleted in the last hours, and made-up-co has the log of 30 days. The clock
/// then stands at 13:06 of that day.
///
/// # Errors
/// If the folder is not empty, or the stand-ins fail.
pub(crate) async fn fill(dir: Option<&Path>, output: Output) -> Result<Sandbox, CliError> {
    if let Some(dir) = dir {
        ensure_empty(dir)?;
    }
    // A daily window of a connector that is activated now ends at midnight.
    let start = on_demo_day(23, 30) - DAY * 4;
    // What is not kept need not survive a power cut.
    let durability = if dir.is_some() { Durability::Sync } else { Durability::NoSync };
    let mut embedded = Sandbox::start_with(dir, Some(start), durability).await?;
    import(&embedded, output).await?;
    import_made_up(&embedded, output).await?;
    output.line("       4 days of the schedule are run; this takes some seconds");
    let made_up = add_made_up_tenant(&mut embedded, start).await?;
    run_schedule(&mut embedded, start + HOUR).await?;
    // The explorer makes missing indexes with the first question. 30 days of them would be a long wait.
    embedded.index(&made_up.id).await?;
    output
        .line("       acme is well, quiet-co is quiet, gone-inc is blocked: its bucket was deleted at 10:06");
    output.line(format_args!("       {} is well too; all of its events are made up\n", made_up::TENANT));
    Ok(embedded)
}

async fn import_made_up(embedded: &Sandbox, output: Output) -> Result<(), CliError> {
    let events = made_up::ndjson(END).map_err(|error| io_error("the made-up events")(error.into()))?;
    let inputs = Inputs::of_bytes("made-up", events);
    let fields = (made_up::TIME_FIELD, made_up::ID_FIELD);
    let imported = import_inputs(embedded, made_up::TENANT, fields, inputs).await?.imported;
    let (events, tenant) = (counted(imported, "made-up event"), made_up::TENANT);
    output.line(format_args!("       {events} of {} days imported for {tenant}", made_up::DAYS));
    Ok(())
}

/// Connects the tenant with made-up events. What it has by then is sealed by days, which takes a fraction of
/// the time, and the rest by hours, so that its nights have heartbeats.
async fn add_made_up_tenant(embedded: &mut Sandbox, start: Time) -> Result<Connector, CliError> {
    let daily = Frequency::try_from(24)?;
    let of = (made_up::TENANT, MADE_UP_ACCOUNT);
    let connector = setup_tenant(embedded, of, made_up::start(END), daily).await?;
    embedded.set_now(start + Duration::from_mins(36));
    embedded.tick().await?;
    let hourly = ConnectorUpdate { frequency: Some(Frequency::HOURLY), ..ConnectorUpdate::default() };
    let (onboarding, caller) = (embedded.onboarding(), demo_operator());
    Ok(onboarding.update(&caller, &connector.id, None, hourly, |_| {}).await?.connector)
}

/// Ticks every hour up to the end. The other tenants join two days before.
async fn run_schedule(embedded: &mut Sandbox, start: Time) -> Result<(), CliError> {
    let joined = on_demo_day(11, 30) - DAY * 2;
    let mut tenants = None;
    let mut now = start.floor(HOUR) + Duration::from_mins(6);
    while now <= END {
        if now > joined && tenants.is_none() {
            embedded.set_now(joined);
            tenants = Some(Tenants::activate(embedded, joined).await?);
        }
        if let Some(tenants) = tenants.as_ref().filter(|_| now == on_demo_day(10, 6)) {
            tenants.delete_bucket(embedded)?;
        }
        embedded.set_now(now);
        embedded.tick().await?;
        now = now + HOUR;
    }
    Ok(())
}
