//! `verify` on realistic copies: a whole bucket, several archives, a part of an archive, and with system
//! files in it.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;
use tests::archive::{Files, Sealer, TestKey, sample_archive, write};

use crate::program::{CommandOutput, run};

const AS_OF: [&str; 2] = ["--as-of", "2026-11-20T10:30:00Z"];

fn key() -> String {
    TestKey::new(7).public.to_string()
}

/// Verifies with the vendor's key, as of soon after the archive's end.
fn verify(location: &Path) -> CommandOutput {
    run(&[&["verify", location.to_str().unwrap(), "--key", &key()], &AS_OF[..]].concat())
}

/// A folder with these archives, each below its prefix.
fn copies(archives: &[(&str, &Sealer)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (prefix, sealer) in archives {
        write(&sealer.files, &folder.path().join(prefix)).unwrap();
    }
    folder
}

/// Runs the printed commands in a shell, as a user who copies them does.
fn copied(text: &str) -> Vec<CommandOutput> {
    let tools = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_auditferry"), tools.path().join("auditferry")).unwrap();
    let lines = text.lines().map(str::trim).filter(|line| line.starts_with("auditferry verify "));
    let run = |line| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line]).env_clear().env("PATH", tools.path());
        CommandOutput::from(command.output().unwrap())
    };
    lines.map(run).collect()
}

fn put(folder: &Path, files: &[(&str, &[u8])]) {
    let files: Files = files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect();
    write(&files, folder).unwrap();
}

#[test]
fn a_copy_of_a_whole_bucket_is_proven_by_the_one_archive_in_it() {
    for prefix in ["auditferry", "audit/acme", "a/b/c/d"] {
        let folder = copies(&[(prefix, &sample_archive(1, 7))]);
        // Other content of the customer's bucket, including other software's folder of manifests.
        put(
            folder.path(),
            &[("logs/2026/app.json", b"{}"), ("k8s/manifests/pod.yaml", b"x"), ("README", b"x")],
        );
        let output = verify(folder.path());
        assert!(
            output.code == Some(0) && output.stdout.contains(" Proven, for connector "),
            "{prefix}: {output:?}"
        );
        let taken = format!("{}/{prefix}", folder.path().display());
        assert!(output.stdout.lines().next().unwrap().ends_with(&taken), "{prefix}: {output:?}");
        let args = ["verify", folder.path().to_str().unwrap(), "--json", "--key", &key()];
        let output = run(&[&args[..], &AS_OF].concat());
        let result: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        assert_eq!((&result["verdict"], &result["archive"]), (&"proven".into(), &taken.into()));
    }
}

#[test]
fn of_several_archives_each_gets_a_command_and_none_is_chosen() {
    let folder = copies(&[
        ("one/auditferry", &sample_archive(1, 7)),
        ("two's copy/audit/acme", &sample_archive(2, 7)),
    ]);
    put(folder.path(), &[("three/logs/x", b"x")]);
    let output = verify(folder.path());
    assert!(output.code == Some(3) && output.stdout.is_empty(), "{output:?}");
    assert!(output.stderr.contains("there are 2 archives below"), "{output:?}");
    let output = copied(&output.stderr);
    assert_eq!(output.len(), 2);
    assert!(
        output
            .iter()
            .all(|output| output.code == Some(0) && output.stdout.contains(" Proven, for connector ")),
        "{output:?}"
    );
}

#[test]
fn a_path_inside_an_archive_is_corrected() {
    let sample = sample_archive(1, 7);
    let folder = copies(&[("copy/auditferry", &sample)]);
    let archive = folder.path().join("copy/auditferry");
    let note = sample.parts[13].manifest.name(sample.parts[13].note.sha256());
    let object = sample.parts[13].manifest.object();
    let inside = ["events", "manifests/", "manifests/keys", "events/date=2026-11-20", note.as_str(), &object];
    for location in inside {
        let output = verify(&archive.join(location));
        assert!(output.code == Some(3) && output.stdout.is_empty(), "{location}: {output:?}");
        let output = copied(&output.stderr);
        assert!(output.len() == 1 && output[0].code == Some(0), "{location}: {output:?}");
    }
    // A relative path without names.
    let mut command = crate::program::command(&[&["verify", "."], &AS_OF[..]].concat());
    let output = CommandOutput::from(command.current_dir(archive.join("events")).output().unwrap());
    assert!(output.code == Some(3) && output.stderr.contains("copy/auditferry "), "{output:?}");
    put(folder.path(), &[("copy.zip", b"PK"), ("empty/x", b"x")]);
    for (location, expected) in [("copy.zip", "single file"), ("empty", "there is no archive at")] {
        let output = verify(&folder.path().join(location));
        assert!(output.code == Some(3) && output.stderr.contains(expected), "{location}: {output:?}");
        assert!(output.stderr.contains("`events` and `manifests`"), "{location}: {output:?}");
    }
}

/// Without a signed manifest nothing can be reported as changed.
#[test]
fn without_a_readable_manifest_nothing_is_reported_as_violated() {
    let sample = sample_archive(1, 7);
    let mut without = sample.files.clone();
    without.retain(|name, _| !name.starts_with("manifests/date="));
    let mut no_keys = without.clone();
    no_keys.retain(|name, _| name.starts_with("events/"));
    let mut broken = sample.files.clone();
    for (_, bytes) in broken.iter_mut().filter(|(name, _)| name.starts_with("manifests/date=")) {
        bytes.truncate(10);
    }
    for files in [without, no_keys, broken] {
        let folder = tempfile::tempdir().unwrap();
        write(&files, folder.path()).unwrap();
        let output = verify(folder.path());
        assert!(output.code == Some(2) && output.stdout.contains("nothing_found"), "{output:?}");
        for word in ["Violated", "✗", "changed", "14 added"] {
            assert!(!output.stdout.lines().last().unwrap().contains(word), "{word}: {}", output.stdout);
        }
        assert!(
            !output.stdout.contains('✗') && output.stdout.contains("no manifest found"),
            "{}",
            output.stdout
        );
    }
    // One readable manifest is enough to detect that files were added.
    let mut files = sample.files.clone();
    let first = sample.parts[0].manifest.name(sample.parts[0].note.sha256());
    files.retain(|name, _| !name.starts_with("manifests/date=") || *name == first);
    let folder = tempfile::tempdir().unwrap();
    write(&files, folder.path()).unwrap();
    assert_eq!(verify(folder.path()).code, Some(1));
}

#[test]
fn system_files_are_listed_and_nothing_else_is_exempt() {
    let folder = copies(&[("auditferry", &sample_archive(1, 7))]);
    let archive = folder.path().join("auditferry");
    let apple = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        ";
    let day = "events/date=2026-11-20";
    put(
        &archive,
        &[
            (".DS_Store", b"\x00\x00\x00\x01Bud1"),
            (&format!("{day}/.DS_Store"), b""),
            ("manifests/keys/.DS_Store", b""),
            ("._events", b"x"),
            (&format!("{day}/._20261120T000000.000Z_x.json.gz"), apple),
            (&format!("{day}/Thumbs.db"), b""),
            ("manifests/date=2026-11-20/desktop.ini", b"[.ShellClassInfo]"),
            ("__MACOSX/auditferry/._events", apple),
            (".Spotlight-V100/Store-V2/x", b""),
        ],
    );
    // Also above the archive, in the copy of the bucket.
    put(folder.path(), &[(".DS_Store", b""), ("__MACOSX/auditferry/manifests/keys/._x", apple)]);
    let output = verify(folder.path());
    assert!(output.code == Some(0) && output.stdout.contains(" Proven, for connector "), "{output:?}");
    assert!(output.stdout.contains("· system_file: left by the operating system"), "{}", output.stdout);
    for (name, bytes) in [
        (format!("{day}/._more.json"), &b"[\n{}\n]\n"[..]),
        (format!("{day}/.DS_Store.json"), b"[\n{}\n]\n"),
        (format!("{day}/__MACOSX/more.json"), b"[\n{}\n]\n"),
        ("DS_Store".to_owned(), b""),
        ("Thumbs.db.bak".to_owned(), b""),
    ] {
        put(&archive, &[(&name, bytes)]);
        let output = verify(&archive);
        assert!(output.code == Some(1) && output.stdout.contains("1 added. Violated."), "{name}: {output:?}");
        std::fs::remove_file(archive.join(&name)).unwrap();
    }
    assert_eq!(verify(&archive).code, Some(0));
}
