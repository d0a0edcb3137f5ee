//! What a change made different in the settings, in words. External IDs and secrets are left out.

use archive::names::EmailAddress;
use protocol::connector::{Connector, Encryption};

use crate::components::moment;
use crate::frequency::every;
use crate::pages::health::card::encoding;

/// One setting that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// The setting.
    pub(super) what: &'static str,
    /// Its value before; `None` if there was none.
    pub(super) before: Option<String>,
    /// Its value after.
    pub(super) after: String,
}

/// The settings that differ. A new connector's are compared with nothing.
pub(super) fn differences(
    before: Option<&Connector>,
    after: &Connector,
    sees_shards: bool,
) -> Vec<Difference> {
    let mut before = before.map(settings).unwrap_or_default().into_iter();
    let settings =
        settings(after).into_iter().map(|(what, value)| (what, before.next().and_then(|old| old.1), value));
    settings
        .filter(|(what, old, new)| old != new && (sees_shards || *what != "Partitions"))
        .map(|(what, before, after)| Difference {
            what,
            before,
            after: after.unwrap_or_else(|| "none".to_owned()),
        })
        .collect()
}

/// All settings, always in this order; `None` for what is not set.
fn settings(connector: &Connector) -> Vec<(&'static str, Option<String>)> {
    let to = connector.destination.s3();
    let addresses: Vec<&str> = connector.contacts.emails.iter().map(EmailAddress::as_str).collect();
    vec![
        ("State", Some(connector.state.as_str().to_owned())),
        ("How often", Some(every(connector.frequency))),
        ("Files", Some(encoding(connector))),
        ("Bucket", to.map(|to| to.bucket.to_string())),
        ("Folder", to.map(|to| to.prefix.to_string()).filter(|prefix| !prefix.is_empty())),
        ("Region", to.map(|to| to.region.to_string())),
        ("Role", to.map(|to| to.role.to_string())),
        ("Encryption", to.map(|to| encryption(&to.encryption))),
        ("Events from", connector.start_from.map(moment)),
        ("Addresses", Some(addresses.join(", ")).filter(|text| !text.is_empty())),
        ("Webhook", connector.contacts.webhook.as_ref().map(|webhook| webhook.url.to_string())),
        ("Partitions", Some(connector.shards.get().to_string())),
    ]
}

fn encryption(encryption: &Encryption) -> String {
    match encryption {
        Encryption::Default => "the bucket's own default".to_owned(),
        Encryption::Aes256 => "SSE-S3".to_owned(),
        Encryption::Kms(key) => format!("SSE-KMS with {key}"),
    }
}

#[cfg(test)]
mod tests {
    use ::tests::fixtures::{self, at};
    use archive::frequency::Frequency;

    use super::*;

    #[test]
    fn only_what_differs_is_shown_with_its_value_before_and_after() {
        let before = fixtures::connector(&fixtures::tenant("acme"), at("2026-11-20T20:00:00Z"));
        assert_eq!(differences(Some(&before), &before, true), []);
        let frequency = Frequency::try_from(6).unwrap();
        let after = Connector { frequency, ..before.clone() };
        let expected = Difference {
            what: "How often",
            before: Some("every hour".to_owned()),
            after: "every 6 hours".to_owned(),
        };
        assert_eq!(differences(Some(&before), &after, true), [expected]);
        let created = differences(None, &before, false);
        assert!(created.iter().all(|difference| difference.before.is_none()));
        assert!(created.iter().any(|difference| difference.what == "Bucket"));
        let text = format!("{created:?}");
        assert!(!text.contains("Partitions") && !text.contains(before.external_id.as_str()), "{text}");
    }
}
