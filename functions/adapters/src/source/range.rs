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
        for (_, form) in SortKeyForm::NAMES {
            let ranges = of(&Span::Strays, form, KeyType::Text);
            let [Range::Below(AttributeValue::S(low)), Range::Above(AttributeValue::S(high))] =
                ranges.as_slice()
            else {
                panic!("{ranges:?}")
            };
            for time in ["1970-01-01T00:00:00Z", "2026-11-20T20:15:30Z", "2286-11-20T17:46:39.999Z"] {
                let key = form.bound(time.parse().unwrap());
                assert!(*low <= key && key <= *high, "{form:?}: {low} {key} {high}");
            }
            assert!("!" < low.as_str() && "~" > high.as_str(), "{form:?}");
        }
    }

    #[test]
    fn the_keys_of_a_day_after_2050_are_no_strays_although_their_digits_are_fewer_than_those_of_the_last_time()
     {
        let later = "2060-01-01T00:00:00Z".parse().unwrap();
        for form in [SortKeyForm::EpochSeconds, SortKeyForm::EpochMillis] {
            let ranges = of(&Span::Strays, form, KeyType::Text);
            let Some(Range::Above(AttributeValue::S(high))) = ranges.last() else { panic!("{ranges:?}") };
            assert!(form.bound(later) < *high);
        }
    }
}
