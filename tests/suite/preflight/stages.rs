//! Every stage passing and failing, and the requests of each.

use std::time::Duration;

use archive::names::ExternalId;
use control::preflight::{
    PreflightContext, PreflightProgress, PreflightStage, PreflightVerdict, StageReport,
    run_preflight as verify_with,
};
use ports::SessionScope;
use protocol::connector::{Connector, Encryption};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage as Where};
use tests::fakes::{FakeClock, FakeProber, Probe, RoleSetup, SeededRng, Trust};
use tests::fixtures::at;

use super::{assert_stopped_at, connector, only_finding, vendor, verdicts, verify};

fn denied(stage: Where) -> DeliveryError {
    DeliveryError {
        stage,
        kind: DeliveryErrorKind::Denied,
        code: "AccessDenied".into(),
        message: "Access Denied".into(),
    }
}

/// The role assumptions: external ID, scope, and success.
fn assumed(prober: &FakeProber) -> Vec<(Option<ExternalId>, SessionScope, bool)> {
    let assumed = |probe| match probe {
        Probe::Assume { external_id, scope, assumed } => Some((external_id, scope, assumed)),
        _ => None,
    };
    prober.probes().into_iter().filter_map(assumed).collect()
}

#[tokio::test]
async fn a_sound_set_up_passes_every_stage_in_order() {
    let (prober, connector) = (FakeProber::new(), connector());
    let verification = verify(&prober, &connector).await;
    assert!(verification.passed && !verification.is_unsafe());
    assert_eq!(verdicts(&verification), [PreflightVerdict::Passed; 8]);
    assert_eq!(
        verification.reports.iter().map(|report| report.stage).collect::<Vec<_>>(),
        PreflightStage::ALL
    );
    assert_eq!(verification.external_id, Some(connector.external_id));
}

#[tokio::test]
async fn every_stage_can_fail_and_skips_those_after_it() {
    let sound = RoleSetup::correct;
    let elsewhere = Some(Ok("us-west-2".parse().ok()));
    for (stage, set_up) in [
        (
            PreflightStage::AssumeRole,
            RoleSetup { trust: Trust::Nobody(denied(Where::AssumeRole)), ..sound() },
        ),
        (PreflightStage::RefusesWithoutExternalId, RoleSetup { trust: Trust::Anyone, ..sound() }),
        (PreflightStage::RefusesWrongExternalId, RoleSetup { trust: Trust::AnyExternalId, ..sound() }),
        (PreflightStage::Account, RoleSetup { account: "333333333333".parse().ok(), ..sound() }),
        (PreflightStage::BucketRegion, RoleSetup { region: elsewhere, ..sound() }),
        (PreflightStage::PutObject, RoleSetup { put: Some(denied(Where::PutObject)), ..sound() }),
        (PreflightStage::PrefixScope, RoleSetup { put_outside_prefix: None, ..sound() }),
    ] {
        assert_stopped_at(&verify(&FakeProber::with_setup(set_up), &connector()).await, stage);
    }
}

#[tokio::test]
async fn an_unrelated_error_is_inconclusive() {
    let error = |kind, code: &str| DeliveryError { kind, code: code.into(), ..denied(Where::PutObject) };
    let (gone, busy) =
        (error(DeliveryErrorKind::Gone, "NoSuchBucket"), error(DeliveryErrorKind::Unavailable, "SlowDown"));
    for (stage, set_up, code) in [
        (
            PreflightStage::BucketRegion,
            RoleSetup { region: Some(Err(gone)), ..RoleSetup::correct() },
            "NoSuchBucket",
        ),
        (
            PreflightStage::PrefixScope,
            RoleSetup { put_outside_prefix: Some(busy.clone()), ..RoleSetup::correct() },
            "SlowDown",
        ),
        (
            PreflightStage::RefusesWithoutExternalId,
            RoleSetup { denial: Some(busy), ..RoleSetup::correct() },
            "SlowDown",
        ),
    ] {
        let verification = verify(&FakeProber::with_setup(set_up), &connector()).await;
        assert_stopped_at(&verification, stage);
        assert_eq!(only_finding(&verification).2.code, code);
        assert!(!verification.is_unsafe());
    }
}

#[tokio::test]
async fn only_a_role_of_the_vendors_own_account_is_reported_as_such() {
    for (account, code) in [("111111111111", "OwnAccount"), ("333333333333", "AccessDenied")] {
        let mut connector = connector();
        let role = format!("arn:aws:iam::{account}:role/auditferry/Delivery");
        connector.destination.s3_mut().unwrap().role = role.parse().unwrap();
        let shut = RoleSetup { trust: Trust::Nobody(denied(Where::AssumeRole)), ..RoleSetup::correct() };
        let verification = verify(&FakeProber::with_setup(shut), &connector).await;
        assert_stopped_at(&verification, PreflightStage::AssumeRole);
        assert_eq!(only_finding(&verification).2.code, code);
    }
    let mut connector = connector();
    let ours = "arn:aws:iam::111111111111:role/auditferry/Delivery";
    connector.destination.s3_mut().unwrap().role = ours.parse().unwrap();
    let verification = verify(&FakeProber::new(), &connector).await;
    assert_stopped_at(&verification, PreflightStage::Account);
    assert_eq!(only_finding(&verification).2.code, "OwnAccount");
}

#[tokio::test]
async fn what_could_be_safer_is_a_warning_and_passes() {
    let mut connector = connector();
    let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    connector.destination.s3_mut().unwrap().encryption = Encryption::with_key(key.parse().ok());
    let other = RoleSetup { encryption: Some("AES256".into()), ..RoleSetup::correct() };
    for (set_up, stage, code) in [
        (RoleSetup::too_broad(), PreflightStage::PrefixScope, "RoleTooBroad"),
        (other, PreflightStage::Encryption, "OtherEncryption"),
    ] {
        let verification = verify(&FakeProber::with_setup(set_up), &connector).await;
        assert!(verification.passed && !verification.is_unsafe());
        let (at, verdict, finding) = only_finding(&verification);
        assert_eq!((at, verdict, finding.code.as_str()), (stage, PreflightVerdict::Warning, code));
    }
    let as_asked = verify(&FakeProber::new(), &connector).await;
    assert_eq!(verdicts(&as_asked), [PreflightVerdict::Passed; 8]);
}

#[tokio::test]
async fn nothing_is_sent_to_a_bucket_through_a_role_that_anyone_can_assume() {
    for (trust, how) in [
        (Trust::Anyone, "can be assumed without any external ID"),
        (Trust::AnyExternalId, "can be assumed with a wrong external ID"),
    ] {
        let prober = FakeProber::with_setup(RoleSetup { trust, ..RoleSetup::correct() });
        let verification = verify(&prober, &connector()).await;
        assert!(verification.is_unsafe());
        assert!(only_finding(&verification).2.cause.contains(how), "{verification:?}");
        let only_assumed = prober.probes().iter().all(|probe| matches!(probe, Probe::Assume { .. }));
        assert!(only_assumed && prober.written().is_empty(), "{:?}", prober.probes());
    }
}

#[tokio::test]
async fn a_role_that_denies_access_or_is_not_reached_is_not_unsafe() {
    for kind in [DeliveryErrorKind::Denied, DeliveryErrorKind::Unavailable] {
        let error = DeliveryError { kind, ..denied(Where::AssumeRole) };
        let prober =
            FakeProber::with_setup(RoleSetup { trust: Trust::Nobody(error), ..RoleSetup::correct() });
        assert!(!verify(&prober, &connector()).await.is_unsafe());
    }
}

#[tokio::test]
async fn the_role_is_assumed_with_the_right_external_id_then_none_then_a_new_wrong_one() {
    let (prober, connector) = (FakeProber::new(), connector());
    verify(&prober, &connector).await;
    verify(&prober, &connector).await;
    let assumed = assumed(&prober);
    let right = Some(connector.external_id.clone());
    let mut wrong = Vec::new();
    for round in assumed.chunks(4) {
        let [first, second, (external_id, scope, assumed), last] = round else {
            panic!("four a round: {round:?}")
        };
        assert_eq!(*first, (right.clone(), SessionScope::Prefix, true));
        assert_eq!(*second, (None, SessionScope::Prefix, false));
        assert_eq!((*scope, *assumed), (SessionScope::Prefix, false));
        assert_eq!(
            *last,
            (right.clone(), SessionScope::Role, true),
            "the prefix is tried with all of the role's permissions"
        );
        wrong.push(external_id.clone().expect("a wrong one"));
    }
    wrong.push(connector.external_id);
    wrong.dedup();
    assert_eq!(wrong.len(), 3, "each wrong one is new, so that no policy can match it");
}

#[tokio::test]
async fn the_probes_lie_under_the_prefix_and_the_one_outside_can_never_be_written() {
    let (prober, connector) = (FakeProber::with_setup(RoleSetup::too_broad()), connector());
    verify(&prober, &connector).await;
    let mut puts = prober.probes().into_iter().filter_map(|probe| match probe {
        Probe::Put { key, checksum_matches, written } => Some((key, checksum_matches, written)),
        _ => None,
    });
    let (inside, outside) = (puts.next().unwrap(), puts.next().unwrap());
    let folder = format!("audit/auditferry/verification/{}_", connector.id);
    assert!(inside.0.starts_with(&folder) && inside.1 && inside.2, "{inside:?}");
    assert!(!outside.0.contains('/') && !outside.1 && !outside.2, "{outside:?}");
    assert!(puts.next().is_none());
}

#[tokio::test]
async fn a_whole_bucket_has_no_outside_to_try() {
    let mut connector = connector();
    connector.destination.s3_mut().unwrap().prefix = "".parse().unwrap();
    let prober = FakeProber::with_setup(RoleSetup::too_broad());
    let verification = verify(&prober, &connector).await;
    assert!(verification.passed);
    assert_eq!(verdicts(&verification)[6], PreflightVerdict::Skipped);
    assert_eq!(prober.written().len(), 1);
}

#[tokio::test]
async fn an_unknown_region_is_left_to_the_write() {
    for region in [Ok(None), Err(denied(Where::PutObject))] {
        let prober = FakeProber::with_setup(RoleSetup { region: Some(region), ..RoleSetup::correct() });
        assert!(verify(&prober, &connector()).await.passed);
    }
}

#[tokio::test]
async fn during_a_rotation_the_next_external_id_is_tried_first_and_either_passes() {
    let connector = Connector { next_external_id: Some(ExternalId::new(7, 7)), ..connector() };
    let next = connector.next_external_id.clone().unwrap();
    for (trusted, tries) in [(next, 1), (connector.external_id.clone(), 2)] {
        let prober =
            FakeProber::with_setup(RoleSetup { trust: Trust::Only(trusted.clone()), ..RoleSetup::correct() });
        let verification = verify(&prober, &connector).await;
        assert!(verification.passed, "{verification:?}");
        assert_eq!(verification.external_id, Some(trusted));
        assert!(assumed(&prober)[tries - 1].2, "{:?}", assumed(&prober));
    }
}

#[tokio::test]
async fn each_stage_is_reported_as_it_ends_with_its_duration() {
    let clock = FakeClock::at(at("2026-11-20T20:00:00Z"));
    let prober = FakeProber::new().with_latency(&clock, Duration::from_millis(120));
    let (connector, vendor, randomness) = (connector(), vendor(), SeededRng::new(1));
    let max_wait = Duration::ZERO;
    let context =
        PreflightContext { prober: &prober, clock: &clock, rng: &randomness, vendor: &vendor, max_wait };
    let mut reported: Vec<StageReport> = Vec::new();
    let to = connector.destination.s3().unwrap();
    let on_progress = |progress: PreflightProgress<'_>| match progress {
        PreflightProgress::StageDone(report) => reported.push(report.clone()),
        PreflightProgress::Waiting { .. } => panic!("nothing is waited for"),
    };
    let verification = verify_with(context, &connector, to, on_progress).await;
    assert_eq!(reported, verification.reports);
    let took: Vec<u64> = reported.iter().map(|report| report.duration_ms).collect();
    assert_eq!(took, [120, 120, 120, 0, 120, 120, 240, 0]);
    assert_eq!(verification.at, at("2026-11-20T20:00:00Z"));
}
