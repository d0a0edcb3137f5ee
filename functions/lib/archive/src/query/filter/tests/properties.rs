//! Properties of all filters and events.

use proptest::prelude::*;

use super::any::{any_event, any_filter, any_net, any_span, any_term, any_value};
use super::*;

/// A filter about values that an event has, at least in part: a term for each of some of its tokens.
fn filter_from(event: &str, places: &[prop::sample::Index], negated: bool) -> Filter {
    let words: Vec<&str> =
        event.split(['"', ',', ':', '{', '}', '[', ']']).filter(|word| !word.is_empty()).collect();
    let mut filter = Filter::default();
    for place in places.iter().filter(|_| !words.is_empty()) {
        let word = words[place.index(words.len())];
        let part: String = word.chars().skip(place.index(3)).take(1 + place.index(9)).collect();
        let Some(term) = Term::contains(&part.to_uppercase()) else { continue };
        filter = filter.clone().with(if negated { !term } else { term }).unwrap_or(filter);
    }
    filter
}

/// Checks a filter and an event, which may be invalid, against the reference; whether it passes.
fn check(filter: &Filter, event: &str) -> Result<bool, TestCaseError> {
    let matcher = filter.matcher(&mapping());
    let Ok(found) = find(event.as_bytes(), matcher.paths()) else { return Ok(false) };
    let reading = matcher.read(&found);
    let time = reading.time.unwrap_or(Time::EPOCH);
    let passes = matcher.matches(event.as_bytes(), &found, &reading, time);
    prop_assert_eq!(passes, reference::passes(filter, event, &reading, time), "{}", filter);

    let allowed = Field::ALL.into_iter().all(|field| matcher.allows(field, reading.text(field)));
    prop_assert!(allowed || !passes);
    let timeless: Vec<_> = Field::ALL.into_iter().filter(|field| *field != Field::Time).collect();
    if matcher.decides(&timeless) {
        prop_assert_eq!(passes, allowed && filter.span().contains(time), "{}", filter);
    }
    for needle in matcher.needles().iter().filter(|_| passes) {
        let value = normalize(reading.text(needle.field).unwrap()).into_owned();
        prop_assert!(needle.values.contains(&value));
    }
    Ok(passes)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn an_event_passes_if_a_loop_over_its_decoded_values_says_so(
        event in any_event(), filter in any_filter(3),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..3), negated: bool,
    ) {
        check(&filter, &event)?;
        check(&filter_from(&event, &places, negated), &event)?;
    }

    #[test]
    fn a_filter_s_text_parses_to_it(filter in any_filter(6)) {
        prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter.clone()), "{}", filter);
        let json = serde_json::to_string(&filter).unwrap();
        prop_assert_eq!(serde_json::from_str::<Filter>(&json).unwrap(), filter);
    }

    #[test]
    fn no_text_makes_it_panic_and_what_parses_has_one_text(
        any in any::<String>(),
        near in "((-?(actor|ip|time|outcome|/a|\"/a b\"|[a-c]{1,2})[:\"]?)?[-*,\"\\\\/.:<>=0-9a ]{0,8}){0,4}",
    ) {
        for text in [any, near] {
            match text.parse::<Filter>() {
                Ok(filter) => prop_assert_eq!(filter.to_string().parse::<Filter>(), Ok(filter)),
                Err(error) => {
                    prop_assert!((1..=text.chars().count() + 1).contains(&error.position));
                    prop_assert!(error.to_string().chars().count() < 400);
                }
            }
        }
    }

    #[test]
    fn keep_only_and_exclude_are_exact_whatever_the_value(
        value in any_value(), other in any_value(), field in prop::sample::select(&Field::ALL[..]),
    ) {
        let Some(term) = Term::is(field, Some(&value)) else {
            prop_assert!(matches!(field, Field::Time | Field::Outcome));
            return Ok(());
        };
        let keep: Filter = Filter::default().with(term.clone()).unwrap().to_string().parse().unwrap();
        let exclude = Filter::default().with(!term).unwrap();
        for (shown, expected) in [(&value, true), (&other, normalize(&value) == normalize(&other))] {
            let event = serde_json::json!({ field.as_str(): shown }).to_string();
            prop_assert_eq!(matches(&keep, &event), expected, "{} {}", keep, event);
            prop_assert_eq!(matches(&exclude, &event), !expected, "{} {}", exclude, event);
        }
        let without = "{}";
        prop_assert!(!matches(&keep, without));
        prop_assert!(matches(&exclude, without));
    }

    #[test]
    fn a_span_s_text_parses_to_it(span in any_span()) {
        let text = span_text::print(span);
        prop_assert_eq!(span_text::parse(&text), Ok(span), "{}", text);
    }

    #[test]
    fn a_net_s_text_parses_to_it(net in any_net()) {
        prop_assert_eq!(Net::parse(&net.to_string()), Ok(net));
    }

    #[test]
    fn a_term_and_its_opposite_exclude_each_other(term in any_term(), event in any_event()) {
        let alone = |term: Term| Filter::default().with(term).unwrap();
        if find(event.as_bytes(), &[]).is_ok() {
            prop_assert_ne!(matches(&alone(term.clone()), &event), matches(&alone(!term), &event));
        }
    }
}
