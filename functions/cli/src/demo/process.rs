//! The demo's end of the exporter process: starts it, reads its messages, kills it.

use std::process::Stdio;
use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use sandbox::wiring::Sandbox;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::context::{LOG_VARIABLE, ProcessContext};
use crate::error::{CliError, io_error};

/// The time limit of its run, in seconds. Its lease lasts a minute longer.
const RUN_SECONDS: u32 = 30;
/// How long the demo waits for its next message.
const MESSAGE_TIMEOUT: Duration = Duration::from_mins(1);

/// A message of the exporter process, each on a line of its stdout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ExporterMessage {
    /// A notice for the event bus.
    Notice {
        /// The notice, as the bus stores it.
        event: serde_json::Value,
    },
    /// A part is delivered, and not marked yet.
    BeforeMark { part: u64 },
    /// The run has ended.
    Finished {
        sealed: u64,
        /// Parts delivered, including those whose object existed already.
        delivered: u64,
        /// Delivered parts whose object existed already.
        existed: u64,
        /// The failure, if the run failed.
        failure: Option<String>,
    },
}

#[derive(Debug)]
pub(super) struct ExporterProcess {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl ExporterProcess {
    /// Starts a process for one run of a connector.
    ///
    /// # Errors
    /// If this program can't be started again.
    pub(super) fn start(
        embedded: &Sandbox,
        context: &ProcessContext,
        id: &ConnectorId,
        now: Time,
        stop_before_mark: bool,
    ) -> Result<Self, CliError> {
        let program = std::env::current_exe().map_err(io_error("this program's path is unknown"))?;
        let mut command = Command::new(program);
        command
            .arg("demo-exporter")
            .args(["--connector", id.as_str(), "--now", &now.to_string()])
            .args(["--seconds", &RUN_SECONDS.to_string()])
            .args(stop_before_mark.then_some("--stop-before-mark"))
            // Only what it needs: it must not use the user's AWS profile, proxy or keys.
            .env_clear()
            .envs(embedded.environment())
            .envs(
                [LOG_VARIABLE, "SystemRoot"].iter().filter_map(|name| Some((name, context.variable(name)?))),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(io_error("the exporter's process can't be started"))?;
        let stdout = child.stdout.take().ok_or_else(|| process_error("it has no stdout"))?;
        Ok(Self { child, lines: BufReader::new(stdout).lines() })
    }

    /// The next message that is not a notice; notices are stored on the demo's bus.
    ///
    /// # Errors
    /// If the process ends, or sends nothing for a minute.
    pub(super) async fn next_message(&mut self, embedded: &Sandbox) -> Result<ExporterMessage, CliError> {
        loop {
            let line = tokio::time::timeout(MESSAGE_TIMEOUT, self.lines.next_line())
                .await
                .map_err(|_| process_error("it sent nothing for a minute"))?
                .map_err(io_error("the exporter process's output can't be read"))?
                .ok_or_else(|| process_error("it ended early"))?;
            match serde_json::from_str(&line)
                .map_err(|error| process_error(&format!("it sent `{line}`: {error}")))?
            {
                ExporterMessage::Notice { event } => {
                    embedded.bus().append(event).map_err(io_error("bus.ndjson"))?;
                }
                message => return Ok(message),
            }
        }
    }

    /// Kills it, as a power cut would; it has ended when this returns.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(super) async fn kill(mut self) -> Result<(), CliError> {
        self.child.kill().await.map_err(io_error("the exporter's process can't be killed"))
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If its exit status is not success.
    pub(super) async fn end(mut self) -> Result<(), CliError> {
        let status = self.child.wait().await.map_err(io_error("the exporter's process"))?;
        if status.success() { Ok(()) } else { Err(process_error(&format!("it ended with {status}"))) }
    }
}

fn process_error(what: &str) -> CliError {
    CliError::failed(
        format!("the exporter's process failed: {what}"),
        "Run the demo with AUDITFERRY_LOG=debug to see what it does.",
    )
}
