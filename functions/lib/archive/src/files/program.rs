//! The program `auditferry-verify`: the verifier without anything of AWS, for auditors who have a copy of a
//! bucket.

use std::ffi::OsString;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;
use std::{io, thread};

use clap::Parser;
use clap::builder::NonEmptyStringValueParser;

use super::args::VerifyArgs;
use super::error::{VerifyError, VerifyExit};
use super::help::after_help;
use super::invocation::{Invocation, Program};
use super::open::{OpenedArchive, open_folder};
use super::options::verify_options;
use super::output::Output;
use super::report::ProgressLine;
use super::usage;
use super::verification::Verification;
use crate::shell::quoted;
use crate::time::Time;
use crate::verify::check::{Outcome, Progress};

/// How often the progress is printed again.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// The command line of `auditferry-verify`.
#[derive(Debug, Parser)]
#[command(
    name = "auditferry-verify",
    version,
    about = "Verify a copy of a bucket: nothing is missing, changed, added or out of order",
    max_term_width = 100,
    after_help = after_help(Program::AuditferryVerify)
)]
struct Cli {
    /// A copy of the bucket, or of the folder in it that contains `events` and `manifests`
    #[arg(value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    archive: String,
    #[command(flatten)]
    args: VerifyArgs,
}

/// What the program reads from the process, once.
pub struct Process<'a> {
    /// The arguments, the program's name first.
    pub args: Vec<OsString>,
    /// The value of the variable `NO_COLOR`.
    pub no_color: Option<String>,
    /// The time by the machine's clock: when the copy was taken, unless `--as-of` says otherwise.
    pub now: Time,
    /// The time since the start of the process.
    pub elapsed: &'a dyn Fn() -> Duration,
}

impl std::fmt::Debug for Process<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Process({:?}, {})", self.args, self.now)
    }
}

/// Runs the program.
#[must_use]
pub fn run(process: Process<'_>) -> VerifyExit {
    let Process { args, no_color, now, elapsed } = process;
    let json_requested = args.iter().any(|arg| arg == "--json");
    let output = Output::new(json_requested, no_color.as_deref());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            return if usage::print(&error, output) { VerifyExit::Proven } else { VerifyExit::Usage };
        }
    };
    let output = Output::new(cli.args.json, no_color.as_deref());
    let invocation = Invocation { program: Program::AuditferryVerify, archive: cli.archive, args: cli.args };
    let verification = match open(invocation, now) {
        Ok(verification) => verification,
        Err(error) => {
            output.error(&error);
            return error.kind.into();
        }
    };
    verification.announce(output);
    let result = check(&verification, output, elapsed);
    verification.conclude(result, output, elapsed())
}

fn open(invocation: Invocation, now: Time) -> Result<Verification, VerifyError> {
    let options = verify_options(&invocation.args, now)?;
    let opened = open_given(&invocation)?;
    Ok(Verification::new(invocation, options, opened))
}

fn open_given(invocation: &Invocation) -> Result<OpenedArchive, VerifyError> {
    if !invocation.archive.starts_with("s3://") {
        return open_folder(invocation);
    }
    let in_s3 = Invocation { program: Program::Auditferry, ..invocation.clone() };
    Err(VerifyError::usage(
        format!("{} is in S3, and this program only reads folders", invocation.archive),
        format!(
            "Copy it first:\n  aws s3 sync {} ./copy\n  {}\nOr use Auditferry's own command line, which has the \
             same verifier:\n  {}",
            quoted(&invocation.archive),
            invocation.on("./copy"),
            in_s3.on(&invocation.archive)
        ),
    ))
}

/// Verifies in another thread, and prints the progress.
fn check(verification: &Verification, output: Output, elapsed: &dyn Fn() -> Duration) -> io::Result<Outcome> {
    let progress = Progress::default();
    let mut line = ProgressLine::default();
    let (done, result) = mpsc::channel();
    thread::scope(|scope| {
        let progress = &progress;
        scope.spawn(move || {
            // The receiver lives until the result is there.
            let _ = done.send(verification.check(progress));
        });
        loop {
            output.progress(line.text(progress, elapsed()));
            match result.recv_timeout(PROGRESS_INTERVAL) {
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(io::Error::other("a thread panicked")),
            }
        }
    })
}
