//! What `serve` says once it listens: what is where, and how to call it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use local::StackError;
use local::guard::{Person, Token};
use local::wiring::Embedded;
use serde::Serialize;

use super::args::ServeArgs;
use super::customer::{BUS, BUS_PATH, STACKS_PATH};
use super::obstacles::OBSTACLES_PATH;
use crate::output::{Output, Tone};

/// The file of the environment, in the folder.
const ENVIRONMENT_FILE: &str = "environment";

#[derive(Serialize)]
struct Hello<'a> {
    /// The connectors, after infra/openapi.yaml.
    connectors_url: String,
    /// The customer's part.
    stacks_url: String,
    /// What a customer gets wrong.
    obstacles_url: String,
    /// What shows that a request is of whoever started this, where the system does not tell whose it is.
    token: &'a str,
    tick_seconds: u32,
    /// The folder that holds everything, if it is kept.
    dir: Option<&'a Path>,
    /// In this environment any AWS SDK, and this program without --local, works on the same stack.
    environment: BTreeMap<&'static str, String>,
}

/// In this environment any AWS SDK, and this program without `--local`, works on the same stack.
pub(super) fn environment(url: &str, embedded: &Embedded) -> BTreeMap<&'static str, String> {
    let mut environment: BTreeMap<_, _> = embedded.environment().into_iter().collect();
    environment.insert("AWS_ENDPOINT_URL_EVENTBRIDGE", format!("{url}{BUS_PATH}"));
    environment.insert("EVENT_BUS_NAME", BUS.to_owned());
    // The SDKs of Rust, Java and Go read the one name, those of Python and the AWS CLI the other.
    if let Some(region) = environment.get("AWS_REGION").cloned() {
        environment.insert("AWS_DEFAULT_REGION", region);
    }
    environment
}

/// Keeps the environment as a file for shells, in the folder and for its owner alone: it holds the keys of this start.
///
/// # Errors
/// If it can't be written.
pub(super) fn keep(
    environment: &BTreeMap<&'static str, String>,
    embedded: &Embedded,
) -> Result<PathBuf, StackError> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let lines = environment.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value)));
    embedded.stack().write_private(ENVIRONMENT_FILE, &lines.collect::<String>())
}

/// Says it.
pub(super) fn say(
    args: &ServeArgs,
    url: &str,
    token: &Token,
    environment: BTreeMap<&'static str, String>,
    output: Output,
) {
    let hello = Hello {
        connectors_url: format!("{url}/v1/connectors"),
        stacks_url: format!("{url}{STACKS_PATH}"),
        obstacles_url: format!("{url}{OBSTACLES_PATH}"),
        token: token.secret(),
        tick_seconds: args.tick,
        dir: args.local.as_deref(),
        environment,
    };
    for line in lines(&hello, output) {
        output.line(line);
    }
    output.object(&hello);
}

fn lines(hello: &Hello<'_>, output: Output) -> Vec<String> {
    let Hello { connectors_url, stacks_url, obstacles_url, token, tick_seconds, dir, environment } = hello;
    let strong = |text: &str| output.tone(Tone::Strong, text);
    let json = "-H 'content-type: application/json'";
    let shown = format!("-H 'authorization: Bearer {token}'");
    let json = if Person::is_told_by_the_system() { json.to_owned() } else { format!("{json} {shown}") };
    let mut lines = vec![
        format!("{}  {connectors_url}", strong("connectors")),
        format!("{}   every {tick_seconds} s what is due is exported", strong("schedule ")),
        match dir {
            Some(dir) => {
                let dir = dir.display();
                format!(
                    "{}  {dir}/buckets/BUCKET/KEY, and what the event bus was told in {dir}/bus.ndjson",
                    strong("files     ")
                )
            }
            None => format!("{}  gone when this stops; keep them with --local DIR", strong("files     ")),
        },
        String::new(),
        strong("Make a connector:"),
        format!("  curl {json} -d '{{\"tenant\": \"acme\"}}' {connectors_url}"),
        strong("Play its customer, who clicks Create stack:"),
        format!(
            "  curl {json} -d '{{\"AccountId\": \"222222222222\", \"Link\": \"(quick_create_url of {connectors_url}/ID/setup)\", \"BucketName\": \"acme-audit-log\", \"CreateBucket\": \"yes\"}}' {stacks_url}"
        ),
        strong("See what a customer sees who gets something wrong (GET lists what there is):"),
        format!("  curl {json} -X PUT -d '{{\"bucket\": \"acme-audit-log\"}}' {obstacles_url}/bucket-policy"),
        strong("In another terminal, an AWS SDK or this program without --local works on it with:"),
    ];
    if let Some(dir) = dir {
        lines.push(format!("  . {}/{ENVIRONMENT_FILE}    (or line by line:)", dir.display()));
    }
    lines.extend(environment.iter().map(|(name, value)| format!("  export {name}={value}")));
    if Person::is_told_by_the_system() {
        lines.push(format!("\nOther users of this machine are refused, unless they show {shown}."));
    }
    lines.push("\nCtrl-C stops it.\n".to_owned());
    lines
}
