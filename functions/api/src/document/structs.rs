//! The structs of other crates that responses contain, and `Destination` and `Encoding` in requests too.

use archive::names::{
    BucketName, CustomerRole, EmailAddress, ExternalId, KmsKeyArn, Prefix, Region, WebhookUrl,
};
use archive::part::{Compression, Encoding, Format, Window};
use archive::time::Time;
use control::onboarding::{AddressView, DeletionLoss};
use control::preflight::{Finding, PreflightReport, PreflightStage, PreflightVerdict, StageReport};
use control::setup::Setup;
use protocol::caller::Caller;
use protocol::connector::{Encryption, EncryptionKind, S3Destination};
use protocol::contacts::{
    AddressStatus, Addresses, ConfirmationMethod, Contacts, RetiringSecret, SecretId, Webhook,
};
use serde_json::{Value, json};

use crate::schema::{Components, Object, Schema};
use crate::wire::{attribute, described};

/// The schema of a struct with public fields; one that is renamed or of another type no longer compiles.
macro_rules! foreign {
    (
        $(#[$($about:tt)*])*
        $name:ident $(as $schema:literal)? {
            $( $(#[$($attribute:tt)*])* $field:ident : $type:ty $(=> $more:tt)? ),* $(,)?
        }
    ) => {
        described! {
            $(#[$($about)*])*
            impl () for ($name) $(as $schema)? {
                $( $(#[$($attribute)*])* $field: $type $(=> $more)?, )*
            }
        }

        const _: fn(&$name) = |it| {
            $(let _: &$type = &it.$field;)*
        };
    };
}
pub(super) use foreign;

foreign! {
    /// Role, bucket, region and key must match, which no schema can express: all in the partition of the
    /// deployment, the role in the customer's own account, the key in the bucket's region. A mismatch is
    /// refused with the field.
    S3Destination as "Destination" {
        role: CustomerRole,
        bucket: BucketName,
        region: Region,
        // A request may leave it out.
        #[optional]
        prefix: Prefix,
        #[serde(flatten)]
        encryption: Encryption,
    }
}

/// As it is stored: a kind, and a key if it is SSE-KMS.
impl Schema for Encryption {
    fn schema(components: &mut Components) -> Value {
        let mut fields = Object::new(&[]);
        fields.field::<EncryptionKind>(
            components,
            "encryption",
            &[
                attribute!(
                    doc = "The encryption header of each write: none, so that the bucket's default applies; \
                           `aes256` (SSE-S3); or `kms` with `kms_key`, which is implied by `kms_key` alone. \
                           Needed if a bucket policy requires the header."
                ),
                attribute!(optional),
            ],
            json!(null),
        );
        fields.field::<KmsKeyArn>(components, "kms_key", &[attribute!(optional)], json!(null));
        fields.finish()
    }
}

foreign! {
    Encoding as "Encoding" {
        format: Format,
        compression: Compression,
    }
}

foreign! {
    /// The contacts that get its notices. A webhook's secret is not included, only its ID.
    Contacts as "Contacts" {
        #[optional]
        emails: Addresses,
        #[optional]
        webhook: Option<Webhook>,
        #[optional]
        tested_at: Option<Time>,
        #[optional]
        asked_again_at: Option<Time>,
    }
}

foreign! {
    Webhook {
        url: WebhookUrl,
        /// ID of the secret that signs.
        secret: SecretId,
        /// The previous secret, which also signs until then.
        #[optional]
        retiring: Option<RetiringSecret>,
    }
}

foreign! {
    RetiringSecret {
        secret: SecretId,
        until: Time,
    }
}

foreign! {
    /// Confirmation status of an address. It gets notices while it is confirmed.
    AddressView as "Address" {
        email: EmailAddress,
        #[serde(flatten)]
        status: AddressStatus,
        /// The operator who confirmed it by contract; visible to operators.
        #[optional]
        by: Option<Caller>,
    }
}

/// A tagged enum: which fields are there depends on the status.
impl Schema for AddressStatus {
    fn schema(components: &mut Components) -> Value {
        let mut fields = Object::new(&[]);
        fields.field::<super::values::StatusWord>(
            components,
            "status",
            &[attribute!(
                doc = "`waiting`: for an operator to confirm it; `asked`: the mail is being sent; `pending`: \
                       the link is valid `until` then; `expired`: the link is no longer valid; `confirmed`; \
                       `declined`: it gets no more mail."
            )],
            json!(null),
        );
        fields.field::<Time>(components, "since", &[attribute!(optional)], json!(null));
        fields.field::<Time>(components, "until", &[attribute!(optional)], json!(null));
        let how = attribute!(doc = "By the link of a mail, or by an operator on the basis of a contract.");
        fields.field::<ConfirmationMethod>(components, "how", &[how, attribute!(optional)], json!(null));
        fields.finish()
    }
}

foreign! {
    Window {
        from: Time,
        to: Time,
    }
}

foreign! {
    PreflightReport as "Verification" {
        at: Time,
        /// No stage failed.
        passed: bool,
        reports: Vec<StageReport>,
    }
}

foreign! {
    StageReport {
        stage: PreflightStage,
        verdict: PreflightVerdict,
        #[optional]
        finding: Option<Finding>,
        duration_ms: u64,
        /// How much of it was spent waiting for a new role that AWS may not have propagated yet. Missing if
        /// there was no wait.
        #[optional]
        waited_ms: Option<u64> => {"minimum": 1},
    }
}

foreign! {
    Finding {
        code: String,
        cause: String,
        /// What to do, with the policy line to add.
        remedy: String,
    }
}

foreign! {
    DeletionLoss as "Loss" {
        undelivered_parts: u64,
        /// Events from this time on were never sealed; null if the connector never ran.
        unsealed_from: Option<Time>,
    }
}

foreign! {
    Setup as "Setup" {
        /// What the role's trust policy must require; during a rotation the new one.
        external_id: ExternalId,
        /// Name of the customer's stack in the link; it is the one to update when the external ID is rotated.
        stack_name: String,
        /// Name of the role, on the path /auditferry/. Until a role is set, a name that no other connector's
        /// role in the account has.
        role_name: String,
        /// Opens the customer's console with all parameters filled in, if the template is published.
        #[optional]
        quick_create_url: Option<String> => {"format": "uri"},
        trust_policy: Value,
        permissions_policy: Value,
        terraform: String,
        /// Known problems: currently, that the template's URL can't be read without credentials, so that the
        /// link leads to an error. Missing if there are none.
        #[optional]
        warnings: Vec<String>,
    }
}
