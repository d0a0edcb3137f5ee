//! The tests of `format`.

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
    for id in ["auth0|123", " a b ", "Zürich", "{tenant}", "{shard}", "a#b", "${aws:username}", "a\u{202e}b"]
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
        assert!(message.contains("EVENTS_PARTITION_FORMAT") && message.contains("use an ID"), "{message}");
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
