//! One verification of a program, from the opened archive to the exit code.

use std::io;
use std::time::Duration;

use super::error::{VerifyError, VerifyExit};
use super::invocation::Invocation;
use super::open::{OpenedArchive, access_hint};
use super::output::Output;
use super::report;
use crate::shell::quoted_path;
use crate::verify::check::{Outcome, Progress, VerifyOptions, check_observed};
use crate::verify::observer::{NoObserver, PartObserver};

/// What is verified, and how.
#[derive(Debug)]
pub struct Verification {
    pub(super) invocation: Invocation,
    pub(super) options: VerifyOptions,
    pub(super) opened: OpenedArchive,
}

impl Verification {
    /// The verification of an archive that this command line names.
    #[must_use]
    pub fn new(invocation: Invocation, options: VerifyOptions, opened: OpenedArchive) -> Self {
        let options = VerifyOptions { location: opened.s3_location.clone(), ..options };
        Self { invocation, options, opened }
    }

    /// Says so if the archive is not the given folder, but below it.
    pub fn announce(&self, output: Output) {
        if self.opened.is_nested {
            output.line(format_args!(
                "{} contains no archive itself; verifying the only one below it: {}",
                self.invocation.archive,
                quoted_path(&self.opened.path)
            ));
        }
    }

    /// Verifies; blocks until the end.
    ///
    /// # Errors
    /// If the archive can't be listed, or a temporary file can't be written.
    pub fn check(&self, progress: &Progress) -> io::Result<Outcome> {
        self.check_observed(progress, &NoObserver)
    }

    /// The same; what is found of each part is also reported to an observer.
    ///
    /// # Errors
    /// As those of [`Self::check`].
    pub fn check_observed(&self, progress: &Progress, observer: &dyn PartObserver) -> io::Result<Outcome> {
        check_observed(self.opened.archive.as_ref(), &self.options, progress, observer)
    }

    /// The archive that is verified.
    #[must_use]
    pub const fn opened(&self) -> &OpenedArchive {
        &self.opened
    }

    /// Prints the result; `took` is the time since the start of the process.
    #[must_use]
    pub fn conclude(&self, result: io::Result<Outcome>, output: Output, took: Duration) -> VerifyExit {
        output.clear_progress();
        match result {
            Ok(outcome) => {
                report::print(&outcome, self, output, took);
                outcome.verdict.into()
            }
            Err(error) => {
                output.error(&self.error(&error));
                VerifyExit::Incomplete
            }
        }
    }

    /// The line with which the report for people ends: what was found in numbers, and the verdict.
    #[must_use]
    pub fn last_line(&self, outcome: &Outcome) -> String {
        report::last_line(outcome, self)
    }

    /// The error of a verification that could not be completed.
    #[must_use]
    pub fn error(&self, error: &io::Error) -> VerifyError {
        VerifyError::failed(
            format!("the archive can't be read completely: {error}"),
            format!("{} Temporary files (TMPDIR) need disk space, too.", access_hint(&self.opened.path)),
        )
    }
}
