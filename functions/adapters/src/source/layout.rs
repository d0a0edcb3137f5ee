//! How an events table is laid out: names of its attributes, form of its keys.

use domain::connector::Shards;
use domain::names::{Refused, TenantId};
use domain::sort_key::SortKeyForm;

/// The layout of an events table, by the settings `EVENTS_*` (contract 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsTable {
    /// Its name.
    pub table: String,
    /// The index through which it is read. Such reads are eventually consistent.
    pub index: Option<String>,
    /// The name of the partition key, that of the index if there is one.
    pub partition_key: String,
    /// The name of the sort key, that of the index if there is one.
    pub sort_key: String,
    /// How a partition key is made of a tenant.
    pub partition_format: PartitionFormat,
    /// How a sort key tells the time.
    pub sort_key_form: SortKeyForm,
    /// The attribute that holds the event.
    pub body: String,
    /// The attribute that holds the time to live, which is no part of an event.
    pub ttl: Option<String>,
}

impl EventsTable {
    /// A table of that name in the default shape of contract 1.
    #[must_use]
    pub fn of_contract(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            index: None,
            partition_key: "pk".to_owned(),
            sort_key: "sk".to_owned(),
            partition_format: PartitionFormat::default(),
            sort_key_form: SortKeyForm::Rfc3339,
            body: "event".to_owned(),
            ttl: Some("expires_at".to_owned()),
        }
    }
}

const TENANT: &str = "{tenant}";
const SHARD: &str = "{shard}";
/// In characters, each of at most four bytes: a partition key has at most 2,048 bytes (DynamoDB developer guide,
/// "Quotas"), a tenant's ID at most 128. `template.yaml` says the same, and it counts characters.
const LONGEST: usize = 400;

/// How a partition key is made of a tenant and a shard, such that no two tenants can ever share a key: a
/// shard's number is digits, and the text between it and the tenant does not touch it with a digit, so a key
/// can be taken apart in one way only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartitionFormat(Form);

#[derive(Debug, Clone, PartialEq, Eq, Default)]
enum Form {
    /// `{tenant}` for one shard and `{tenant}#{shard}` for several; no tenant's ID holds a `#`.
    #[default]
    Contract,
    /// The texts around `{tenant}`.
    Tenant([String; 2]),
    /// The texts around `{tenant}` and `{shard}`, in this order.
    TenantShard([String; 3]),
    /// The texts around `{shard}` and `{tenant}`, in this order.
    ShardTenant([String; 3]),
}

/// A tenant with several shards, in a table whose format has no place for the shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the events of tenant `{tenant}` are said to lie in {shards} partitions, but EVENTS_PARTITION_FORMAT has no \
     `{{shard}}`; add it, or set the tenant to one shard"
)]
pub struct NoShard {
    /// Whose.
    pub tenant: TenantId,
    /// In how many.
    pub shards: u8,
}

impl PartitionFormat {
    const FORM: &str = "use `{tenant}` once and `{shard}` at most once, with a text between the two that does \
                        not touch `{shard}` with a digit, such as `TENANT#{tenant}` or `{tenant}#{shard}`";

    /// Reads a format. `{tenant}` alone is the default of contract 1: `#` and the shard's number follow where a
    /// tenant has several shards.
    ///
    /// # Errors
    /// If it has no `{tenant}` or several, several `{shard}`, other braces, control characters, more than 400
    /// characters, or nothing between `{tenant}` and `{shard}` that tells them apart.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        let refuse = |problem: &str| {
            let value = text.chars().take(80).flat_map(char::escape_debug).collect();
            Err(Refused { what: "partition format", value, problem: problem.to_owned(), form: Self::FORM })
        };
        if text.chars().count() > LONGEST {
            return refuse("is longer than 400 characters");
        }
        if text.chars().any(char::is_control) {
            return refuse("holds a control character");
        }
        let (tenants, shards) = (text.matches(TENANT).count(), text.matches(SHARD).count());
        if tenants != 1 {
            return refuse("does not hold `{tenant}` exactly once");
        }
        if shards > 1 {
            return refuse("holds `{shard}` more than once");
        }
        if text.matches(['{', '}']).count() != 2 * (tenants + shards) {
            return refuse("holds other braces than those of `{tenant}` and `{shard}`");
        }
        match split(text) {
            Some(form) => Ok(Self(form)),
            None => refuse("has nothing between `{tenant}` and `{shard}`, or a digit beside `{shard}`"),
        }
    }

    /// The partition key of one shard of a tenant; shards are numbered from 0.
    ///
    /// # Errors
    /// If the tenant has several shards and the format has no place for them.
    pub fn key(&self, tenant: &TenantId, shards: Shards, shard: u8) -> Result<String, NoShard> {
        let several = shards.get() > 1;
        match &self.0 {
            Form::Contract if several => Ok(format!("{tenant}#{shard}")),
            Form::Contract => Ok(tenant.to_string()),
            Form::Tenant(_) if several => Err(NoShard { tenant: tenant.clone(), shards: shards.get() }),
            Form::Tenant([before, after]) => Ok(format!("{before}{tenant}{after}")),
            Form::TenantShard([before, between, after]) => {
                Ok(format!("{before}{tenant}{between}{shard}{after}"))
            }
            Form::ShardTenant([before, between, after]) => {
                Ok(format!("{before}{shard}{between}{tenant}{after}"))
            }
        }
    }
}

/// The form of a text that holds `{tenant}` once and `{shard}` at most once, unless the two could not be told
/// apart.
fn split(text: &str) -> Option<Form> {
    if text == TENANT {
        return Some(Form::Contract);
    }
    let (before, after) = text.split_once(TENANT)?;
    let own = |texts: [&str; 3]| texts.map(ToOwned::to_owned);
    if let Some((between, after)) = after.split_once(SHARD) {
        let apart = between.ends_with(|c: char| !c.is_ascii_digit());
        return apart.then(|| Form::TenantShard(own([before, between, after])));
    }
    if let Some((before, between)) = before.split_once(SHARD) {
        let apart = between.starts_with(|c: char| !c.is_ascii_digit());
        return apart.then(|| Form::ShardTenant(own([before, between, after])));
    }
    Some(Form::Tenant([before.to_owned(), after.to_owned()]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(format: &str, tenant: &str, shards: u8, shard: u8) -> String {
        let format = PartitionFormat::parse(format).unwrap();
        format.key(&tenant.parse().unwrap(), shards.try_into().unwrap(), shard).unwrap()
    }

    #[test]
    fn the_default_numbers_shards_only_where_there_are_several() {
        assert_eq!(PartitionFormat::default(), PartitionFormat::parse("{tenant}").unwrap());
        assert_eq!(key("{tenant}", "acme", 1, 0), "acme");
        assert_eq!(key("{tenant}", "acme", 4, 3), "acme#3");
    }

    #[test]
    fn a_format_of_its_own_is_followed_to_the_letter() {
        assert_eq!(key("TENANT#{tenant}", "acme", 1, 0), "TENANT#acme");
        assert_eq!(key("{tenant}#{shard}", "acme", 1, 0), "acme#0");
        assert_eq!(key("v1/{shard}:{tenant}/log", "acme", 16, 12), "v1/12:acme/log");
    }

    #[test]
    fn a_format_without_shard_refuses_a_tenant_with_several() {
        let format = PartitionFormat::parse("TENANT#{tenant}").unwrap();
        let error = format.key(&"acme".parse().unwrap(), 4.try_into().unwrap(), 0).unwrap_err().to_string();
        assert!(error.contains("`acme`") && error.contains("{shard}") && error.contains('4'), "{error}");
    }

    #[test]
    fn formats_in_which_tenants_could_meet_are_refused_with_the_right_form() {
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
        /// The property behind isolation: whatever format was accepted, and however much a tenant's ID looks
        /// like the format's own separators and numbers, no two partitions of two tenants have one key.
        #[test]
        fn no_two_partitions_ever_share_a_key(
            texts in prop::array::uniform3("[0-9a/:._#-]{0,3}"), turned: bool, sharded: bool,
            a in "[0-9a][0-9a/:._-]{0,6}", b in "[0-9a][0-9a/:._-]{0,6}",
            shards in prop::array::uniform2(1u8..=64), numbers in prop::array::uniform2(any::<u8>()),
        ) {
            let [before, between, after] = texts;
            let text = match (sharded, turned) {
                (false, _) => format!("{before}{{tenant}}{after}"),
                (true, false) => format!("{before}{{tenant}}{between}{{shard}}{after}"),
                (true, true) => format!("{before}{{shard}}{between}{{tenant}}{after}"),
            };
            let Ok(format) = PartitionFormat::parse(&text) else { return Ok(()) };
            let [a, b]: [TenantId; 2] = [a.parse().unwrap(), b.parse().unwrap()];
            let of = |tenant: &TenantId, n: usize| {
                format.key(tenant, shards[n].try_into().unwrap(), numbers[n] % shards[n])
            };
            let (Ok(left), Ok(right)) = (of(&a, 0), of(&b, 1)) else { return Ok(()) };
            prop_assert!(left != right || a == b, "{text}: {a} and {b} share {left}");
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = PartitionFormat::parse(&text);
        }
    }
}
