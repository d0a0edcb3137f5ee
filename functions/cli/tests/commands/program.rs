//! The program under test: runs it as a user does, in an empty environment.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The command with an empty environment.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_auditferry"));
    command.args(args).env_clear();
    command
}

/// The output and exit code of a command.
#[derive(Debug)]
pub(crate) struct CommandOutput {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for CommandOutput {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl CommandOutput {
    /// Parses the only line on stdout as JSON.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stdout.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.stdout).unwrap()
    }
}

/// Runs the program to its end.
pub(crate) fn run(args: &[&str]) -> CommandOutput {
    command(args).stdin(Stdio::null()).output().unwrap().into()
}

/// Runs the program with this stdin.
pub(crate) fn run_with(args: &[&str], stdin: &[u8]) -> CommandOutput {
    let mut command = command(args);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(stdin).unwrap();
    drop(pipe);
    child.wait_with_output().unwrap().into()
}

/// Runs a command that must succeed, with `--json`.
pub(crate) fn run_ok(args: &[&str]) -> Value {
    let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
    let output = run(&args);
    assert_eq!(output.code, Some(0), "{args:?}: {output:?}");
    output.json()
}

pub(crate) fn cloudtrail_file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/cloudtrail-2023-07-10.ndjson.gz")
}

/// The lines of the real events.
pub(crate) fn cloudtrail_events() -> Vec<String> {
    let mut text = String::new();
    let file = std::fs::File::open(cloudtrail_file()).unwrap();
    flate2::read::MultiGzDecoder::new(file).read_to_string(&mut text).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// A folder created by `init`.
pub(crate) struct Folder {
    dir: TempDir,
}

impl Folder {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        run_ok(&["init", "--local", dir.path().to_str().unwrap()]);
        Self { dir }
    }

    /// Its path, as an argument.
    pub(crate) fn path(&self) -> &str {
        self.dir.path().to_str().unwrap()
    }

    /// Runs a command on the folder that must succeed, as of a time.
    pub(crate) fn run_ok(&self, args: &[&str], now: &str) -> Value {
        let target = ["--local", self.path(), "--now", now];
        run_ok(&[args, &target].concat())
    }

    /// Edits the stand-in's accounts directly: the roles, and the owners of the buckets.
    pub(crate) fn edit_accounts(&self, edit: impl FnOnce(&mut Value)) {
        let file = self.dir.path().join("accounts.json");
        let mut accounts = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        edit(&mut accounts);
        std::fs::write(&file, accounts.to_string()).unwrap();
    }

    /// The bytes of all files in a bucket or a folder of it, in the order of their names.
    pub(crate) fn files(&self, bucket: &str) -> Vec<Vec<u8>> {
        files(&self.dir.path().join("buckets").join(bucket))
    }
}

/// The bytes of all files below a folder, in the order of their paths.
pub(crate) fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut paths = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// The events of a file in the format `json`, byte for byte.
pub(crate) fn events(file: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(file).unwrap();
    let body = text.strip_prefix("[\n").and_then(|text| text.strip_suffix("\n]\n")).unwrap();
    body.split(",\n").map(str::to_owned).collect()
}
