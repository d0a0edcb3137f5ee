//! The tests of `sort_key`.

use super::*;
use proptest::prelude::*;

pub(super) fn text(key: &str) -> SortKey {
    SortKey::Text(key.into())
}

#[test]
fn each_form_is_parsed() {
    let at: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
    let second: Time = "2026-11-20T20:15:30Z".parse().unwrap();
    for (form, key, time) in [
        (SortKeyForm::Rfc3339, text("2026-11-20T20:15:30.123Z#evt_01"), at),
        (SortKeyForm::Rfc3339, text("2026-11-20T20:15:30Z#evt_01"), second),
        (SortKeyForm::Rfc3339, text("2026-11-20T20:15:30.123456789Z"), at),
        // As written by Python's `isoformat` and others.
        (SortKeyForm::Rfc3339, text("2026-11-20T20:15:30.123456+00:00#evt_01"), at),
        (SortKeyForm::Rfc3339, text("2026-11-20T20:15:30-00:00#evt_01"), second),
        (SortKeyForm::Rfc3339, text("2026-11-20T20:15:30,123z#evt_01"), at),
        (SortKeyForm::UuidV7, text(&format!("{}-7abc-8000-0123456789ab", SortKeyForm::UuidV7.bound(at))), at),
        (SortKeyForm::Ulid, text(&format!("{}0123456789ABCDEF", SortKeyForm::Ulid.bound(at))), at),
        (SortKeyForm::EpochSeconds, text("1795205730#x"), second),
        (SortKeyForm::EpochSeconds, SortKey::Number("1795205730.123".into()), at),
        (SortKeyForm::EpochMillis, text("1795205730123"), at),
        (SortKeyForm::EpochMillis, SortKey::Number("1795205730123".into()), at),
    ] {
        assert_eq!(form.time_of(&key), Some(time), "{form:?} {key:?}");
    }
    // The ULID specification's own example.
    assert_eq!(ulid_time("01ARYZ6S41TSV4RRFFQ69G5FAV").unwrap().millis(), 1_469_918_176_385);
}

#[test]
fn keys_of_another_form_are_unparsable() {
    for form in SortKeyForm::NAMES.map(|(_, form)| form) {
        for key in [
            "",
            "PROFILE",
            "2026-11-20",
            "12345",
            "é",
            "018f-xyz",
            "2026-13-01T00:00:00Z#1",
            "2026-11-20T201530.0Z",
            "2026-11-20T20:15:30+02:00#evt_01",
            "2026-11-20t20:15:30Z#evt_01",
            "2026-11-20T20:15:30Z_evt_01",
        ] {
            assert_eq!(form.time_of(&text(key)), None, "{form:?} {key}");
        }
    }
}

#[test]
fn a_text_that_resembles_a_key_is_unparsable() {
    use SortKeyForm as F;
    let (ulid, version_7) = ("01ARYZ6S41TSV4RRFFQ69G5FAV", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    for (form, key, parses) in [
        (F::Ulid, ulid.to_owned(), true),
        (F::Ulid, format!("{ulid}#evt_01"), true),
        (F::Ulid, format!("{ulid}0"), false),
        (F::UuidV7, version_7.to_owned(), true),
        (F::UuidV7, format!("{version_7}#evt_01"), true),
        (F::UuidV7, format!("{version_7}0"), false),
        // Version 4: its first digits are random.
        (F::UuidV7, version_7.replace("-7cc3", "-4cc3"), false),
        (F::EpochSeconds, "1795205730#evt_01".to_owned(), true),
        (F::EpochSeconds, "17952057301".to_owned(), false),
        (F::EpochMillis, "17952057301234".to_owned(), false),
    ] {
        assert_eq!(form.time_of(&text(&key)).is_some(), parses, "{form:?} {key}");
    }
    for number in [".5", "+5", "-5", "5e3", ""] {
        assert_eq!(F::EpochSeconds.time_of(&SortKey::Number(number.into())), None, "{number}");
    }
}

#[test]
fn forms_are_found_by_name_and_those_that_read_numbers_are_marked() {
    for (name, form) in SortKeyForm::NAMES {
        assert_eq!((SortKeyForm::named(name), form.name()), (Some(form), name));
        let number = |text: &str| form.time_of(&SortKey::Number(text.into()));
        let reads_numbers = number("1795205730").or(number("1795205730123")).is_some();
        assert_eq!(form.may_be_number(), reads_numbers, "{name}");
    }
    assert_eq!(SortKeyForm::named("rfc-3339"), None);
}

#[test]
fn keys_are_cut_between_seconds_or_milliseconds_by_their_form() {
    let (second, millisecond) = (Duration::from_secs(1), Duration::from_millis(1));
    for (form, grain) in [
        (SortKeyForm::Rfc3339, second),
        (SortKeyForm::EpochSeconds, second),
        (SortKeyForm::Ulid, millisecond),
        (SortKeyForm::UuidV7, millisecond),
        (SortKeyForm::EpochMillis, millisecond),
    ] {
        assert_eq!(form.grain(), grain, "{form:?}");
    }
}

#[test]
fn a_key_is_compared_by_its_time_or_else_by_its_bytes() {
    let form = SortKeyForm::Rfc3339;
    let at: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
    for (key, before) in [
        ("2026-11-20T20:15:30.122Z#z", true),
        ("2026-11-20T20:15:30.123Z#a", false),
        ("2026-11-20T20:15:30.124Z#a", false),
        ("2026-11-20T20:15:30,122999+00:00#a", true),
        ("2026-11-20T20:15:30,123-00:00#a", false),
        ("2026-11-20T20:15:30z#a", true),
        ("2026-11-20T20:15:31z#a", false),
        // An unparsable key belongs to the whole second, whatever point in it its bytes suggest.
        ("2026-11-20T20:15:29~", true),
        ("2026-11-20T20:15:30+02:00#a", false),
        ("2026-11-20T20:15:30.1", false),
        ("2026-11-20T20:15:30.2", false),
    ] {
        assert_eq!(form.is_before(&text(key), at), before, "{key}");
    }
    let number = |number: &str| SortKeyForm::EpochSeconds.is_before(&SortKey::Number(number.into()), at);
    assert_eq!(["1795205730.122", "1795205730.123", "-1", "1e99"].map(number), [true, false, true, false]);
}

#[test]
fn a_query_reads_no_more_than_its_grain() {
    let [from, to] = ["2026-11-20T20:15:30Z", "2026-11-20T21:00:00Z"].map(|at| at.parse::<Time>().unwrap());
    for (_, form) in SortKeyForm::NAMES {
        assert_eq!(form.range(from, to), (form.bound(from), form.bound(to)), "{form:?}");
    }
}

/// An RFC 3339 key of `time` in one of many notations, selected by `tail`.
pub(super) fn rfc3339_key(time: Time, tail: u64) -> String {
    let choose = |of: u64, among: u64| tail / of % among;
    let zone = ["Z", "z", "+00:00", "-00:00"][usize::try_from(choose(1, 4)).unwrap()];
    let point = if choose(4, 2) == 0 { '.' } else { ',' };
    let (second, ms) = (time.second_prefix(), time.millis() % 1000);
    match choose(8, 5) {
        0 if ms == 0 => format!("{second}{zone}#{tail}"),
        1 if ms % 100 == 0 => format!("{second}{point}{}{zone}#{tail}", ms / 100),
        2 => format!("{second}{point}{ms:03}456{zone}#{tail}"),
        3 => format!("{second}{point}{ms:03}99999999999999{zone}"),
        _ => format!("{second}{point}{ms:03}{zone}#{tail}"),
    }
}

pub(super) fn key_of(form: SortKeyForm, time: Time, tail: u64) -> SortKey {
    match form {
        SortKeyForm::Rfc3339 => text(&rfc3339_key(time, tail)),
        SortKeyForm::Ulid => text(&format!("{}{:016}", form.bound(time), tail % 10_000)),
        SortKeyForm::UuidV7 => text(&format!("{}-7000-8000-{:012x}", form.bound(time), tail % 10_000)),
        SortKeyForm::EpochSeconds | SortKeyForm::EpochMillis => text(&format!("{}#{tail}", form.bound(time))),
    }
}

proptest! {
    /// Windows tile the key order: each key is found by the Query of exactly one of two adjacent windows.
    #[test]
    fn a_key_lies_in_exactly_one_of_two_adjacent_windows(
        form in prop::sample::select(SortKeyForm::NAMES.map(|(_, form)| form).to_vec()),
        from in 1_700_000_000_000i64..1_700_000_003_000, first in 1i64..4000, second in 1i64..4000,
        key in 1_700_000_000_000i64..1_700_000_008_000, tail in any::<u64>(),
        garbage in prop::option::of("[ -~]{0,30}"),
    ) {
        let at = |ms| Time::from_millis(ms).unwrap();
        let (a, b, c) = (at(from), at(from + first), at(from + first + second));
        let key = garbage.map_or_else(|| key_of(form, at(key), tail), |g| text(&g));
        let inside = |from: Time, to: Time| {
            let (low, high) = form.range(from, to);
            let found = key.as_str() >= low.as_str() && key.as_str() <= high.as_str();
            let kept = !form.is_before(&key, from) && form.is_before(&key, to);
            prop_assert!(found || !kept, "the Query {low}..{high} misses {key:?}");
            Ok(kept)
        };
        let (left, right, both) = (inside(a, b)?, inside(b, c)?, inside(a, c)?);
        prop_assert!(!(left && right));
        prop_assert_eq!(left || right, both);
    }

    /// In whatever mixture of notations, each key is read only in the window of its time, and found by
    /// the Query of that window.
    #[test]
    fn every_notation_is_read_only_in_the_window_of_its_time(
        start in 1_700_000_000_000i64..1_700_000_001_000,
        spans in prop::collection::vec(1i64..3000, 1..8),
        whole: bool, offset in -2000i64..20_000, tail in any::<u64>(),
    ) {
        let form = SortKeyForm::Rfc3339;
        let at = |ms| Time::from_millis(ms).unwrap();
        let grid = |time: Time| if whole { time.floor(form.grain()) } else { time };
        let key_time = at(start + offset);
        let key = text(&rfc3339_key(key_time, tail));
        prop_assert_eq!(form.time_of(&key), Some(key_time), "{:?}", key);
        let mut from = at(start);
        for span in spans {
            let to = from + Duration::from_millis(span.unsigned_abs());
            let (low, high) = (grid(from), grid(to));
            let kept = !form.is_before(&key, low) && form.is_before(&key, high);
            prop_assert_eq!(kept, low <= key_time && key_time < high, "{:?} in {}..{}", key, low, high);
            let (first, last) = form.range(low, high);
            let found = (first.as_str()..=last.as_str()).contains(&key.as_str());
            prop_assert!(!kept || found, "{first}..{last} misses {key:?}");
            from = to;
        }
    }

    /// Every cut between two grains relies on this.
    #[test]
    fn keys_are_ordered_by_their_grains_in_every_notation(
        form in prop::sample::select(SortKeyForm::NAMES.map(|(_, form)| form).to_vec()),
        times in prop::array::uniform2(1_700_000_000_000i64..1_700_000_003_000),
        tails in any::<[u64; 2]>(),
    ) {
        let [a, b] = [0, 1].map(|n| key_of(form, Time::from_millis(times[n]).unwrap(), tails[n]));
        let grain = |key: &SortKey| form.time_of(key).unwrap().floor(form.grain());
        if a.as_str() <= b.as_str() {
            prop_assert!(grain(&a) <= grain(&b), "{a:?} {b:?}");
        }
    }

    #[test]
    fn no_text_makes_it_panic(key in any::<String>()) {
        for (_, form) in SortKeyForm::NAMES {
            let _ = form.time_of(&text(&key));
            let _ = form.time_of(&SortKey::Number(key.clone()));
        }
    }
}
