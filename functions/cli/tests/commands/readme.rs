//! The README's walk through onboarding is run as it stands there, so that it can't drift from the program.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

/// What `cargo run … -- WORDS` does, with the program that is built already.
const CARGO: &str = "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$AUDITFERRY\" \"$@\"\n";

/// The README's lines from this heading to the next of the same level.
fn section(heading: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = std::fs::read_to_string(readme).unwrap();
    let from = text.find(&format!("\n## {heading}\n")).unwrap() + 1;
    let to = text[from..].find("\n## ").map_or(text.len(), |length| from + length);
    text[from..to].to_owned()
}

/// The shell blocks of a text, one after the other.
fn script(text: &str) -> String {
    let mut inside = false;
    let mut script = String::new();
    for line in text.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => script.extend([line, "\n"]),
            _ => {}
        }
    }
    assert!(!inside, "a block is not closed");
    script
}

/// The README says that its walk takes these. Without them nothing is wrong with the program, and that is said.
fn needs(tool: &str, path: &str) {
    let found = Command::new(tool).arg("--version").env("PATH", path).stdout(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "this test runs the README's walk as a reader does, which takes `bash` and `curl`: install `{tool}`, or leave \
         it out with `cargo test -- --skip the_walk_through_onboarding`"
    );
}

#[test]
fn the_walk_through_onboarding_works_as_it_stands_in_the_readme() {
    let text = section("Onboarding a customer");
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    // The one thing that is changed: a port that is free here.
    let script = script(&text).replace("8080", &port.to_string());
    assert!(script.contains("call -X POST") && script.contains("connector activate"), "{script}");

    let temporary = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    symlink(repository.join("tests"), temporary.path().join("tests")).unwrap();
    let tools = temporary.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    std::fs::write(tools.join("cargo"), CARGO).unwrap();
    std::fs::set_permissions(tools.join("cargo"), PermissionsExt::from_mode(0o755)).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a reader's shell has curl and the like on its path too")]
    let path = std::env::var("PATH").unwrap();
    for tool in ["bash", "curl"] {
        needs(tool, &path);
    }
    let path = format!("{}:{path}", tools.display());

    // Whatever the script leaves running goes with it.
    let ended = format!("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
    let output = Command::new("bash")
        .args(["-c", &ended])
        .current_dir(temporary.path())
        .env_clear()
        .env("PATH", path)
        .env("AUDITFERRY", env!("CARGO_BIN_EXE_auditferry"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let wrong = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{script}\n---\n{said}\n---\n{wrong}");
    // What the text promises along the way.
    for words in [
        "\"state\":\"active\"",
        "\"part\":2,\"state\":\"delivered\"",
        "✗ assume_role",
        "✓ put_object",
        "active and healthy",
    ] {
        assert!(said.contains(words), "{words}:\n{said}");
    }
    // It ends with what the customer's auditor does, with the vendor's key, and that ends in the one word.
    let last = script.trim_end().lines().last().unwrap();
    assert!(last.contains(" verify ") && last.contains("--key"), "{last}");
    let verdict = said.trim_end().lines().last().unwrap();
    assert!(verdict.contains(" 2,900 events, ") && verdict.contains(". Proven, for connector "), "{verdict}");
}
