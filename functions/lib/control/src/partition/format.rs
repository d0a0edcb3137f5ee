//! The format of partition keys: its grammar, and the keys of a tenant.

use archive::names::{InvalidValueError, TenantId};
use protocol::connector::Shards;

use super::PartitionError;

const TENANT: &str = "{tenant}";
const SHARD: &str = "{shard}";
/// The longest format, in characters of at most four bytes: a partition key has at most 2,048 bytes (DynamoDB
/// developer guide, "Quotas"), a tenant's ID at most 1,024. `template.yaml` has the same limit and counts
/// characters, too.
const MAX_FORMAT_CHARS: usize = 255;
/// The text between tenant and shard number in the default format.
const SEPARATOR: &str = "#";
/// More digits than any shard number has.
const MAX_SHARD_DIGITS: usize = 3;

/// Derives a partition key from tenant and shard such that no two tenants can ever share a key. A shard
/// number consists of digits, and the text between it and the tenant does not touch it with a digit, so a key
/// can be parsed in only one way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartitionFormat(Layout);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Layout {
    /// `{tenant}` for one shard and `{tenant}#{shard}` for several. Keys of both kinds coexist, so no ID may
    /// end in `#` and digits.
    #[default]
    Default,
    /// The texts before and after `{tenant}`.
    Tenant([String; 2]),
    /// The texts around `{tenant}` and `{shard}`, in this order.
    TenantShard([String; 3]),
    /// The texts around `{shard}` and `{tenant}`, in this order.
    ShardTenant([String; 3]),
}

/// In the notation of [`PartitionFormat::parse`].
impl std::fmt::Display for PartitionFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Layout::Default => f.write_str(TENANT),
            Layout::Tenant([before, after]) => write!(f, "{before}{TENANT}{after}"),
            Layout::TenantShard([before, between, after]) => {
                write!(f, "{before}{TENANT}{between}{SHARD}{after}")
            }
            Layout::ShardTenant([before, between, after]) => {
                write!(f, "{before}{SHARD}{between}{TENANT}{after}")
            }
        }
    }
}

impl PartitionFormat {
    const FORM: &str = "use `{tenant}` once and `{shard}` at most once, with a text between the two that \
                        does not touch `{shard}` with a digit, such as `TENANT#{tenant}` or \
                        `{tenant}#{shard}`";

    /// Parses a format. `{tenant}` alone is the default: `#` and the shard number are appended if a tenant
    /// has several shards.
    ///
    /// # Errors
    /// If it has no `{tenant}` or several, several `{shard}`, other braces, control characters, more than 255
    /// characters, or nothing between `{tenant}` and `{shard}` that separates them.
    pub fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid =
            |problem: &str| Err(InvalidValueError::new("partition format", text, problem, Self::FORM));
        if text.chars().count() > MAX_FORMAT_CHARS {
            return invalid("is longer than 255 characters");
        }
        if text.chars().any(char::is_control) {
            return invalid("contains a control character");
        }
        let (tenants, shards) = (text.matches(TENANT).count(), text.matches(SHARD).count());
        if tenants != 1 {
            return invalid("does not contain `{tenant}` exactly once");
        }
        if shards > 1 {
            return invalid("contains `{shard}` more than once");
        }
        if text.matches(['{', '}']).count() != 2 * (tenants + shards) {
            return invalid("contains braces other than `{tenant}` and `{shard}`");
        }
        match parse_layout(text) {
            Some(form) => Ok(Self(form)),
            None => invalid("has nothing between `{tenant}` and `{shard}`, or a digit next to `{shard}`"),
        }
    }

    /// The partition key of one shard of a tenant; shards are numbered from 0. At most 2,048 bytes.
    ///
    /// # Errors
    /// Those of [`Self::check`].
    pub fn key(&self, tenant: &TenantId, shards: Shards, shard: u8) -> Result<String, PartitionError> {
        self.check(tenant, shards)?;
        Ok(match &self.0 {
            Layout::Default if shards == Shards::ONE => tenant.to_string(),
            Layout::Default => format!("{tenant}{SEPARATOR}{shard}"),
            Layout::Tenant([before, after]) => format!("{before}{tenant}{after}"),
            Layout::TenantShard([before, between, after]) => {
                format!("{before}{tenant}{between}{shard}{after}")
            }
            Layout::ShardTenant([before, between, after]) => {
                format!("{before}{shard}{between}{tenant}{after}")
            }
        })
    }

    /// Checks that the tenant has partition keys of its own in this format.
    ///
    /// # Errors
    /// If the tenant has several shards and the format has no `{shard}`. If the ID ends (or, if `{shard}`
    /// comes first, begins) with the separator and a number: in the default format `acme#0` would be a shard
    /// of `acme`.
    pub fn check(&self, tenant: &TenantId, shards: Shards) -> Result<(), PartitionError> {
        if shards != Shards::ONE && matches!(self.0, Layout::Tenant(_)) {
            return Err(PartitionError::NoShardPlaceholder { tenant: tenant.clone(), shards: shards.get() });
        }
        let id = tenant.as_str();
        // With `{shard}` in the format each key contains a number, so no ID can have another tenant's key,
        // whatever its end. An ID that looks like one is rejected nevertheless, but not a UUID whose last
        // twelve digits follow a hyphen.
        let (place, separator, mark) = match &self.0 {
            Layout::Tenant(_) => return Ok(()),
            Layout::Default => ("ends in", SEPARATOR, numeric_suffix(id, SEPARATOR, usize::MAX)),
            Layout::TenantShard([_, between, after]) => {
                let inner = || numeric_suffix(id.strip_suffix(after.as_str())?, between, MAX_SHARD_DIGITS);
                ("ends in", between.as_str(), numeric_suffix(id, between, MAX_SHARD_DIGITS).or_else(inner))
            }
            Layout::ShardTenant([before, between, _]) => {
                let inner = || numeric_prefix(id.strip_prefix(before.as_str())?, between, MAX_SHARD_DIGITS);
                (
                    "begins with",
                    between.as_str(),
                    numeric_prefix(id, between, MAX_SHARD_DIGITS).or_else(inner),
                )
            }
        };
        let Some(mark) = mark else { return Ok(()) };
        let (mark, separator) = (mark.to_owned(), separator.to_owned());
        Err(PartitionError::AmbiguousTenantId { tenant: tenant.clone(), place, mark, separator })
    }
}

/// Parses a text with one `{tenant}` and at most one `{shard}`. `None` if the two are not separated.
fn parse_layout(text: &str) -> Option<Layout> {
    if text == TENANT {
        return Some(Layout::Default);
    }
    let (before, after) = text.split_once(TENANT)?;
    let owned = |texts: [&str; 3]| texts.map(ToOwned::to_owned);
    if let Some((between, after)) = after.split_once(SHARD) {
        let is_separated = between.ends_with(|c: char| !c.is_ascii_digit());
        return is_separated.then(|| Layout::TenantShard(owned([before, between, after])));
    }
    if let Some((before, between)) = before.split_once(SHARD) {
        let is_separated = between.starts_with(|c: char| !c.is_ascii_digit());
        return is_separated.then(|| Layout::ShardTenant(owned([before, between, after])));
    }
    Some(Layout::Tenant([before.to_owned(), after.to_owned()]))
}

/// The separator and number at the end of a text. Only ASCII digits count, since shard numbers are written in
/// them.
fn numeric_suffix<'a>(text: &'a str, separator: &str, longest: usize) -> Option<&'a str> {
    let head = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - head.len();
    let start = head.strip_suffix(separator)?.len();
    text.get(start..).filter(|_| (1..=longest).contains(&digits))
}

/// The number and separator at the start of a text.
fn numeric_prefix<'a>(text: &'a str, separator: &str, longest: usize) -> Option<&'a str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.len() - rest.len();
    let behind = rest.strip_prefix(separator)?.len();
    text.get(..text.len() - behind).filter(|_| (1..=longest).contains(&digits))
}

#[cfg(test)]
mod tests;
