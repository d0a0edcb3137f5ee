//! Every invalid value is refused with exit code 2, the error, and the valid form.

use crate::program::{command, run};

const CON: &str = "con_0123456789abcdef";

fn connect<'a>(option: &'a str, value: &'a str) -> Vec<&'a str> {
    let mut args = vec!["connector", "connect", CON, "--local", "x"];
    if option == "--external-id" {
        args.extend([option, value]);
    }
    for (name, good) in [
        ("--role-arn", "arn:aws:iam::123456789012:role/auditferry/R"),
        ("--bucket", "acme-log"),
        ("--region", "eu-central-1"),
        ("--prefix", "audit"),
    ] {
        args.extend([name, if name == option { value } else { good }]);
    }
    args
}

#[test]
fn wrong_values_are_refused_with_the_right_form() {
    let (long, longer) = ("a".repeat(201), "ä".repeat(257));
    let create =
        |option, value| vec!["connector", "create", "--local", "x", "--tenant", "acme", option, value];
    let import = |option, value| vec!["events", "import", "--local", "x", option, value, "file"];
    for (args, problem, form) in [
        (import("--tenant", "a\nb"), "contains a control character", "1 to 256"),
        (import("--tenant", &longer), "longer than 256 characters", "1 to 256"),
        (import("--tenant", ""), "", "--tenant"),
        (vec!["events", "import", "--tenant", "a", "--shards", "65", "f"], "`65`", "1 to 64"),
        (create("--frequency", "0"), "`0`", "1 to 24"),
        (create("--frequency", "25"), "`25`", "1 to 24"),
        (create("--frequency", "1.5"), "`1.5`", "1 to 24"),
        (create("--shards", "0"), "`0`", "1 to 64"),
        (create("--format", "csv"), "csv", "json, ndjson"),
        (create("--compression", "lzma"), "lzma", "none, gzip, zstd"),
        (create("--start-from", "2026-01-01"), "`2026-01-01`", "2026-11-20T20:15:30.123Z"),
        (connect("--role-arn", "arn:aws:iam::1234:role/R"), "12 digits", "arn:aws:iam::123456789012:role/"),
        (connect("--role-arn", "arn:aws:iam::123456789012:user/R"), "names a user", "role/"),
        (
            connect("--role-arn", "arn:aws:iam::123456789012:role/R"),
            "is not on the path /auditferry/",
            "arn:aws:iam::123456789012:role/auditferry/",
        ),
        (connect("--bucket", "Acme"), "not allowed", "3 to 63"),
        (connect("--bucket", "10.0.0.1"), "IP address", "3 to 63"),
        (connect("--region", "eu-central-1.evil.example"), "not the name of an AWS region", "eu-central-1"),
        (connect("--prefix", "../etc"), "`..`", "segments joined by single slashes"),
        (connect("--prefix", "a//b"), "`//`", "segments joined"),
        (connect("--prefix", "/a"), "starts with a slash", "segments joined"),
        (connect("--prefix", "a\u{7}b"), "control character", "segments joined"),
        (connect("--prefix", &long), "longer than 200 bytes", "segments joined"),
        (vec!["connector", "show", "acme"], "`acme`", "con_"),
        (vec!["connector", "history", CON, "--limit", "0"], "0", "1..=1000"),
        (vec!["connector", "list", "--now", "2026-01-01T00:00:00Z"], "required", "--local"),
        (vec!["demo", "--now", "2023-07-10T13:04:59Z"], "not between", "2023-07-10T13:05:00.000Z"),
        (vec!["demo", "--now", "yesterday"], "`yesterday`", "RFC 3339"),
        (vec!["connector", "erase", CON], "unrecognized", "erase"),
        (vec!["connector", "update", CON], "required", "--frequency"),
        (vec!["connector", "pause", CON, "--if-version", "first"], "first", "--if-version"),
        (vec!["connector", "list", "--after", "acme"], "`acme`", "con_"),
        (connect("--external-id", "mine"), "unexpected argument", "--external-id"),
        (vec!["events", "search", "--tenant", "a", "acton:x"], "character 1", "Did you mean `action:`?"),
        (vec!["events", "counts", "--tenant", "a", "--by", "id"], "id", "action, category, actor"),
        (vec!["events", "search", "action:x"], "required", "--tenant"),
        (vec!["index", "rebuild", "--tenant", "a", "--from-part", "0"], "0", "--from-part"),
        (vec!["serve", "--tick", "0"], "0", "1..=3600"),
        (vec!["serve", "--port", "65536"], "65536", "0..=65535"),
    ] {
        let output = run(&args);
        assert_eq!(output.code, Some(2), "{args:?}: {output:?}");
        assert!(
            output.stderr.contains(problem) && output.stderr.contains(form),
            "{args:?}: {}",
            output.stderr
        );
        assert!(output.stdout.is_empty(), "{output:?}");
    }
}

#[test]
fn with_json_a_refusal_is_an_object_on_stdout() {
    let output = run(&["connector", "create", "--tenant", "a\tb", "--json"]);
    assert!(output.code == Some(2) && output.stderr.is_empty(), "{output:?}");
    let error = &output.json()["error"];
    assert_eq!(error["kind"], "usage");
    assert!(error["message"].as_str().unwrap().ends_with("none of them a control character"), "{error}");

    let output = run(&["connector", "list", "--local", "/nowhere", "--json"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(1), ""));
    let error = &output.json()["error"];
    assert_eq!(
        (&error["kind"], &error["remedy"]),
        (&"failed".into(), &"Create it first: auditferry init --local /nowhere".into())
    );
}

#[test]
fn a_missing_or_malformed_variable_is_reported_by_name() {
    let stderr_of = |name: &str, value: &str, args: &[&str]| {
        let output = command(args).env(name, value).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let text = stderr_of("SETTLE_SECONDS", "5m", &["connector", "list"]);
    assert!(text.contains("LEDGER_TABLE is not set") && text.contains("SETTLE_SECONDS is `5m`"), "{text}");
    let text = stderr_of("CUSTOMER_TEMPLATE_URL", "http://x", &["connector", "create", "--tenant", "a"]);
    assert!(text.contains("EVENT_BUS_NAME is not set") && text.contains("an https URL"), "{text}");
    let text = stderr_of("EVENTS_SORT_KEY_FORM", "iso", &["events", "import", "--tenant", "a", "/dev/null"]);
    assert!(
        text.contains("EVENTS_TABLE is not set") && text.contains("EVENTS_SORT_KEY_FORM is `iso`"),
        "{text}"
    );
    let text = stderr_of("AUDITFERRY_LOG", "loud", &["demo"]);
    assert!(text.contains("AUDITFERRY_LOG is `loud`") && text.contains("info"), "{text}");
}

#[test]
fn nothing_is_created_in_aws_or_in_a_folder_with_other_content() {
    let output = run(&["init"]);
    assert!(output.code == Some(2) && output.stderr.contains("AWS_ENDPOINT_URL"), "{output:?}");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    let output = run(&["init", "--local", folder.path().to_str().unwrap()]);
    assert!(
        output.code == Some(1) && output.stderr.contains("is not empty and not an Auditferry folder"),
        "{output:?}"
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn every_command_has_help_with_an_example() {
    for args in [
        "--help",
        "demo --help",
        "init --help",
        "events import --help",
        "events search --help",
        "events counts --help",
        "events facets --help",
        "events fields --help",
        "events saved save --help",
        "events searches --help",
        "index rebuild --help",
        "connector create --help",
        "connector setup --help",
        "connector connect --help",
        "connector update --help",
        "connector verify --help",
        "connector activate --help",
        "connector pause --help",
        "connector resume --help",
        "connector disable --help",
        "connector enable --help",
        "connector delete --help",
        "connector rotate-external-id --help",
        "connector contacts --help",
        "connector rotate-webhook-secret --help",
        "connector test-contacts --help",
        "connector list --help",
        "connector show --help",
        "connector run --help",
        "connector history --help",
        "connector changes --help",
        "serve --help",
        "verify --help",
    ] {
        let output = run(&args.split(' ').collect::<Vec<_>>());
        assert_eq!(output.code, Some(0), "{args}");
        assert!(
            output.stdout.contains("Example") && output.stdout.contains("--json"),
            "{args}: {}",
            output.stdout
        );
        assert!(!output.stdout.contains("demo-exporter"), "{args}");
    }
}
