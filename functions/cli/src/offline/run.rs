//! Runs `explore`: verifies, opens the reader on what was verified, and serves until Ctrl-C.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use archive::files::report;
use archive::names::TenantId;
use archive::verify::check::{Outcome, Verdict};
use aws::clock::{SystemClock, SystemRng};
use aws::settings::FieldSettings;
use control::explorer::Asker;
use ports::error_chain;
use serde::Serialize;
use tokio::net::TcpListener;

use super::args::ExploreCommand;
use super::cache::{Cache, is_inside};
use super::explorer::{OfflineExplorer, Sources};
use super::indexing::index;
use super::pages::{Verified, pages};
use super::parts::PartCollector;
use super::server::{Server, routes};
use super::token::Access;
use crate::context::ProcessContext;
use crate::error::{CliError, Exit, io_error};
use crate::output::{Output, eprint_line};
use crate::shutdown::shutdown_signal;
use crate::verify;

/// The tenant if none is known: no manifest names it, and an event only in the field that `--tenant-field`
/// names.
const UNKNOWN_TENANT: &str = "unknown";

/// Runs `explore` until a signal stops it.
pub(crate) async fn run(command: ExploreCommand, context: &ProcessContext) -> Result<Exit, CliError> {
    let shutdown = shutdown_signal()?;
    tokio::pin!(shutdown);
    let started = tokio::select! {
        started = start(command, context) => match started {
            Ok(started) => started,
            Err(error) => {
                context.output.clear_progress();
                context.output.error(&error);
                // As with `verify`, 2 is about the archive.
                return Ok(if error.exit() == Exit::Usage { Exit::VerifyUsage } else { Exit::Failed });
            }
        },
        () = &mut shutdown => {
            context.output.clear_progress();
            eprint_line("stopped before anything was shown");
            return Ok(Exit::Interrupted);
        }
    };
    let Start::Serving(mut serving) = started else { return Ok(started.exit()) };
    tokio::select! {
        () = serving.work(context.output) => {}
        () = &mut shutdown => {}
    }
    serving.stop(context.output).await
}

/// What became of the start.
enum Start {
    /// There is nothing to show; the reason was printed.
    Ended(Exit),
    Serving(Box<Serving>),
}

impl Start {
    fn exit(&self) -> Exit {
        match self {
            Self::Ended(exit) => *exit,
            Self::Serving(_) => Exit::Done,
        }
    }
}

/// The running explorer.
struct Serving {
    server: Server,
    offline: OfflineExplorer,
    asker: Asker,
}

/// The JSON object of `--json`.
#[derive(Serialize)]
struct Started<'a> {
    url: &'a str,
    verdict: &'static str,
    summary: &'a str,
    cache: &'a Path,
}

async fn start(command: ExploreCommand, context: &ProcessContext) -> Result<Start, CliError> {
    let ExploreCommand { verify, port, cache } = command;
    let output = context.output;
    let fields = context.settings::<FieldSettings>()?.mapping.map(|setting| setting.fields());
    // Before anything is read, since the port may be in use.
    let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| {
        CliError::failed(
            format!("can't listen on 127.0.0.1:{port}: {error}"),
            "Name another port with --port; 0 is any free one.",
        )
    })?;
    let address = listener.local_addr().map_err(io_error("the port"))?;
    let verification = match verify::prepare(verify, context).await {
        Ok(verification) => Arc::new(verification),
        Err(error) => {
            output.error(&error);
            return Ok(Start::Ended(verify::exit_of(&error)));
        }
    };
    let path = verification.opened().path.clone();
    if let Some(cache) = &cache
        && !path.starts_with("s3://")
        && is_inside(cache, Path::new(&path)).map_err(io_error(cache.display()))?
    {
        return Err(inside_error(cache));
    }
    verification.announce(output);
    let collector = Arc::new(PartCollector::default());
    let outcome = verify::check_with_progress(&verification, Arc::clone(&collector) as _, context).await;
    output.clear_progress();
    let outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => {
            output.error(&verification.error(&error));
            return Ok(Start::Ended(Exit::Incomplete));
        }
    };
    if !output.is_json() {
        report::print(&outcome, &verification, output, context.elapsed());
    }
    let Some(parts) = collector.finish() else {
        output.error(&nothing_to_show(&path));
        return Ok(Start::Ended(if outcome.verdict == Verdict::Violated {
            Exit::Failed
        } else {
            Exit::Incomplete
        }));
    };
    let cache = match &cache {
        Some(folder) => Cache::named(folder).map_err(io_error(folder.display()))?,
        None => Cache::temporary().map_err(io_error("a temporary folder"))?,
    };
    let sources = Sources {
        archive: Arc::clone(&verification.opened().archive),
        parts,
        cache,
        tenant: tenant_of(&outcome)?,
        fields,
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(SystemRng),
    };
    let offline = OfflineExplorer::open(sources).await?;
    let access = Access::new(&SystemRng, address.port());
    let url = link(address, &access);
    let operator = context.local_operator();
    let asker = offline.asker(operator.clone());
    let summary = verification.last_line(&outcome);
    let pages = pages(&offline, operator, Verified { outcome: &outcome, summary, archive: path })?;
    let server = Server::start(listener, routes(address, access, offline.files(), pages));
    print(&offline, &url, &outcome, output);
    Ok(Start::Serving(Box::new(Serving { server, offline, asker })))
}

fn link(address: SocketAddr, access: &Access) -> String {
    format!("http://{address}/open/{}", access.link())
}

fn print(offline: &OfflineExplorer, url: &str, outcome: &Outcome, output: Output) {
    let (cache, summary) = (offline.cache.path(), report::summary(outcome));
    output.object(&Started { url, verdict: outcome.verdict.as_str(), summary: &summary, cache });
    output.line("");
    output.line("Open this link in a browser on this machine. Whoever has it can read the log:");
    output.line(format_args!("  {url}"));
    let kept = if offline.cache.is_temporary() { "; it is removed at the end" } else { "" };
    output.line(format_args!(
        "Indexes and downloads are written to {}{kept}. Ctrl-C stops it.",
        cache.display()
    ));
}

/// The tenant of all events, if the auditor named the field that says so.
fn tenant_of(outcome: &Outcome) -> Result<TenantId, CliError> {
    let known = outcome.content.tenant.as_deref().and_then(|tenant| tenant.parse().ok());
    Ok(known.map_or_else(|| UNKNOWN_TENANT.parse(), Ok)?)
}

/// The next verification would find files that nobody has signed.
fn inside_error(cache: &Path) -> CliError {
    CliError::usage(
        format!("the cache {} is inside of the archive", cache.display()),
        "Name a folder outside of it with --cache: the archive must not be changed.",
    )
}

fn nothing_to_show(path: &str) -> CliError {
    CliError::failed(
        format!("no part of {path} has a manifest that the verification accepts, so nothing is shown"),
        "Check that the folder `manifests` was copied too, and that --key names the vendor's current key. \
         `auditferry verify` lists what was found.",
    )
}

impl Serving {
    /// Makes indexes and downloads; never ends.
    async fn work(&mut self, output: Output) {
        let Self { offline, asker, .. } = self;
        let (explorer, parts) = (offline.explorer.clone(), Arc::clone(&offline.parts));
        let indexing = async {
            let report = |progress: super::indexing::IndexProgress| {
                output.progress(format_args!("indexed {} of {} files", progress.done, progress.of));
            };
            let indexed = index(&explorer, asker, &parts, report).await;
            output.clear_progress();
            match indexed {
                Ok(()) => {
                    output.line(format_args!("All {} files with events are indexed.", parts.with_events()));
                }
                Err(error) => eprint_line(format_args!(
                    "not all files could be indexed, so searches are slower: {}",
                    error_chain(&error)
                )),
            }
        };
        futures_util::future::join(indexing, offline.make_downloads()).await;
    }

    /// Stops the server, and removes what was written for this run only.
    async fn stop(self, output: Output) -> Result<Exit, CliError> {
        output.clear_progress();
        self.server.stop().await;
        let cache = self.offline.cache;
        cache.close(&self.offline.connector).map_err(io_error(cache.path().display()))?;
        output.line("stopped");
        Ok(Exit::Done)
    }
}
