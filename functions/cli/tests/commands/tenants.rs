//! Tenant IDs are the product's own: events are imported, exported and listed by the exact ID, and every
//! command refuses an ID that would read like another tenant's partition.

use std::process::Stdio;

use serde_json::Value;

use crate::program::{Folder, command, run, run_with};

const NOW: &str = "2026-01-01T01:06:00Z";

fn import(folder: &Folder, tenant: &str, lines: &str) -> crate::program::CommandOutput {
    let tenant = format!("--tenant={tenant}");
    run_with(&["events", "import", "--local", folder.path(), &tenant, "--json", "-"], lines.as_bytes())
}

/// Creates a connector that exports the hour into the bucket with this number; returns its ID.
fn activated(folder: &Folder, tenant: &str, number: usize) -> String {
    let tenant = format!("--tenant={tenant}");
    let start = "2026-01-01T00:00:00Z";
    let created = folder.run_ok(&["connector", "create", &tenant, "--start-from", start], NOW);
    let id = created["connector"]["id"].as_str().unwrap().to_owned();
    let (role, bucket) = (
        format!("arn:aws:iam::{:012}:role/auditferry/R", 200_000_000_000 + number),
        format!("audit-log-{number}"),
    );
    let to = ["--role-arn", &role, "--bucket", &bucket, "--region", "eu-central-1", "--prefix", "tenant=x/y"];
    folder.run_ok(&[&["connector", "connect", &id], &to[..]].concat(), NOW);
    folder.run_ok(&["connector", "activate", &id], NOW);
    id
}

#[test]
fn every_tenant_gets_its_own_events_whatever_it_is_called() {
    let folder = Folder::new();
    let longest = "\u{1f980}".repeat(256);
    let tenants = [
        "auth0|123",
        " acme",
        "acme#",
        "-acme",
        "Müller & Söhne \"GmbH\"",
        "../../x",
        "${aws:username}",
        "*",
        "{tenant}",
        &longest,
    ];
    for (n, tenant) in tenants.iter().enumerate() {
        let output = import(&folder, tenant, &format!(r#"{{"time":"2026-01-01T00:00:00Z","id":"of-{n}"}}"#));
        assert_eq!((output.code, &output.json()["tenant"]), (Some(0), &Value::from(*tenant)), "{output:?}");
    }
    for (n, tenant) in tenants.iter().enumerate() {
        let id = activated(&folder, tenant, n);
        folder.run_ok(&["connector", "run", &id], NOW);
        let events = folder.files(&format!("audit-log-{n}/tenant=x/y/events"));
        let text = String::from_utf8(events.concat()).unwrap();
        assert!(text.contains(&format!(r#""id":"of-{n}""#)) && text.matches("\"of-").count() == 1, "{text}");
        let listed = folder.run_ok(&["connector", "list", &format!("--tenant={tenant}")], NOW);
        let found = listed["connectors"].as_array().unwrap();
        assert_eq!(
            (found.len(), &found[0]["id"], &found[0]["tenant"]),
            (1, &id.into(), &Value::from(*tenant))
        );
    }
}

#[test]
fn an_id_that_reads_like_a_shard_of_another_tenant_is_refused_by_every_command() {
    let folder = Folder::new();
    let create = ["connector", "create", "--local", folder.path(), "--tenant", "acme#0"];
    let imported = import(&folder, "acme#0", "");
    assert_eq!(imported.code, Some(2), "{imported:?}");
    let result = imported.json()["error"]["message"].as_str().unwrap().to_owned();
    for expected in ["`acme#0` ends in `#0`", "EVENTS_PARTITION_FORMAT", "an ID without a number next to `#`"]
    {
        assert!(result.contains(expected), "{expected}: {result}");
    }
    let created = run(&create);
    assert!(created.code == Some(2) && created.stderr.contains(&result), "{created:?}");
    let listed = folder.run_ok(&["connector", "list"], NOW);
    assert_eq!(listed["connectors"].as_array().unwrap().len(), 0);
}

/// In AWS the command uses the deployment's own format, from the same variable as the functions.
#[test]
fn an_import_follows_the_partition_format_of_the_deployment() {
    for (format, tenant, code) in [
        ("{tenant}#{shard}", "acme#1", 2),
        ("{shard}#{tenant}", "1#acme", 2),
        // Fails only because nobody listens at the address.
        ("TENANT#{tenant}", "acme#1", 1),
    ] {
        let args = ["events", "import", "--tenant", tenant, "--json", "/dev/null"];
        let output: crate::program::CommandOutput = command(&args)
            .env("EVENTS_TABLE", "events")
            .env("EVENTS_PARTITION_FORMAT", format)
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
            .env("AWS_REGION", "eu-central-1")
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .into();
        let refused = output.stdout.contains("EVENTS_PARTITION_FORMAT");
        assert_eq!(refused, code == 2, "{format} {tenant}: {output:?}");
    }
}

/// A person sees every character of an ID, and a terminal gets no character that reverses its line.
#[test]
fn invisible_characters_are_escaped_for_a_person() {
    let folder = Folder::new();
    let target = ["--local", folder.path()];
    let created = run(&[&["connector", "create", "--tenant", "acme\u{202e} "], &target[..]].concat());
    assert!(created.stdout.contains("was created for acme\\u{202e}\\u{20}\n"), "{created:?}");
    let listed = run(&[&["connector", "list"], &target[..]].concat());
    assert!(listed.stdout.contains("acme\\u{202e}\\u{20}  draft"), "{listed:?}");
    assert!(!(created.stdout + &listed.stdout).contains('\u{202e}'));
}
