//! Converts spans of event time to ranges of sort keys.

use archive::part::Window;
use archive::sort_key::SortKeyForm;
use archive::time::Time;
use aws_sdk_dynamodb::types::AttributeValue;
use protocol::machine::Span;

use super::schema::KeyType;

/// A range of sort keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Range {
    /// From the first to the second, inclusive.
    Between(AttributeValue, AttributeValue),
    /// The keys before this one.
    Below(AttributeValue),
    /// This key and all after it.
    From(AttributeValue),
}

impl Range {
    /// The condition on the sort key, as part of a key condition expression, with its values.
    pub(super) fn condition(&self) -> (&'static str, Vec<(&'static str, AttributeValue)>) {
        match self {
            Self::Between(low, high) => {
                ("#sk BETWEEN :low AND :high", vec![(":low", low.clone()), (":high", high.clone())])
            }
            Self::Below(low) => ("#sk < :low", vec![(":low", low.clone())]),
            Self::From(high) => ("#sk >= :high", vec![(":high", high.clone())]),
        }
    }
}

/// The ranges of a span, in ascending order.
pub(super) fn ranges(span: &Span, form: SortKeyForm, key: KeyType) -> Vec<Range> {
    let value = |text: String| match key {
        KeyType::Text => AttributeValue::S(text),
        KeyType::Number => AttributeValue::N(text),
    };
    match span {
        Span::Window(Window { from, to }) => {
            let (low, high) = form.range(*from, *to);
            vec![Range::Between(value(low), value(high))]
        }
        Span::OutOfOrderKeys { since, until } => {
            let mut ranges = match key {
                KeyType::Text => gaps(form, *since),
                KeyType::Number => vec![Range::Below(value(form.bound(form.first_numeric_time())))],
            };
            // Unparsable small numbers are not read a second time.
            let from = if key == KeyType::Number { form.first_numeric_time().max(*until) } else { *until };
            ranges.push(Range::From(value(form.bound(from))));
            ranges
        }
    }
}

/// `BETWEEN` includes the upper end, which is not part of the gap: the reader drops an item with that key.
fn gaps(form: SortKeyForm, until: Time) -> Vec<Range> {
    let ranges =
        form.gaps(until).into_iter().map(|(low, high)| match (low.as_str(), AttributeValue::S(high)) {
            // DynamoDB rejects an empty key in a condition.
            ("", high) => Range::Below(high),
            (_, high) => Range::Between(AttributeValue::S(low), high),
        });
    ranges.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> AttributeValue {
        AttributeValue::S(text.into())
    }

    #[test]
    fn a_window_is_one_range_of_texts_or_numbers() {
        let at = |text: &str| text.parse::<Time>().unwrap();
        let window =
            Span::Window(Window { from: at("2026-11-20T20:00:00Z"), to: at("2026-11-20T21:00:00Z") });
        assert_eq!(
            ranges(&window, SortKeyForm::Rfc3339, KeyType::Text),
            [Range::Between(text("2026-11-20T20:00:00"), text("2026-11-20T21:00:00"))]
        );
        let number = |text: &str| AttributeValue::N(text.into());
        assert_eq!(
            ranges(&window, SortKeyForm::EpochSeconds, KeyType::Number),
            [Range::Between(number("1795204800"), number("1795208400"))]
        );
    }

    fn out_of_order(since: &str, until: &str, form: SortKeyForm, key: KeyType) -> Vec<Range> {
        ranges(
            &Span::OutOfOrderKeys { since: since.parse().unwrap(), until: until.parse().unwrap() },
            form,
            key,
        )
    }

    #[test]
    fn unparsable_keys_lie_in_the_gaps_of_history_or_beyond_all_windows() {
        let (since, until) = ("2023-07-10T11:00:00Z", "2026-11-21T21:00:00Z");
        for (_, form) in SortKeyForm::NAMES {
            let ranges = out_of_order(since, until, form, KeyType::Text);
            let (first, last) = (text(&form.bound(Time::EPOCH)), text(&form.bound(until.parse().unwrap())));
            assert_eq!(
                (ranges.first(), ranges.last()),
                (Some(&Range::Below(first)), Some(&Range::From(last)))
            );
            assert_eq!(ranges.len(), form.gaps(since.parse().unwrap()).len() + 1, "{form:?}");
            let inner = &ranges[1..ranges.len() - 1];
            assert!(inner.iter().all(|range| matches!(range, Range::Between(..))), "{form:?}: {inner:?}");
        }
    }

    #[test]
    fn unparsable_numbers_lie_below_the_first_parsable_one_or_beyond() {
        let number = |text: &str| AttributeValue::N(text.into());
        let ranges = out_of_order(
            "2023-07-10T11:00:00Z",
            "2026-11-21T21:00:00Z",
            SortKeyForm::EpochSeconds,
            KeyType::Number,
        );
        assert_eq!(ranges, [Range::Below(number("0000000000")), Range::From(number("1795294800"))]);
        // Windows before September 2001: the two ranges do not overlap.
        let ranges = out_of_order(
            "1990-01-01T00:00:00Z",
            "1990-01-02T00:00:00Z",
            SortKeyForm::EpochMillis,
            KeyType::Number,
        );
        assert_eq!(ranges, [Range::Below(number("1000000000000")), Range::From(number("1000000000000"))]);
    }
}
