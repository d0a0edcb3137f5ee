//! `AssumeRole`: who gets a session, and the error messages for others.

use std::time::Duration;

use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::ProvideErrorMetadata as _;
use aws_sdk_sts::operation::assume_role::builders::AssumeRoleFluentBuilder;
use sandbox::{Role, Stack};
use tokio::time::Instant;

use crate::fixture::{EXTERNAL_ID, ROLE, role, session_keys, start, status_and_code, sts_as, vendor_sts};

fn assume(stack: &Stack) -> AssumeRoleFluentBuilder {
    vendor_sts(stack).assume_role().role_arn(ROLE).role_session_name("auditferry-acme-42")
}

#[tokio::test]
async fn the_right_external_id_gets_a_session_that_lasts_as_long_as_asked() {
    let stack = start().await;
    let short = assume(&stack).external_id(EXTERNAL_ID).duration_seconds(900).send().await.unwrap();
    let user = short.assumed_role_user.unwrap();
    assert_eq!(user.arn, "arn:aws:sts::222222222222:assumed-role/Auditferry/auditferry-acme-42");
    let long = assume(&stack).external_id(EXTERNAL_ID).send().await.unwrap();
    let lead = long.credentials.unwrap().expiration.secs() - short.credentials.unwrap().expiration.secs();
    assert!(
        (2_700..2_760).contains(&lead),
        "an hour by default is 45 minutes longer than 900 seconds: {lead}"
    );

    let sessions = stack.assumed_roles();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0].session_name, "auditferry-acme-42");
    assert_eq!(sessions[0].external_id.as_deref(), Some(EXTERNAL_ID));
    assert_eq!(sessions[0].duration_seconds, 900);
}

#[tokio::test]
async fn a_wrong_or_missing_external_id_is_denied_with_the_message_of_aws() {
    let stack = start().await;
    let error = assume(&stack).external_id("wrong").send().await.unwrap_err();
    let message = error.as_service_error().unwrap().message().unwrap();
    assert!(message.starts_with("User: arn:aws:iam::111111111111:user/"), "{message}");
    assert!(message.ends_with(&format!("is not authorized to perform: sts:AssumeRole on resource: {ROLE}")));
    assert_eq!(status_and_code::<(), _>(Err(error)), "403 AccessDenied");
    assert_eq!(status_and_code(assume(&stack).send().await), "403 AccessDenied");
    let longer = format!("{EXTERNAL_ID}0");
    assert_eq!(status_and_code(assume(&stack).external_id(longer).send().await), "403 AccessDenied");
    assert!(stack.assumed_roles().is_empty());
}

#[tokio::test]
async fn a_missing_role_is_denied_like_one_that_does_not_trust_the_caller() {
    let stack = start().await;
    let elsewhere = ROLE.replace("Auditferry", "Nobody");
    let unknown = assume(&stack).role_arn(elsewhere).external_id(EXTERNAL_ID).send().await;
    assert_eq!(status_and_code(unknown), "403 AccessDenied");
    stack.delete_role(ROLE).unwrap();
    assert_eq!(status_and_code(assume(&stack).external_id(EXTERNAL_ID).send().await), "403 AccessDenied");
}

#[tokio::test]
async fn a_new_role_is_unknown_until_its_delay_is_over_and_an_old_one_is_not() {
    let stack = start().await;
    let other = ROLE.replace("Auditferry", "New");
    stack.set_new_role_delay(Duration::from_secs(2));
    let began = Instant::now();
    stack.put_role(Role { arn: other.clone(), ..role() }).unwrap();
    let assume = || assume(&stack).role_arn(&other).external_id(EXTERNAL_ID).send();
    assert_eq!(status_and_code(assume().await), "403 AccessDenied");
    // Updating it does not make it new again.
    stack.put_role(Role { arn: other.clone(), ..role() }).unwrap();
    while assume().await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "it never becomes known");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());

    stack.set_new_role_delay(Duration::MAX);
    assert_eq!(status_and_code(assume().await), "403 AccessDenied");
    stack.set_new_role_delay(Duration::ZERO);
    assume().await.unwrap();
    // A role that is created again must be propagated again.
    stack.delete_role(&other).unwrap();
    stack.set_new_role_delay(Duration::from_hours(1));
    stack.put_role(Role { arn: other.clone(), ..role() }).unwrap();
    assert_eq!(status_and_code(assume().await), "403 AccessDenied");
}

#[tokio::test]
async fn a_role_without_the_external_id_condition_makes_a_confused_deputy() {
    let stack = start().await;
    stack.put_role(Role { external_id: None, ..role() }).unwrap();
    assume(&stack).external_id("any-other").send().await.unwrap();
    assume(&stack).send().await.unwrap();
}

#[tokio::test]
async fn names_durations_and_policies_have_limits() {
    let stack = start().await;
    let assume = || assume(&stack).external_id(EXTERNAL_ID);
    assert_eq!(status_and_code(assume().role_session_name("a/b").send().await), "400 ValidationError");
    assert_eq!(status_and_code(assume().duration_seconds(899).send().await), "400 ValidationError");
    assert_eq!(status_and_code(assume().duration_seconds(3_601).send().await), "400 ValidationError");
    assert_eq!(status_and_code(assume().policy(" ".repeat(2_049)).send().await), "400 ValidationError");
    assert_eq!(status_and_code(assume().policy("{}").send().await), "400 MalformedPolicyDocument");
}

#[tokio::test]
async fn only_the_vendors_long_lived_keys_may_assume() {
    let stack = start().await;
    let keys = session_keys(&stack, None).await;
    let assume = |keys| {
        let request = sts_as(&stack, keys).assume_role().role_arn(ROLE).role_session_name("chained");
        request.external_id(EXTERNAL_ID).send()
    };
    assert_eq!(status_and_code(assume(keys).await), "403 AccessDenied");
    let unknown = Credentials::new("AKIA0000000000000000", "x", None, None, "test");
    assert_eq!(status_and_code(assume(unknown).await), "403 InvalidClientTokenId");
    let wrong = Credentials::new(stack.vendor_credentials().access_key_id, "wrong", None, None, "test");
    assert_eq!(status_and_code(assume(wrong).await), "403 SignatureDoesNotMatch");
}
