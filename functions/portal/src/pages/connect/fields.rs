//! The fields of the form: as they were typed, and as they are meant.

use archive::frequency::Frequency;
use archive::names::{BucketName, CustomerRole, KmsKeyArn, Prefix, Region};
use archive::part::{Compression, Encoding, Format};
use control::onboarding::OnboardingError;
use control::pasted::{PastedOutputs, PastedOutputsError};
use control::readers::{READERS, UNDECIDED, reader};
use control::setup::DEFAULT_PREFIX;
use protocol::connector::{Connector, Destination, Encryption, S3Destination};

use crate::error::{PageError, sentence};
use crate::fields::FieldErrors;
use crate::form::Form;

/// The ways to create the role; the first is chosen at first.
pub(super) const WAYS: [&str; 4] = ["quick", "stack", "terraform", "cli"];

/// The form as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    pub(super) way: &'static str,
    pub(super) paste: String,
    pub(super) role: String,
    pub(super) bucket: String,
    pub(super) region: String,
    pub(super) prefix: String,
    pub(super) kms_key: String,
    pub(super) reader: String,
    /// Format and compression, such as `ndjson-gzip`; empty for those that suit the reader.
    pub(super) files: String,
    pub(super) frequency: String,
    /// The version that the page showed.
    pub(super) version: u64,
}

/// What the form means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Where the files go; `None` while that is left open.
    pub(super) destination: Option<S3Destination>,
    pub(super) frequency: Frequency,
    pub(super) encoding: Encoding,
}

/// Whether role, bucket and Region may be left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Destinations {
    Required,
    Optional,
}

impl Typed {
    /// The form of a stored connector.
    pub(super) fn stored(connector: &Connector) -> Self {
        let to = connector.destination.s3();
        let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
        let suits = READERS.iter().find(|reader| reader.encoding == connector.encoding);
        Self {
            way: "quick",
            paste: String::new(),
            role: text(to.map(|to| to.role.as_str())),
            bucket: text(to.map(|to| to.bucket.as_str())),
            region: text(to.map(|to| to.region.as_str())),
            prefix: to.map_or(DEFAULT_PREFIX, |to| to.prefix.as_str()).to_owned(),
            kms_key: text(to.and_then(|to| to.encryption.key()).map(KmsKeyArn::as_str)),
            reader: suits.map_or(UNDECIDED.id, |reader| reader.id).to_owned(),
            files: if suits.is_some() { String::new() } else { files_value(connector.encoding) },
            frequency: connector.frequency.hours().to_string(),
            version: connector.version,
        }
    }

    /// The same with the reader that a person has just chosen, if the stored files suit it.
    pub(super) fn read_by(self, id: Option<&str>, stored: &Connector) -> Self {
        match id.and_then(reader).filter(|reader| reader.encoding == stored.encoding) {
            Some(reader) => Self { reader: reader.id.to_owned(), ..self },
            None => self,
        }
    }

    /// The submitted form.
    pub(super) fn submitted(form: &Form) -> Result<Self, PageError> {
        let text = |name: &str| form.text(name).to_owned();
        let way = WAYS.into_iter().find(|way| *way == form.text("way"));
        Ok(Self {
            way: way.unwrap_or("quick"),
            paste: text("paste"),
            role: text("role"),
            bucket: text("bucket"),
            region: text("region"),
            prefix: text("prefix"),
            kms_key: text("kms_key"),
            reader: text("reader"),
            files: text("files"),
            frequency: text("frequency"),
            version: form.version()?,
        })
    }

    /// Takes what was pasted. With `replace` it replaces what is in the fields, as whoever asks for it
    /// expects; otherwise it only fills those that are empty. Returns the names of the fields that it found.
    pub(super) fn take_pasted(&mut self, replace: bool) -> Result<Vec<&'static str>, PastedOutputsError> {
        let found = PastedOutputs::read(&self.paste)?;
        let mut names = Vec::new();
        for (name, value, field) in [
            ("role", found.role, &mut self.role),
            ("bucket", found.bucket, &mut self.bucket),
            ("region", found.region, &mut self.region),
            ("folder", found.prefix, &mut self.prefix),
            ("KMS key", found.kms_key, &mut self.kms_key),
        ] {
            let Some(value) = value else { continue };
            names.push(name);
            if replace || field.is_empty() {
                *field = value;
            }
        }
        self.paste.clear();
        Ok(names)
    }

    /// Whether nothing of role, bucket and Region is there.
    pub(super) fn is_open(&self) -> bool {
        self.role.is_empty() && self.bucket.is_empty() && self.region.is_empty()
    }

    /// What the form means. Each error is that of the API for the same value.
    pub(super) fn parse(&self, stored: &Connector, needs: Destinations) -> Result<Wanted, FieldErrors> {
        let mut errors = FieldErrors::default();
        let leaves_open = needs == Destinations::Optional && self.is_open();
        let destination = if leaves_open { None } else { self.destination(stored, &mut errors) };
        let frequency = errors.take("frequency", self.frequency.parse::<Frequency>());
        let encoding = self.encoding();
        if encoding.is_none() {
            let field = if self.files.is_empty() { "reader" } else { "files" };
            errors.add(field, "Choose one of the list.");
        }
        match (frequency, encoding) {
            (Some(frequency), Some(encoding)) if errors.is_empty() => {
                Ok(Wanted { destination, frequency, encoding })
            }
            _ => Err(errors),
        }
    }

    fn destination(&self, stored: &Connector, errors: &mut FieldErrors) -> Option<S3Destination> {
        let mut required = |field: &'static str, value: &str| {
            if value.is_empty() {
                errors.add(
                    field,
                    format!("The {} is missing.", if field == "role" { "role ARN" } else { field }),
                );
            }
            !value.is_empty()
        };
        let present = [("role", &self.role), ("bucket", &self.bucket), ("region", &self.region)]
            .map(|(field, value)| required(field, value));
        let [has_role, has_bucket, has_region] = present;
        let role = has_role.then(|| errors.take("role", self.role.parse::<CustomerRole>())).flatten();
        let bucket = has_bucket.then(|| errors.take("bucket", self.bucket.parse::<BucketName>())).flatten();
        let region = has_region.then(|| errors.take("region", self.region.parse::<Region>())).flatten();
        let prefix = errors.take("prefix", self.prefix.parse::<Prefix>());
        let key = Some(self.kms_key.as_str()).filter(|key| !key.is_empty());
        let key = key.map(|key| errors.take("kms_key", key.parse::<KmsKeyArn>()));
        let encryption = match key {
            Some(key) => Encryption::Kms(key?),
            // The form has no field for S3's own keys, so what the API stored stays.
            None => match stored.destination.s3().map(|to| &to.encryption) {
                Some(Encryption::Aes256) => Encryption::Aes256,
                _ => Encryption::Default,
            },
        };
        Some(S3Destination { role: role?, bucket: bucket?, region: region?, prefix: prefix?, encryption })
    }

    fn encoding(&self) -> Option<Encoding> {
        if self.files.is_empty() {
            return reader(&self.reader).map(|reader| reader.encoding);
        }
        encodings().find(|encoding| files_value(*encoding) == self.files)
    }
}

impl Wanted {
    /// What a connector has.
    pub(super) fn of(connector: &Connector) -> Self {
        let destination = connector.destination.s3().cloned();
        Self { destination, frequency: connector.frequency, encoding: connector.encoding }
    }

    /// The destination that the connector has once this is stored: an open one stays as it is.
    pub(super) fn is_stored_in(&self, connector: &Connector) -> bool {
        let stored = Self::of(connector);
        let same_destination = self.destination.is_none() || self.destination == stored.destination;
        same_destination && self.frequency == stored.frequency && self.encoding == stored.encoding
    }

    /// The connector with this destination, for what is shown before it is stored.
    pub(super) fn applied_to(&self, connector: &Connector) -> Connector {
        let destination = self.destination.clone().map_or(connector.destination.clone(), Destination::S3);
        Connector { destination, frequency: self.frequency, encoding: self.encoding, ..connector.clone() }
    }
}

/// All forms of files.
pub(super) fn encodings() -> impl Iterator<Item = Encoding> {
    let of = |format| Compression::ALL.map(|compression| Encoding { format, compression });
    Format::ALL.into_iter().rev().flat_map(of)
}

/// The value of a form of files in the page's form.
pub(super) fn files_value(encoding: Encoding) -> String {
    format!("{}-{}", encoding.format.as_str(), encoding.compression.as_str())
}

/// A form of files in words: `NDJSON, gzip`.
pub(super) fn files_words(encoding: Encoding) -> String {
    let format = match encoding.format {
        Format::Json => "JSON array",
        Format::Ndjson => "NDJSON",
    };
    match encoding.compression {
        Compression::None => format!("{format}, uncompressed"),
        compression => format!("{format}, {}", compression.as_str()),
    }
}

/// The errors of fields that `control` found; `None` if it is about something else.
pub(super) fn field_errors(error: &OnboardingError) -> Option<FieldErrors> {
    use protocol::connector::OwnedResource;
    let mut errors = FieldErrors::default();
    match error {
        OnboardingError::DestinationMismatch(mismatches) => {
            for mismatch in mismatches {
                errors.add(mismatch.field, sentence(&mismatch.to_string()));
            }
        }
        OnboardingError::AlreadyOwned(resource) => {
            let field = match resource {
                OwnedResource::Role => "role",
                OwnedResource::Destination => "prefix",
            };
            errors.add(field, sentence(&error.to_string()));
        }
        _ => return None,
    }
    Some(errors)
}
