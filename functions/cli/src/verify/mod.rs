//! `verify`: the same verification as `auditferry-verify`, also for an archive in S3.
//!
//! The package `archive` has the verification, and all that both programs share. Here is what it must not
//! link: the AWS SDK and the asynchronous runtime.

pub(crate) mod args;
mod bucket;
mod open;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use archive::files::directory::Directory;
use archive::files::invocation::{Invocation, Program};
use archive::files::options::verify_options;
use archive::files::report;
use archive::files::report::ProgressLine;
use archive::files::resources::resources;
use archive::files::verification::Verification;
use archive::note::RingKey;
use archive::sha256::Sha256;
use archive::time::Time;
use archive::verify::check::{Outcome, Progress, Verdict, VerifyOptions, check};
use archive::verify::events::Fields;
use archive::verify::observer::{NoObserver, PartObserver};
use archive::verify::resources::Resources;
use aws::clock::SystemClock;
use ports::Clock as _;

use self::args::VerifyCommand;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit};

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
    let resources = resources();
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
        resources: Resources { memory: resources.memory / 8, ..resources },
    };
    let outcome = check(&Directory::open(folder)?, &options, &Progress::default())?;
    let proven = outcome.verdict == Verdict::Proven;
    Ok(Proof { proven, summary: report::summary(&outcome) })
}

/// Runs `verify`. It has its own exit codes: an error while reading is not a violation.
pub(crate) async fn run(command: VerifyCommand, context: &ProcessContext) -> Exit {
    let output = context.output;
    let verification = match prepare(command, context).await {
        Ok(verification) => Arc::new(verification),
        Err(problem) => {
            output.error(&problem);
            return exit_of(&problem);
        }
    };
    verification.announce(output);
    let result = check_with_progress(&verification, Arc::new(NoObserver), context).await;
    verification.conclude(result, output, context.elapsed()).into()
}

/// The exit code if the archive can't be opened. An unavailable S3 is not a usage error.
pub(crate) fn exit_of(problem: &CliError) -> Exit {
    if problem.exit() == Exit::Usage { Exit::VerifyUsage } else { Exit::Incomplete }
}

/// Parses the options, and opens the archive.
pub(crate) async fn prepare(
    command: VerifyCommand,
    context: &ProcessContext,
) -> Result<Verification, CliError> {
    let VerifyCommand { archive, args } = command;
    let options = verify_options(&args, SystemClock::new().now())?;
    let invocation = Invocation { program: Program::Auditferry, archive, args };
    let opened = open::open(&invocation, context).await?;
    Ok(Verification::new(invocation, options, opened))
}

/// Verifies in separate threads, and reports the progress; what is found of each part goes to the observer.
pub(crate) async fn check_with_progress(
    verification: &Arc<Verification>,
    observer: Arc<dyn PartObserver + Send>,
    context: &ProcessContext,
) -> std::io::Result<Outcome> {
    let progress = Arc::new(Progress::default());
    let (verification, working) = (Arc::clone(verification), Arc::clone(&progress));
    let mut work =
        tokio::task::spawn_blocking(move || verification.check_observed(&working, observer.as_ref()));
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let mut line = ProgressLine::default();
    loop {
        tokio::select! {
            done = &mut work => return done.unwrap_or_else(|error| Err(std::io::Error::other(error))),
            _ = tick.tick() => context.output.progress(line.text(&progress, context.elapsed())),
        }
    }
}
