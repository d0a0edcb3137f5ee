//! The program `auditferry-verify`, as an auditor runs it.

#[cfg(test)]
#[expect(clippy::disallowed_types, reason = "it runs the program")]
mod tests {
    use std::process::{Command, Output};

    use samples::archive::{sample_archive, write};
    use samples::verify_output::{EXPECTED, transcript};

    fn run(args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_auditferry-verify")).args(args).env_clear().output().unwrap()
    }

    /// `auditferry verify` is compared with the same transcript.
    #[test]
    fn it_prints_what_auditferry_verify_prints() {
        let folder = tempfile::tempdir().unwrap();
        let found = transcript(folder.path(), "auditferry-verify", run);
        assert!(found == EXPECTED, "verify-output.txt differs from:\n{found}");
    }

    #[test]
    fn an_archive_in_s3_is_refused_with_the_two_ways_to_verify_it() {
        let output = run(&["s3://acme-audit-log/audit", "--from", "2026-11-20T10:30:00Z"]);
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.is_empty()), (Some(3), true), "{message}");
        for command in [
            "aws s3 sync s3://acme-audit-log/audit ./copy",
            "auditferry-verify ./copy --from 2026-11-20T10:30:00.000Z",
            "auditferry verify s3://acme-audit-log/audit --from 2026-11-20T10:30:00.000Z",
        ] {
            assert!(message.contains(&format!("\n  {command}\n")), "{message}");
        }
    }

    #[test]
    fn help_and_version_are_results_and_a_wrong_option_is_a_usage_error() {
        let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
        let examples = help.split("Examples:").nth(1).unwrap();
        assert!(examples.lines().any(|line| line.starts_with("  auditferry-verify ./copy ")), "{help}");
        assert!(help.contains("aws s3 sync") && !examples.contains("s3://"), "{help}");
        for (args, code) in [(&["--help"][..], 0), (&["--version"], 0), (&["--deep"], 3), (&[], 3)] {
            assert_eq!(run(args).status.code(), Some(code), "{args:?}");
        }
        let output = run(&["./copy", "--deep", "--json"]);
        let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((output.status.code(), &error["error"]["kind"]), (Some(3), &"usage".into()));
    }

    #[test]
    fn a_closed_pipe_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        write(&sample_archive(1, 7).files, folder.path()).unwrap();
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = Command::new(env!("CARGO_BIN_EXE_auditferry-verify"));
        let status =
            command.arg(folder.path()).args(["--as-of", "2026-11-20T10:30:00Z"]).stdout(writer).status();
        assert_eq!(status.unwrap().code(), Some(2));
    }
}
