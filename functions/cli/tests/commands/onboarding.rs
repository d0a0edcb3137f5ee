//! Onboarding on the command line: the findings of a verification and their fixes, a rotation, enabling and
//! deleting, and the record of all changes.

use serde_json::Value;

use crate::program::{CommandOutput, Folder, run};

const NOW: &str = "2023-07-10T11:30:00Z";
const ROLE: &str = "arn:aws:iam::222222222222:role/auditferry/AuditferryDelivery";

struct Setup {
    folder: Folder,
    id: String,
}

impl Setup {
    fn new() -> Self {
        let folder = Folder::new();
        let created = folder.run_ok(&["connector", "create", "--tenant", "acme"], NOW);
        let id = created["connector"]["id"].as_str().unwrap().to_owned();
        Self { folder, id }
    }

    /// Connected, with the customer's role and bucket in place.
    fn connected() -> Self {
        let fixture = Self::new();
        fixture.connect(&[]);
        fixture
    }

    /// Connects; the verification passes.
    fn connect(&self, more: &[&str]) -> Value {
        let result = self.folder.run_ok(&[&["connector"], &self.to()[..], more].concat(), NOW);
        assert_eq!(result["verification"]["passed"], true, "{result}");
        result
    }

    /// Connects; the verification fails.
    fn connect_failing(&self, more: &[&str]) -> CommandOutput {
        let output = self.run(&[&self.to()[..], more].concat());
        assert_eq!(output.code, Some(1), "{output:?}");
        output
    }

    fn to(&self) -> [&str; 8] {
        ["connect", &self.id, "--role-arn", ROLE, "--bucket", "acme-audit-log", "--region", "eu-central-1"]
    }

    fn run_ok(&self, verb: &str) -> Value {
        self.folder.run_ok(&["connector", verb, &self.id], NOW)
    }

    fn run(&self, args: &[&str]) -> CommandOutput {
        run(&[&["connector"], args, &["--local", self.folder.path(), "--now", NOW]].concat())
    }
}

#[test]
fn a_new_connector_comes_with_all_that_the_customer_needs() {
    let fixture = Setup::new();
    let setup = fixture.run_ok("setup");
    let external_id = setup["external_id"].as_str().unwrap();
    let link = setup["quick_create_url"].as_str().unwrap();
    assert!(link.contains("console.aws.amazon.com") && link.contains(external_id), "{link}");
    let trust = &setup["trust_policy"]["Statement"][0]["Condition"];
    assert_eq!(trust["StringEquals"]["sts:ExternalId"], external_id);
    let (role, stack) = (setup["role_name"].as_str().unwrap(), setup["stack_name"].as_str().unwrap());
    assert!(
        fixture.id.contains(stack.strip_prefix("auditferry-").unwrap()),
        "{stack} is the connector's own name"
    );
    let terraform = setup["terraform"].as_str().unwrap();
    assert!(terraform.contains(external_id) && terraform.contains(role), "{setup}");
    let output = fixture.run(&["setup", &fixture.id]);
    for expected in
        [external_id, link, role, stack, "\"sts:AssumeRole\"", "\"s3:PutObject\"", "module \"auditferry\""]
    {
        assert!(output.stdout.contains(expected), "{expected}: {}", output.stdout);
    }
}

#[test]
fn the_same_key_returns_the_same_connector() {
    let folder = Folder::new();
    let make = |key| {
        let created =
            folder.run_ok(&["connector", "create", "--tenant", "acme", "--idempotency-key", key], NOW);
        created["connector"].clone()
    };
    assert_eq!(make("first"), make("first"));
    assert_ne!(make("first")["id"], make("second")["id"]);
}

#[test]
fn a_verification_shows_its_stages_and_how_to_fix_the_failed_one() {
    let fixture = Setup::new();
    // The stack was not launched, so the role denies access. `connect` reports it, and so does `verify`.
    for output in [fixture.connect_failing(&["--no-stack"]), fixture.run(&["verify", &fixture.id])] {
        assert_eq!(output.code, Some(1));
        for expected in [
            "✗ assume_role",
            "AccessDenied",
            "sts:AssumeRole on the role",
            "sts:ExternalId",
            "- put_object",
            "Verification failed.",
            "is still a draft",
            "connector verify",
        ] {
            assert!(output.stdout.contains(expected), "{expected}: {}", output.stdout);
        }
    }
    // The stack was launched for another folder of the bucket.
    fixture.connect(&["--prefix", "elsewhere"]);
    fixture.connect_failing(&["--no-stack"]);
    let result = fixture.run(&["verify", &fixture.id, "--json"]);
    let result = result.json();
    let failed =
        result["reports"].as_array().unwrap().iter().find(|stage| stage["verdict"] == "failed").unwrap();
    assert_eq!((&result["passed"], &failed["stage"]), (&false.into(), &"put_object".into()));
    assert!(
        failed["finding"]["remedy"].as_str().unwrap().contains("arn:aws:s3:::acme-audit-log/auditferry/*")
    );
    // The customer fixes it.
    fixture.connect(&[]);
    let output = fixture.run(&["verify", &fixture.id]);
    assert_eq!(output.code, Some(0));
    assert_eq!(output.stdout.matches('✓').count(), 8, "{}", output.stdout);
    assert!(
        output.stdout.contains("is ready") && output.stdout.contains("connector activate"),
        "{}",
        output.stdout
    );
}

#[test]
fn nothing_is_activated_or_resumed_without_a_verification_that_passes() {
    let fixture = Setup::new();
    fixture.connect_failing(&["--no-stack"]);
    let output = fixture.run(&["activate", &fixture.id]);
    assert!(output.code == Some(1) && output.stdout.contains("✗ assume_role"), "{output:?}");
    assert!(output.stderr.contains("failed verification: assume_role (AccessDenied)"), "{output:?}");
    let result = fixture.run(&["activate", &fixture.id, "--json"]).json();
    assert_eq!(result["error"]["verification"]["reports"][0]["verdict"], "failed", "{result}");
    fixture.connect(&[]);
    assert_eq!(fixture.run_ok("activate")["connector"]["state"], "active");

    // Another destination pauses the export until that is verified too.
    let output = fixture.connect_failing(&["--prefix", "elsewhere", "--no-stack"]);
    assert!(output.stdout.contains("is paused") && output.stdout.contains("connector resume"), "{output:?}");
    assert_eq!(fixture.run_ok("show")["connector"]["state"], "paused");
    let output = fixture.run(&["resume", &fixture.id]);
    assert!(output.code == Some(1) && output.stdout.contains("✗ put_object"), "{output:?}");
    assert_eq!(fixture.connect(&["--prefix", "elsewhere"])["connector"]["state"], "paused");
    assert_eq!(fixture.run_ok("resume")["connector"]["state"], "active");

    // A destination that passes at once does not pause it.
    assert_eq!(fixture.connect(&["--prefix", "third"])["connector"]["state"], "active");
}

#[test]
fn a_role_that_trusts_anyone_is_refused_and_nothing_is_written_through_it() {
    let fixture = Setup::connected();
    let written = fixture.folder.files("acme-audit-log");
    fixture.folder.edit_accounts(|accounts| accounts["roles"][ROLE]["external_id"] = Value::Null);
    let result = fixture.run(&["verify", &fixture.id, "--json"]);
    assert_eq!(result.code, Some(1));
    assert_eq!(result.json()["reports"][1]["finding"]["code"], "RoleLetsAnyoneIn");
    assert_eq!(fixture.folder.files("acme-audit-log"), written);
}

#[test]
fn a_new_external_id_replaces_the_old_one_once_it_works() {
    let fixture = Setup::connected();
    fixture.run_ok("activate");
    let before = fixture.run_ok("show")["connector"]["external_id"].clone();
    let rotated = fixture.run_ok("rotate-external-id")["connector"].clone();
    let new = rotated["next_external_id"].clone();
    assert!(new.is_string() && rotated["external_id"] == before && new != before, "{rotated}");
    assert_eq!(fixture.run_ok("setup")["external_id"], new);
    // The customer has not moved yet: the old one still works, and stays.
    let output = fixture.run(&["verify", &fixture.id]);
    assert!(
        output.code == Some(0) && output.stdout.contains("still requires the old external ID"),
        "{output:?}"
    );
    assert_eq!(fixture.run_ok("show")["connector"]["external_id"], before);
    fixture.folder.edit_accounts(|accounts| accounts["roles"][ROLE]["external_id"] = new.clone());
    let output = fixture.run(&["verify", &fixture.id]);
    assert!(output.code == Some(0) && output.stdout.contains("the old one is retired"), "{output:?}");
    let after = fixture.run_ok("show")["connector"].clone();
    assert!(after["external_id"] == new && after["next_external_id"].is_null(), "{after}");
}

#[test]
fn a_disabled_connector_can_be_enabled_and_a_deletion_shows_the_loss_first() {
    let fixture = Setup::connected();
    fixture.run_ok("activate");
    let output = fixture.run(&["delete", &fixture.id, "--yes"]);
    assert!(output.code == Some(1) && output.stderr.contains("connector disable"), "{output:?}");
    assert_eq!(fixture.run_ok("disable")["connector"]["state"], "disabled");
    let output = fixture.run(&["pause", &fixture.id]);
    assert!(output.code == Some(1) && output.stderr.contains("connector enable"), "{output:?}");
    assert_eq!(fixture.run_ok("enable")["connector"]["state"], "paused");
    fixture.run_ok("disable");

    // Without a terminal it can't ask for confirmation.
    let output = fixture.run(&["delete", &fixture.id]);
    assert!(output.code == Some(2) && output.stderr.contains("--yes"), "{output:?}");
    assert!(output.stderr.contains("events from 2023-07-10T11:30:"), "{output:?}");
    assert_eq!(fixture.run_ok("show")["connector"]["state"], "disabled");
    let gone = fixture.run(&["delete", &fixture.id, "--yes", "--json"]).json();
    assert_eq!(
        (&gone["connector"]["state"], &gone["lost"]["undelivered_parts"]),
        (&"deleted".into(), &0.into())
    );
}

#[test]
fn a_role_and_a_folder_have_one_owner_who_is_not_revealed() {
    let fixture = Setup::connected();
    let created = fixture.folder.run_ok(&["connector", "create", "--tenant", "other-co"], NOW);
    let other = created["connector"]["id"].as_str().unwrap();
    let connect = |role: &str, prefix: &str| {
        let to = [
            "--role-arn",
            role,
            "--bucket",
            "acme-audit-log",
            "--region",
            "eu-central-1",
            "--prefix",
            prefix,
        ];
        fixture.run(&[&["connect", other], &to[..]].concat())
    };
    // The stand-in's customer does not change a role that trusts another connector.
    let output = connect(ROLE, "elsewhere");
    assert!(output.code == Some(1) && output.stderr.contains("trusts another connector"), "{output:?}");
    assert_eq!(fixture.run_ok("verify")["passed"], true);

    let refused = |connected: CommandOutput, expected: &str| {
        for output in [connected, fixture.run(&["verify", other])] {
            assert!(output.code == Some(1) && output.stderr.contains(expected), "{output:?}");
            assert!(!output.stderr.contains("acme,") && !output.stderr.contains(&fixture.id), "{output:?}");
        }
    };
    // Another role of the same customer, which may write to the folder: the folder is owned already.
    let own = "arn:aws:iam::222222222222:role/auditferry/Other";
    refused(connect(own, "auditferry"), "this destination");
    // The role of the first connector now trusts the other connector: the role is owned already.
    let external_id = created["connector"]["external_id"].clone();
    fixture.folder.edit_accounts(|accounts| {
        accounts["roles"][ROLE]["external_id"] = external_id.clone();
        accounts["roles"][ROLE]["prefix"] = "elsewhere".into();
    });
    refused(connect(ROLE, "elsewhere"), "this role");
}

#[test]
fn deleted_connectors_are_listed_only_with_all() {
    let fixture = Setup::new();
    fixture.folder.run_ok(&["connector", "delete", &fixture.id, "--yes"], NOW);
    assert!(fixture.run(&["list"]).stdout.contains("there are no connectors"));
    let result = fixture.run(&["list", "--all", "--json"]).json();
    assert_eq!(
        (&result["connectors"][0]["id"], &result["connectors"][0]["state"]),
        (&fixture.id.clone().into(), &"deleted".into())
    );
    assert!(fixture.run(&["list", "--all", "--tenant", "acme"]).stdout.contains(&fixture.id));
}

#[test]
fn every_change_is_recorded_and_a_stale_one_is_refused() {
    let fixture = Setup::connected();
    let updated =
        fixture.run(&["update", &fixture.id, "--frequency", "6", "--compression", "gzip", "--json"]).json();
    assert_eq!(
        (&updated["connector"]["frequency"], &updated["connector"]["version"]),
        (&6.into(), &4.into())
    );
    let stale = fixture.run(&["update", &fixture.id, "--frequency", "1", "--if-version", "2"]);
    assert!(stale.code == Some(1) && stale.stderr.contains("now at version 4"), "{stale:?}");

    let changes = fixture.run_ok("changes")["changes"].clone();
    let verbs: Vec<&str> =
        changes.as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["update", "verify", "update", "create"]);
    assert_eq!(changes[0]["by"], serde_json::json!({ "kind": "operator", "name": "local" }));
    let output = fixture.run(&["changes", &fixture.id, "--limit", "1"]);
    assert!(
        output.stdout.contains("encoding.compression: none → gzip, frequency: 1 → 6"),
        "{}",
        output.stdout
    );
}

#[test]
fn a_long_list_comes_in_pages() {
    let folder = Folder::new();
    let mut created: Vec<String> = (0..3)
        .map(|_| {
            let created = folder.run_ok(&["connector", "create", "--tenant", "acme"], NOW);
            created["connector"]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    created.sort();
    let page = |more: &[&str]| {
        let result = folder.run_ok(&[&["connector", "list", "--limit", "2"], more].concat(), NOW);
        let ids: Vec<String> = result["connectors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, result["next"].as_str().map(str::to_owned))
    };
    let (first, next) = page(&[]);
    assert_eq!((&first[..], next.as_deref()), (&created[..2], Some(created[1].as_str())));
    assert_eq!(page(&["--after", &created[1]]), (created[2..].to_vec(), None));
}
