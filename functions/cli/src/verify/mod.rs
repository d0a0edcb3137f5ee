//! `verify`: proves from a copy of a bucket, offline, that nothing is missing, changed, added or out of order.
//!
//! [`check()`] is the way through; `infra/schemas/manifest.md` is the contract that it checks. Nothing in here trusts
//! what it reads: sizes are bounded, links are not followed, and memory does not grow with the archive.

mod archive;
pub(crate) mod args;
mod bucket;
mod chain;
mod charge;
mod check;
mod contents;
mod directory;
mod events;
mod files;
mod finding;
mod identities;
mod keys;
mod links;
mod listing;
mod notes;
mod object;
mod report;
mod sorter;
#[cfg(test)]
mod tests;
mod told;
mod trust;
mod vouch;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::archive::S3Archive;
use adapters::clients::Clients;
use adapters::clock::SystemClock;
use adapters::settings::S3Settings;
use domain::manifest::RingKey;
use domain::names::BucketName;
use domain::part::Sha256;
use domain::ports::Clock as _;
use domain::time::Time;

use self::archive::Archive;
use self::args::VerifyArgs;
use self::bucket::Bucket;
use self::check::{Ask, Outcome, Progress, Verdict, check};
use self::directory::Directory;
use self::events::Fields;
use crate::problem::{Exit, Problem};
use crate::surroundings::Surroundings;

/// About so many bytes the sorting may hold in memory.
const MEMORY: usize = 128 << 20;
/// More keys than these nobody names.
const MOST_KEYS: usize = 50;

/// What a verification of a folder came to, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Proof {
    /// Whether nothing is missing, changed, added or out of order.
    pub(crate) proven: bool,
    /// The same sentence that `verify` ends with.
    pub(crate) summary: String,
}

/// Verifies a folder as an auditor would who has this key and the hash of the newest manifest from the vendor, and
/// took the copy at `as_of`.
///
/// # Errors
/// If the folder can't be read, or a temporary file can't be written.
pub(crate) fn folder(
    folder: &Path,
    key: RingKey,
    newest: Option<Sha256>,
    as_of: Time,
) -> std::io::Result<Proof> {
    let ask = Ask {
        pins: vec![key],
        connector: None,
        from: None,
        to: None,
        newest,
        boundaries: Vec::new(),
        location: None,
        as_of,
        fields: Fields::default(),
        memory: MEMORY / 8,
    };
    let outcome = check(&Directory::open(folder)?, &ask, &Progress::default())?;
    let proven = outcome.verdict == Verdict::Proven;
    Ok(Proof { proven, summary: report::summary(&outcome) })
}

/// Runs `verify`. Its exit codes are its own: a failure to look is no violation.
pub(crate) async fn run(args: VerifyArgs, surroundings: &Surroundings) -> Exit {
    let output = surroundings.output;
    let (ask, archive) = match asked(&args, surroundings).await {
        Ok(asked) => asked,
        Err(problem) => {
            output.problem(&problem);
            return Exit::NotAsked;
        }
    };
    let result = watched(archive, ask.clone(), surroundings).await;
    output.progress_is_over();
    match result {
        Ok(outcome) => {
            report::report(&outcome, &ask, &|key| args.again(key), surroundings);
            match outcome.verdict {
                Verdict::Proven => Exit::Done,
                Verdict::Violated => Exit::Failed,
                Verdict::Consistent | Verdict::Incomplete => Exit::Incomplete,
            }
        }
        Err(error) => {
            output.problem(&Problem::failed(
                format!("the archive can't be read to its end: {error}"),
                "Check that you may list and read it, and that there is room for temporary files (TMPDIR).",
            ));
            Exit::Incomplete
        }
    }
}

/// What the command line asks for.
async fn asked(args: &VerifyArgs, surroundings: &Surroundings) -> Result<(Ask, Arc<dyn Archive>), Problem> {
    let mut ask = Ask {
        pins: pins(&args.key)?,
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
        memory: MEMORY,
    };
    if let (Some(from), Some(to)) = (ask.from, ask.to)
        && from >= to
    {
        return Err(Problem::usage("--from is not earlier than --to", "Exchange them."));
    }
    if let Some(place) = args.archive.strip_prefix("s3://") {
        let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
        let bucket: BucketName = bucket.parse()?;
        ask.location = Some((bucket.to_string(), prefix.to_owned()));
        let s3 = S3Settings::read(&|name| surroundings.variable(name))?;
        let client = Clients::from_environment(s3).await.s3;
        let archive = S3Archive::new(client, bucket.to_string(), prefix);
        return Ok((ask, Arc::new(Bucket::new(archive))));
    }
    let directory = Directory::open(Path::new(&args.archive)).map_err(|error| {
        Problem::usage(
            format!("{} can't be opened: {error}", args.archive),
            "Name a folder that holds `events` and `manifests`, or s3://BUCKET/PREFIX.",
        )
    })?;
    Ok((ask, Arc::new(directory)))
}

/// The keys that were named, each by itself or in a file.
fn pins(named: &[String]) -> Result<Vec<RingKey>, Problem> {
    let mut pins = Vec::new();
    for text in named {
        let lines = match text.strip_prefix('@') {
            None => text.clone(),
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                Problem::usage(format!("{file} can't be read: {error}"), "Name a file with one key a line.")
            })?,
        };
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            pins.push(line.parse().map_err(|error: domain::manifest::WrongKey| {
                Problem::usage(error.to_string(), "Copy the key as the vendor shows it, whole.")
            })?);
        }
    }
    if pins.len() > MOST_KEYS {
        return Err(Problem::usage(format!("more than {MOST_KEYS} keys"), "Name the vendor's own keys."));
    }
    Ok(pins)
}

/// Verifies in threads of its own, and tells how far it has come.
async fn watched(
    archive: Arc<dyn Archive>,
    ask: Ask,
    surroundings: &Surroundings,
) -> std::io::Result<Outcome> {
    let progress = Arc::new(Progress::default());
    let working = Arc::clone(&progress);
    let mut work = tokio::task::spawn_blocking(move || check(archive.as_ref(), &ask, &working));
    let mut tick = tokio::time::interval(Duration::from_millis(200));
    let mut reading_since = None;
    loop {
        tokio::select! {
            done = &mut work => return done.unwrap_or_else(|error| Err(std::io::Error::other(error))),
            _ = tick.tick() => {
                if Progress::get(&progress.total) > 0 && reading_since.is_none() {
                    reading_since = Some(surroundings.elapsed());
                }
                let since = reading_since.map(|since| surroundings.elapsed().saturating_sub(since));
                surroundings.output.progress(report::progress(&progress, since));
            }
        }
    }
}
