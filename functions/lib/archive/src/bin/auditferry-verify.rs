//! `auditferry-verify`: reads the arguments, the clock and the environment, and verifies a copy of a bucket.

use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use archive::files::program::{Process, run};
use archive::time::Time;

#[expect(
    clippy::disallowed_methods,
    reason = "a main.rs is where the clock and the environment are read, once"
)]
fn main() -> ExitCode {
    let started = Instant::now();
    let process = Process {
        args: std::env::args_os().collect(),
        no_color: std::env::var_os("NO_COLOR").map(|value| value.to_string_lossy().into_owned()),
        now: Time::EPOCH + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default(),
        elapsed: &|| started.elapsed(),
    };
    run(process).into()
}
