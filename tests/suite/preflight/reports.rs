//! A connection check on a port of the test's choice, and its reports.

use control::preflight::{
    Finding, PreflightContext, PreflightReport, PreflightStage, PreflightVerdict,
    run_preflight as verify_with,
};
use control::setup::Vendor;
use ports::Prober;
use protocol::connector::Connector;
use tests::fakes::{FakeClock, SeededRng};
use tests::fixtures::{self, at, tenant, unique_id};

/// As [`fixtures::vendor`], in the account that AWS names in the texts of these tests.
pub(crate) fn vendor() -> Vendor {
    Vendor { account: "111111111111".parse().unwrap(), ..fixtures::vendor() }
}

pub(crate) fn connector() -> Connector {
    fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z"))
}

pub(crate) async fn verify(prober: &dyn Prober, connector: &Connector) -> PreflightReport {
    let (clock, randomness) = (FakeClock::at(at("2026-11-20T20:00:00Z")), SeededRng::new(unique_id()));
    let (vendor, max_wait) = (vendor(), prober.role_propagation_delay());
    let context = PreflightContext { prober, clock: &clock, rng: &randomness, vendor: &vendor, max_wait };
    verify_with(context, connector, connector.destination.s3().unwrap(), |_| ()).await
}

/// The verdicts of the stages, in order.
pub(crate) fn verdicts(verification: &PreflightReport) -> Vec<PreflightVerdict> {
    verification.reports.iter().map(|report| report.verdict).collect()
}

/// The only finding, with its stage and verdict.
pub(crate) fn only_finding(verification: &PreflightReport) -> (PreflightStage, PreflightVerdict, &Finding) {
    let mut reports = verification.reports.iter().filter(|report| report.finding.is_some());
    let report = reports.next().expect("a finding");
    assert!(reports.next().is_none(), "one fault, one finding: {verification:?}");
    (report.stage, report.verdict, report.finding.as_ref().unwrap())
}

/// All stages before `stage` passed, and all after it were skipped.
pub(crate) fn assert_stopped_at(verification: &PreflightReport, stage: PreflightStage) {
    assert!(!verification.passed);
    for report in &verification.reports {
        let position = |stage| PreflightStage::ALL.iter().position(|s| *s == stage).unwrap();
        let expected = match position(report.stage).cmp(&position(stage)) {
            std::cmp::Ordering::Less => PreflightVerdict::Passed,
            std::cmp::Ordering::Equal => PreflightVerdict::Failed,
            std::cmp::Ordering::Greater => PreflightVerdict::Skipped,
        };
        assert_eq!(report.verdict, expected, "{report:?}");
    }
}
