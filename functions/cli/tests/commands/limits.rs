//! Refusals of `control` on the command line: an exhausted budget, an idempotency key with other values, a
//! start in the future. The API returns the same messages.

use serde_json::Value;

use crate::program::{CommandOutput, Folder, command, run};

const NOW: &str = "2023-07-10T11:00:00Z";

fn run_in(folder: &Folder, args: &[&str]) -> CommandOutput {
    run(&[&["connector"], args, &["--local", folder.path(), "--now", NOW]].concat())
}

fn create(folder: &Folder, more: &[&str]) -> String {
    let created = folder.run_ok(&[&["connector", "create", "--tenant", "acme"], more].concat(), NOW);
    created["connector"]["id"].as_str().unwrap().to_owned()
}

/// The message and the remedy of a refusal with this exit code, the same with `--json` and without.
fn refused(folder: &Folder, args: &[&str], code: i32) -> (String, String) {
    let output = run_in(folder, args);
    assert!(output.code == Some(code) && output.stdout.is_empty(), "{output:?}");
    let as_json = run_in(folder, &[args, &["--json"]].concat());
    assert_eq!((as_json.code, as_json.stderr.as_str()), (Some(code), ""));
    let error: Value = as_json.json()["error"].clone();
    let [message, remedy] = ["message", "remedy"].map(|field| error[field].as_str().unwrap().to_owned());
    assert_eq!(output.stderr, format!("error: {message}\n{remedy}\n"));
    (message, remedy)
}

#[test]
fn a_key_with_other_values_is_refused_and_ends_with_its_connector() {
    let folder = Folder::new();
    let key = ["--idempotency-key", "order-1"];
    let first = create(&folder, &key);
    let other =
        [&["create", "--tenant", "acme", "--frequency", "6", "--format", "ndjson"][..], &key].concat();
    let (message, remedy) = refused(&folder, &other, 1);
    assert_eq!(
        message,
        format!(
            "the idempotency key was used to create {first} with other values: frequency was 1 and is now 6; \
             encoding.format was json and is now ndjson"
        )
    );
    assert!(remedy.contains("new key"), "{remedy}");
    assert_eq!(create(&folder, &key), first);
    folder.run_ok(&["connector", "delete", &first, "--yes"], NOW);
    let second = create(&folder, &key);
    assert_ne!(second, first);
    let shown = folder.run_ok(&["connector", "show", &second], NOW);
    assert_eq!(shown["connector"]["state"], "draft", "{shown}");
    let output = run_in(&folder, &["create", "--tenant", "acme", "--idempotency-key", "a b"]);
    assert!(output.code == Some(2) && output.stderr.contains("1 to 255 visible ASCII"), "{output:?}");
}

#[test]
fn test_messages_are_limited_for_operators_too_with_the_message_of_the_api() {
    let folder = Folder::new();
    let mut ids = Vec::new();
    for _ in 0..4 {
        let id = create(&folder, &[]);
        let mut args = vec!["connector", "contacts", &id, "--webhook", "https://hooks.acme.example/"];
        for address in ["a@s.example", "b@s.example", "c@s.example", "d@s.example", "e@s.example"] {
            args.extend(["--email", address]);
        }
        folder.run_ok(&args, NOW);
        ids.push(id);
    }
    for id in &ids[..3] {
        folder.run_ok(&["connector", "test-contacts", id], NOW);
    }
    let (message, remedy) = refused(&folder, &["test-contacts", &ids[3]], 1);
    assert_eq!(
        message,
        "tenant acme has used its limit of 20 test messages per day; it resets at 2023-07-11T00:00:00.000Z"
    );
    assert_eq!(remedy, "Try again after 2023-07-11T00:00:00.000Z.");
    folder.run_ok(&["connector", "test-contacts", &ids[3]], "2023-07-11T00:00:00Z");
}

/// An operator may give a tenant more connectors than the limit.
#[test]
fn an_operator_creates_the_twenty_first_connector() {
    let folder = Folder::new();
    for _ in 0..21 {
        create(&folder, &[]);
    }
}

#[test]
fn a_start_in_the_future_is_refused_and_so_is_another_version() {
    let folder = Folder::new();
    let args = ["create", "--tenant", "acme", "--start-from", "2023-07-10T11:30:00Z"];
    let (message, remedy) = refused(&folder, &args, 2);
    assert!(message.contains("2023-07-10T11:30:00.000Z is in the future"), "{message}");
    assert!(remedy.contains("--start-from"), "{remedy}");
    let id = create(&folder, &[]);
    for verb in ["verify", "activate", "resume", "run"] {
        let (message, _) = refused(&folder, &[verb, &id, "--if-version", "7"], 1);
        assert!(message.contains("it is now at version 1"), "{verb}: {message}");
    }
}

#[test]
fn invalid_limits_are_reported_with_their_variable() {
    for (value, why) in [("test_message=1", "unknown budget `test_message`"), ("runs=0", "runs is `0`")] {
        let output = command(&["connector", "list"]).env("BUDGETS", value).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(text.contains(&format!("BUDGETS is `{value}`")) && text.contains(why), "{text}");
    }
}
