//! Questions about a log from the command line: the examples of the helps, and refusals that name a remedy.

use std::path::Path;
use std::process::Command;

use crate::program::{CommandOutput, Folder, run, run_ok};
use crate::serve::Serve;

/// The examples of a help that work in the demo's folder, each on one line.
fn demo_examples(args: &[&str]) -> Vec<String> {
    let help = run(args).stdout.replace(" \\\n    ", " ");
    let examples = help.lines().filter(|line| line.contains(" --local ./demo "));
    examples.map(|line| line.trim().to_owned()).collect()
}

/// Runs a line of a shell in this folder.
fn shell(line: &str, dir: &Path) -> CommandOutput {
    let programs = Path::new(env!("CARGO_BIN_EXE_auditferry")).parent().unwrap();
    let path = format!("{}:/usr/bin:/bin", programs.display());
    Command::new("sh").args(["-c", line]).current_dir(dir).env("PATH", path).output().unwrap().into()
}

#[test]
fn the_examples_of_the_helps_find_something_in_the_demos_folder() {
    let temporary = tempfile::tempdir().unwrap();
    run_ok(&["demo", "--dir", temporary.path().join("demo").to_str().unwrap()]);
    let mut run = 0;
    for question in ["search", "counts", "facets"] {
        for example in demo_examples(&["events", question, "--help"]) {
            let output = shell(&example, temporary.path());
            let file = std::fs::read_to_string(temporary.path().join("a.csv")).unwrap_or_default();
            let text = if example.contains("a.csv") { &file } else { &output.stdout };
            assert_eq!(output.code, Some(0), "{example}: {output:?}");
            assert!(text.lines().count() > 2 && !text.contains("\n0 events"), "{example}: {output:?}");
            run += 1;
        }
    }
    assert_eq!(run, 6);
}

#[test]
fn an_unknown_option_is_an_error_of_usage() {
    for args in [&["counts", "--hourly"][..], &["search", "--verbose"], &["search", "--al"]] {
        let output = run(&[&["events"], args, &["--tenant", "acme", "--local", "nowhere"]].concat());
        assert!(output.code == Some(2) && output.stderr.contains("unexpected argument"), "{output:?}");
    }
}

#[test]
fn suggested_commands_are_for_the_same_folder() {
    let folder = Folder::new();
    let suggested = format!("auditferry connector list --local {}", folder.path());
    for args in [&["events", "search"][..], &["events", "fields", "--set", "okta"], &["index", "rebuild"]] {
        let output = run(&[args, &["--tenant", "nobody", "--local", folder.path()]].concat());
        assert!(output.code != Some(0) && output.stderr.contains(&suggested), "{args:?}: {output:?}");
        assert_eq!(output.stderr.matches("--local").count(), 1, "{output:?}");
    }
}

#[test]
fn without_a_reader_the_variable_is_named_and_what_needs_none_works() {
    let serve = Serve::start(&["--now", "2023-07-10T13:06:00Z"]);
    for args in [&["events", "search"][..], &["events", "fields"], &["index", "rebuild"]] {
        let output = serve.run(&[args, &["--tenant", "acme"]].concat());
        assert_eq!(output.code, Some(2), "{output:?}");
        for text in ["READER_FUNCTION is not set", "ReaderFunctionName", "parameter PortalEvents"] {
            assert!(output.stderr.contains(text), "{output:?}");
        }
    }
    let output = serve.run(&["events", "saved", "list", "--tenant", "acme"]);
    assert_eq!((output.code, output.stderr.as_str()), (Some(0), ""), "{output:?}");
    serve.stop("-TERM");
}
