//! What an error of S3, STS or KMS means to the owner of a bucket, and how to fix it.

use super::S3Destination;
use crate::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage, Diagnosis, REGION_DISABLED};

impl S3Destination {
    /// What an error of this destination means, and how to fix it.
    #[must_use]
    pub fn diagnose(&self, error: &DeliveryError) -> Diagnosis {
        let (cause, remedy) = cause_and_remedy(self, error);
        Diagnosis { cause, remedy }
    }
}

fn cause_and_remedy(to: &S3Destination, error: &DeliveryError) -> (String, String) {
    let S3Destination { role, bucket, region, prefix, encryption } = to;
    let arn = format!("arn:{}:s3:::{bucket}/{}", role.partition(), prefix.key("*"));
    let account = role.account();
    if error.is_clock_skew() {
        return (
            format!("Our clock and the platform's are too far apart ({}).", error.code),
            "Only the vendor can fix this; contact the vendor. Everything is kept and retried.".into(),
        );
    }
    match (error.stage, error.kind) {
        (DeliveryStage::Read, _) => (
            format!("Reading the events found an item that is not this tenant's: {}.", error.message),
            "This is a bug in the exporter or its partition settings; contact the vendor. Nothing was \
             sent."
                .into(),
        ),
        (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied) if error.code == REGION_DISABLED => (
            format!(
                "AWS STS is active for account {account} neither in the vendor's Region nor in the \
                 partition's main one ({}).",
                error.code
            ),
            "Activate one of them in that account: IAM console, Account settings, Security Token Service; a \
             connection check names the vendor's Region."
                .into(),
        ),
        (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied) => (
            format!("sts:AssumeRole on the role {role} was denied ({}: {}).", error.code, error.message),
            "Check that the role exists on the path /auditferry/, and that its trust policy names the \
             vendor's account and requires this connector's external ID, exactly as `connector show` prints \
             it."
            .into(),
        ),
        (DeliveryStage::PutObject, DeliveryErrorKind::Denied) => (
            format!(
                "The role {role} may not write to {bucket}, or the bucket is not owned by account \
                 {account} ({}).",
                error.code
            ),
            format!(
                "Allow `s3:PutObject` on `{arn}` in the role's policy, and check that no bucket policy \
                 or SCP denies it and that account {account} owns the bucket."
            ),
        ),
        (_, DeliveryErrorKind::KeyDenied) => (
            format!("The KMS key of {bucket} refuses to encrypt ({}: {}).", error.code, error.message),
            match encryption.key() {
                Some(key) => format!(
                    "Allow the role `{}` on {key}, in the role's policy and in the key's, and check that \
                     the key is enabled.",
                    error.kms_action()
                ),
                // A session policy names the key that it may use, so a bucket's own default key is not
                // enough.
                None => "Connect again and name the bucket's KMS key, and allow the role \
                     `kms:GenerateDataKey` and `kms:Decrypt` on it, in the role's policy and in the \
                     key's."
                    .into(),
            },
        ),
        (_, DeliveryErrorKind::Gone) => (
            format!("The bucket {bucket} does not exist ({}).", error.code),
            format!(
                "Create {bucket} in {region} in account {account} again, or connect another bucket. \
                 Everything sealed since is kept and will be delivered."
            ),
        ),
        (_, DeliveryErrorKind::Moved) => (
            format!("The bucket {bucket} is not in {region} ({}).", error.code),
            format!("Connect again with the bucket's own region; S3 says: {}.", error.message),
        ),
        (_, DeliveryErrorKind::Conflict | DeliveryErrorKind::Unavailable) => (
            format!("The storage platform repeatedly returned a temporary error ({}).", error.code),
            "No action is needed: delivery is retried with backoff, and everything is kept.".into(),
        ),
        (_, DeliveryErrorKind::Expired | DeliveryErrorKind::Rejected | DeliveryErrorKind::TenantMismatch) => {
            (
                format!("The storage platform rejected the request ({}): {}.", error.code, error.message),
                "This is a bug in the exporter; contact the vendor. Everything is kept and retried.".into(),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::Encryption;

    fn destination() -> S3Destination {
        S3Destination {
            role: "arn:aws:iam::222222222222:role/auditferry/Delivery".parse().unwrap(),
            bucket: "acme-logs".parse().unwrap(),
            region: "eu-central-1".parse().unwrap(),
            prefix: "audit".parse().unwrap(),
            encryption: Encryption::Default,
        }
    }

    #[test]
    fn an_inactive_sts_region_is_not_blamed_on_the_trust_policy() {
        let code = REGION_DISABLED.to_owned();
        let error = DeliveryError {
            stage: DeliveryStage::AssumeRole,
            kind: DeliveryErrorKind::Denied,
            code,
            message: String::new(),
        };
        let Diagnosis { cause, remedy } = destination().diagnose(&error);
        assert!(cause.contains("STS is active for account 222222222222 neither"), "{cause}");
        assert!(remedy.contains("Security Token Service") && !remedy.contains("external ID"), "{remedy}");
    }

    #[test]
    fn clock_skew_is_recognized_and_left_to_the_vendor_at_every_stage() {
        let late = "Signature expired: 20261120T200000Z is now earlier than 20261120T201500Z \
             (20261120T202000Z - 5 min.)";
        let early = "Signature not yet current: 20261120T203000Z is still later than 20261120T202500Z \
             (20261120T202000Z + 5 min.)";
        let s3 = "The difference between the request time and the current time is too large.";
        for (stage, code, message) in [
            (DeliveryStage::PutObject, "RequestTimeTooSkewed", s3),
            (DeliveryStage::AssumeRole, "RequestTimeTooSkewed", s3),
            (DeliveryStage::AssumeRole, "SignatureDoesNotMatch", late),
            (DeliveryStage::AssumeRole, "SignatureDoesNotMatch", early),
            (DeliveryStage::AssumeRole, "RequestExpired", "Request has expired."),
        ] {
            let error = DeliveryError {
                stage,
                kind: DeliveryErrorKind::Rejected,
                code: code.into(),
                message: message.into(),
            };
            let Diagnosis { cause, remedy } = destination().diagnose(&error);
            assert_eq!(cause, format!("Our clock and the platform's are too far apart ({code})."));
            assert!(remedy.contains("contact the vendor"), "{remedy}");
        }
    }

    #[test]
    fn another_signature_error_is_not_clock_skew() {
        let message = "The request signature we calculated does not match the signature you provided.".into();
        let code = "SignatureDoesNotMatch".into();
        let error = DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Rejected,
            code,
            message,
        };
        assert!(!destination().diagnose(&error).cause.contains("clock"));
    }
}
