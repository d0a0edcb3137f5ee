//! `demo`: the whole export on real events, with a crash, a quiet tenant and a deleted bucket; and the proof
//! from the files that no event was lost, duplicated or delivered to another tenant.
//!
//! `scenario` defines the tenants and times, `import` imports their events, `steps` runs the demo, `process`
//! and `exporter` are the two ends of the exporter that is killed, `proof` compares the files with the
//! imported events, and `report` prints the result. `fill` prepares `serve --demo`, with the events of
//! `made_up`.

pub(crate) mod args;
mod exporter;
mod fill;
mod import;
mod made_up;
mod process;
mod proof;
mod report;
mod scenario;
mod steps;

use std::path::Path;

use crate::context::ProcessContext;
use crate::error::{CliError, Exit};
use crate::init::is_new_or_empty;
use args::DemoArgs;
pub(crate) use exporter::run as exporter_process;
pub(crate) use fill::fill;
use scenario::Times;

pub(crate) async fn run(args: DemoArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    let times = Times::with_second_tick(args.now)?;
    if let Some(dir) = &args.dir {
        ensure_empty(dir)?;
    }
    let result = steps::run(args.dir.as_deref(), times, context).await?;
    let is_proved = report::report(&result, args.dir.as_deref(), context);
    Ok(if is_proved { Exit::Done } else { Exit::Failed })
}

/// Refuses a folder with any content, since the proof covers the files of one run.
fn ensure_empty(dir: &Path) -> Result<(), CliError> {
    if is_new_or_empty(dir)? {
        return Ok(());
    }
    let path = dir.display();
    Err(CliError::failed(
        format!("{path} is not empty"),
        "Name a new folder, or remove this one first if it is from a previous demo.",
    ))
}
