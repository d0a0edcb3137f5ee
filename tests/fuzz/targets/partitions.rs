//! The partition key's format, an operator's setting: no two tenants or shards ever share a key.
#![no_main]

use adapters::source::PartitionFormat;
use domain::connector::Shards;
use domain::names::TenantId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str, &str, u8, u8)| {
    let (format, one, other, shard, another) = input;
    let Ok(format) = PartitionFormat::parse(format) else { return };
    let (Ok(one), Ok(other)) = (one.parse::<TenantId>(), other.parse::<TenantId>()) else { return };
    let Ok(shards) = Shards::try_from(shard.max(another).saturating_add(1)) else { return };
    let keys = (format.key(&one, shards, shard), format.key(&other, shards, another));
    if let (Ok(key), Ok(second)) = keys {
        assert_eq!(key == second, (one, shard) == (other, another), "{key:?} and {second:?}");
    }
});
