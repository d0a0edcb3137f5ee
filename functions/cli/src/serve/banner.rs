//! The output of `serve` once it listens: its URLs, and how to call them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sandbox::StackError;
use sandbox::guard::{OwnerAuth, Token};
use sandbox::wiring::Sandbox;
use serde::Serialize;

use super::args::ServeArgs;
use super::customer::{BUS, BUS_PATH, STACKS_PATH};
use super::obstacles::OBSTACLES_PATH;
use crate::output::{Output, Style};

/// The name of the file with the environment, in the folder.
const ENVIRONMENT_FILE: &str = "environment";

#[derive(Serialize)]
struct StartupInfo<'a> {
    /// A link to the portal, which works once.
    portal_link: &'a str,
    /// Opened by this user, it makes another link and follows it.
    portal_url: String,
    /// The connectors of infra/openapi.yaml.
    connectors_url: String,
    stacks_url: String,
    /// Injects faults of customers.
    obstacles_url: String,
    /// The bearer token, for systems that don't identify the user of a connection.
    token: &'a str,
    tick_seconds: u32,
    /// The folder with all data, if it is kept.
    dir: Option<&'a Path>,
    /// In this environment any AWS SDK, and this program without --local, works on the same stack.
    environment: BTreeMap<&'static str, String>,
}

/// In this environment any AWS SDK, and this program without `--local`, works on the same stack.
pub(super) fn environment(url: &str, embedded: &Sandbox) -> BTreeMap<&'static str, String> {
    let mut environment: BTreeMap<_, _> = embedded.environment().into_iter().collect();
    environment.insert("AWS_ENDPOINT_URL_EVENTBRIDGE", format!("{url}{BUS_PATH}"));
    environment.insert("EVENT_BUS_NAME", BUS.to_owned());
    environment.insert("PORTAL_URL", url.to_owned());
    // The SDKs of Rust, Java and Go read AWS_REGION, those of Python and the AWS CLI read AWS_DEFAULT_REGION.
    if let Some(region) = environment.get("AWS_REGION").cloned() {
        environment.insert("AWS_DEFAULT_REGION", region);
    }
    environment
}

/// Writes the environment to a file for shells, readable by its owner only: it contains this run's keys.
///
/// # Errors
/// If it can't be written.
pub(super) fn write_environment_file(
    environment: &BTreeMap<&'static str, String>,
    embedded: &Sandbox,
) -> Result<PathBuf, StackError> {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
    let lines = environment.iter().map(|(name, value)| format!("export {name}={}\n", quoted(value)));
    embedded.stack().write_private(ENVIRONMENT_FILE, &lines.collect::<String>())
}

/// Prints the banner, or the JSON object.
pub(super) fn print(
    args: &ServeArgs,
    url: &str,
    token: &Token,
    portal_link: &str,
    environment: BTreeMap<&'static str, String>,
    output: Output,
) {
    let info = StartupInfo {
        portal_link,
        portal_url: format!("{url}/"),
        connectors_url: format!("{url}/v1/connectors"),
        stacks_url: format!("{url}{STACKS_PATH}"),
        obstacles_url: format!("{url}{OBSTACLES_PATH}"),
        token: token.secret(),
        tick_seconds: args.tick,
        dir: args.local.as_deref(),
        environment,
    };
    for line in lines(&info, output) {
        output.line(line);
    }
    output.object(&info);
}

fn lines(info: &StartupInfo<'_>, output: Output) -> Vec<String> {
    let StartupInfo {
        portal_link,
        portal_url,
        connectors_url,
        stacks_url,
        obstacles_url,
        token,
        tick_seconds,
        dir,
        environment,
    } = info;
    let strong = |text: &str| output.styled(Style::Bold, text);
    let json = "-H 'content-type: application/json'";
    let auth_header = format!("-H 'authorization: Bearer {token}'");
    let json =
        if OwnerAuth::is_peer_user_known() { json.to_owned() } else { format!("{json} {auth_header}") };
    let mut lines = vec![
        format!("{}      {portal_link}", strong("portal")),
        format!("            this link works once; {portal_url} makes another"),
        format!("{}  {connectors_url}", strong("connectors")),
        format!("{}   due connectors are exported every {tick_seconds} s", strong("schedule ")),
        match dir {
            Some(dir) => {
                let dir = dir.display();
                format!(
                    "{}  {dir}/buckets/BUCKET/KEY, and the published notices in {dir}/bus.ndjson",
                    strong("files     ")
                )
            }
            None => format!("{}  deleted when this stops; keep them with --local DIR", strong("files     ")),
        },
        String::new(),
        strong("Create a connector:"),
        format!("  curl {json} -d '{{\"tenant\": \"acme\"}}' {connectors_url}"),
        strong("Launch the customer's stack (Create stack):"),
        format!(
            "  curl {json} -d '{{\"AccountId\": \"222222222222\", \"Link\": \"(quick_create_url of {connectors_url}/ID/setup)\", \"BucketName\": \"acme-audit-log\", \"CreateBucket\": \"yes\"}}' {stacks_url}"
        ),
        strong("Inject a fault, to see what a customer sees (GET lists all faults):"),
        format!("  curl {json} -X PUT -d '{{\"bucket\": \"acme-audit-log\"}}' {obstacles_url}/bucket-policy"),
        strong("To use it in another terminal, with an AWS SDK or this program without --local:"),
    ];
    if let Some(dir) = dir {
        lines.push(format!("  . {}/{ENVIRONMENT_FILE}    (or line by line:)", dir.display()));
    }
    lines.extend(environment.iter().map(|(name, value)| format!("  export {name}={value}")));
    lines.extend(about_events(info, &auth_header));
    if OwnerAuth::is_peer_user_known() {
        lines.push(format!("\nOther users of this machine are refused, unless they send {auth_header}."));
    }
    lines.push("\nCtrl-C stops it.\n".to_owned());
    lines
}

/// Where questions about events are answered: the reader runs in this process, and is no service of AWS.
fn about_events(info: &StartupInfo<'_>, auth_header: &str) -> Vec<String> {
    let header = if OwnerAuth::is_peer_user_known() { String::new() } else { format!("{auth_header} ") };
    let mut lines = vec![
        "There, `events search`, `counts`, `facets` and `fields` have no reader. Ask the API:".to_owned(),
        format!(
            "  curl -G {header}--data-urlencode 'filter=outcome:failure' {}v1/tenants/acme/events",
            info.portal_url
        ),
    ];
    let later = info
        .dir
        .map(|dir| format!("or, after this has stopped, this program with --local {}", dir.display()));
    lines.extend(later);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_says_where_questions_about_events_are_answered() {
        let info = |dir| StartupInfo {
            portal_link: "http://127.0.0.1:8080/portal/enter/x",
            portal_url: "http://127.0.0.1:8080/".to_owned(),
            connectors_url: "http://127.0.0.1:8080/v1/connectors".to_owned(),
            stacks_url: "http://127.0.0.1:8080/stand-in/stacks".to_owned(),
            obstacles_url: "http://127.0.0.1:8080/stand-in/obstacles".to_owned(),
            token: "token",
            tick_seconds: 10,
            dir,
            environment: BTreeMap::from([("LEDGER_TABLE", "ledger".to_owned())]),
        };
        let text = |dir| lines(&info(dir), Output::new(false, None)).join("\n");
        let kept = text(Some(Path::new("./af")));
        assert!(kept.contains("http://127.0.0.1:8080/v1/tenants/acme/events"), "{kept}");
        assert!(kept.contains("after this has stopped, this program with --local ./af"), "{kept}");
        assert!(!text(None).contains("after this has stopped"), "its folder is deleted");
    }
}
