//! Names from users: every accepted one round-trips, a key stays under its prefix, and a partition key names
//! one tenant.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use archive::frequency::Frequency;
use archive::names::{
    AccountId, BucketName, ConnectorId, CustomerRole, ExternalId, KmsKeyArn, Prefix, Region, RoleArn,
    TenantId,
};
use archive::time::Time;
use control::partition::PartitionFormat;
use libfuzzer_sys::fuzz_target;
use protocol::connector::Shards;

/// Parses a value, and checks that its text form parses back to it.
fn read<T: FromStr + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let text_form = value.to_string();
    assert!(text_form.parse().is_ok_and(|again: T| again == value), "{text:?} prints as {text_form:?}");
    Some(value)
}

/// Three lines: a format and two tenants.
fn partitions(text: &str) {
    let mut lines = text.splitn(3, '\n');
    let [Some(format), Some(one), Some(other)] = [lines.next(), lines.next(), lines.next()] else { return };
    let Ok(format) = PartitionFormat::parse(format) else { return };
    let (Some(one), Some(other)) = (read::<TenantId>(one), read::<TenantId>(other)) else { return };
    let several = Shards::try_from(64).expect("64 is a number of shards");
    for (shards, of) in [(Shards::ONE, several), (several, Shards::ONE), (several, several)] {
        for shard in [0, 1, 63] {
            let keys = [format.key(&one, shards, shard), format.key(&other, of, 0)];
            let [Ok(key), Ok(others)] = keys else { continue };
            assert!(key != others || one == other, "{one} and {other} share {key}");
            assert!(key.len() <= 2048, "{} bytes", key.len());
        }
    }
}

fuzz_target!(|text: &str| {
    read::<AccountId>(text);
    read::<BucketName>(text);
    read::<ConnectorId>(text);
    read::<CustomerRole>(text);
    read::<KmsKeyArn>(text);
    read::<Region>(text);
    read::<RoleArn>(text);
    read::<TenantId>(text);
    read::<Time>(text);
    partitions(text);
    let _ = text.parse::<ExternalId>();
    let _ = text.parse::<Frequency>();
    if let Some(prefix) = read::<Prefix>(text) {
        let key = prefix.key("events/date=2026-11-20/a.json");
        assert!(key.starts_with(prefix.as_str()) && key.len() <= 1024, "{key:?} leaves {prefix}");
        assert!(!key.split('/').any(|part| part == ".." || part == "."), "{key:?} contains a dot segment");
    }
});
