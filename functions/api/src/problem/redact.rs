//! External IDs are not secret, but problems end up in other people's logs. There each is replaced by a
//! description of where to find it.

use archive::names::ExternalId;

const EXTERNAL_ID_PREFIX: &str = "af-";
const EXTERNAL_ID_LENGTH: usize = EXTERNAL_ID_PREFIX.len() + 32;
const REPLACEMENT: &str = "<external_id of this connector's setup>";

/// The text with every external ID replaced.
pub(super) fn redact_external_ids(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(EXTERNAL_ID_PREFIX) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let found =
            from.get(..EXTERNAL_ID_LENGTH).filter(|candidate| candidate.parse::<ExternalId>().is_ok());
        let (instead, length) = found
            .map_or((EXTERNAL_ID_PREFIX, EXTERNAL_ID_PREFIX.len()), |_| (REPLACEMENT, EXTERNAL_ID_LENGTH));
        out.push_str(instead);
        rest = from.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    out
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
