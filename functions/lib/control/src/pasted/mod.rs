//! Reads what a customer pastes after creating the role: an ARN, the stack's outputs in any form, or what
//! Terraform or the AWS CLI printed.
//!
//! Nobody should have to know which of these it is. So values are found by their labels wherever these stand
//! (`json`, `lines`), and by their own form where there is no label. A value that stands there twice and
//! differs is left to the person. Nothing here decides whether a value is valid: the form does.

mod json;
mod lines;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use archive::names::{BucketName, CustomerRole, KmsKeyArn, Region, RoleArn};

/// The longest value that is taken, in bytes: longer than any ARN of a role or key.
const MAX_VALUE_BYTES: usize = 700;

/// What was found, as it was written; `None` for what was not there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PastedOutputs {
    /// The role's ARN.
    pub role: Option<String>,
    /// The bucket's name.
    pub bucket: Option<String>,
    /// The bucket's Region.
    pub region: Option<String>,
    /// The folder; empty if the text says so.
    pub prefix: Option<String>,
    /// The ARN of the KMS key.
    pub kms_key: Option<String>,
}

/// Why nothing was taken from a text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PastedOutputsError {
    /// It names two roles, and a connector has one.
    #[error("the text names two roles, {0} and {1}; paste the outputs of one stack only")]
    TwoRoles(String, String),
    /// It contains none of the values.
    #[error(
        "no role, bucket or region was found in the text; paste the stack's outputs, or the ARN, which looks \
         like arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery"
    )]
    Nothing,
}

/// A value that can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Role,
    Bucket,
    Region,
    Prefix,
    KmsKey,
}

impl Field {
    /// The field with this label, whatever its spelling: `BucketName`, `bucket_name`, `S3 bucket name`.
    fn labelled(label: &str) -> Option<Self> {
        let letters = label.chars().filter(|c| !matches!(c, '_' | '-' | ' '));
        let letters: String = letters.take(24).flat_map(char::to_lowercase).collect();
        Some(match letters.as_str() {
            "rolearn" | "role" | "awsrolearn" => Self::Role,
            "bucketname" | "bucket" | "s3bucketname" | "s3bucket" => Self::Bucket,
            "region" | "awsregion" | "s3region" | "bucketregion" => Self::Region,
            "prefix" | "folder" | "s3bucketprefix" | "s3prefix" => Self::Prefix,
            "kmskeyarn" | "kmskey" => Self::KmsKey,
            _ => return None,
        })
    }
}

/// How much a place says about a value. A stack's parameter is what was asked for, its output what came out:
/// the bucket's name may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// A parameter of the stack.
    Parameter,
    /// Beside a label.
    Label,
    /// An output of the stack or of the Terraform module.
    Output,
}

/// A value with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    field: Field,
    place: Place,
    value: String,
}

impl Found {
    /// A value beside a label; `None` if the label is none of ours or there is no value.
    fn new(place: Place, label: &str, value: &str) -> Option<Self> {
        let field = Field::labelled(label)?;
        let value = unquoted(value);
        // The console shows a dash where there is nothing.
        let is_value = value.len() <= MAX_VALUE_BYTES && value != "-" && !value.chars().any(char::is_control);
        let is_empty = value.is_empty() && field != Field::Prefix;
        (is_value && !is_empty).then(|| Self { field, place, value: value.to_owned() })
    }
}

/// The text without white space, commas and quotes around it.
fn unquoted(text: &str) -> &str {
    let padding =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '\u{200b}' | '\u{feff}');
    text.trim_matches(padding)
}

impl PastedOutputs {
    /// Finds the values in a text.
    ///
    /// # Errors
    /// If it names two roles, or has none of the values.
    pub fn read(text: &str) -> Result<Self, PastedOutputsError> {
        let labelled = json::labelled(text).unwrap_or_else(|| lines::labelled(text));
        let role = role(text, &labelled)?;
        let bucket = best(Field::Bucket, &labelled).or_else(|| only(buckets(text).map(|(bucket, _)| bucket)));
        let prefix = best(Field::Prefix, &labelled)
            .or_else(|| only(buckets(text).map(|(_, prefix)| prefix)).filter(|prefix| !prefix.is_empty()));
        let kms_key = best(Field::KmsKey, &labelled).or_else(|| {
            only(words(text).filter(|word| word.parse::<KmsKeyArn>().is_ok()).map(str::to_owned))
        });
        let region = best(Field::Region, &labelled)
            .or_else(|| {
                bucket.as_ref()?.parse::<BucketName>().ok()?.regional().map(|(_, region)| region.to_string())
            })
            .or_else(|| only(regions(text)));
        let found = Self { role, bucket, region, prefix, kms_key };
        if found == Self::default() { Err(PastedOutputsError::Nothing) } else { Ok(found) }
    }
}

/// The role. Two that could be the customer's are refused; a vendor's or a service's role beside it is not
/// one.
fn role(text: &str, labelled: &[Found]) -> Result<Option<String>, PastedOutputsError> {
    let of_labels: BTreeSet<&str> = labelled
        .iter()
        .filter(|found| found.field == Field::Role)
        .map(|found| found.value.as_str())
        .collect();
    let roles: BTreeSet<&str> = words(text).filter(|word| word.parse::<RoleArn>().is_ok()).collect();
    let all = of_labels.union(&roles).copied();
    let customers: BTreeSet<&str> = all.filter(|role| role.parse::<CustomerRole>().is_ok()).collect();
    // A single ARN that people take for the role's is shown in the field, whose own error says what it is.
    let is_mistaken = |text: &&str| {
        let service = text.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(1));
        !text.contains(char::is_whitespace) && matches!(service, Some("iam" | "sts" | "cloudformation"))
    };
    let alone = Some(unquoted(text)).filter(is_mistaken);
    for candidates in [customers, of_labels, roles, alone.into_iter().collect()] {
        let mut candidates = candidates.into_iter();
        match (candidates.next(), candidates.next()) {
            (Some(first), Some(second)) => {
                return Err(PastedOutputsError::TwoRoles(first.to_owned(), second.to_owned()));
            }
            (Some(only), None) => return Ok(Some(only.chars().take(MAX_VALUE_BYTES).collect())),
            (None, _) => {}
        }
    }
    Ok(None)
}

/// The value of the place that says most; `None` if two there differ.
fn best(field: Field, labelled: &[Found]) -> Option<String> {
    let of_field = || labelled.iter().filter(|found| found.field == field);
    let place = of_field().map(|found| found.place).max()?;
    only(of_field().filter(|found| found.place == place).map(|found| found.value.clone()))
}

/// The value, if all are equal.
fn only(values: impl Iterator<Item = String>) -> Option<String> {
    let mut values = values.collect::<BTreeSet<_>>().into_iter();
    values.next().filter(|_| values.next().is_none())
}

/// What stands between white space, quotes and the signs that surround values in JSON, tables and mails. Of
/// `RoleArn=arn:…,BucketName=…` it is the ARN.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let between =
        |c: char| c.is_whitespace() || c.is_control() || "\"'`|<>{}[]();\\\u{200b}\u{feff}".contains(c);
    let words = text.split(between).map(|word| {
        let word = word.find("arn:").and_then(|at| word.get(at..)).unwrap_or(word);
        let end = lines::next_assignment(word).filter(|at| *at > 0).unwrap_or(word.len());
        word.get(..end).unwrap_or_default().trim_matches([',', '.'])
    });
    words.filter(|word| !word.is_empty())
}

/// Buckets with the folder in them, as URI or ARN.
fn buckets(text: &str) -> impl Iterator<Item = (String, String)> {
    words(text).filter_map(|word| {
        let path = word.strip_prefix("s3://").or_else(|| {
            let resource = word.splitn(6, ':').nth(5)?;
            (word.starts_with("arn:") && word.contains(":s3:::")).then_some(resource)
        })?;
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        bucket.parse::<BucketName>().ok()?;
        Some((bucket.to_owned(), prefix.trim_end_matches(['/', '*']).to_owned()))
    })
}

/// Regions that stand alone, or that the ARN of a stack or a key names.
fn regions(text: &str) -> impl Iterator<Item = String> {
    let in_arn = |word: &str| {
        let mut fields = word.split(':').skip(2);
        let service = fields.next().filter(|_| word.starts_with("arn:"))?;
        matches!(service, "cloudformation" | "kms").then(|| fields.next().map(str::to_owned))?
    };
    words(text)
        .filter_map(move |word| in_arn(word).or_else(|| Some(word.to_owned())))
        .filter_map(|word| word.parse::<Region>().ok().map(|region| region.to_string()))
}
