//! The demo's end of the exporter process: starts it, listens to it, kills it.

use std::process::Stdio;
use std::time::Duration;

use domain::names::ConnectorId;
use domain::time::Time;
use local::wiring::Embedded;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::problem::{Problem, io};
use crate::run::LOG;
use crate::surroundings::Surroundings;

/// How long its run may last, in seconds. Its lease outlives it by a minute.
const RUN_SECONDS: u32 = 30;
/// How long the demo waits for it to say something.
const PATIENCE: Duration = Duration::from_mins(1);

/// What it says, each on a line of its stdout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub(super) enum Said {
    /// The event bus is told something.
    Told {
        /// What.
        event: serde_json::Value,
    },
    /// A part is delivered, and about to be marked.
    AtMark {
        /// Its number.
        part: u64,
    },
    /// The run is over.
    Over {
        /// Parts sealed.
        sealed: u64,
        /// Parts delivered.
        delivered: u64,
        /// Parts among them that were there already.
        existed: u64,
        /// What failed, if something did.
        failure: Option<String>,
    },
}

/// A running exporter.
#[derive(Debug)]
pub(super) struct ExporterProcess {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl ExporterProcess {
    /// Starts one for a run of a connector.
    ///
    /// # Errors
    /// If this program can't be started once more.
    pub(super) fn start(
        embedded: &Embedded,
        surroundings: &Surroundings,
        id: &ConnectorId,
        now: Time,
        stop_before_mark: bool,
    ) -> Result<Self, Problem> {
        let program = std::env::current_exe().map_err(io("this program can't find itself"))?;
        let mut command = Command::new(program);
        command
            .arg("demo-exporter")
            .args(["--connector", id.as_str(), "--now", &now.to_string()])
            .args(["--seconds", &RUN_SECONDS.to_string()])
            .args(stop_before_mark.then_some("--stop-before-mark"))
            // Only what it needs: a profile, a proxy or keys of the person at the terminal are none of its business.
            .env_clear()
            .envs(embedded.environment())
            .envs([LOG, "SystemRoot"].iter().filter_map(|name| Some((name, surroundings.variable(name)?))))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(io("the exporter's process can't be started"))?;
        let stdout = child.stdout.take().ok_or_else(|| silent("it has no stdout"))?;
        Ok(Self { child, lines: BufReader::new(stdout).lines() })
    }

    /// What it says next, what it tells the bus aside: that is kept.
    ///
    /// # Errors
    /// If it ends, or stays silent for a minute.
    pub(super) async fn hear(&mut self, embedded: &Embedded) -> Result<Said, Problem> {
        loop {
            let line = tokio::time::timeout(PATIENCE, self.lines.next_line())
                .await
                .map_err(|_| silent("it said nothing for a minute"))?
                .map_err(io("the exporter's process can't be heard"))?
                .ok_or_else(|| silent("it ended early"))?;
            match serde_json::from_str(&line)
                .map_err(|error| silent(&format!("it said `{line}`: {error}")))?
            {
                Said::Told { event } => embedded.bus().keep(event).map_err(io("bus.ndjson"))?,
                said => return Ok(said),
            }
        }
    }

    /// Kills it as a power cut would: nothing of it runs any more when this returns.
    ///
    /// # Errors
    /// If the operating system refuses.
    pub(super) async fn kill(mut self) -> Result<(), Problem> {
        self.child.kill().await.map_err(io("the exporter's process can't be killed"))
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it ends with anything but success.
    pub(super) async fn end(mut self) -> Result<(), Problem> {
        let status = self.child.wait().await.map_err(io("the exporter's process"))?;
        if status.success() { Ok(()) } else { Err(silent(&format!("it ended with {status}"))) }
    }
}

fn silent(what: &str) -> Problem {
    Problem::failed(
        format!("the exporter's process failed: {what}"),
        "Run the demo with AUDITFERRY_LOG=debug to see what it does.",
    )
}
