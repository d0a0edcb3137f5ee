//! The `auditferry` command line: reads the environment and the arguments, and runs one command.

mod args;
mod backend;
mod connector;
mod context;
mod demo;
mod error;
mod events;
mod explore;
mod from_domain;
mod init;
mod offline;
mod output;
mod portal;
mod reader;
mod run;
mod serve;
mod shutdown;
mod signing;
mod source;
mod table;
mod target;
mod verify;

use std::process::ExitCode;

#[expect(
    clippy::disallowed_methods,
    reason = "a main.rs is where the clock and the environment are read, once"
)]
fn main() -> ExitCode {
    let started = std::time::Instant::now();
    let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    let environment = std::env::vars_os().map(|(name, value)| (lossy(name), lossy(value))).collect();
    run::run(std::env::args_os().collect(), environment, started).into()
}
