//! Runs the README's walkthroughs verbatim, so that they can't drift from the program.

use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;

/// Replaces `cargo run … -- ARGUMENTS` by the program that is built already.
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

/// The README lists the tools that its walkthrough needs. If one is missing, the message says so.
fn require_tool(tool: &str, path: &str) {
    let found = Command::new(tool).arg("--version").env("PATH", path).stdout(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "this test runs the README's walkthrough, which needs `bash` and `curl`: install `{tool}`, or skip \
         the test with `cargo test -- --skip readme`"
    );
}

/// Runs a section's shell blocks in a new folder, in this shell; returns their output.
fn run_script(shell: &str, script: &str) -> String {
    let temporary = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    symlink(repository.join("tests"), temporary.path().join("tests")).unwrap();
    let tools = temporary.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    std::fs::write(tools.join("cargo"), CARGO).unwrap();
    std::fs::set_permissions(tools.join("cargo"), PermissionsExt::from_mode(0o755)).unwrap();
    let path = path();
    for tool in [shell, "curl"] {
        require_tool(tool, &path);
    }
    let path = format!("{}:{path}", tools.display());

    let script = format!("set -eu -o pipefail\n{script}");
    let mut child = Command::new(shell)
        .args(["-c", &script])
        .current_dir(temporary.path())
        .env_clear()
        .env("PATH", path)
        .env("AUDITFERRY", env!("CARGO_BIN_EXE_auditferry"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Processes that the script leaves running are in its group, and are killed with it.
        .process_group(0)
        .spawn()
        .unwrap();
    // Both are read while it runs: a full pipe would block it.
    let (stdout, stderr) = (read_all(child.stdout.take().unwrap()), read_all(child.stderr.take().unwrap()));
    let status = child.wait().unwrap();
    let group = format!("-{}", child.id());
    let _ = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let (stdout, stderr) = (stdout.join().unwrap(), stderr.join().unwrap());
    assert!(status.success(), "{shell}: {script}\n---\n{stdout}\n---\n{stderr}");
    stdout
}

fn read_all(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn path() -> String {
    #[expect(clippy::disallowed_methods, reason = "a reader's shell has curl and the like on its path too")]
    std::env::var("PATH").unwrap()
}

fn free_port() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string()
}

/// bash, and if installed zsh, the shell of macOS.
fn shells() -> Vec<&'static str> {
    let has_zsh = Command::new("zsh").arg("--version").env("PATH", path()).output().is_ok();
    if has_zsh {
        return vec!["bash", "zsh"];
    }
    eprintln!("NOT CHECKED: the README's walkthroughs in zsh, which is not installed");
    vec!["bash"]
}

#[test]
fn the_onboarding_walkthrough_of_the_readme_works_verbatim() {
    let text = section("Onboarding a customer");
    // Only the port is replaced by a free one.
    let script = script(&text).replace("8080", &free_port());
    assert!(script.contains("call -X POST") && script.contains("connector activate"), "{script}");
    for shell in shells() {
        assert_onboarded(&script, &run_script(shell, &script));
    }
}

fn assert_onboarded(script: &str, stdout: &str) {
    // The results that the text describes.
    for expected in [
        "\"state\":\"active\"",
        "\"part\":2,\"state\":\"delivered\"",
        "✗ assume_role",
        "✓ put_object",
        "active and healthy",
    ] {
        assert!(stdout.contains(expected), "{expected}:\n{stdout}");
    }
    // It ends with the auditor's verification, with the vendor's key, whose last line says Proven.
    let last = script.trim_end().lines().last().unwrap();
    assert!(last.contains(" verify ") && last.contains("--key"), "{last}");
    let verdict = stdout.trim_end().lines().last().unwrap();
    assert!(verdict.contains(" 2,900 events, ") && verdict.contains(". Proven, for connector "), "{verdict}");
}

/// The lines of the blocks that show output.
fn output_lines(text: &str) -> Vec<&str> {
    let mut inside = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        match line {
            "```text" => inside = true,
            "```" => inside = false,
            line if inside => lines.push(line),
            _ => {}
        }
    }
    lines
}

#[test]
fn the_five_failures_end_as_the_readme_shows() {
    let text = section("Five common failures, and how to fix them");
    let script = script(&text).replace("8081", &free_port());
    let shown = output_lines(&text);
    let count = |start: &str| shown.iter().filter(|line| line.starts_with(start)).count();
    // Four show a failure; all five end with success.
    assert_eq!((count("✗ "), count("Verified. ") + count("con_… is active")), (4, 5), "{shown:?}");
    for shell in shells() {
        let stdout = run_script(shell, &script);
        // The shown lines appear in this order. `…` stands for omitted text.
        let mut lines = stdout.lines();
        for expected in &shown {
            let parts: Vec<&str> = expected.split('…').map(str::trim_end).collect();
            let matches = |line: &str| {
                let mut rest = Some(line);
                for part in &parts {
                    rest = rest.and_then(|rest| rest.split_once(part.trim()).map(|(_, rest)| rest));
                }
                rest.is_some() && line.starts_with(parts[0])
            };
            assert!(lines.any(matches), "{shell}: {expected}\n---\n{stdout}");
        }
    }
}
