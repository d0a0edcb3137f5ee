//! What a program prints that verifies folders: `auditferry verify` and `auditferry-verify` print the same,
//! which is in `fixtures/verify-output.txt`. Each program's tests compare its transcript with that file,
//! byte for byte.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Output;

use crate::archive::{Sealer, TestKey, sample_archive, write};

/// The expected transcript of both programs.
pub const EXPECTED: &str = include_str!("../../fixtures/verify-output.txt");

/// Runs a program on archives in an empty folder: `run` gets its arguments, and `command` is how its
/// messages name it. Returns its exit codes and all that it prints, with placeholders for the folder, the
/// command, the time that it took, and what depends on the compressors' versions: hashes and sizes.
pub fn transcript(folder: &Path, command: &str, run: impl Fn(&[&str]) -> Output) -> String {
    let sealer = sample_archive(1, 7);
    write_archives(folder, &sealer);
    let key = TestKey::new(7).public.to_string();
    let newest = sealer.parts[13].note.sha256().to_string();
    let named = ["--key", &key];
    let mut transcript = String::new();
    for (archive, options) in [
        ("copy", &named[..]),
        ("copy", &["--key", &key, "--newest", &newest, "--id-field", "eventID", "--time-field", "eventTime"]),
        ("copy", &[]),
        ("copy", &["--connector", "con_0000000000000002"]),
        ("copy", &["--from", "2026-11-20T02:00:00Z", "--to", "2026-11-20T05:00:00Z", "--key", &key]),
        ("tampered", &named),
        ("tampered", &[]),
        ("bucket", &named),
        ("", &named),
        ("copy/events", &named),
        ("bucket/file.txt", &named),
        ("bucket/logs", &named),
        ("copy", &["--key", "vendor.example"]),
        ("copy", &["--to", "2026-11-20T02:00:00Z", "--from", "2026-11-20T05:00:00Z"]),
    ] {
        for json in [&[][..], &["--json"]] {
            let path = folder.join(archive);
            let path = [path.to_str().expect("a path in UTF-8")];
            let args = [&path, options, &["--as-of", "2026-11-20T10:30:00Z"], json].concat();
            let Output { status, stdout, stderr } = run(&args);
            let _ = writeln!(transcript, "$ {{command}} {}", args.join(" "));
            transcript.push_str(&String::from_utf8(stdout).expect("UTF-8"));
            transcript.push_str(&String::from_utf8(stderr).expect("UTF-8"));
            let _ = writeln!(transcript, "exit code {}\n", status.code().expect("an exit code"));
        }
    }
    let folder = folder.to_str().expect("a path in UTF-8");
    let transcript = transcript.replace(folder, "{folder}").replace(command, "{command}");
    without_hashes(&without_number(&without_number(&transcript, "\"seconds\":"), "\"bytes\":"))
}

/// A valid copy, a tampered one, and a copy of a whole bucket with other content.
fn write_archives(folder: &Path, sealer: &Sealer) {
    write(&sealer.files, &folder.join("copy")).expect("a copy");
    let mut tampered = sealer.files.clone();
    tampered.remove(&sealer.parts[3].manifest.object());
    tampered.insert("events/date=2026-11-20/more.json".to_owned(), b"[\n1\n]\n".to_vec());
    write(&tampered, &folder.join("tampered")).expect("a copy");
    write(&sealer.files, &folder.join("bucket/audit/acme")).expect("a copy");
    let other = [("file.txt", b"x"), ("logs/app.txt", b"x")];
    let other = other.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    write(&other.into(), &folder.join("bucket")).expect("other content");
}

/// The text with a placeholder for the number after each of these labels.
fn without_number(text: &str, label: &str) -> String {
    let mut pieces = text.split(label);
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |before, piece| {
        let rest = piece.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        format!("{before}{label}{{number}}{rest}")
    })
}

/// The text with a placeholder for each SHA-256, and for the beginning of one in an object's name.
fn without_hashes(text: &str) -> String {
    let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let mut result = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(is_digit) {
        let (before, from) = rest.split_at(start);
        let (digits, after) = from.split_at(from.find(|c| !is_digit(c)).unwrap_or(from.len()));
        let is_in_name = digits.len() == 16 && before.ends_with('_') && after.starts_with('.');
        result.push_str(before);
        result.push_str(if digits.len() == 64 || is_in_name { "{hash}" } else { digits });
        rest = after;
    }
    result + rest
}
