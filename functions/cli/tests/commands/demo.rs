//! The demo proves its guarantees, and keeps the promised files.

use std::path::Path;

use serde_json::Value;

use crate::program::{cloudtrail_events, command, events, files, run, run_ok};

#[test]
fn the_demo_meets_every_guarantee() {
    let result = run_ok(&["demo"]);
    for (name, number) in [
        ("events_imported", 2900),
        ("events_delivered", 2900),
        ("duplicates", 0),
        ("missing", 0),
        ("foreign", 0),
        ("heartbeats", 4),
        ("parts", 6),
        // One each for acme and quiet-co; that of gone-inc was deleted with its bucket.
        ("verification_objects", 2),
        ("blocked", 1),
        ("recovered", 1),
        ("killed", 1),
    ] {
        assert_eq!(result[name], number, "{name}");
    }
    assert!(result["proved"].as_bool().unwrap() && result["seconds"].as_f64().unwrap() < 30.0);
    assert!(result["promises"].as_array().unwrap().iter().all(|promise| promise["kept"] == true));
    let block = &result["blocks"][0];
    assert_eq!((&block["tenant"], &block["code"]), (&"gone-inc".into(), &"NoSuchBucket".into()));
    assert!(block["remedy"].as_str().unwrap().contains("Create gone-inc-audit-log"), "{block}");
}

#[test]
fn without_a_command_the_demo_runs_and_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let output = command(&[]).env("TMPDIR", temporary.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("killed acme's exporter between delivery and mark of part 1"), "{text}");
    assert!(text.contains("Every guarantee was met."), "{text}");
    assert!(!text.contains('\u{1b}') && output.stderr.is_empty(), "colors and progress are for terminals");
    assert!(std::fs::read_dir(temporary.path()).unwrap().next().is_none());
}

#[test]
fn a_kept_demo_is_plain_files_and_an_auditferry_folder() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("demo");
    let path = dir.to_str().unwrap();
    let result = run_ok(&["demo", "--dir", path]);
    assert_eq!(result["dir"], path);

    // The bucket contains the lines of the input, each once, in order.
    let mut found: Vec<String> = files(&dir.join("buckets/acme-audit-log/auditferry/events"))
        .iter()
        .flat_map(|file| events(file))
        .collect();
    let mut imported = cloudtrail_events();
    found.sort();
    imported.sort();
    assert!(found == imported, "{} of {} events", found.len(), imported.len());
    for file in result["files"].as_array().unwrap() {
        let file = dir.join("buckets").join(text(&file["bucket"])).join(text(&file["key"]));
        assert!(file.is_file(), "{}", file.display());
    }

    let kinds = bus(&dir);
    for (kind, least) in [
        ("ExportDelivered", 2),
        ("ExportHeartbeat", 4),
        ("ExportBlocked", 1),
        ("ExportRecovered", 1),
        // Three connectors, each created, verified and activated.
        ("ConnectorChanged", 9),
    ] {
        let count = kinds.iter().filter(|found| *found == kind).count();
        assert!(count >= least, "{kind}: {count}");
    }

    let listed = run_ok(&["connector", "list", "--local", path]);
    let listed = listed["connectors"].as_array().unwrap();
    assert_eq!(listed.len(), 3);
    // The demo's events are of 2023, so by now every connector has missed its files.
    assert!(listed.iter().all(|connector| connector["health"] == "stale"), "{listed:?}");
    let again = run(&["demo", "--dir", path]);
    assert!(again.code == Some(1) && again.stderr.contains("not empty"), "{again:?}");
}

/// Runs the last line of the demo in a shell, as a user who copies it does.
#[test]
#[cfg(unix)]
fn a_kept_demo_ends_with_the_command_that_proves_it() {
    let temporary = tempfile::tempdir().unwrap();
    let shell = |line: &str| {
        let tools = temporary.path().join("tools");
        std::fs::create_dir_all(&tools).unwrap();
        let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_auditferry"), tools.join("auditferry"));
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", line]).env_clear().env("PATH", tools).current_dir(temporary.path());
        crate::program::CommandOutput::from(shell.output().unwrap())
    };
    for (dir, more) in [("./out", ""), ("\"it's kept\"", " --now 2023-07-11T01:30:00Z")] {
        let demo = shell(&format!("auditferry demo --dir {dir}{more}"));
        assert_eq!(demo.code, Some(0), "{demo:?}");
        let command = demo.stdout.lines().last().unwrap().trim();
        assert!(command.starts_with("auditferry verify ") && command.contains(" --key "), "{command}");
        let output = shell(command);
        assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{command}: {output:?}");
        let verdict = output.stdout.lines().last().unwrap();
        assert!(
            verdict.contains(" 2,900 events, ") && verdict.contains(". Proven, for connector "),
            "{verdict}"
        );
    }
}

#[test]
fn the_demo_runs_as_of_a_later_time_too() {
    let result = run_ok(&["demo", "--now", "2023-07-11T01:30:00Z"]);
    // A short first window and 13 hours for each of three connectors; two files of acme contain events.
    assert_eq!((&result["parts"], &result["heartbeats"]), (&(3 * 14).into(), &(3 * 14 - 2).into()));
    assert_eq!(result["proved"], true);
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn bus(dir: &Path) -> Vec<String> {
    let notices = std::fs::read_to_string(dir.join("bus.ndjson")).unwrap();
    notices
        .lines()
        .map(|line| text(&serde_json::from_str::<Value>(line).unwrap()["detail-type"]).to_owned())
        .collect()
}
