//! Onboarding on the command line: the findings of a verification and their fixes, a rotation, enabling and deleting, and
//! the record of all changes.

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
        let made = folder.run_ok(&["connector", "create", "--tenant", "acme"], NOW);
        let id = made["connector"]["id"].as_str().unwrap().to_owned();
        Self { folder, id }
    }

    /// Connected, with the customer's role and bucket in place.
    fn connected() -> Self {
        let play = Self::new();
        play.connect(&[]);
        play
    }

    /// Connects; the verification passes.
    fn connect(&self, more: &[&str]) -> Value {
        let told = self.folder.run_ok(&[&["connector"], &self.to()[..], more].concat(), NOW);
        assert_eq!(told["verification"]["passed"], true, "{told}");
        told
    }

    /// Connects; the verification fails.
    fn connect_failing(&self, more: &[&str]) -> CommandOutput {
        let said = self.run(&[&self.to()[..], more].concat());
        assert_eq!(said.code, Some(1), "{said:?}");
        said
    }

    fn to(&self) -> [&str; 8] {
        ["connect", &self.id, "--role-arn", ROLE, "--bucket", "acme-audit-log", "--region", "eu-central-1"]
    }

    fn run_ok(&self, verb: &str) -> Value {
        self.folder.run_ok(&["connector", verb, &self.id], NOW)
    }

    fn run(&self, words: &[&str]) -> CommandOutput {
        run(&[&["connector"], words, &["--local", self.folder.path(), "--now", NOW]].concat())
    }
}

#[test]
fn a_new_connector_comes_with_all_that_the_customer_needs() {
    let play = Setup::new();
    let setup = play.run_ok("setup");
    let external_id = setup["external_id"].as_str().unwrap();
    let link = setup["quick_create_url"].as_str().unwrap();
    assert!(link.contains("console.aws.amazon.com") && link.contains(external_id), "{link}");
    let trust = &setup["trust_policy"]["Statement"][0]["Condition"];
    assert_eq!(trust["StringEquals"]["sts:ExternalId"], external_id);
    let (role, stack) = (setup["role_name"].as_str().unwrap(), setup["stack_name"].as_str().unwrap());
    assert!(
        play.id.contains(stack.strip_prefix("auditferry-").unwrap()),
        "{stack} is the connector's own name"
    );
    let terraform = setup["terraform"].as_str().unwrap();
    assert!(terraform.contains(external_id) && terraform.contains(role), "{setup}");
    let said = play.run(&["setup", &play.id]);
    for words in
        [external_id, link, role, stack, "\"sts:AssumeRole\"", "\"s3:PutObject\"", "module \"auditferry\""]
    {
        assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
    }
}

#[test]
fn the_same_key_makes_the_same_connector() {
    let folder = Folder::new();
    let make = |key| {
        let made = folder.run_ok(&["connector", "create", "--tenant", "acme", "--idempotency-key", key], NOW);
        made["connector"].clone()
    };
    assert_eq!(make("first"), make("first"));
    assert_ne!(make("first")["id"], make("second")["id"]);
}

#[test]
fn a_verification_shows_its_stages_and_says_exactly_what_to_mend() {
    let play = Setup::new();
    // The stack was not launched, so the role denies access. `connect` reports it, and so does `verify`.
    for said in [play.connect_failing(&["--no-stack"]), play.run(&["verify", &play.id])] {
        assert_eq!(said.code, Some(1));
        for words in [
            "✗ assume_role",
            "AccessDenied",
            "denied sts:AssumeRole",
            "sts:ExternalId",
            "- put_object",
            "Verification failed.",
            "is still a draft",
            "connector verify",
        ] {
            assert!(said.stdout.contains(words), "{words}: {}", said.stdout);
        }
    }
    // The stack was launched for another folder of the bucket.
    play.connect(&["--prefix", "elsewhere"]);
    play.connect_failing(&["--no-stack"]);
    let told = play.run(&["verify", &play.id, "--json"]);
    let told = told.json();
    let failed =
        told["reports"].as_array().unwrap().iter().find(|stage| stage["verdict"] == "failed").unwrap();
    assert_eq!((&told["passed"], &failed["stage"]), (&false.into(), &"put_object".into()));
    assert!(
        failed["finding"]["remedy"].as_str().unwrap().contains("arn:aws:s3:::acme-audit-log/auditferry/*")
    );
    // The customer fixes it.
    play.connect(&[]);
    let said = play.run(&["verify", &play.id]);
    assert_eq!(said.code, Some(0));
    assert_eq!(said.stdout.matches('✓').count(), 8, "{}", said.stdout);
    assert!(
        said.stdout.contains("is ready") && said.stdout.contains("connector activate"),
        "{}",
        said.stdout
    );
}

#[test]
fn nothing_is_activated_or_resumed_without_a_verification_that_passes() {
    let play = Setup::new();
    play.connect_failing(&["--no-stack"]);
    let said = play.run(&["activate", &play.id]);
    assert!(said.code == Some(1) && said.stdout.contains("✗ assume_role"), "{said:?}");
    assert!(said.stderr.contains("failed verification: assume_role (AccessDenied)"), "{said:?}");
    let told = play.run(&["activate", &play.id, "--json"]).json();
    assert_eq!(told["error"]["verification"]["reports"][0]["verdict"], "failed", "{told}");
    play.connect(&[]);
    assert_eq!(play.run_ok("activate")["connector"]["state"], "active");

    // Another destination pauses the export until that is verified too.
    let said = play.connect_failing(&["--prefix", "elsewhere", "--no-stack"]);
    assert!(said.stdout.contains("is paused") && said.stdout.contains("connector resume"), "{said:?}");
    assert_eq!(play.run_ok("show")["connector"]["state"], "paused");
    let said = play.run(&["resume", &play.id]);
    assert!(said.code == Some(1) && said.stdout.contains("✗ put_object"), "{said:?}");
    assert_eq!(play.connect(&["--prefix", "elsewhere"])["connector"]["state"], "paused");
    assert_eq!(play.run_ok("resume")["connector"]["state"], "active");

    // A destination that passes at once does not pause it.
    assert_eq!(play.connect(&["--prefix", "third"])["connector"]["state"], "active");
}

#[test]
fn a_role_that_lets_in_whoever_asks_is_refused_and_nothing_is_written_through_it() {
    let play = Setup::connected();
    let written = play.folder.files("acme-audit-log");
    play.folder.edit_accounts(|accounts| accounts["roles"][ROLE]["external_id"] = Value::Null);
    let told = play.run(&["verify", &play.id, "--json"]);
    assert_eq!(told.code, Some(1));
    assert_eq!(told.json()["reports"][1]["finding"]["code"], "RoleLetsAnyoneIn");
    assert_eq!(play.folder.files("acme-audit-log"), written);
}

#[test]
fn a_new_external_id_is_retired_into_use_once_it_works() {
    let play = Setup::connected();
    play.run_ok("activate");
    let before = play.run_ok("show")["connector"]["external_id"].clone();
    let rotated = play.run_ok("rotate-external-id")["connector"].clone();
    let new = rotated["next_external_id"].clone();
    assert!(new.is_string() && rotated["external_id"] == before && new != before, "{rotated}");
    assert_eq!(play.run_ok("setup")["external_id"], new);
    // The customer has not moved yet: the old one still works, and stays.
    let said = play.run(&["verify", &play.id]);
    assert!(said.code == Some(0) && said.stdout.contains("still requires the old external ID"), "{said:?}");
    assert_eq!(play.run_ok("show")["connector"]["external_id"], before);
    play.folder.edit_accounts(|accounts| accounts["roles"][ROLE]["external_id"] = new.clone());
    let said = play.run(&["verify", &play.id]);
    assert!(said.code == Some(0) && said.stdout.contains("the old one is retired"), "{said:?}");
    let after = play.run_ok("show")["connector"].clone();
    assert!(after["external_id"] == new && after["next_external_id"].is_null(), "{after}");
}

#[test]
fn what_is_disabled_can_be_taken_back_and_what_is_deleted_is_told_first() {
    let play = Setup::connected();
    play.run_ok("activate");
    let said = play.run(&["delete", &play.id, "--yes"]);
    assert!(said.code == Some(1) && said.stderr.contains("connector disable"), "{said:?}");
    assert_eq!(play.run_ok("disable")["connector"]["state"], "disabled");
    let said = play.run(&["pause", &play.id]);
    assert!(said.code == Some(1) && said.stderr.contains("connector enable"), "{said:?}");
    assert_eq!(play.run_ok("enable")["connector"]["state"], "paused");
    play.run_ok("disable");

    // Without a terminal it can't ask for confirmation.
    let said = play.run(&["delete", &play.id]);
    assert!(said.code == Some(2) && said.stderr.contains("--yes"), "{said:?}");
    assert!(said.stderr.contains("events from 2023-07-10T11:30:"), "{said:?}");
    assert_eq!(play.run_ok("show")["connector"]["state"], "disabled");
    let gone = play.run(&["delete", &play.id, "--yes", "--json"]).json();
    assert_eq!(
        (&gone["connector"]["state"], &gone["lost"]["undelivered_parts"]),
        (&"deleted".into(), &0.into())
    );
}

#[test]
fn a_role_and_a_folder_are_taken_once_and_whose_they_are_stays_untold() {
    let play = Setup::connected();
    let made = play.folder.run_ok(&["connector", "create", "--tenant", "other-co"], NOW);
    let other = made["connector"]["id"].as_str().unwrap();
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
        play.run(&[&["connect", other], &to[..]].concat())
    };
    // The stand-in's customer does not change a role that trusts another connector.
    let said = connect(ROLE, "elsewhere");
    assert!(said.code == Some(1) && said.stderr.contains("trusts another connector"), "{said:?}");
    assert_eq!(play.run_ok("verify")["passed"], true);

    let refused = |connected: CommandOutput, words: &str| {
        for said in [connected, play.run(&["verify", other])] {
            assert!(said.code == Some(1) && said.stderr.contains(words), "{said:?}");
            assert!(!said.stderr.contains("acme,") && !said.stderr.contains(&play.id), "{said:?}");
        }
    };
    // Another role of the same customer, which may write to the folder: the folder is owned already.
    let own = "arn:aws:iam::222222222222:role/auditferry/Other";
    refused(connect(own, "auditferry"), "this destination");
    // The role of the first connector now trusts the other connector: the role is owned already.
    let external_id = made["connector"]["external_id"].clone();
    play.folder.edit_accounts(|accounts| {
        accounts["roles"][ROLE]["external_id"] = external_id.clone();
        accounts["roles"][ROLE]["prefix"] = "elsewhere".into();
    });
    refused(connect(ROLE, "elsewhere"), "this role");
}

#[test]
fn what_is_deleted_is_listed_only_with_all() {
    let play = Setup::new();
    play.folder.run_ok(&["connector", "delete", &play.id, "--yes"], NOW);
    assert!(play.run(&["list"]).stdout.contains("there are no connectors"));
    let told = play.run(&["list", "--all", "--json"]).json();
    assert_eq!(
        (&told["connectors"][0]["id"], &told["connectors"][0]["state"]),
        (&play.id.clone().into(), &"deleted".into())
    );
    assert!(play.run(&["list", "--all", "--tenant", "acme"]).stdout.contains(&play.id));
}

#[test]
fn every_change_is_recorded_and_a_stale_one_is_refused() {
    let play = Setup::connected();
    let updated =
        play.run(&["update", &play.id, "--frequency", "6", "--compression", "gzip", "--json"]).json();
    assert_eq!(
        (&updated["connector"]["frequency"], &updated["connector"]["version"]),
        (&6.into(), &4.into())
    );
    let stale = play.run(&["update", &play.id, "--frequency", "1", "--if-version", "2"]);
    assert!(stale.code == Some(1) && stale.stderr.contains("at version 4 now"), "{stale:?}");

    let changes = play.run_ok("changes")["changes"].clone();
    let verbs: Vec<&str> =
        changes.as_array().unwrap().iter().map(|change| change["what"].as_str().unwrap()).collect();
    assert_eq!(verbs, ["update", "verify", "update", "create"]);
    assert_eq!(changes[0]["by"], serde_json::json!({ "kind": "operator", "name": "local" }));
    let said = play.run(&["changes", &play.id, "--limit", "1"]);
    assert!(said.stdout.contains("encoding.compression: none → gzip, frequency: 1 → 6"), "{}", said.stdout);
}

#[test]
fn a_long_list_comes_in_pages() {
    let folder = Folder::new();
    let mut made: Vec<String> = (0..3)
        .map(|_| {
            let made = folder.run_ok(&["connector", "create", "--tenant", "acme"], NOW);
            made["connector"]["id"].as_str().unwrap().to_owned()
        })
        .collect();
    made.sort();
    let page = |more: &[&str]| {
        let told = folder.run_ok(&[&["connector", "list", "--limit", "2"], more].concat(), NOW);
        let ids: Vec<String> = told["connectors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect();
        (ids, told["next"].as_str().map(str::to_owned))
    };
    let (first, next) = page(&[]);
    assert_eq!((&first[..], next.as_deref()), (&made[..2], Some(made[1].as_str())));
    assert_eq!(page(&["--after", &made[1]]), (made[2..].to_vec(), None));
}
