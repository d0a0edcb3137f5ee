//! Runs the conformance suites against an AWS account; `tests/aws/run` starts it and says what it costs.
//!
//! Region, credentials and endpoints are found the way every AWS SDK finds them, so the same program runs
//! against a stand-in (`AWS_ENDPOINT_URL`, `S3_FORCE_PATH_STYLE=true`).

mod suites;

use std::process::ExitCode;

use aws::clients::Clients;
use aws::settings::S3Settings;

#[tokio::main]
#[expect(clippy::disallowed_methods, reason = "this is a main.rs, and it has one setting")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [flag, prefix] = arguments.as_slice() else { return usage() };
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if flag != "--yes-this-costs" || !(3..=63).contains(&prefix.len()) || !prefix.bytes().all(is_name) {
        return usage();
    }
    let force_path_style = std::env::var("S3_FORCE_PATH_STYLE").is_ok_and(|value| value == "true");
    let clients = Clients::from_environment(S3Settings { force_path_style }).await;
    let (mut run, mut failed, mut left) = (0, 0, Vec::new());
    suites::run(&clients, prefix, |result| {
        println!("{}  {}", if result.passed { "passed " } else { "FAILED " }, result.test);
        run += 1;
        failed += u32::from(!result.passed);
        left.extend(result.left_behind);
    })
    .await;
    println!("{run} run, {failed} failed");
    for left in &left {
        println!("LEFT BEHIND, delete it yourself: {left}");
    }
    if failed == 0 && left.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn usage() -> ExitCode {
    eprintln!("usage: aws --yes-this-costs PREFIX, of 3 to 63 lowercase letters, digits and hyphens");
    ExitCode::from(2)
}
