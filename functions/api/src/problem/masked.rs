//! External IDs are not secret, but problems end up in other people's logs. There each is replaced by a
//! description of where to find it.

use domain::names::ExternalId;

const START: &str = "af-";
const LENGTH: usize = START.len() + 32;
const INSTEAD: &str = "<external_id of this connector's setup>";

/// The text with every external ID replaced.
pub(super) fn masked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(START) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let found = from.get(..LENGTH).filter(|candidate| candidate.parse::<ExternalId>().is_ok());
        let (instead, length) = found.map_or((START, START.len()), |_| (INSTEAD, LENGTH));
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
            assert_eq!(masked(text), text);
        }
    }

    proptest! {
        #[test]
        fn no_external_id_is_left(before in any::<String>(), high: u64, low: u64, after in any::<String>()) {
            let id = ExternalId::new(high, low);
            let text = format!("{before}{id}{after}");
            prop_assert!(!masked(&text).contains(id.as_str()));
        }
    }
}
