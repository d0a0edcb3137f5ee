//! Ctrl-C ends a command at once, with exit code 130 and a message.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Command, Stdio};

use crate::program::{Folder, command};

#[test]
#[cfg(unix)]
fn an_import_that_waits_for_its_input_can_be_stopped() {
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let mut import = command(&args);
    let mut import =
        import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A batch of invalid lines is reported at once: after the first one, the import is running.
    let mut stdin = import.stdin.take().unwrap();
    stdin.write_all("nonsense\n".repeat(25).as_bytes()).unwrap();
    let mut stderr = BufReader::new(import.stderr.take().unwrap());
    stderr.read_line(&mut String::new()).unwrap();
    let killed = Command::new("kill").args(["-INT", &import.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(import.wait().unwrap().code(), Some(130));
    assert!(rest.contains("stopped"), "{rest}");
}
