//! `verify`: proves offline, from a copy of a bucket, that nothing is missing, changed, added or out of
//! order.
//!
//! [`check()`] is the entry point; `infra/schemas/manifest.md` is the specification that it checks. Nothing
//! in here trusts its input: sizes are bounded, links are not followed, and memory does not grow with the
//! archive.

mod archive;
pub(crate) mod args;
mod back_references;
mod bucket;
mod chain;
mod chain_summary;
mod check;
pub(crate) mod command;
mod contents;
mod directory;
mod discovery;
mod event_counts;
mod events;
mod finding;
mod identities;
mod key_state;
mod keys;
mod links;
mod listing;
mod manifests;
mod object;
mod object_matcher;
mod open;
mod report;
mod sorter;
mod system_files;
#[cfg(test)]
mod tests;
mod totals;
mod trust;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::archive::note::{RingKey, VerifierKey};
use ::archive::sha256::Sha256;
use ::archive::time::Time;
use aws::clock::SystemClock;
use ports::Clock as _;

use self::archive::Archive;
use self::args::VerifyArgs;
use self::check::{Outcome, Progress, Verdict, VerifyOptions, check};
use self::directory::Directory;
use self::events::Fields;
use self::open::OpenedArchive;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};

/// Approximate limit, in bytes, of the memory used for sorting.
const MEMORY_BUDGET: usize = 128 << 20;
/// Maximum number of keys on the command line. No vendor has more.
const MAX_KEYS: usize = 50;

/// The short result of verifying a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Whether nothing is missing, changed, added or out of order.
    pub(crate) proven: bool,
    /// The summary line with which `verify` ends.
    pub(crate) summary: String,
}

/// Verifies a folder like an auditor who has this key and the hash of the newest manifest from the vendor,
/// and took the copy at `as_of`.
///
/// # Errors
/// If the folder can't be read, or a temporary file can't be written.
pub(crate) fn verify_folder(
    folder: &Path,
    key: RingKey,
    newest: Option<Sha256>,
    as_of: Time,
) -> std::io::Result<Proof> {
    let options = VerifyOptions {
        pins: vec![key],
        connector: None,
        from: None,
        to: None,
        newest,
        boundaries: Vec::new(),
        location: None,
        as_of,
        fields: Fields::default(),
        memory: MEMORY_BUDGET / 8,
    };
    let outcome = check(&Directory::open(folder)?, &options, &Progress::default())?;
    let proven = outcome.verdict == Verdict::Proven;
    Ok(Proof { proven, summary: report::summary(&outcome) })
}

/// Runs `verify`. It has its own exit codes: an error while reading is not a violation.
pub(crate) async fn run(args: VerifyArgs, context: &ProcessContext) -> Exit {
    let output = context.output;
    let (options, target) = match parse_options(&args, context).await {
        Ok(parsed) => parsed,
        Err(problem) => {
            output.error(&problem);
            // An unavailable S3 is not a usage error.
            return if problem.exit() == Exit::Usage { Exit::VerifyUsage } else { Exit::Incomplete };
        }
    };
    let OpenedArchive { archive, path, is_nested, s3_location: _ } = target;
    if is_nested {
        output.line(format_args!(
            "{} contains no archive itself; verifying the only one below it: {}",
            args.archive,
            command::quoted_path(&path)
        ));
    }
    let result = check_with_progress(archive, options.clone(), context).await;
    output.clear_progress();
    match result {
        Ok(outcome) => {
            let repeat_command = |key: &VerifierKey| command::command(&args, &path, &[key.to_string()]);
            report::report(&outcome, &options, &path, &repeat_command, context);
            match outcome.verdict {
                Verdict::Proven => Exit::Done,
                Verdict::Violated => Exit::Failed,
                Verdict::Consistent | Verdict::Incomplete => Exit::Incomplete,
            }
        }
        Err(error) => {
            output.error(&CliError::failed(
                format!("the archive can't be read completely: {error}"),
                format!("{} Temporary files (TMPDIR) need disk space, too.", open::access_hint(&path)),
            ));
            Exit::Incomplete
        }
    }
}

/// The options of the command line, and the archive that it names.
async fn parse_options(
    args: &VerifyArgs,
    context: &ProcessContext,
) -> Result<(VerifyOptions, OpenedArchive), CliError> {
    let mut options = VerifyOptions {
        pins: pinned_keys(&args.key)?,
        connector: args.connector.clone(),
        from: args.from,
        to: args.to,
        newest: args.newest,
        boundaries: args.boundary.clone(),
        location: None,
        as_of: args.as_of.unwrap_or_else(|| SystemClock::new().now()),
        fields: Fields {
            id: args.id_field.clone(),
            time: args.time_field.clone(),
            tenant: args.tenant_field.clone(),
        },
        memory: MEMORY_BUDGET,
    };
    if let (Some(from), Some(to)) = (options.from, options.to)
        && from >= to
    {
        return Err(CliError::usage("--from is not earlier than --to", "Swap them."));
    }
    let target = open::open(args, context).await?;
    options.location.clone_from(&target.s3_location);
    Ok((options, target))
}

/// The keys that were named, directly or in a file.
fn pinned_keys(named: &[String]) -> Result<Vec<RingKey>, CliError> {
    let mut pins = Vec::new();
    for text in named {
        let lines = match text.strip_prefix('@') {
            None => text.clone(),
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                CliError::usage(
                    format!("{file} can't be read: {error}"),
                    "Name a file with one key per line.",
                )
            })?,
        };
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            pins.push(line.parse().map_err(|error: ::archive::note::VerifierKeyError| {
                CliError::usage(error.to_string(), "Copy the complete key as the vendor shows it.")
            })?);
        }
    }
    if pins.len() > MAX_KEYS {
        return Err(CliError::usage(format!("more than {MAX_KEYS} keys"), "Name the vendor's own keys."));
    }
    Ok(pins)
}

/// Verifies in separate threads, and reports the progress.
async fn check_with_progress(
    archive: Arc<dyn Archive>,
    options: VerifyOptions,
    context: &ProcessContext,
) -> std::io::Result<Outcome> {
    let progress = Arc::new(Progress::default());
    let working = Arc::clone(&progress);
    let mut work = tokio::task::spawn_blocking(move || check(archive.as_ref(), &options, &working));
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let mut reading_since = None;
    loop {
        tokio::select! {
            done = &mut work => return done.unwrap_or_else(|error| Err(std::io::Error::other(error))),
            _ = tick.tick() => {
                if Progress::get(&progress.total) > 0 && reading_since.is_none() {
                    reading_since = Some(context.elapsed());
                }
                let since = reading_since.map(|since| context.elapsed().saturating_sub(since));
                context.output.progress(report::progress(&progress, since));
            }
        }
    }
}
