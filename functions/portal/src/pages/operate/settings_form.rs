//! The form of the settings: what it has at first, what it means, and what it would change.

use archive::frequency::Frequency;
use archive::names::KmsKeyArn;
use archive::part::{Compression, Encoding, Format};
use control::onboarding::ConnectorUpdate;
use protocol::connector::{Connector, Encryption, EncryptionError, EncryptionKind, S3Destination};

use super::Difference;
use crate::components::span;
use crate::fields::FieldErrors;
use crate::form::Form;

/// The stored values, as a form has them.
pub(super) fn typed(connector: &Connector) -> Form {
    let encryption = connector.destination.s3().map(|to| &to.encryption);
    Form::default()
        .with("version", &connector.version)
        .with("frequency", &connector.frequency.hours())
        .with("format", connector.encoding.format.as_str())
        .with("compression", connector.encoding.compression.as_str())
        .with("encryption", kind(encryption.unwrap_or(&Encryption::Default)))
        .with("kms_key", encryption.and_then(Encryption::key).map_or("", KmsKeyArn::as_str))
}

const fn kind(encryption: &Encryption) -> &'static str {
    match encryption {
        Encryption::Default => "default",
        Encryption::Aes256 => "aes256",
        Encryption::Kms(_) => "kms",
    }
}

pub(super) fn parse(form: &Form, connector: &Connector, errors: &mut FieldErrors) -> Option<ConnectorUpdate> {
    let frequency = errors.take("frequency", form.text("frequency").parse::<Frequency>());
    let format = Format::from_name(form.text("format"));
    let compression = Compression::ALL.into_iter().find(|one| one.as_str() == form.text("compression"));
    if format.is_none() {
        errors.add("format", "Choose a format of the list.");
    }
    if compression.is_none() {
        errors.add("compression", "Choose a compression of the list.");
    }
    let encoding = format.zip(compression).map(|(format, compression)| Encoding { format, compression });
    let destination = connector.destination.s3().and_then(|to| destination(form, to, errors));
    errors.is_empty().then_some(ConnectorUpdate { shards: None, frequency, encoding, destination })
}

/// The destination with another encryption; none if that is unchanged, so that nothing is verified anew.
fn destination(form: &Form, to: &S3Destination, errors: &mut FieldErrors) -> Option<S3Destination> {
    let kind = match form.text("encryption") {
        "aes256" => EncryptionKind::Aes256,
        "kms" => EncryptionKind::Kms,
        "default" => EncryptionKind::Default,
        _ => {
            errors.add("encryption", "Choose an encryption of the list.");
            return None;
        }
    };
    let key = match form.text("kms_key") {
        "" => None,
        text => Some(errors.take("kms_key", text.parse::<KmsKeyArn>())?),
    };
    let encryption = Encryption::new(Some(kind), key).map_err(|error| match error {
        EncryptionError::NoKey => "Give the ARN of the key, or choose another encryption.",
        EncryptionError::UnusedKey => "Leave this empty, or choose SSE-KMS as the encryption.",
    });
    let encryption = errors.take("kms_key", encryption)?;
    (encryption != to.encryption).then(|| S3Destination { encryption, ..to.clone() })
}

pub(super) fn differences(stored: &Connector, update: &ConnectorUpdate) -> Vec<Difference> {
    let frequency = update.frequency.unwrap_or(stored.frequency);
    let encoding = update.encoding.unwrap_or(stored.encoding);
    let encryption = |to: Option<&S3Destination>| {
        to.map_or_else(String::new, |to| match &to.encryption {
            Encryption::Kms(key) => key.to_string(),
            other => kind(other).to_owned(),
        })
    };
    let to = stored.destination.s3();
    [
        Difference::of("A file every", span(stored.frequency.span()), span(frequency.span())),
        Difference::of(
            "Format",
            stored.encoding.format.as_str().to_owned(),
            encoding.format.as_str().to_owned(),
        ),
        Difference::of(
            "Compression",
            stored.encoding.compression.as_str().to_owned(),
            encoding.compression.as_str().to_owned(),
        ),
        Difference::of("Encryption", encryption(to), encryption(update.destination.as_ref().or(to))),
    ]
    .into_iter()
    .flatten()
    .collect()
}
