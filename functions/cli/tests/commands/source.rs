//! `source accept`: an operator accepts another events table for the connectors.

use crate::program::{CommandOutput, Folder, run};
use crate::serve::Serve;

const NOW: &str = "2023-07-10T12:30:00Z";
const ROLE: &str = "arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery";

/// A folder with one connector, sealed up to 12:25.
fn sealed() -> Folder {
    let folder = Folder::new();
    let done = |args: &[&str]| folder.run_ok(args, "2023-07-10T11:30:00Z");
    let created = done(&["connector", "create", "--tenant", "acme"]);
    let id = created["connector"]["id"].as_str().unwrap();
    let to = ["--role-arn", ROLE, "--bucket", "acme-audit-log", "--region", "eu-central-1"];
    done(&[&["connector", "connect", id], &to[..]].concat());
    done(&["connector", "activate", id]);
    assert_eq!(folder.run_ok(&["connector", "run", id], NOW)["cut"], "2023-07-10T12:25:00.000Z");
    folder
}

#[test]
fn another_table_is_accepted_once_it_loses_nothing_and_the_old_one_is_refused_from_then_on() {
    let folder = sealed();
    let accept = |from| ["source", "accept", "--from", from];
    let here = folder.run_ok(&accept("2023-07-10T12:00:00Z"), NOW);
    assert_eq!((&here["unchanged"], &here["source"]["table"]), (&1.into(), &"auditferry-events".into()));

    let serve = Serve::start(&["--local", folder.path(), "--now", NOW]);
    let elsewhere =
        |args: &[&str]| -> CommandOutput { serve.run_with(&[("EVENTS_TABLE", "events-2")], args) };
    let missing = elsewhere(&accept("2023-07-10T12:00:00Z"));
    assert!(missing.code != Some(0) && missing.stderr.contains("events-2"), "{missing:?}");
    assert_eq!(elsewhere(&["init"]).code, Some(0));

    let late = elsewhere(&accept("2023-07-10T12:26:00Z"));
    assert_eq!(late.code, Some(1), "{late:?}");
    for expected in
        ["sealed only up to 2023-07-10T12:25:00.000Z,", "refused for 1", "accepted for 0 connectors"]
    {
        assert!(late.stdout.contains(expected), "{expected}: {late:?}");
    }
    let accepted = elsewhere(&[&accept("2023-07-10T12:00:00Z")[..], &["--json"]].concat());
    assert_eq!(accepted.code, Some(0), "{accepted:?}");
    let report = accepted.json();
    assert_eq!(report["source"]["table"], "events-2");
    assert_eq!(report["accepted"][0]["from"], "2023-07-10T12:00:00.000Z");
    assert_eq!(
        elsewhere(&[&accept("2023-07-10T12:00:00Z")[..], &["--json"]].concat()).json()["unchanged"],
        1
    );
    serve.stop("-TERM");

    // The folder's own table is now the old one: nothing is sealed from it.
    let id = report["accepted"][0]["connector"].as_str().unwrap();
    let args = ["connector", "run", id, "--local", folder.path(), "--now", "2023-07-10T13:06:00Z"];
    let ran = run(&args);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let output = format!("{}{}", ran.stdout, ran.stderr);
    assert!(output.contains("events-2") && output.contains("auditferry source accept"), "{output}");
}

#[test]
fn accepting_requires_the_time_from_which_the_new_table_contains_the_events() {
    let output = run(&["source", "accept"]);
    assert!(output.code == Some(2) && output.stderr.contains("--from"), "{output:?}");
}
