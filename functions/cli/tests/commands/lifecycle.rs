//! A connector's lifecycle on the embedded stand-ins, command by command, with real events.

use serde_json::Value;

use crate::program::{Folder, cloudtrail_events, cloudtrail_file, events, run};

const ROLE: &str = "arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery";

fn import(folder: &Folder) {
    let fields = ["--tenant", "acme", "--time-field", "eventTime", "--id-field", "eventID"];
    let result = folder.run_ok(
        &[&["events", "import"], &fields[..], &[cloudtrail_file().to_str().unwrap()]].concat(),
        "2023-07-10T11:00:00Z",
    );
    assert_eq!((&result["imported"], &result["bad"]), (&2900.into(), &Value::Array(Vec::new())));
}

fn create(folder: &Folder, options: &[&str]) -> String {
    let args = [&["connector", "create", "--tenant", "acme"], options].concat();
    let created = folder.run_ok(&args, "2023-07-10T11:00:00Z");
    assert_eq!(created["connector"]["state"], "draft");
    created["connector"]["id"].as_str().unwrap().to_owned()
}

fn connect(folder: &Folder, id: &str) {
    let to = ["--role-arn", ROLE, "--bucket", "acme-audit-log", "--region", "eu-central-1"];
    folder.run_ok(&[&["connector", "connect", id], &to[..]].concat(), "2023-07-10T11:00:00Z");
}

#[test]
fn a_connector_goes_from_create_to_resume() {
    let folder = Folder::new();
    import(&folder);
    let id = create(&folder, &[]);
    let on = |verb: &str, now: &str| folder.run_ok(&["connector", verb, &id], now);
    connect(&folder, &id);

    let activated = on("activate", "2023-07-10T11:30:00Z");
    assert_eq!(activated["connector"]["state"], "active");
    assert_eq!(activated["next_run_at"], "2023-07-10T12:05:00.000Z");

    // Run now: the last window ends at now minus the settle time, and no later event is read.
    let ran = on("run", "2023-07-10T12:30:00Z");
    assert_eq!((&ran["done"], &ran["cut"]), (&true.into(), &"2023-07-10T12:25:00.000Z".into()));
    assert_eq!(ran["parts"].as_array().unwrap().len(), 2);
    let shown = on("show", "2023-07-10T12:30:00Z");
    assert_eq!((&shown["health"], &shown["undelivered_parts"]), (&"healthy".into(), &0.into()));
    assert_eq!(shown["sealed_to"], "2023-07-10T12:25:00.000Z");

    // Paused, it seals and does not deliver; resumed, it delivers.
    assert_eq!(on("pause", "2023-07-10T12:40:00Z")["connector"]["state"], "paused");
    let ran = on("run", "2023-07-10T13:06:00Z");
    assert_eq!(ran["runs"][0]["delivered"], 0);
    let shown = on("show", "2023-07-10T13:06:00Z");
    assert_eq!((&shown["connector"]["state"], &shown["undelivered_parts"]), (&"paused".into(), &2.into()));
    assert_eq!(on("resume", "2023-07-10T13:06:00Z")["next_run_at"].as_str().unwrap().len(), 24);
    on("run", "2023-07-10T13:06:00Z");

    let history = on("history", "2023-07-10T13:06:00Z");
    let parts = history["parts"].as_array().unwrap();
    let numbers: Vec<u64> = parts.iter().map(|part| part["number"].as_u64().unwrap()).collect();
    let newest_first: Vec<u64> = (1..=parts.len() as u64).rev().collect();
    assert_eq!(numbers, newest_first);
    assert!(parts.iter().all(|part| part["delivered_at"].is_string()));

    let mut found: Vec<String> =
        folder.files("acme-audit-log/auditferry/events").iter().flat_map(|file| events(file)).collect();
    found.retain(|event| !event.contains("auditferry.heartbeat"));
    let mut imported = cloudtrail_events();
    found.sort();
    imported.sort();
    assert!(found == imported, "{} of {} events", found.len(), imported.len());
}

/// While a delivery waits, the newest sealed manifest is not in the bucket yet: auditors get the newest
/// delivered one.
#[test]
fn the_manifest_for_auditors_is_the_newest_one_that_was_delivered() {
    let folder = Folder::new();
    import(&folder);
    let id = create(&folder, &[]);
    connect(&folder, &id);
    let on = |verb: &str, now: &str| folder.run_ok(&["connector", verb, &id], now);
    on("activate", "2023-07-10T11:30:00Z");
    let shows = |now: &str| {
        let target = ["--local", folder.path(), "--now", now];
        (on("show", now), run(&[&["connector", "show", &id], &target[..]].concat()).stdout)
    };
    let (json, text) = shows("2023-07-10T11:31:00Z");
    assert!(json["delivered_manifest"].is_null() && json["manifest"].is_null(), "{json}");
    assert!(!text.contains("manifest"), "{text}");
    on("run", "2023-07-10T12:06:00Z");
    let (json, text) = shows("2023-07-10T12:06:00Z");
    assert!(json["manifest"].is_string() && json["delivered_manifest"] == json["manifest"], "{json}");
    assert!(text.contains("for auditors") && !text.contains("newest sealed"), "{text}");

    // Paused, it seals and does not deliver.
    on("pause", "2023-07-10T12:40:00Z");
    on("run", "2023-07-10T14:06:00Z");
    let (json, text) = shows("2023-07-10T14:06:00Z");
    assert_eq!(json["undelivered_parts"], 3, "two whole hours, and the requested run");
    let [delivered, sealed] = ["delivered_manifest", "manifest"].map(|name| json[name].as_str().unwrap());
    assert_ne!(delivered, sealed);
    let line = |name: &str| text.lines().find(|line| line.trim_start().starts_with(name)).unwrap();
    assert!(line("for auditors").contains(delivered) && line("for auditors").contains("part 2"), "{text}");
    assert!(line("waiting").contains(sealed) && line("waiting").contains("not for auditors"), "{text}");

    let key = on("setup", "2023-07-10T14:06:00Z")["keys"][0].as_str().unwrap().to_owned();
    let bucket = format!("{}/buckets/acme-audit-log", folder.path());
    let verify = |newest: &str| run(&["verify", &bucket, "--key", &key, "--newest", newest]);
    assert_eq!(verify(delivered).code, Some(0), "{:?}", verify(delivered));
    assert!(verify(sealed).code == Some(1) && verify(sealed).stdout.contains("tail_missing"));
}

#[test]
fn a_backlog_is_exported_from_the_requested_start() {
    let folder = Folder::new();
    import(&folder);
    let id = create(
        &folder,
        &["--start-from", "2023-07-10T09:00:00Z", "--format", "ndjson", "--compression", "gzip"],
    );
    connect(&folder, &id);
    let activated = folder.run_ok(&["connector", "activate", &id], "2023-07-10T14:00:00Z");
    assert_eq!(activated["since"], "2023-07-10T09:00:00.000Z");
    let ran = folder.run_ok(&["connector", "run", &id], "2023-07-10T14:05:00Z");
    let parts = ran["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 5);
    assert_eq!(parts.iter().map(|part| part["events"].as_u64().unwrap()).sum::<u64>(), 2900);
    let history = folder.run_ok(&["connector", "history", &id, "--limit", "1"], "2023-07-10T14:05:00Z");
    assert!(history["parts"][0]["name"].as_str().unwrap().ends_with(".ndjson.gz"));
}

#[test]
fn a_blocked_connector_shows_cause_start_and_next_step() {
    let folder = Folder::new();
    let id = create(&folder, &[]);
    connect(&folder, &id);
    folder.run_ok(&["connector", "activate", &id], "2023-07-10T11:30:00Z");
    // The customer deletes the role.
    folder.edit_accounts(|accounts| accounts["roles"] = serde_json::json!({}));
    let target = ["--local", folder.path(), "--now", "2023-07-10T12:06:00Z"];
    let ran = run(&[&["connector", "run", &id], &target[..], &["--json"]].concat());
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.json()["blocked"]["reason"], "denied");

    let shown = run(&[&["connector", "show", &id], &target[..]].concat());
    assert_eq!(shown.code, Some(0));
    for expected in [
        "is active and blocked since 2023-07-10T12:06:0",
        "assume_role",
        "remedy",
        "external ID",
        "next attempt",
    ] {
        assert!(shown.stdout.contains(expected), "{expected}: {}", shown.stdout);
    }
}

#[test]
fn a_connector_that_is_not_ready_is_refused_with_the_next_step() {
    let folder = Folder::new();
    let id = create(&folder, &[]);
    for (verb, expected) in [
        ("activate", "connector connect"),
        ("run", "connector activate"),
        ("pause", "requires active"),
        ("resume", "requires paused"),
    ] {
        let output = run(&["connector", verb, &id, "--local", folder.path()]);
        assert!(output.code == Some(1) && output.stderr.contains(expected), "{verb}: {output:?}");
        // The suggested command works in this folder, and not in AWS.
        let next = format!("{id} --local {}", folder.path());
        assert!(output.stderr.lines().last().unwrap().contains(&next), "{verb}: {output:?}");
    }
    let shown = run(&["connector", "show", &id, "--local", folder.path()]);
    assert!(shown.stdout.contains(&format!("connect {id} --local {} ", folder.path())), "{shown:?}");
    let list = run(&["connector", "list", "--local", folder.path(), "--tenant", "acme"]);
    for shown in [&id, "HEALTH", "not connected"] {
        assert!(list.stdout.contains(shown), "{shown}: {list:?}");
    }
    let other = run(&["connector", "list", "--local", folder.path(), "--tenant", "other"]);
    assert!(!other.stdout.contains(&id) && other.stdout.contains("there are no connectors"), "{other:?}");
}

#[test]
fn shards_can_only_be_raised_and_only_from_two_on_once_it_exports() {
    let folder = Folder::new();
    let now = "2023-07-10T11:30:00Z";
    let id = create(&folder, &[]);
    connect(&folder, &id);
    let to = |shards: &'static str| ["connector", "update", &id, "--shards", shards].map(str::to_owned);
    let set = |shards| {
        folder.run_ok(&to(shards).each_ref().map(String::as_str), now)["connector"]["shards"].clone()
    };
    assert_eq!((set("4"), set("2")), (4.into(), 2.into()), "it has read nothing yet");
    folder.run_ok(&["connector", "activate", &id], now);
    assert_eq!(set("8"), 8);
    let args = to("4");
    let target = ["--local", folder.path(), "--now", now];
    let output = run(&[&args.each_ref().map(String::as_str)[..], &target].concat());
    assert_eq!(output.code, Some(1), "{output:?}");
    assert!(
        output.stderr.contains("only be raised") && output.stderr.contains("connector create"),
        "{output:?}"
    );
}

#[test]
fn contacts_are_set_shown_and_removed_and_a_secret_is_shown_once() {
    let folder = Folder::new();
    let now = "2023-07-10T11:00:00Z";
    let id = create(&folder, &[]);
    let url = "https://hooks.acme.example/auditferry";
    let set = ["connector", "contacts", &id, "--email", "security@acme.example", "--webhook", url];
    let result = folder.run_ok(&set, now);
    let secret = result["webhook_secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_") && result["note"].as_str().unwrap().contains("--local"), "{result}");
    let rotated = folder.run_ok(&["connector", "rotate-webhook-secret", &id], now);
    let new = rotated["webhook_secret"].as_str().unwrap().to_owned();
    assert_ne!(new, secret);
    assert!(rotated["connector"]["contacts"]["webhook"]["retiring"]["until"].is_string());
    folder.run_ok(&["connector", "test-contacts", &id], now);
    let target = ["--local", folder.path(), "--now", now];
    let again = run(&[&["connector", "test-contacts", &id], &target[..]].concat());
    assert!(again.code == Some(1) && again.stderr.contains("again after 2023-07-10T11:05:0"), "{again:?}");
    for args in [vec!["show", &id], vec!["contacts", &id], vec!["changes", &id], vec!["list"]] {
        let args = [vec!["connector"], args].concat();
        let output = run(&[&args[..], &target].concat());
        assert_eq!(output.code, Some(0), "{output:?}");
        let json = folder.run_ok(&args, now).to_string();
        for secret in [&secret, &new] {
            assert!(!output.stdout.contains(secret) && !json.contains(secret), "{args:?} shows it");
        }
    }
    let shown = run(&[&["connector", "show", &id], &target[..]].concat());
    assert!(shown.stdout.contains(url), "{shown:?}");
    assert!(
        shown.stdout.contains("security@acme.example, waiting for an operator to confirm it"),
        "{shown:?}"
    );
    let confirm = ["connector", "contacts", &id, "--confirm", "SECURITY@acme.example"];
    let confirmed = folder.run_ok(&confirm, now);
    assert_eq!(
        (&confirmed["addresses"][0]["status"], &confirmed["addresses"][0]["how"]),
        (&"confirmed".into(), &"contract".into()),
        "{confirmed}"
    );
    let shown = run(&[&["connector", "show", &id], &target[..]].concat());
    assert!(shown.stdout.contains("confirmed by contract at 2023-07-10T11:00:0"), "{shown:?}");
    for (args, output) in [
        (["--confirm", "other@acme.example"].as_slice(), "is not a contact of connector"),
        (&["--ask-again"], "an operator must confirm"),
        (&["--confirm", "a@acme.example", "--ask-again"], "cannot be used with"),
    ] {
        let refused = run(&[&["connector", "contacts", &id], args, &target].concat());
        assert!(refused.code != Some(0) && refused.stderr.contains(output), "{refused:?}");
    }
    let none = folder.run_ok(&["connector", "contacts", &id, "--none"], now);
    assert!(none["connector"].get("contacts").is_none_or(|left| left.get("webhook").is_none()), "{none}");
    let refused =
        run(&["connector", "contacts", &id, "--webhook", "https://127.0.0.1/", "--local", folder.path()]);
    assert!(refused.code == Some(2) && refused.stderr.contains("no domain name"), "{refused:?}");
}
