//! `connector verify`, and the progress of a verification, also before an activation or a resume.

use archive::names::{ConnectorId, Region};
use archive::shell::quoted;
use control::onboarding::{ChangeResult, OnboardingError};
use control::preflight::{PreflightProgress, PreflightReport, PreflightStage, PreflightVerdict, StageReport};
use protocol::connector::{Connector, Encryption, S3Destination, State};
use serde::Serialize;

use super::args::ChangeArgs;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::{Output, Style, eprint_line};

#[derive(Serialize)]
struct VerifyOutput<'a> {
    connector: &'a ConnectorId,
    /// The connector's state after the verification.
    state: &'static str,
    #[serde(flatten)]
    verification: &'a PreflightReport,
}

/// `connector verify`.
pub(crate) async fn verify(backend: &Backend, args: &ChangeArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    let before = backend.view(id).await?.connector;
    start_progress(output);
    let on_progress = |progress: PreflightProgress<'_>| report_progress(progress, output);
    let result = backend.onboarding.verify(&backend.caller, id, args.if_version, on_progress).await;
    output.clear_progress();
    let verification = result?;
    let after = backend.view(id).await?.connector;
    if before.next_external_id.is_some() && after.next_external_id.is_none() {
        output.line("the new external ID works, and the old one is retired");
    } else if verification.passed && after.next_external_id.is_some() {
        output.line("the customer's role still requires the old external ID, which stays in use until the role requires the new one");
    }
    let exit = print_result(backend, &after, &verification, output);
    let state = after.state.as_str();
    output.object(&VerifyOutput { connector: id, state, verification: &verification });
    Ok(exit)
}

/// Prints the result of a verification, and the next step.
pub(super) fn print_result(
    backend: &Backend,
    after: &Connector,
    verification: &PreflightReport,
    output: Output,
) -> Exit {
    let Connector { id, state, .. } = after;
    let state_name = state.as_str();
    let next = |verb: &str| {
        output.line(format_args!("\nNext: {}", backend.command(format_args!("{verb} {id}"))));
    };
    if !verification.passed {
        print_credentials_hint(backend, verification, output);
        let failed = output.styled(Style::Failure, "Verification failed.");
        let still = if *state == State::Draft { "still a draft".to_owned() } else { state_name.to_owned() };
        output.line(format_args!("{failed} {id} is {still}"));
        match (after.destination.s3(), &verification.other_region) {
            (Some(to), Some(region)) => {
                output.line(format_args!("\nNext: {}", backend.command(connect_in(id, to, region))));
            }
            _ => next(if *state == State::Paused { "resume" } else { "verify" }),
        }
        return Exit::Failed;
    }
    output.line(format_args!("{} {id} is {state_name}", output.styled(Style::Success, "Verified.")));
    match state {
        State::Ready => next("activate"),
        State::Paused => next("resume"),
        _ => {}
    }
    Exit::Done
}

/// The command that connects the same destination in its bucket's region. A KMS key of another region would
/// be refused, so a key of that region has to be named.
fn connect_in(id: &ConnectorId, to: &S3Destination, region: &Region) -> String {
    let S3Destination { role, bucket, prefix, encryption, .. } = to;
    let (role, prefix) = (quoted(role.as_str()), quoted(prefix.as_str()));
    let key = match encryption {
        Encryption::Default => "",
        Encryption::Aes256 => " --encryption aes256",
        Encryption::Kms(_) => " --kms-key-arn ARN-OF-A-KEY-THERE",
    };
    format!("connect {id} --role-arn {role} --bucket {bucket} --region {region} --prefix {prefix}{key}")
}

/// Shows that the first stage is running.
pub(super) fn start_progress(output: Output) {
    show_running(PreflightStage::ALL.first(), output);
}

/// Prints a stage that has ended, and shows that the next one is running, or that the stage waits for a new
/// role.
pub(super) fn report_progress(progress: PreflightProgress<'_>, output: Output) {
    let report = match progress {
        PreflightProgress::Waiting { stage, waited, pause } => {
            let seconds = (waited + pause).as_secs();
            return output.progress(format_args!(
                "… {}: waiting for the role, which AWS may not have propagated yet ({seconds} s)",
                stage.as_str()
            ));
        }
        PreflightProgress::StageDone(report) => report,
    };
    output.clear_progress();
    for line in report_lines(report, output) {
        output.line(line);
    }
    let next = PreflightStage::ALL.iter().skip_while(|stage| **stage != report.stage).nth(1);
    show_running(next, output);
}

fn show_running(stage: Option<&PreflightStage>, output: Output) {
    if let Some(stage) = stage {
        output.progress(format_args!("… {}", stage.as_str()));
    }
}

fn report_lines(report: &StageReport, output: Output) -> Vec<String> {
    let mark = match report.verdict {
        PreflightVerdict::Passed => output.styled(Style::Success, "✓"),
        PreflightVerdict::Warning => output.styled(Style::Bold, "!"),
        PreflightVerdict::Failed => output.styled(Style::Failure, "✗"),
        PreflightVerdict::Skipped => "-".to_owned(),
    };
    let stage = report.stage.as_str();
    let took = match report.verdict {
        PreflightVerdict::Skipped => "skipped".to_owned(),
        _ => format!("{} ms", report.duration_ms),
    };
    let took = match report.waited_ms {
        Some(waited) => format!("{took}, including {} s of waiting for the new role", waited / 1_000),
        None => took,
    };
    let Some(finding) = &report.finding else { return vec![format!("{mark} {stage:<27}  {took}")] };
    vec![
        format!("{mark} {stage:<27}  {took}  {}", finding.code),
        format!("    {}", finding.cause),
        format!("    {}", finding.remedy),
    ]
}

/// The connector after a change that needs a verification. If that failed, prints the hint about these
/// credentials first.
pub(super) fn ensure_verified(
    backend: &Backend,
    done: ChangeResult,
    output: Output,
) -> Result<Connector, CliError> {
    if let Err(OnboardingError::NotVerified(verification)) = &done {
        print_credentials_hint(backend, verification, output);
    }
    Ok(done?)
}

/// Prints whose credentials were used, if that may be why the role denied them.
fn print_credentials_hint(backend: &Backend, verification: &PreflightReport, output: Output) {
    let is_denied = |report: &StageReport| {
        report.stage == PreflightStage::AssumeRole && report.verdict == PreflightVerdict::Failed
    };
    let hint = backend.credentials_hint.as_ref().filter(|_| verification.reports.iter().any(is_denied));
    if let Some(hint) = hint.filter(|_| !output.is_json()) {
        eprint_line(hint);
    }
}
