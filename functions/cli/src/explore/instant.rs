//! The texts of `--from` and `--to`: an instant, or a date for its midnight, as in a filter's `time:`.

use archive::query::filter::Filter;
use archive::time::Time;

/// Parses `2026-11-20`, `2026-11-20T08:00`, or RFC 3339 in UTC.
pub(super) fn instant(text: &str) -> Result<Time, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let begin = is_one(text).then(|| format!("time:{text}").parse::<Filter>());
    let begin = begin.and_then(Result::ok).map(|filter| filter.span().from);
    begin.ok_or_else(|| {
        "write a date, such as 2026-11-20 for its midnight, or an instant, such as 2026-11-20T08:00:00Z; \
         both are in UTC"
            .to_owned()
    })
}

/// Whether a text can be one instant. A filter takes spans too, and more terms.
fn is_one(text: &str) -> bool {
    text.chars().all(|char| char.is_ascii_alphanumeric() || "-:.".contains(char)) && !text.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_midnight_and_an_instant_needs_no_seconds() {
        for (text, time) in [
            ("2026-11-20", "2026-11-20T00:00:00.000Z"),
            ("2026-11-20T08:15", "2026-11-20T08:15:00.000Z"),
            ("2026-11-20T08:15:30Z", "2026-11-20T08:15:30.000Z"),
            ("2026-11-20T08:15:30.5+00:00", "2026-11-20T08:15:30.500Z"),
        ] {
            assert_eq!(instant(text).unwrap().to_string(), time, "{text}");
        }
    }

    #[test]
    fn spans_and_other_terms_are_no_instant() {
        let spans = ["2026-11-20..2026-11-21", "2026-11-20..", ">=2026-11-20", "<2026-11-20"];
        let others =
            ["", "yesterday", "2026-11-31", "2026-11-20 actor:ana", "2026-11-20T08:00+02:00", "\"x\""];
        for text in spans.into_iter().chain(others) {
            assert!(instant(text).unwrap_err().contains("2026-11-20T08:00:00Z"), "{text}");
        }
    }
}
