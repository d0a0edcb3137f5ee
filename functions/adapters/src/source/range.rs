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
    /// That one and those behind.
    From(AttributeValue),
}

impl Range {
    /// The range as the sort key's half of a key condition, with its values.
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
        Span::Strays { beyond } => {
            vec![Range::Below(value(form.bound(Time::EPOCH))), Range::From(value(form.bound(*beyond)))]
        }
    }
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
    fn strays_lie_before_1970_or_further_ahead_than_any_window() {
        let beyond = "2026-11-21T21:00:00Z".parse().unwrap();
        for (_, form) in SortKeyForm::NAMES {
            let ranges = of(&Span::Strays { beyond }, form, KeyType::Text);
            assert_eq!(
                ranges,
                [Range::Below(text(&form.bound(Time::EPOCH))), Range::From(text(&form.bound(beyond)))]
            );
            let [Range::Below(AttributeValue::S(low)), Range::From(AttributeValue::S(high))] =
                ranges.as_slice()
            else {
                panic!("{ranges:?}")
            };
            for time in ["1970-01-01T00:00:00Z", "2026-11-21T20:59:59.999Z"] {
                let key = format!("{}#", form.bound(time.parse().unwrap()));
                assert!(*low < key && key < *high, "{form:?}: {low} {key} {high}");
            }
            assert!("!" < low.as_str() && "~" > high.as_str(), "{form:?}");
        }
    }
}
