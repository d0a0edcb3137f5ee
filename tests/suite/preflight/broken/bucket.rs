//! Errors of the bucket, or between it and us.

use archive::time::Time;
use control::preflight::PreflightStage;
use protocol::connector::Connector;

use super::super::connector;
use super::super::scripted_aws::{Answers, Refusal};
use super::{Case, case, refused_at_put};

pub(super) fn cases() -> Vec<Case> {
    let moved = "The bucket you are attempting to access must be addressed using the specified endpoint. \
                 Please send all future requests to this endpoint.";
    let silent = |answers: &mut Answers| answers.head = Some(Refusal::new(400, "", ""));
    vec![
        case(
            ("the bucket is gone", PreflightStage::BucketRegion),
            Connector { verified_at: Some(Time::EPOCH), ..connector() },
            |answers| answers.head = Some(Refusal::new(404, "", "")),
            ("NoSuchBucket", "does not exist (NoSuchBucket)", "again, or connect another bucket"),
        ),
        case(
            ("the bucket never existed", PreflightStage::BucketRegion),
            connector(),
            |answers| answers.head = Some(Refusal::new(404, "", "")),
            ("NoSuchBucket", "does not exist (NoSuchBucket)", "Check the name. If it is right, create "),
        ),
        case(
            ("the bucket is in another region", PreflightStage::BucketRegion),
            connector(),
            |answers| answers.head = Some(Refusal::new(301, "", "").with_region("us-west-2")),
            (
                "OtherRegion",
                "is in us-west-2, not in eu-central-1",
                "Connect again with the region us-west-2",
            ),
        ),
        case(
            ("… and only the write shows it", PreflightStage::PutObject),
            connector(),
            |answers| {
                silent(answers);
                answers.put = Some(Refusal::new(301, "PermanentRedirect", moved).with_region("us-west-2"));
            },
            ("PermanentRedirect", "is not in eu-central-1", "it is in us-west-2"),
        ),
        refused_at_put(
            "the bucket's name was taken over by a stranger, or the bucket is another account's",
            connector(),
            Refusal::new(403, "AccessDenied", "Access Denied"),
            ("AccessDenied", "or the bucket is not owned by account", "owns the bucket"),
        ),
        refused_at_put(
            "something adds an ACL, which the bucket does not allow",
            connector(),
            Refusal::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"),
            (
                "AccessControlListNotSupported",
                "has ACLs disabled",
                "check any proxy between Auditferry and S3",
            ),
        ),
        refused_at_put(
            "the bucket has Object Lock and something drops the checksum",
            connector(),
            Refusal::new(
                400,
                "InvalidRequest",
                "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object \
                 Lock parameters",
            ),
            ("InvalidRequest", "has Object Lock and refused the write", "default retention"),
        ),
        refused_at_put(
            "the vendor's clock is wrong",
            connector(),
            Refusal::new(
                403,
                "RequestTimeTooSkewed",
                "The difference between the request time and the current time is too large.",
            ),
            ("RequestTimeTooSkewed", "Our clock and the platform's are too far apart", "contact the vendor"),
        ),
    ]
}
