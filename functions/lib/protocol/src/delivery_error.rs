//! What can go wrong at the customer's side: stage, kind and code, and the block that follows.
//!
//! A customer's error is a recorded outcome, not a failure of the run. The adapter reports what the storage
//! platform answered ([`DeliveryError`]). What it means and how to fix it says the destination
//! ([`crate::connector::S3Destination::diagnose`]).

use std::time::Duration;

use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::backoff::DELIVERY;

/// The code of STS where it is not active for the role's account in the Region of the request.
/// Source: AWS STS API reference, `AssumeRole`.
pub const REGION_DISABLED: &str = "RegionDisabledException";

/// Where the error occurred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStage {
    /// Reading the vendor's own events: never the customer's error.
    Read,
    /// Assuming the customer's role.
    AssumeRole,
    /// Writing an object to the customer's bucket.
    PutObject,
}

impl DeliveryStage {
    /// The name in records and listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::AssumeRole => "assume_role",
            Self::PutObject => "put_object",
        }
    }
}

/// The kind of delivery error; it decides between retry and block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryErrorKind {
    /// 403: the customer must allow it.
    Denied,
    /// The customer's KMS key denies it.
    KeyDenied,
    /// 404: the bucket does not exist.
    Gone,
    /// 301: the bucket is in another region.
    Moved,
    /// 409: another write is in progress; retry. Never "exists".
    Conflict,
    /// 5xx, timeouts, resets: retry.
    Unavailable,
    /// The temporary credentials have expired: assume the role again.
    Expired,
    /// 400: the request or the staged bytes are wrong. Only the vendor can fix it.
    Rejected,
    /// An item of another tenant was read. Only the vendor can fix it.
    TenantMismatch,
}

impl DeliveryErrorKind {
    /// Whether the same request may well succeed in a moment.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::Conflict | Self::Unavailable)
    }

    /// Whether it is the vendor's bug and not the customer's error.
    #[must_use]
    pub const fn is_internal(self) -> bool {
        matches!(self, Self::Rejected | Self::TenantMismatch)
    }
}

/// The platform's refusal of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeliveryError {
    /// The step of the delivery that failed.
    pub stage: DeliveryStage,
    /// The kind of delivery error; it decides between retry and block.
    pub kind: DeliveryErrorKind,
    /// The platform's own error code, such as `AccessDenied`.
    pub code: String,
    /// The platform's own message.
    pub message: String,
}

impl DeliveryError {
    /// The KMS action that the platform names as missing; the one that every write needs if it names none.
    #[must_use]
    pub fn kms_action(&self) -> &str {
        let end = |rest: &str| rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let found = self.message.match_indices("kms:").find_map(|(at, prefix)| {
            let name = self.message.get(at + prefix.len()..)?;
            // In an ARN `kms:` is followed by a region, which begins with a lowercase letter.
            let length = end(name);
            let is_action = name.starts_with(|c: char| c.is_ascii_uppercase());
            self.message.get(at..at + prefix.len() + length).filter(|_| is_action)
        });
        found.unwrap_or("kms:GenerateDataKey")
    }

    /// Whether the platform reports that our clock and its own differ too much. S3 has a code for it; STS
    /// calls the signature expired or not yet current.
    ///
    /// Sources: Amazon S3 API reference, "Error responses"; AWS IAM user guide, "Troubleshoot Signature
    /// Version 4 signing for AWS API requests".
    #[must_use]
    pub fn is_clock_skew(&self) -> bool {
        let message = self.message.to_ascii_lowercase();
        matches!(self.code.as_str(), "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
            || ["signature expired", "signature not yet current"].iter().any(|words| message.contains(words))
    }
}

/// What an error means to the owner of the destination, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What happened.
    pub cause: String,
    /// What to do.
    pub remedy: String,
}

/// Why a connector is blocked, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Block {
    /// The step of the delivery that failed.
    pub stage: DeliveryStage,
    /// The kind of delivery error; it decides between retry and block.
    #[serde(rename = "reason")]
    pub kind: DeliveryErrorKind,
    /// The platform's own error code.
    pub code: String,
    /// What happened, in one sentence.
    pub cause: String,
    /// What to do, in one sentence.
    pub remedy: String,
    /// Since when it has been blocked without interruption.
    pub since: Time,
    /// How many consecutive runs have failed.
    pub attempts: u32,
    /// When the next attempt is due.
    pub next_attempt: Time,
}

impl Block {
    /// The block that follows from an error; continues `before` if the connector was blocked already.
    #[must_use]
    pub fn new(
        error: &DeliveryError,
        diagnosis: Diagnosis,
        before: Option<&Self>,
        now: Time,
        random: u64,
    ) -> Self {
        let Diagnosis { cause, remedy } = diagnosis;
        let attempts = before.map_or(0, |b| b.attempts).saturating_add(1);
        // At least a second, so that a connector never spins.
        let delay = DELIVERY.delay(attempts, random).max(Duration::from_secs(1));
        Self {
            stage: error.stage,
            kind: error.kind,
            code: error.code.clone(),
            cause,
            remedy,
            since: before.map_or(now, |b| b.since),
            attempts,
            next_attempt: now + delay,
        }
    }

    /// Whether both have the same cause, so that no second notice is due.
    #[must_use]
    pub fn same_cause_as(&self, other: &Self) -> bool {
        (self.stage, self.kind, &self.code) == (other.stage, other.kind, &other.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kms_action_is_the_one_that_the_platform_names_and_never_the_region_of_an_arn() {
        let action = |message: &str| {
            let (stage, kind) = (DeliveryStage::PutObject, DeliveryErrorKind::KeyDenied);
            let error = DeliveryError { stage, kind, code: "AccessDenied".into(), message: message.into() };
            error.kms_action().to_owned()
        };
        let arn = "arn:aws:kms:eu-central-1:222222222222:key/1";
        for (message, expected) in [
            (format!("not authorized to perform: kms:Decrypt on resource: {arn}"), "kms:Decrypt"),
            (format!("{arn} refuses kms:Encrypt"), "kms:Encrypt"),
            (format!("the key {arn} is disabled"), "kms:GenerateDataKey"),
            ("denied".to_owned(), "kms:GenerateDataKey"),
        ] {
            assert_eq!(action(&message), expected, "{message}");
        }
    }

    #[test]
    fn every_kind_is_transient_or_fixable_by_someone() {
        use DeliveryErrorKind as Kind;
        for (kind, transient, internal) in [
            (Kind::Denied, false, false),
            (Kind::KeyDenied, false, false),
            (Kind::Gone, false, false),
            (Kind::Moved, false, false),
            (Kind::Conflict, true, false),
            (Kind::Unavailable, true, false),
            (Kind::Expired, false, false),
            (Kind::Rejected, false, true),
            (Kind::TenantMismatch, false, true),
        ] {
            assert_eq!((kind.is_transient(), kind.is_internal()), (transient, internal), "{kind:?}");
        }
    }

    fn blocked(
        stage: DeliveryStage,
        reason: DeliveryErrorKind,
        code: &str,
        before: Option<&Block>,
        at: Time,
    ) -> Block {
        let error =
            DeliveryError { stage, kind: reason, code: code.into(), message: "as the platform says".into() };
        let diagnosis = Diagnosis { cause: "a cause".into(), remedy: "a remedy".into() };
        Block::new(&error, diagnosis, before, at, u64::MAX)
    }

    #[test]
    fn a_second_notice_is_due_only_for_another_cause() {
        let first =
            blocked(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied", None, Time::EPOCH);
        let again = |stage, reason, code| {
            let next = blocked(stage, reason, code, Some(&first), Time::EPOCH + Duration::from_hours(1));
            first.same_cause_as(&next)
        };
        assert!(
            again(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied"),
            "an hour later and once more"
        );
        assert!(!again(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied, "AccessDenied"));
        assert!(!again(DeliveryStage::PutObject, DeliveryErrorKind::Gone, "AccessDenied"));
        assert!(!again(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AllAccessDisabled"));
    }

    #[test]
    fn a_continued_block_counts_attempts_and_keeps_its_start() {
        let first =
            blocked(DeliveryStage::PutObject, DeliveryErrorKind::Gone, "NoSuchBucket", None, Time::EPOCH);
        let later = Time::EPOCH + Duration::from_hours(1);
        let second =
            blocked(DeliveryStage::PutObject, DeliveryErrorKind::Denied, "AccessDenied", Some(&first), later);
        assert_eq!((first.attempts, second.attempts, second.since), (1, 2, first.since));
        let wait = second.next_attempt.since(later);
        assert!(wait >= Duration::from_secs(1) && wait <= DELIVERY.ceiling(2), "{wait:?}");
    }

    #[test]
    fn a_stage_has_the_same_name_in_listings_and_records() {
        for stage in [DeliveryStage::Read, DeliveryStage::AssumeRole, DeliveryStage::PutObject] {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
        }
    }
}
