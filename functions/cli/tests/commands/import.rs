//! Imports lose no line silently and import no event twice.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use archive::time::Time;
use aws::dynamodb::events::{NewEvent, WriteOutcome};
use protocol::connector::Shards;
use sandbox::wiring::Sandbox;

use crate::program::{CommandOutput, Folder, cloudtrail_file, command, run, run_with};

fn event(id: u32) -> String {
    format!(r#"{{"time":"2026-01-01T00:00:00.{id:03}Z","id":"evt_{id}"}}"#)
}

/// How many events a connector of the tenant exports from the hour that contains all of them.
fn exported(folder: &Folder, tenant: &[&str]) -> u64 {
    let now = "2026-01-01T01:06:00Z";
    let start = ["--start-from", "2026-01-01T00:00:00Z"];
    let created = folder.run_ok(&[&["connector", "create"], tenant, &start].concat(), now);
    let id = created["connector"]["id"].as_str().unwrap();
    let to = [
        "--role-arn",
        "arn:aws:iam::123456789012:role/auditferry/R",
        "--bucket",
        "acme-log",
        "--region",
        "us-east-1",
    ];
    folder.run_ok(&[&["connector", "connect", id], &to[..]].concat(), now);
    folder.run_ok(&["connector", "activate", id], now);
    let ran = folder.run_ok(&["connector", "run", id], now);
    ran["runs"][0]["events"].as_u64().unwrap()
}

#[test]
fn rejected_lines_are_reported_by_number_and_the_others_are_imported() {
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let lines = [event(1), "nonsense".into(), event(2), r#"{"id":"evt_3"}"#.into(), event(1)].join("\n");
    let output = run_with(&args, lines.as_bytes());
    assert_eq!(output.code, Some(1), "{output:?}");
    for expected in ["line 2: not JSON", "line 4: it has no field `time`", "2 entries could not be imported"]
    {
        assert!(output.stderr.contains(expected), "{expected}: {output:?}");
    }
    assert!(
        output.stdout.contains("2 events imported for acme")
            && output.stdout.contains("1 event already in the table"),
        "{output:?}"
    );

    let result = run_with(&[&args[..], &["--json"]].concat(), lines.as_bytes());
    assert!(result.code == Some(1) && result.stderr.is_empty(), "{result:?}");
    let result = result.json();
    // Existing events are not counted as imported.
    assert_eq!((&result["imported"], &result["already_there"]), (&0.into(), &3.into()));
    assert_eq!(result["not_imported"], 2);
    assert_eq!((&result["bad"][0]["line"], &result["bad"][1]["line"]), (&2.into(), &4.into()));
}

/// The number before these words; 0 if they are missing.
fn counted(output: &CommandOutput, label: &str) -> u64 {
    let line = output.stdout.lines().find(|line| line.contains(label));
    line.map_or(0, |line| line.split(' ').next().unwrap().replace(',', "").parse().unwrap())
}

#[test]
fn the_same_file_twice_is_exported_once() {
    let folder = Folder::new();
    let tenant = ["--tenant", "acme", "--shards", "4"];
    for _ in 0..2 {
        let target = ["--local", folder.path(), "-"];
        let lines: Vec<String> = (0..100).map(event).collect();
        let output =
            run_with(&[&["events", "import"], &tenant[..], &target].concat(), lines.join("\n").as_bytes());
        assert_eq!(output.code, Some(0), "{output:?}");
    }
    assert_eq!(exported(&folder, &tenant), 100);
}

#[test]
fn an_import_that_was_killed_is_completed_by_importing_again() {
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let lines: Vec<String> = (0..500).map(event).collect();
    let mut import = command(&args);
    let mut import =
        import.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Batches are reported in the order of the file: once a rejected line is reported, the events before it
    // are in the table.
    let mut stdin = import.stdin.take().unwrap();
    stdin.write_all((lines[..250].join("\n") + &"\nnonsense".repeat(25) + "\n").as_bytes()).unwrap();
    let mut stderr = BufReader::new(import.stderr.take().unwrap());
    stderr.read_line(&mut String::new()).unwrap();
    import.kill().unwrap();
    import.wait().unwrap();

    let output = run_with(&args, lines.join("\n").as_bytes());
    let total: u64 = ["imported", "already in the table"].iter().map(|label| counted(&output, label)).sum();
    assert_eq!(total, 500);
    assert_eq!(exported(&folder, &["--tenant", "acme"]), 500);
}

#[test]
fn a_truncated_file_is_reported_with_the_imported_count() {
    let folder = Folder::new();
    let whole = std::fs::read(cloudtrail_file()).unwrap();
    let args =
        ["events", "import", "--local", folder.path(), "--tenant", "acme", "--time-field", "eventTime"];
    let args = [&args[..], &["--id-field", "eventID", "-"]].concat();
    let output = run_with(&args, &whole[..whole.len() / 2]);
    assert_eq!(output.code, Some(1));
    assert!(
        output.stderr.contains("can't be read after") && output.stderr.contains("imported before"),
        "{output:?}"
    );
}

#[test]
fn a_missing_file_is_reported() {
    let folder = Folder::new();
    let output =
        run(&["events", "import", "--local", folder.path(), "--tenant", "acme", "/nowhere/events.ndjson"]);
    assert!(output.code == Some(1) && output.stderr.contains("/nowhere/events.ndjson"), "{output:?}");
}

#[test]
fn a_missing_option_is_reported_ten_times_with_options_to_try() {
    let folder = Folder::new();
    let args = [
        "events",
        "import",
        "--local",
        folder.path(),
        "--tenant",
        "acme",
        cloudtrail_file().to_str().unwrap(),
    ]
    .map(str::to_owned);
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let output = run(&args);
    assert!(output.code == Some(1) && output.stderr.lines().count() <= 16, "{output:?}");
    let reported = output.stderr.lines().filter(|line| line.contains("no field `time`")).count();
    assert_eq!(reported, 10);
    for expected in [
        "and 2,890 more",
        "without these fields has: eventVersion, userIdentity, eventTime",
        "try --time-field eventTime --id-field eventID",
        "2,900 entries could not be imported",
    ] {
        assert!(output.stderr.contains(expected), "{expected}: {output:?}");
    }
    let output = run(&[&args[..], &["--json"]].concat());
    let result = output.json();
    assert_eq!((result["bad"].as_array().unwrap().len(), &result["not_imported"]), (10, &2900.into()));
    assert_eq!(
        result["hint"]["options"],
        serde_json::json!(["--time-field eventTime", "--id-field eventID"])
    );
    assert!(output.stdout.len() < 4096);
}

#[test]
fn ids_are_their_texts_and_no_event_replaces_another() {
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "--json", "-"];
    let event = |id: &str, rest: &str| format!(r#"{{"time":"2026-01-01T00:00:00Z","id":{id}{rest}}}"#);
    let ids = ["18446744073709551616", "18446744073709551617", "1", "1.0", "1e0", "0.1e1", "\"x\""];
    // One file each, so that only the table can detect a conflict.
    for id in ids {
        let result = run_with(&args, event(id, "").as_bytes()).json();
        assert_eq!((&result["imported"], &result["already_there"]), (&1.into(), &0.into()), "{id}");
    }
    let output = run_with(&args, event("1", r#","other":true"#).as_bytes());
    let result = output.json();
    assert_eq!((output.code, &result["imported"], &result["not_imported"]), (Some(1), &0.into(), &1.into()));
    let reason = result["bad"][0]["reason"].as_str().unwrap();
    assert!(reason.contains("already has another event with this time and ID"), "{reason}");
    // Within one file the first one's line is named; a number and a string with the same digits are the same
    // key.
    let lines = [event("9", ""), event("\"9\"", ""), event("9", r#", "other":true"#)].join("\n");
    let result = run_with(&args, lines.as_bytes()).json();
    assert_eq!((&result["imported"], &result["not_imported"]), (&1.into(), &2.into()), "{result}");
    assert!(result["bad"][1]["reason"].as_str().unwrap().contains("time and ID as line 1"), "{result}");
    assert_eq!(exported(&folder, &["--tenant", "acme"]), 8);
}

#[test]
fn times_with_any_offset_are_one_moment() {
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "--json", "-"];
    let event = |time: &str| format!(r#"{{"time":"{time}","id":"a"}}"#);
    let first = run_with(&args, event("2026-01-01T02:00:00+02:00").as_bytes()).json();
    assert_eq!((&first["imported"], &first["first"]), (&1.into(), &"2026-01-01T00:00:00.000Z".into()));
    for time in ["2026-01-01T00:00:00z", "2026-01-01t00:00:00+00:00", "2025-12-31 19:00:00-05:00"] {
        // The key is the same but the text differs, so the first one stays.
        assert_eq!(run_with(&args, event(time).as_bytes()).json()["not_imported"], 1, "{time}");
    }
    let form = ["--time-form", "epoch_millis"];
    let result = run_with(&[&args[..], &form].concat(), br#"{"time":1767225600000,"id":"b"}"#).json();
    assert_eq!((&result["imported"], &result["first"]), (&1.into(), &"2026-01-01T00:00:00.000Z".into()));
    let result = run_with(&args, br#"{"time":1767225600000,"id":"b"}"#).json();
    assert!(result["bad"][0]["reason"].as_str().unwrap().contains("--time-form epoch_millis"), "{result}");
}

#[test]
fn two_imports_at_once_lose_no_event_and_replace_none() {
    let events = |who: &str| -> Vec<NewEvent> {
        // Every third one is a different event with the same key.
        let body =
            |n: u64| if n.is_multiple_of(3) { format!("{{\"by\":\"{who}\"}}") } else { "{}".to_owned() };
        (0..300).map(|n| NewEvent::new(Time::EPOCH, n.to_string(), body(n))).collect()
    };
    let (ours, theirs) = (events("one"), events("two"));
    let tenant = "acme".parse().unwrap();
    let outcomes = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let embedded = Sandbox::start(None, None).await.unwrap();
        let [first, second] = [embedded.events(), embedded.events()];
        let both = tokio::join!(
            first.write(&tenant, Shards::ONE, &ours),
            second.write(&tenant, Shards::ONE, &theirs)
        );
        embedded.stop().await;
        both.0.unwrap().into_iter().zip(both.1.unwrap()).collect::<Vec<_>>()
    });
    let of =
        |pair: &(WriteOutcome, WriteOutcome), what| u32::from(pair.0 == what) + u32::from(pair.1 == what);
    assert!(outcomes.iter().all(|pair| of(pair, WriteOutcome::Written) == 1), "{outcomes:?}");
    assert_eq!(outcomes.iter().map(|pair| of(pair, WriteOutcome::KeyTaken)).sum::<u32>(), 100);
}
