//! External IDs are not secret, but problems end up in other people's logs. There each is replaced by a
//! description of where to find it.

use archive::names::ExternalId;

const REPLACEMENT: &str = "<external_id of this connector's setup>";

/// The text with every external ID replaced.
pub(super) fn redact_external_ids(text: &str) -> String {
    ExternalId::redact(text, REPLACEMENT)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn similar_text_stays() {
        for text in ["", "af-", "half-way", "af-0123", "af-af-af-", "naïf-é"] {
            assert_eq!(redact_external_ids(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_external_id_is_left(before in any::<String>(), high: u64, low: u64, after in any::<String>()) {
            let id = ExternalId::new(high, low);
            let text = format!("{before}{id}{after}");
            prop_assert!(!redact_external_ids(&text).contains(id.as_str()));
        }
    }
}
