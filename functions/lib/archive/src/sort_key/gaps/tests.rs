//! The tests of `gaps`.

use super::super::tests::{key_of, text};
use super::*;
use proptest::prelude::*;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn any_form() -> impl Strategy<Value = SortKeyForm> {
    prop::sample::select(SortKeyForm::NAMES.map(|(_, form)| form).to_vec())
}

/// Any time, mostly realistic ones.
fn any_time() -> impl Strategy<Value = Time> {
    let last = Time::LAST.millis();
    let ms = prop_oneof![1 => 0..=last, 1 => 0..5000i64, 6 => 1_300_000_000_000..2_000_000_000_000i64];
    (ms, prop::sample::select(vec![1, 1000, 60_000, 86_400_000i64]))
        .prop_map(|(ms, grain)| Time::from_millis(ms / grain * grain).unwrap())
}

/// A time whose keys have the fixed width.
fn time_of_a_table() -> impl Strategy<Value = Time> {
    (0..MAX_FIXED_WIDTH_MILLIS).prop_map(|ms| Time::from_millis(ms).unwrap())
}

/// A text that resembles the bound of a time: a prefix of it, then other characters.
fn nearly(form: SortKeyForm, time: Time, kept: usize, then: &str, upper: bool) -> SortKey {
    let kept: String = form.bound(time).chars().take(kept).collect();
    text(&format!("{}{then}", if upper { kept.to_uppercase() } else { kept }))
}

/// Whether an unparsable text begins like a key of an earlier time than `until`, up to the first
/// character in which it differs from the bound.
fn begins_like_an_earlier_key(form: SortKeyForm, key: &str, until: Time) -> bool {
    let bound = form.bound(until);
    let shared = key.bytes().zip(bound.bytes()).take_while(|(a, b)| a == b).count();
    let Some(start) = key.get(..=shared) else { return false };
    // Binary search for the time of the first key with that prefix.
    let (mut low, mut high) = (0, until.millis());
    while low < high {
        let middle = i64::midpoint(low, high);
        if *form.bound(Time::from_millis(middle).unwrap()) < *start {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let first = Time::from_millis(low).unwrap();
    first < until && form.bound(first).starts_with(start)
}

#[test]
fn unparsable_keys_are_found_and_history_is_skipped() {
    use SortKeyForm as F;
    let until = at("2023-07-10T11:40:00Z");
    let upper = |time: &str| format!("{}-7000", F::UuidV7.bound(at(time)).to_uppercase());
    for (form, key, found) in [
        (F::Rfc3339, "20-07-2023 12:10:00", true),
        (F::Rfc3339, "2023-07-10 12:10:00", true),
        (F::Rfc3339, "2022-W30", true),
        (F::Rfc3339, "19:30:00", true),
        (F::Rfc3339, "2023-00-01T00:00:00Z", true),
        (F::Rfc3339, "2020-05-05 10:00", false),
        (F::Rfc3339, "2023-01", false),
        (F::Rfc3339, "2023-07-11 10:00", false),
        (F::UuidV7, &upper("2023-07-10T12:10:00Z"), true),
        (F::UuidV7, &upper("2039-01-01T00:00:00Z"), false),
        (F::UuidV7, "017z", true),
        (F::Ulid, "01GZ", false),
        (F::Ulid, "01G[", true),
        (F::EpochSeconds, "16", true),
        (F::EpochSeconds, "15:30", true),
        (F::EpochSeconds, "1512345678901", false),
        (F::EpochMillis, "1688-07-10", true),
    ] {
        assert_eq!(form.lies_in_gap(&text(key), until), found, "{form:?} {key}");
    }
    let until = at("2026-11-05T20:00:00Z");
    for (form, key, found) in [
        (F::Rfc3339, "2026-11-00T20:00:00Z", true),
        (F::Rfc3339, "2026-11-01 20:00:00", false),
        // The bound is 01M6PM…; no ULID contains I or L.
        (F::Ulid, "01M6I", true),
        (F::Ulid, "01M6L", true),
        (F::Ulid, "01M6K", false),
    ] {
        assert_eq!(form.lies_in_gap(&text(key), until), found, "{form:?} {key}");
    }
}

/// A connector's windows may begin there, and what they read is not out of order.
#[test]
fn the_first_bound_of_all_lies_in_no_gap() {
    for (_, form) in SortKeyForm::NAMES {
        let first = text(&form.bound(Time::EPOCH));
        assert!(!form.is_before(&first, Time::EPOCH) && !form.lies_in_gap(&first, Time::EPOCH));
        assert!(!form.lies_in_gap(&first, at("2023-07-10T11:40:00Z")), "{form:?}");
    }
}

/// Each gap costs one Query per shard and day.
#[test]
fn there_are_fewer_than_ninety_gaps_to_query_every_day() {
    let most = |form: SortKeyForm| {
        let start = at("2026-01-01T00:00:00Z");
        let hours = (0..366 * 24u32).step_by(7);
        let until = hours.map(|hour| start + std::time::Duration::from_millis(3_599_999) * hour);
        until.map(|until| form.gaps(until).len()).max().unwrap()
    };
    let counts = SortKeyForm::NAMES.map(|(name, form)| (name, most(form)));
    assert!(counts.iter().all(|(_, count)| *count < 90), "{counts:?}");
}

#[test]
fn seconds_in_place_of_milliseconds_are_unparsable_and_lie_before_all_times() {
    let form = SortKeyForm::EpochMillis;
    let number = |text: &str| SortKey::Number(text.into());
    for small in ["0", "1688990400", "1688990400.5", "999999999999.999", "-1"] {
        let key = number(small);
        assert_eq!((form.time_of(&key), form.lies_in_gap(&key, Time::EPOCH)), (None, true), "{small}");
        assert!(form.is_before(&key, Time::EPOCH), "{small}");
    }
    assert_eq!(form.time_of(&number("1000000000000")), Some(at("2001-09-09T01:46:40Z")));
    let large = number("253402300800000");
    assert_eq!((form.time_of(&large), form.is_before(&large, Time::LAST)), (None, false));
    assert!(!form.lies_in_gap(&large, Time::LAST));
    assert_eq!(SortKeyForm::EpochSeconds.time_of(&number("0")), Some(Time::EPOCH));
}

proptest! {
    #[test]
    fn gaps_are_in_order_disjoint_and_not_empty(form in any_form(), until in any_time()) {
        let gaps = form.gaps(until);
        prop_assert!(gaps.iter().all(|(low, high)| low < high), "{gaps:?}");
        prop_assert!(gaps.windows(2).all(|pair| pair[0].1 < pair[1].0), "{gaps:?}");
        let (first, last) = (gaps.first().unwrap(), gaps.last().unwrap());
        prop_assert!(first.0.is_empty() && last.1 <= form.bound(form.clamp_to_fixed_width(until)));
    }

    #[test]
    fn no_parsable_key_lies_in_a_gap(
        form in any_form(), until in any_time(), before in any_time(), tail in any::<u64>(),
        ago in 0..100_000i64,
    ) {
        let near = Time::from_millis((until.millis() - ago).max(0)).unwrap();
        for time in [until, before, near] {
            let key = key_of(form, time, tail);
            for key in [text(&key.as_str().replace('.', ",")), key] {
                let is_parsable = form.time_of(&key).is_some();
                prop_assert!(!is_parsable || !form.lies_in_gap(&key, until), "{key:?}");
            }
        }
    }

    /// A key is never found both by a window and by the search for unparsable keys. It is found by
    /// neither only if it begins like a key of an earlier time.
    #[test]
    fn windows_and_the_search_for_unparsable_keys_share_no_key_and_skip_only_history(
        form in any_form(), times in [time_of_a_table(), time_of_a_table(), time_of_a_table()],
        near in 0..3_000_000_000i64, kept in 0usize..24, then in "[ -~]{0,4}", upper: bool,
        garbage in prop::option::of("[ -~]{0,30}"),
    ) {
        let mut times = times;
        times.sort_unstable();
        let [since, to, beyond] = times;
        let near = Time::from_millis((since.millis() + near - 1_500_000_000).max(0)).unwrap();
        let key = match garbage {
            Some(garbage) => text(&garbage),
            None => nearly(form, near, kept, &then, upper),
        };
        let in_window = |to| !form.is_before(&key, since) && form.is_before(&key, to);
        let is_unparsable = form.time_of(&key).is_none();
        let is_found = is_unparsable && (form.lies_in_gap(&key, since) || !form.is_before(&key, beyond));
        prop_assert!(!(in_window(to) && is_found), "{key:?}");
        if is_unparsable && !in_window(beyond) && !is_found {
            prop_assert!(begins_like_an_earlier_key(form, key.as_str(), since), "{key:?}");
        }
    }

    #[test]
    fn upper_case_uuids_of_later_times_are_found(
        since in time_of_a_table(), behind in 0..100_000_000_000i64,
    ) {
        let form = SortKeyForm::UuidV7;
        let time = Time::from_millis(since.millis() + behind).unwrap();
        let key = text(&format!("{}-7ABC-8000-0123456789AB", form.bound(time).to_uppercase()));
        prop_assert!(!form.is_before(&key, since) || form.lies_in_gap(&key, since));
    }
}
