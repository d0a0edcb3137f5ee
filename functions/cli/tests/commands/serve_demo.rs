//! `serve --demo`: the tenants that it begins with, and the one whose events are made up.

use std::path::Path;

use serde_json::Value;

use crate::program::{run, run_ok};
use crate::serve::Serve;

const MADE_UP: &str = "made-up-co";

/// The answer to a question about the made-up events, asked in a folder.
fn ask(dir: &Path, args: &[&str]) -> Value {
    let of = ["--local", dir.to_str().unwrap(), "--tenant", MADE_UP];
    run_ok(&[&["events"], args, &of[..]].concat())
}

/// Time and proof of each row, newest first.
fn times_and_states(found: &Value) -> Vec<(&str, &str)> {
    let rows = found["rows"].as_array().unwrap().iter();
    rows.map(|row| (row["time"].as_str().unwrap(), row["proof"]["state"].as_str().unwrap())).collect()
}

#[test]
fn made_up_co_has_30_days_of_events_to_search_and_the_newest_are_not_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("af");
    let serve = Serve::start(&["--demo", "--local", dir.to_str().unwrap()]);
    let connector = made_up_connector(&serve);
    assert_eq!((&connector["state"], &connector["frequency"]), (&"active".into(), &1.into()), "{connector}");
    assert_eq!(connector["start_from"], "2023-06-10T13:00:00.000Z", "{connector}");
    let id = connector["id"].as_str().unwrap();
    let exports = serve.request("GET", &format!("/v1/connectors/{id}/exports"), "", "").1;
    let heartbeats =
        exports["exports"].as_array().unwrap().iter().filter(|export| export["kind"] == "heartbeat");
    assert!(heartbeats.count() > 3, "the quiet hours are heartbeats: {exports}");
    serve.stop("-TERM");

    // The indexes are made before anyone asks.
    let indexes = dir.join("buckets/auditferry-staging/index");
    let of_connectors = std::fs::read_dir(&indexes).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(of_connectors.collect::<Vec<_>>(), [id]);
    assert_newest_are_not_sealed(&ask(&dir, &["search", "--limit", "50"]));
    let found = |filter| ask(&dir, &["search", "--all", filter])["rows"].as_array().unwrap().len();
    assert_eq!(found("ip:203.0.113.66 action:user.login outcome:failure"), 140);
    assert_eq!(found("ip:203.0.113.66 outcome:success"), 3);
}

/// The connector of the made-up events, one of four.
fn made_up_connector(serve: &Serve) -> Value {
    let connectors = serve.request("GET", "/v1/connectors", "", "").1["connectors"].take();
    let connectors = connectors.as_array().unwrap();
    let mut tenants: Vec<&str> = connectors.iter().map(|of| of["tenant"].as_str().unwrap()).collect();
    tenants.sort_unstable();
    assert_eq!(tenants, ["acme", "gone-inc", MADE_UP, "quiet-co"]);
    connectors.iter().find(|of| of["tenant"] == MADE_UP).unwrap().clone()
}

fn assert_newest_are_not_sealed(found: &Value) {
    let rows = times_and_states(found);
    let (unsealed, sealed) = rows.split_at(rows.iter().take_while(|row| row.1 == "unsealed").count());
    assert!(!unsealed.is_empty() && !sealed.is_empty(), "{rows:?}");
    assert!(unsealed.iter().all(|(time, _)| time.starts_with("2023-07-10T13:0")), "{unsealed:?}");
    assert!(
        sealed.iter().all(|(time, state)| *time < "2023-07-10T13" && *state == "delivered"),
        "{sealed:?}"
    );
}

#[test]
fn the_help_says_that_its_events_are_made_up() {
    let help = run(&["serve", "--help"]).stdout;
    assert!(help.contains(MADE_UP) && help.contains("made up"), "{help}");
}
