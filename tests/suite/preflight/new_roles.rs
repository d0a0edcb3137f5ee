//! A role that is seconds old: STS does not know it yet, and denies it like one that does not exist.

use std::time::Duration;

use archive::time::Time;
use control::preflight::{
    PreflightContext, PreflightProgress, PreflightReport, PreflightStage, PreflightVerdict,
    run_preflight as verify_with,
};
use ports::Clock as _;
use protocol::connector::Connector;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage as Where};
use tests::delegate_port;
use tests::fakes::{FakeClock, FakeProber, RoleSetup, SeededRng, Trust};
use tests::fixtures::at;

use super::{assert_stopped_at, connector, only_finding, vendor};

/// The API's time for a check: its function ends after this long (`template.yaml`).
const API: Duration = Duration::from_secs(29);
/// The duration of each call.
const CALL: Duration = Duration::from_millis(300);

/// A customer with a valid setup, whose role STS knows from a time on.
struct NewRole {
    visible_from: Time,
    clock: FakeClock,
    sound: FakeProber,
    /// The answer until then.
    until_then: DeliveryError,
}

delegate_port!(Prober, NewRole, |it| it.sound, |_name, call| match method {
    _ => {
        let answer = call.await;
        if it.clock.now() < it.visible_from { Err(it.until_then.clone()) } else { answer }
    }
});

fn denied(message: &str) -> DeliveryError {
    let (stage, kind) = (Where::AssumeRole, DeliveryErrorKind::Denied);
    DeliveryError { stage, kind, code: "AccessDenied".into(), message: message.into() }
}

/// The answer of STS for a role of another account that it does not know.
fn unknown() -> DeliveryError {
    denied(
        "User: arn:aws:sts::111111111111:assumed-role/auditferry-exporter/x is not authorized to perform: \
         sts:AssumeRole on resource: arn:aws:iam::222222222222:role/auditferry/Delivery",
    )
}

/// The check, its duration, and each reported pause.
async fn verified(
    connector: &Connector,
    known_after: Duration,
    until_then: DeliveryError,
    max_wait: Duration,
) -> (PreflightReport, Duration, Vec<Duration>) {
    let start = at("2026-11-20T20:00:00Z");
    let clock = FakeClock::at(start);
    let sound = FakeProber::new().with_latency(&clock, CALL);
    let prober = NewRole { visible_from: start + known_after, clock: clock.clone(), sound, until_then };
    let (vendor, randomness) = (vendor(), SeededRng::new(1));
    let context =
        PreflightContext { prober: &prober, clock: &clock, rng: &randomness, vendor: &vendor, max_wait };
    let mut pauses = Vec::new();
    let on_progress = |progress: PreflightProgress<'_>| {
        if let PreflightProgress::Waiting { stage, pause, .. } = progress {
            assert_eq!(stage, PreflightStage::AssumeRole);
            pauses.push(pause);
        }
    };
    let to = connector.destination.s3().unwrap();
    let verification = verify_with(context, connector, to, on_progress).await;
    (verification, clock.now().since(start), pauses)
}

fn draft() -> Connector {
    Connector { verified_at: None, ..connector() }
}

const HALF_A_MINUTE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_role_that_is_known_after_12_seconds_is_verified_at_once_and_the_wait_is_reported() {
    let (verification, took, pauses) =
        verified(&draft(), Duration::from_secs(12), unknown(), HALF_A_MINUTE).await;
    assert!(verification.passed, "{verification:?}");
    assert!(took < Duration::from_secs(12 + 5), "{took:?}");
    let [first, rest @ ..] = verification.reports.as_slice() else { panic!("no reports") };
    let waited = pauses.iter().sum::<Duration>();
    assert_eq!(
        (first.verdict, first.waited_ms),
        (PreflightVerdict::Passed, u64::try_from(waited.as_millis()).ok())
    );
    assert!(waited >= Duration::from_secs(8) && first.duration_ms >= 12_000, "{first:?}");
    assert!(rest.iter().all(|report| report.waited_ms.is_none()), "{rest:?}");
}

#[tokio::test]
async fn a_role_that_never_appears_is_refused_within_the_apis_time_with_the_advice_to_try_again() {
    let (verification, took, pauses) =
        verified(&draft(), Duration::from_hours(1), unknown(), HALF_A_MINUTE).await;
    assert_stopped_at(&verification, PreflightStage::AssumeRole);
    assert!(took < API && took > Duration::from_secs(15), "{took:?}");
    assert!(pauses.len() > 3 && verification.reports[0].waited_ms.is_some());
    let finding = only_finding(&verification).2;
    let first = "If the stack was created within the last minute, try again.";
    assert!(finding.remedy.starts_with(first), "{finding:?}");
    assert!(
        finding.remedy.contains(r#""Principal": {"AWS": "arn:aws:iam::111111111111:root"}"#),
        "{finding:?}"
    );
}

/// However late the role is known, the API answers in time.
#[tokio::test]
async fn every_verification_ends_within_the_apis_time() {
    for seconds in 0..40 {
        let known_after = Duration::from_secs(seconds);
        let (verification, took, _) = verified(&draft(), known_after, unknown(), Duration::MAX / 4).await;
        assert!(took < API, "known after {seconds} s: {took:?}");
        // The last try begins before 20 s have passed, and its duration decides the end.
        let expected = verification.passed == (seconds < 18);
        assert!(expected || (18..=20).contains(&seconds), "known after {seconds} s: {verification:?}");
    }
}

#[tokio::test]
async fn other_errors_than_a_new_roles_are_answered_at_once() {
    let late = Duration::from_secs(12);
    let proven = Connector { verified_at: Some(Time::EPOCH), ..connector() };
    let mut own = draft();
    own.destination.s3_mut().unwrap().role =
        "arn:aws:iam::111111111111:role/auditferry/Delivery".parse().unwrap();
    let busy = DeliveryError { kind: DeliveryErrorKind::Unavailable, code: "Throttling".into(), ..unknown() };
    for (what, connector, error, max_wait) in [
        ("a role that has worked before", proven, unknown(), HALF_A_MINUTE),
        ("a role of the vendor's own account", own, unknown(), HALF_A_MINUTE),
        (
            "a policy that denies it",
            draft(),
            denied("with an explicit deny in a service control policy"),
            HALF_A_MINUTE,
        ),
        ("no denial", draft(), busy, HALF_A_MINUTE),
        ("a platform that knows roles at once", draft(), unknown(), Duration::ZERO),
    ] {
        let (verification, took, pauses) = verified(&connector, late, error, max_wait).await;
        assert_stopped_at(&verification, PreflightStage::AssumeRole);
        assert!(took < Duration::from_secs(1) && pauses.is_empty(), "{what}: {took:?}");
        assert_eq!(verification.reports[0].waited_ms, None, "{what}");
    }
}

#[tokio::test]
async fn only_the_policies_of_a_new_role_are_waited_for() {
    let refused = RoleSetup {
        put: Some(DeliveryError { stage: Where::PutObject, ..denied("Access Denied") }),
        ..RoleSetup::correct()
    };
    let start = at("2026-11-20T20:00:00Z");
    let (vendor, randomness) = (vendor(), SeededRng::new(1));
    for (known_after, waits) in [(4, true), (0, false)] {
        let clock = FakeClock::at(start);
        let sound = FakeProber::with_setup(refused.clone()).with_latency(&clock, CALL);
        let visible_from = start + Duration::from_secs(known_after);
        let prober =
            NewRole { visible_from, clock: clock.clone(), sound: sound.clone(), until_then: unknown() };
        let max_wait = HALF_A_MINUTE;
        let context =
            PreflightContext { prober: &prober, clock: &clock, rng: &randomness, vendor: &vendor, max_wait };
        let mut at_the_write = 0;
        let on_progress = |progress: PreflightProgress<'_>| {
            if let PreflightProgress::Waiting { stage: PreflightStage::PutObject, .. } = progress {
                at_the_write += 1;
                if at_the_write == 2 {
                    sound.change(|set_up| set_up.put = None);
                }
            }
        };
        let connector = draft();
        let verification =
            verify_with(context, &connector, connector.destination.s3().unwrap(), on_progress).await;
        assert_eq!((verification.passed, at_the_write), (waits, if waits { 2 } else { 0 }));
        assert!(clock.now().since(start) < API);
    }
}

/// An unknown role also denies the stages that must be denied, so the first stage comes before them.
#[tokio::test]
async fn a_role_that_anyone_can_assume_is_found_however_late_it_appears() {
    let start = at("2026-11-20T20:00:00Z");
    let clock = FakeClock::at(start);
    let sound = FakeProber::with_setup(RoleSetup { trust: Trust::Anyone, ..RoleSetup::correct() });
    let visible_from = start + Duration::from_secs(6);
    let prober = NewRole { visible_from, clock: clock.clone(), sound, until_then: unknown() };
    let (vendor, randomness, max_wait) = (vendor(), SeededRng::new(1), HALF_A_MINUTE);
    let context =
        PreflightContext { prober: &prober, clock: &clock, rng: &randomness, vendor: &vendor, max_wait };
    let connector = draft();
    let verification = verify_with(context, &connector, connector.destination.s3().unwrap(), |_| ()).await;
    assert!(verification.is_unsafe(), "{verification:?}");
}
