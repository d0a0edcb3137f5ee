//! A verification on a port of the test's choice, and what its reports say.

use domain::connector::Connector;
use domain::ports::Prober;
use domain::setup::Vendor;
use domain::verify::{Finding, Means, Stage, Verdict, Verification, verify as verify_with};
use tests::fakes::{FakeClock, SeededRandomness};
use tests::fixtures::{self, at, fresh, tenant};

/// As [`fixtures::vendor`], in the account that AWS names in the texts of these tests.
pub(crate) fn vendor() -> Vendor {
    Vendor { account: "111111111111".parse().unwrap(), ..fixtures::vendor() }
}

pub(crate) fn connector() -> Connector {
    fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z"))
}

pub(crate) async fn verify(prober: &dyn Prober, connector: &Connector) -> Verification {
    let (clock, randomness) = (FakeClock::at(at("2026-11-20T20:00:00Z")), SeededRandomness::new(fresh()));
    let (vendor, patience) = (vendor(), prober.new_roles_known_within());
    let means = Means { prober, clock: &clock, randomness: &randomness, vendor: &vendor, patience };
    verify_with(means, connector, connector.destination.as_ref().unwrap(), |_| ()).await
}

/// How the stages ended, in order.
pub(crate) fn verdicts(verification: &Verification) -> Vec<Verdict> {
    verification.reports.iter().map(|report| report.verdict).collect()
}

/// The only thing that was found: where, how bad, and what.
pub(crate) fn found(verification: &Verification) -> (Stage, Verdict, &Finding) {
    let mut reports = verification.reports.iter().filter(|report| report.finding.is_some());
    let report = reports.next().expect("a finding");
    assert!(reports.next().is_none(), "one fault, one finding: {verification:?}");
    (report.stage, report.verdict, report.finding.as_ref().unwrap())
}

/// All before `stage` passed, and all behind it were left out.
pub(crate) fn assert_stopped_at(verification: &Verification, stage: Stage) {
    assert!(!verification.passed);
    for report in &verification.reports {
        let place = |stage| Stage::ALL.iter().position(|s| *s == stage).unwrap();
        let expected = match place(report.stage).cmp(&place(stage)) {
            std::cmp::Ordering::Less => Verdict::Passed,
            std::cmp::Ordering::Equal => Verdict::Failed,
            std::cmp::Ordering::Greater => Verdict::Skipped,
        };
        assert_eq!(report.verdict, expected, "{report:?}");
    }
}
