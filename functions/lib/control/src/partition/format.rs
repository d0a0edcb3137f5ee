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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn format(text: &str) -> PartitionFormat {
        PartitionFormat::parse(text).unwrap()
    }

    fn key(of: &str, tenant: &str, shards: u8, shard: u8) -> String {
        format(of).key(&tenant.parse().unwrap(), shards.try_into().unwrap(), shard).unwrap()
    }

    fn rejected(of: &str, tenant: &str) -> Option<String> {
        let rejected = format(of).check(&tenant.parse().unwrap(), Shards::ONE);
        // `key` returns the same error as `check`.
        assert_eq!(format(of).key(&tenant.parse().unwrap(), Shards::ONE, 0).err(), rejected.clone().err());
        rejected.err().map(|rejected| rejected.to_string())
    }

    #[test]
    fn the_default_numbers_shards_only_if_there_are_several() {
        assert_eq!(PartitionFormat::default(), format("{tenant}"));
        assert_eq!(key("{tenant}", "acme", 1, 0), "acme");
        assert_eq!(key("{tenant}", "acme", 4, 3), "acme#3");
    }

    #[test]
    fn a_custom_format_is_applied_literally() {
        assert_eq!(key("TENANT#{tenant}", "acme", 1, 0), "TENANT#acme");
        assert_eq!(key("{tenant}#{shard}", "acme", 1, 0), "acme#0");
        assert_eq!(key("v1/{shard}:{tenant}/log", "acme", 16, 12), "v1/12:acme/log");
    }

    /// Whatever a product calls its customers, the ID is used unchanged in the key.
    #[test]
    fn an_id_is_used_unchanged_in_its_key() {
        for id in
            ["auth0|123", " a b ", "Zürich", "{tenant}", "{shard}", "a#b", "${aws:username}", "a\u{202e}b"]
        {
            assert_eq!(key("{tenant}", id, 1, 0), id);
            assert_eq!(key("T#{tenant}", id, 1, 0), format!("T#{id}"));
            assert_eq!(key("{tenant}/{shard}", id, 2, 1), format!("{id}/1"));
            assert_eq!(key("{shard}/{tenant}", id, 2, 1), format!("1/{id}"));
        }
    }

    #[test]
    fn a_format_without_shard_rejects_a_tenant_with_several() {
        let format = format("TENANT#{tenant}");
        let error = format.key(&"acme".parse().unwrap(), 4.try_into().unwrap(), 0).unwrap_err().to_string();
        assert!(error.contains("`acme`") && error.contains("{shard}") && error.contains('4'), "{error}");
    }

    #[test]
    fn an_id_that_looks_like_a_shard_of_another_tenant_is_rejected() {
        for (format, id, mark) in [
            ("{tenant}", "acme#0", "ends in `#0`"),
            ("{tenant}", "acme#63", "ends in `#63`"),
            ("{tenant}", "acme#007", "ends in `#007`"),
            ("{tenant}", "acme#123456789012", "ends in `#123456789012`"),
            ("{tenant}", "a#b#1#2", "ends in `#2`"),
            ("{tenant}", "#1", "ends in `#1`"),
            ("{tenant}#{shard}", "acme#0", "ends in `#0`"),
            ("{tenant}#{shard}", "acme#0#1", "ends in `#1`"),
            ("{tenant}#s{shard}", "acme#s12", "ends in `#s12`"),
            ("{tenant}-{shard}/log", "acme-1", "ends in `-1`"),
            ("{tenant}-{shard}/log", "acme-1/log", "ends in `-1`"),
            ("{shard}#{tenant}", "0#acme", "begins with `0#`"),
            ("v1/{shard}:{tenant}", "7:acme", "begins with `7:`"),
            ("v1/{shard}:{tenant}", "v1/7:acme", "begins with `7:`"),
        ] {
            let message = rejected(format, id).unwrap_or_else(|| panic!("{format} accepts {id}"));
            assert!(message.contains(mark) && message.contains(&format!("`{id}`")), "{message}");
            assert!(
                message.contains("EVENTS_PARTITION_FORMAT") && message.contains("use an ID"),
                "{message}"
            );
        }
    }

    #[test]
    fn an_unambiguous_id_is_accepted() {
        for (format, id) in [
            ("{tenant}", "acme#"),
            ("{tenant}", "acme#0x"),
            ("{tenant}", "acme0"),
            ("{tenant}", "0#acme"),
            ("{tenant}", "#"),
            // Not ASCII digits, so not a shard number.
            ("{tenant}", "acme#\u{ff11}"),
            ("{tenant}", "acme#\u{661}"),
            ("TENANT#{tenant}", "acme#0"),
            ("{tenant}/log", "acme#0"),
            ("{tenant}#{shard}", "0#acme"),
            ("{tenant}/{shard}", "acme#0"),
            ("{shard}#{tenant}", "acme#0"),
            // A UUID that happens to have decimal digits beside a hyphen.
            ("{tenant}-{shard}", "01890a5d-ac96-774b-bcce-302099180577"),
            ("{shard}-{tenant}", "01890355-ac96-774b-bcce-b302099a8057"),
        ] {
            assert_eq!(rejected(format, id), None, "{format} {id}");
        }
    }

    /// DynamoDB accepts 2,048 bytes; the longest ID and the longest format together don't exceed that.
    #[test]
    fn the_longest_key_is_accepted_by_dynamodb() {
        let id: TenantId = "\u{1f980}".repeat(256).parse().unwrap();
        let filler = "\u{1f980}".repeat(MAX_FORMAT_CHARS - "{tenant}{shard}".len() - 1);
        for text in [format!("{filler}{{tenant}}/{{shard}}"), format!("{filler}/{{tenant}}")] {
            let Ok(longest) = format(&text).key(&id, 64.try_into().unwrap(), 63) else { continue };
            assert!((1900..=2048).contains(&longest.len()), "{}", longest.len());
        }
        assert!(PartitionFormat::parse(&format!("{}{{tenant}}", "ä".repeat(MAX_FORMAT_CHARS - 7))).is_err());
    }

    #[test]
    fn formats_in_which_tenants_could_share_a_key_are_rejected_with_the_right_form() {
        for bad in [
            "",
            "tenant",
            "{shard}",
            "{tenant}{tenant}",
            "{tenant}{shard}",
            "{shard}{tenant}",
            "{tenant}1{shard}",
            "{tenant}#1{shard}",
            "{shard}0#{tenant}",
            "{tenant}#{shard}{shard}",
            "{Tenant}",
            "{tenant}#{id}",
            "{{tenant}}",
            "a}{tenant}",
            "{tenant}\n",
            &format!("{}{{tenant}}", "a".repeat(600)),
        ] {
            let error = PartitionFormat::parse(bad).unwrap_err().to_string();
            assert!(error.contains("TENANT#{tenant}"), "{bad}: {error}");
        }
    }

    proptest! {
        /// The property behind isolation: in any accepted format, and however much a tenant's ID resembles
        /// the format's separators and numbers, no two partitions of two tenants share a key.
        #[test]
        fn no_two_partitions_ever_share_a_key(
            texts in prop::array::uniform3("[0-9a/:#{}ä |-]{0,3}"), turned: bool, sharded: bool,
            a in "[0-9a/:#{}ä |-]{1,7}", b in "[0-9a/:#{}ä |-]{1,7}", like: bool, by_default: bool,
            shards in prop::array::uniform2(1u8..=64), numbers in prop::array::uniform2(any::<u8>()),
        ) {
            let [before, between, after] = texts;
            let text = match (sharded, turned) {
                _ if by_default => "{tenant}".to_owned(),
                (false, _) => format!("{before}{{tenant}}{after}"),
                (true, false) => format!("{before}{{tenant}}{between}{{shard}}{after}"),
                (true, true) => format!("{before}{{shard}}{between}{{tenant}}{after}"),
            };
            let Ok(format) = PartitionFormat::parse(&text) else { return Ok(()) };
            let of = |tenant: &TenantId, n: usize| {
                format.key(tenant, shards[n].try_into().unwrap(), numbers[n] % shards[n])
            };
            let a: TenantId = a.parse().unwrap();
            let Ok(left) = of(&a, 0) else { return Ok(()) };
            // Or a tenant whose ID is the other's partition key.
            let b: TenantId = if like { left.parse().unwrap() } else { b.parse().unwrap() };
            let Ok(right) = of(&b, 1) else { return Ok(()) };
            prop_assert!(left != right || a == b, "{text}: {a} and {b} share {left}");
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), id in "\\PC{1,20}") {
            for text in [text.as_str(), "{tenant}", "{tenant}#{shard}", "{shard}#{tenant}"] {
                let format = PartitionFormat::parse(text);
                let _ = format.map(|format| format.key(&id.parse().unwrap(), Shards::ONE, 0));
            }
        }
    }
}
