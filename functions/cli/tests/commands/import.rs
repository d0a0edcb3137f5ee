//! Imports lose no line silently and bring no event twice.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::program::{Folder, command, run, run_with, trail};

fn event(id: u32) -> String {
    format!(r#"{{"time":"2026-01-01T00:00:00.{id:03}Z","id":"evt_{id}"}}"#)
}

/// How many events a connector of the tenant exports of the hour that they are all in.
fn exported(folder: &Folder, tenant: &[&str]) -> u64 {
    let now = "2026-01-01T01:06:00Z";
    let start = ["--start-from", "2026-01-01T00:00:00Z"];
    let made = folder.done(&[&["connector", "create"], tenant, &start].concat(), now);
    let id = made["connector"]["id"].as_str().unwrap();
    let to = [
        "--role-arn",
        "arn:aws:iam::123456789012:role/auditferry/R",
        "--bucket",
        "acme-log",
        "--region",
        "us-east-1",
    ];
    folder.done(&[&["connector", "connect", id], &to[..]].concat(), now);
    folder.done(&["connector", "activate", id], now);
    let ran = folder.done(&["connector", "run", id], now);
    ran["runs"][0]["events"].as_u64().unwrap()
}

#[test]
fn bad_lines_are_told_by_number_and_the_others_are_imported() {
    let folder = Folder::new();
    let words = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let lines = [event(1), "nonsense".into(), event(2), r#"{"id":"evt_3"}"#.into(), event(1)].join("\n");
    let said = run_with(&words, lines.as_bytes());
    assert_eq!(said.code, Some(1), "{said:?}");
    for words in ["line 2: not JSON", "line 4: it has no field `time`", "2 lines could not be imported"] {
        assert!(said.stderr.contains(words), "{words}: {said:?}");
    }
    assert!(
        said.stdout.contains("2 events imported for acme") && said.stdout.contains("1 line repeated"),
        "{said:?}"
    );

    let told = run_with(&[&words[..], &["--json"]].concat(), lines.as_bytes());
    assert!(told.code == Some(1) && told.stderr.is_empty(), "{told:?}");
    let told = told.json();
    assert_eq!((&told["imported"], &told["repeated"]), (&2.into(), &1.into()));
    assert_eq!((&told["bad"][0]["line"], &told["bad"][1]["line"]), (&2.into(), &4.into()));
}

#[test]
fn the_same_file_twice_is_exported_once() {
    let folder = Folder::new();
    let tenant = ["--tenant", "acme", "--shards", "4"];
    for _ in 0..2 {
        let place = ["--local", folder.path(), "-"];
        let lines: Vec<String> = (0..100).map(event).collect();
        let said =
            run_with(&[&["events", "import"], &tenant[..], &place].concat(), lines.join("\n").as_bytes());
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert_eq!(exported(&folder, &tenant), 100);
}

#[test]
fn an_import_that_was_killed_is_completed_by_importing_again() {
    let folder = Folder::new();
    let words = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let lines: Vec<String> = (0..500).map(event).collect();
    let mut import = command(&words);
    let mut import =
        import.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Batches are told in the order of the file: when a bad line is heard, those before it are in the table.
    let mut stdin = import.stdin.take().unwrap();
    stdin.write_all((lines[..250].join("\n") + &"\nnonsense".repeat(25) + "\n").as_bytes()).unwrap();
    let mut stderr = BufReader::new(import.stderr.take().unwrap());
    stderr.read_line(&mut String::new()).unwrap();
    import.kill().unwrap();
    import.wait().unwrap();

    let said = run_with(&words, lines.join("\n").as_bytes());
    assert!(said.stdout.contains("500 events imported"), "{said:?}");
    assert_eq!(exported(&folder, &["--tenant", "acme"]), 500);
}

#[test]
fn a_file_that_ends_early_is_told_with_what_was_imported() {
    let folder = Folder::new();
    let whole = std::fs::read(trail()).unwrap();
    let words =
        ["events", "import", "--local", folder.path(), "--tenant", "acme", "--time-field", "eventTime"];
    let words = [&words[..], &["--id-field", "eventID", "-"]].concat();
    let said = run_with(&words, &whole[..whole.len() / 2]);
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("can't be read on") && said.stderr.contains("imported before"), "{said:?}");
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let folder = Folder::new();
    let said =
        run(&["events", "import", "--local", folder.path(), "--tenant", "acme", "/nowhere/events.ndjson"]);
    assert!(said.code == Some(1) && said.stderr.contains("/nowhere/events.ndjson"), "{said:?}");
}
