//! `verify`, as an auditor runs it: on a folder, with its own exit codes.

use std::path::Path;

use tempfile::TempDir;
use tests::archive::{Sealer, TestKey, sample_archive, write};
use tests::verify_output::{EXPECTED, transcript};

use crate::program::{CommandOutput, command, run};

const AS_OF: [&str; 2] = ["--as-of", "2026-11-20T10:30:00Z"];

/// Creates a folder with a copy of a connector's bucket.
fn copy() -> (TempDir, Sealer) {
    let (folder, archive) = (tempfile::tempdir().unwrap(), sample_archive(1, 7));
    write(&archive.files, folder.path()).unwrap();
    (folder, archive)
}

fn verify(folder: &Path, options: &[&str]) -> CommandOutput {
    run(&[&["verify", folder.to_str().unwrap()], options].concat())
}

#[test]
fn a_valid_copy_is_proven_as_text_and_as_json() {
    let (folder, archive) = copy();
    let key = TestKey::new(7).public.to_string();
    let output = verify(folder.path(), &[&AS_OF[..], &["--key", &key]].concat());
    assert_eq!(output.code, Some(0), "{output:?}");
    let summary =
        "14 of 14 parts, 3 quiet hours, 33 events, 3 late, nothing missing, nothing changed, nothing added";
    let of_whom = "for connector con_0000000000000001 of vendor.example";
    assert!(output.stdout.ends_with(&format!("{summary}. Proven, {of_whom}.\n")), "{}", output.stdout);
    assert!(output.stdout.contains("tail_open") && output.stdout.contains("--newest"), "{}", output.stdout);

    let named = ["--key", &key, "--connector", "con_0000000000000001"];
    let output = verify(folder.path(), &[&AS_OF[..], &named].concat());
    assert!(
        output.code == Some(0) && output.stdout.ends_with(&format!("{summary}. Proven.\n")),
        "{output:?}"
    );

    let output = verify(folder.path(), &[&AS_OF[..], &["--key", &key, "--json"]].concat());
    assert!(output.code == Some(0) && output.stderr.is_empty(), "{output:?}");
    let result: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&result["verdict"], &result["summary"]), (&"proven".into(), &summary.into()));
    assert_eq!(result["chain"]["newest_manifest"], archive.parts[13].note.sha256().to_string());
    assert_eq!(
        (&result["checked"]["keys"], &result["checked"]["connector"]),
        (&"named".into(), &"as found".into())
    );
    let trusted = [7, 107].map(|seed| TestKey::new(seed).public.to_string());
    assert_eq!((&result["trusted_keys"], result.get("repeat")), (&trusted.to_vec().into(), None));
}

/// `auditferry-verify` is compared with the same transcript.
#[test]
fn it_prints_what_the_program_for_auditors_prints() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| command(&[&["verify"], args].concat()).output().unwrap();
    let found = transcript(folder.path(), "auditferry verify", run);
    assert!(found == EXPECTED, "verify-output.txt differs from:\n{found}");
}

/// Anyone with write access to the bucket can sign everything again. So without the vendor's key it is
/// consistent at best, and the command that proves it is printed.
#[test]
fn without_a_key_it_is_consistent_and_the_command_to_repeat_proves_it() {
    let (folder, _) = copy();
    let output = verify(folder.path(), &AS_OF);
    assert_eq!(output.code, Some(2), "{output:?}");
    let end = "Consistent, signer not confirmed, for connector con_0000000000000001 of vendor.example.\n";
    assert!(
        output.stdout.ends_with(end) && output.stdout.contains("a channel other than the bucket"),
        "{output:?}"
    );
    let command =
        output.stdout.lines().find_map(|line| line.trim().strip_prefix("auditferry verify ")).unwrap();
    let args = command.replace('\'', "");
    let args: Vec<&str> = ["verify"].into_iter().chain(args.split(' ')).collect();
    let repeated = run(&args);
    assert_eq!(repeated.code, Some(0), "{args:?}: {repeated:?}");

    let output = verify(folder.path(), &[&AS_OF[..], &["--json"]].concat());
    let result: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((output.code, &result["verdict"]), (Some(2), &"consistent".into()));
    assert_eq!(result["checked"]["keys"], "trust on first use");
    assert!(result["repeat"].as_str().unwrap().contains(" --key 'vendor.example/auditferry+"), "{result}");
    // One finding per line, for grep.
    let line = output.stdout.lines().find(|line| line.contains("trust_on_first_use\",\"part\"")).unwrap();
    let finding: serde_json::Value = serde_json::from_str(line.trim_end_matches(',')).unwrap();
    assert_eq!((&finding["severity"], &finding["part"]), (&"incomplete".into(), &1.into()));
}

#[test]
fn the_exit_code_says_proven_violated_incomplete_or_wrong_usage() {
    let (folder, archive) = copy();
    // Years later the newest part is long overdue.
    let output = verify(folder.path(), &["--as-of", "2030-01-01T00:00:00Z"]);
    assert!(output.code == Some(2) && output.stdout.contains("tail_stale"), "{output:?}");
    let newest = archive.parts[13].note.sha256().to_string();
    let key = TestKey::new(7).public.to_string();
    let output = verify(folder.path(), &["--newest", &newest, "--key", &key]);
    assert_eq!(output.code, Some(0), "{output:?}");
    std::fs::write(folder.path().join("events/date=2026-11-20/more.json"), "[\n1\n]\n").unwrap();
    let output = verify(folder.path(), &AS_OF);
    assert!(output.code == Some(1) && output.stdout.contains("file_unnamed"), "{output:?}");
    assert!(output.stdout.contains("1 added. Violated."), "{output:?}");

    let here = folder.path().to_str().unwrap();
    for args in [
        &["verify"][..],
        &["verify", "/nowhere"],
        &["verify", "/dev/null"],
        &["verify", "s3://"],
        &["verify", "s3://Not_A_Bucket/x"],
        &["verify", here, "--key", "mine"],
        &["verify", here, "--key", "@/nowhere"],
        &["verify", here, "--newest", "5a0c"],
        &["verify", here, "--boundary", "5"],
        &["verify", here, "--boundary", "5:5a0c"],
        &["verify", here, "--boundary", &format!("1:{newest}")],
        &["verify", here, "--from", "yesterday"],
        &["verify", here, "--from", "2026-11-20T10:30:00Z", "--to", "2026-11-20T10:30:00Z"],
        &["verify", here, "--connector", "acme"],
        &["verify", here, "--deep"],
    ] {
        let output = run(args);
        assert!(output.code == Some(3) && output.stdout.is_empty(), "{args:?}: {output:?}");
        let output = run(&[args, &["--json"]].concat());
        assert!(output.code == Some(3) && output.json()["error"]["kind"] == "usage", "{args:?}: {output:?}");
    }
}

#[test]
fn keys_are_named_one_by_one_or_in_a_file() {
    let (folder, _) = copy();
    let keys = tempfile::NamedTempFile::new().unwrap();
    let until = " until 2026-11-20T12:00:00Z";
    std::fs::write(
        keys.path(),
        format!("{}{until}\n\n{}\n", TestKey::new(7).public, TestKey::new(107).public),
    )
    .unwrap();
    let file = format!("@{}", keys.path().display());
    let output = verify(folder.path(), &[&AS_OF[..], &["--key", &file]].concat());
    assert!(output.code == Some(0) && output.stdout.contains("Keys named by you"), "{output:?}");
    let other = TestKey::new(8).public.to_string();
    let output = verify(folder.path(), &[&AS_OF[..], &["--key", &other]].concat());
    assert!(output.code == Some(1) && output.stdout.contains("signature_untrusted"), "{output:?}");
}

/// One finding may cover many parts, and several findings one part: the summary counts missing parts and
/// files.
#[test]
fn a_summary_counts_the_parts_and_files_that_are_missing() {
    let at = |text: &str| text.parse::<archive::time::Time>().unwrap();
    let hour = |number: u64| at("2026-11-20T00:00:00Z") + std::time::Duration::from_hours(number);
    let mut sealer = Sealer::new(1, hour(0), 7);
    for number in 1..=20 {
        sealer.seal(hour(number), &[]);
    }
    let key = TestKey::new(7).public.to_string();
    let newest = sealer.parts[19].note.sha256().to_string();
    let without = |parts: std::ops::RangeInclusive<usize>, manifests: bool, objects: bool| {
        let mut files = sealer.files.clone();
        for part in &sealer.parts[parts.start() - 1..*parts.end()] {
            if manifests {
                files.remove(&part.manifest.name(part.note.sha256()));
            }
            if objects {
                files.remove(&part.manifest.object());
            }
        }
        let folder = tempfile::tempdir().unwrap();
        write(&files, folder.path()).unwrap();
        verify(folder.path(), &["--key", &key, "--newest", &newest])
    };
    for (parts, manifests, objects, expected) in [
        (3..=16, true, true, "6 of 20 parts, 6 quiet hours, 0 events, 0 late, 14 parts missing (28 files)"),
        (7..=8, true, true, "18 of 20 parts, 18 quiet hours, 0 events, 0 late, 2 parts missing (4 files)"),
        (1..=5, true, true, "15 of 20 parts, 15 quiet hours, 0 events, 0 late, 5 parts missing (10 files)"),
        (7..=8, false, true, "18 of 20 parts, 20 quiet hours, 0 events, 0 late, 2 parts missing (2 files)"),
        (7..=8, true, false, "0 late, 2 parts missing (2 files), nothing changed, 2 added. Violated."),
        (18..=20, true, true, "17 of 17 parts, 17 quiet hours, 0 events, 0 late, at least 1 part missing"),
    ] {
        let output = without(parts.clone(), manifests, objects);
        assert_eq!(output.code, Some(1), "{parts:?}: {output:?}");
        assert!(output.stdout.lines().last().unwrap().contains(expected), "{parts:?}: {}", output.stdout);
    }
}
