//! Spans of event time as ranges of sort keys.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::part::Window;
use domain::protocol::Span;
use domain::sort_key::SortKeyForm;
use domain::time::Time;

use super::schema::KeyType;

/// A range of sort keys.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Range {
    /// From the first to the second, inclusive.
    Between(AttributeValue, AttributeValue),
    /// Those before.
    Below(AttributeValue),
    /// Those behind.
    Above(AttributeValue),
}

impl Range {
    /// The range as the sort key's half of a key condition, with its values.
    pub(super) fn condition(&self) -> (&'static str, Vec<(&'static str, AttributeValue)>) {
        match self {
            Self::Between(low, high) => {
                ("#sk BETWEEN :low AND :high", vec![(":low", low.clone()), (":high", high.clone())])
            }
            Self::Below(low) => ("#sk < :low", vec![(":low", low.clone())]),
            Self::Above(high) => ("#sk > :high", vec![(":high", high.clone())]),
        }
    }
}

/// The ranges that make up a span, in ascending order.
pub(super) fn of(span: &Span, form: SortKeyForm, key: KeyType) -> Vec<Range> {
    let value = |text: String| match key {
        KeyType::Text => AttributeValue::S(text),
        KeyType::Number => AttributeValue::N(text),
    };
    match span {
        Span::Window(Window { from, to }) => {
            let (low, high) = form.range(*from, *to);
            vec![Range::Between(value(low), value(high))]
        }
        Span::Strays => {
            let (low, high) = form.range(Time::EPOCH, last(form, key));
            vec![Range::Below(value(low)), Range::Above(value(high))]
        }
    }
}

/// The last time that a key of the form can tell. A text of ten or 13 digits ends in the year 2286; the bound
/// of a later time would have a digit more, and as a text stand before keys of today.
fn last(form: SortKeyForm, key: KeyType) -> Time {
    let longest = match (form, key) {
        (SortKeyForm::EpochSeconds, KeyType::Text) => Time::from_millis(9_999_999_999_000),
        (SortKeyForm::EpochMillis, KeyType::Text) => Time::from_millis(9_999_999_999_999),
        _ => None,
    };
    longest.unwrap_or(Time::LAST)
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
            of(&window, SortKeyForm::Rfc3339, KeyType::Text),
            [Range::Between(text("2026-11-20T20:00:00"), text("2026-11-20T21:00:00"))]
        );
        let number = |text: &str| AttributeValue::N(text.into());
        assert_eq!(
            of(&window, SortKeyForm::EpochSeconds, KeyType::Number),
            [Range::Between(number("1795204800"), number("1795208400"))]
        );
    }

    #[test]
    fn strays_lie_outside_every_key_that_tells_a_time() {
        for (form, low, high) in [
            (SortKeyForm::Rfc3339, "1970-01-01T00:00:00", "9999-12-31T23:59:59.999"),
            (SortKeyForm::Ulid, "0000000000", "76EZ91ZPZZ"),
            (SortKeyForm::UuidV7, "00000000-0000", "e677d21f-dbff"),
            (SortKeyForm::EpochSeconds, "0000000000", "9999999999"),
            (SortKeyForm::EpochMillis, "0000000000000", "9999999999999"),
        ] {
            let ranges = of(&Span::Strays, form, KeyType::Text);
            assert_eq!(ranges, [Range::Below(text(low)), Range::Above(text(high))], "{form:?}");
        }
    }
}
