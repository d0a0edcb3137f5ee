//! The names that users give: whatever is accepted reads back as itself, and a key stays under its prefix.
#![no_main]

use std::fmt::Display;
use std::str::FromStr;

use domain::names::{
    AccountId, BucketName, ConnectorId, CustomerRole, ExternalId, KmsKeyArn, Prefix, Region, RoleArn, TenantId,
};
use domain::schedule::Frequency;
use domain::time::Time;
use libfuzzer_sys::fuzz_target;

/// What was accepted, having read back as itself.
fn read<T: FromStr + Display + PartialEq>(text: &str) -> Option<T> {
    let value: T = text.parse().ok()?;
    let shown = value.to_string();
    assert!(shown.parse().is_ok_and(|again: T| again == value), "{text:?} reads back as {shown:?}");
    Some(value)
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
    let _ = text.parse::<ExternalId>();
    let _ = text.parse::<Frequency>();
    if let Some(prefix) = read::<Prefix>(text) {
        let key = prefix.key("events/date=2026-11-20/a.json");
        assert!(key.starts_with(prefix.as_str()) && key.len() <= 1024, "{key:?} leaves {prefix}");
        assert!(!key.split('/').any(|part| part == ".." || part == "."), "{key:?} climbs");
    }
});
