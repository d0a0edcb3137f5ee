//! The connection check through the real SDK on the embedded stand-ins, which evaluate their own policies.

use control::preflight::{PreflightReport, PreflightStage, PreflightVerdict};
use ports::Prober;
use protocol::connector::{Connector, Encryption};
use sandbox::{Obstacle, Role, Stack};
use tests::conformance::prober::CustomerSetup;
use tests::conformance::prober::ProberRig as _;

use super::{assert_stopped_at, connector, only_finding, verdicts, verify};
use crate::embedded::{StackProber, role};

const KEY: &str = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";

async fn verified(rig: &StackProber, connector: &Connector) -> PreflightReport {
    let prober: &dyn Prober = &rig.port;
    verify(prober, connector).await
}

/// A connector with a valid setup.
async fn sound() -> (StackProber, Connector) {
    let (rig, connector) = (StackProber::start().await, connector());
    rig.set_up(&connector, CustomerSetup::Correct);
    (rig, connector)
}

fn bucket(connector: &Connector) -> &str {
    connector.destination.s3().unwrap().bucket.as_str()
}

/// Asserts the finding after a change to the valid setup.
async fn assert_found(
    change: impl FnOnce(&StackProber, &mut Connector),
    stage: PreflightStage,
    code: &str,
    cause: &str,
) {
    let (rig, mut connector) = sound().await;
    change(&rig, &mut connector);
    let verification = verified(&rig, &connector).await;
    assert_stopped_at(&verification, stage);
    let (_, _, finding) = only_finding(&verification);
    assert_eq!(finding.code, code, "{finding:?}");
    assert!(finding.cause.contains(cause), "{}", finding.cause);
    let unsafe_stages = [PreflightStage::RefusesWithoutExternalId, PreflightStage::RefusesWrongExternalId];
    assert_eq!(verification.is_unsafe(), unsafe_stages.contains(&stage));
    if stage != PreflightStage::PrefixScope {
        assert!(rig.keys(&connector).is_empty(), "nothing was written: {:?}", rig.keys(&connector));
    }
}

#[tokio::test]
async fn a_sound_set_up_passes_and_leaves_one_small_object_under_the_prefix() {
    let (rig, connector) = sound().await;
    let verification = verified(&rig, &connector).await;
    assert_eq!(verdicts(&verification), [PreflightVerdict::Passed; 8], "{verification:?}");
    let keys = rig.keys(&connector);
    assert_eq!(keys.len(), 1);
    assert!(keys[0].starts_with("audit/auditferry/verification/"), "{keys:?}");
    let names: Vec<String> =
        rig.stack.assumed_roles().into_iter().map(|session| session.session_name).collect();
    assert_eq!(names, vec![format!("auditferry-verify-{}", connector.id); 2]);
}

#[tokio::test]
async fn a_set_up_with_a_key_passes_and_the_key_is_named_in_the_session() {
    let alias = KEY.replace("key/1234abcd-12ab-34cd-56ef-1234567890ab", "alias/audit");
    for key in [KEY, &alias] {
        let (rig, mut connector) = sound().await;
        connector.destination.s3_mut().unwrap().encryption = Encryption::with_key(key.parse().ok());
        let verification = verified(&rig, &connector).await;
        assert_eq!(verdicts(&verification), [PreflightVerdict::Passed; 8], "{verification:?}");
    }
}

#[tokio::test]
async fn a_bucket_with_object_lock_passes_because_every_write_has_a_checksum() {
    let (rig, connector) = sound().await;
    rig.stack.set_obstacle(bucket(&connector), Some(Obstacle::ObjectLock));
    assert!(verified(&rig, &connector).await.passed);
}

#[tokio::test]
async fn a_role_that_is_missing_or_requires_another_external_id_denies_access() {
    let cause = "does not exist, does not trust the vendor, or requires another external ID";
    let missing = |rig: &StackProber, connector: &mut Connector| {
        rig.stack.delete_role(&role(connector).arn).unwrap();
    };
    assert_found(missing, PreflightStage::AssumeRole, "AccessDenied", cause).await;
    let other = |rig: &StackProber, connector: &mut Connector| {
        rig.stack
            .put_role(Role { external_id: Some("of-another-vendor".into()), ..role(connector) })
            .unwrap();
    };
    assert_found(other, PreflightStage::AssumeRole, "AccessDenied", cause).await;
}

#[tokio::test]
async fn a_role_that_anyone_can_assume_is_refused_before_anything_is_written() {
    let anyone = |rig: &StackProber, connector: &mut Connector| {
        rig.stack.put_role(Role { external_id: None, ..role(connector) }).unwrap();
    };
    let cause = "without any external ID";
    assert_found(anyone, PreflightStage::RefusesWithoutExternalId, "RoleLetsAnyoneIn", cause).await;
    let wildcard = |rig: &StackProber, connector: &mut Connector| {
        rig.stack.put_role(Role { external_id: Some("*".into()), ..role(connector) }).unwrap();
    };
    let cause = "with a wrong external ID";
    assert_found(wildcard, PreflightStage::RefusesWrongExternalId, "RoleLetsAnyoneIn", cause).await;
}

#[tokio::test]
async fn a_role_of_the_vendors_own_account_is_refused() {
    let own = |rig: &StackProber, connector: &mut Connector| {
        let arn = format!("arn:aws:iam::{}:role/auditferry/Delivery", Stack::VENDOR_ACCOUNT);
        connector.destination.s3_mut().unwrap().role = arn.parse().unwrap();
        rig.stack.put_role(role(connector)).unwrap();
    };
    assert_found(own, PreflightStage::Account, "OwnAccount", "the vendor's own account 111111111111").await;
}

#[tokio::test]
async fn a_bucket_that_is_gone_elsewhere_or_a_strangers_is_named() {
    let gone =
        |rig: &StackProber, connector: &mut Connector| rig.stack.delete_bucket(bucket(connector)).unwrap();
    assert_found(gone, PreflightStage::BucketRegion, "NoSuchBucket", "does not exist").await;
    let elsewhere = |_: &StackProber, connector: &mut Connector| {
        connector.destination.s3_mut().unwrap().region = "us-west-2".parse().unwrap();
    };
    assert_found(
        elsewhere,
        PreflightStage::BucketRegion,
        "OtherRegion",
        "is in eu-central-1, not in us-west-2",
    )
    .await;
    let strangers = |rig: &StackProber, connector: &mut Connector| {
        rig.stack.delete_bucket(bucket(connector)).unwrap();
        rig.stack.create_bucket(bucket(connector), "999999999999", "eu-central-1").unwrap();
    };
    assert_found(
        strangers,
        PreflightStage::PutObject,
        "AccessDenied",
        "or the bucket is not owned by account",
    )
    .await;
}

#[tokio::test]
async fn a_role_without_the_permission_or_with_another_prefix_may_not_write() {
    let cause = "has no permission to write there";
    let other_prefix = |rig: &StackProber, connector: &mut Connector| {
        rig.stack.put_role(Role { prefix: "audit/another".into(), ..role(connector) }).unwrap();
    };
    assert_found(other_prefix, PreflightStage::PutObject, "AccessDenied", cause).await;
    let other_bucket = |rig: &StackProber, connector: &mut Connector| {
        rig.stack.put_role(Role { bucket: "another-bucket".into(), ..role(connector) }).unwrap();
    };
    assert_found(other_bucket, PreflightStage::PutObject, "AccessDenied", cause).await;
}

#[tokio::test]
async fn what_stands_before_a_bucket_is_named() {
    for (obstacle, code, cause) in [
        (Obstacle::BucketPolicy, "AccessDenied", "The policy of the bucket"),
        (Obstacle::ServiceControlPolicy, "AccessDenied", "A service control policy of the organization"),
        (Obstacle::ResourceControlPolicy, "AccessDenied", "A resource control policy of the organization"),
        (Obstacle::PermissionsBoundary, "AccessDenied", "The permissions boundary of"),
        (Obstacle::KeyDenied, "AccessDenied", "refuses to encrypt"),
        (Obstacle::KeyDisabled, "KMS.DisabledException", "is disabled"),
        (Obstacle::ClockSkew, "RequestTimeTooSkewed", "Our clock and the platform's"),
    ] {
        let before_bucket = |rig: &StackProber, connector: &mut Connector| {
            connector.destination.s3_mut().unwrap().encryption = Encryption::with_key(KEY.parse().ok());
            rig.stack.set_obstacle(bucket(connector), Some(obstacle));
        };
        assert_found(before_bucket, PreflightStage::PutObject, code, cause).await;
    }
}

#[tokio::test]
async fn a_role_for_the_whole_bucket_is_a_warning_and_still_writes_under_the_prefix_only() {
    let (rig, connector) = sound().await;
    rig.stack.put_role(Role { prefix: String::new(), ..role(&connector) }).unwrap();
    let verification = verified(&rig, &connector).await;
    assert!(verification.passed);
    let (stage, verdict, finding) = only_finding(&verification);
    assert_eq!(
        (stage, verdict, finding.code.as_str()),
        (PreflightStage::PrefixScope, PreflightVerdict::Warning, "RoleTooBroad")
    );
    assert!(rig.keys(&connector).iter().all(|key| key.starts_with("audit/auditferry/verification/")));
}
