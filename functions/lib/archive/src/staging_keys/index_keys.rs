//! The keys of what is made from staged parts: indexes (infra/schemas/index.md) and downloads.
//!
//! - `index/<connector>/<mapping>/parts/<number>`: the index of a part.
//! - `index/<connector>/<mapping>/days/<date>_<first part>-<last part>_<first>-<last>`: the roll-up of a day,
//!   with the times of its first and last event in milliseconds since 1970. So a listing alone says which
//!   roll-ups a search has to read.
//! - `downloads/<connector>/…`: what somebody asked for.

use crate::fields::MappingHash;
use crate::names::ConnectorId;
use crate::part::PartNumber;
use crate::time::Time;

/// The prefix of all indexes of a connector.
#[must_use]
pub fn index_prefix(id: &ConnectorId) -> String {
    format!("index/{id}/")
}

/// The key of the index of a part by this mapping.
#[must_use]
pub fn part_index_key(id: &ConnectorId, mapping: MappingHash, number: PartNumber) -> String {
    format!("{}{mapping}/parts/{number}", index_prefix(id))
}

/// The prefix of all roll-ups of a connector by this mapping. Below it they are in the order of days.
#[must_use]
pub fn day_index_prefix(id: &ConnectorId, mapping: MappingHash) -> String {
    format!("{}{mapping}/days/", index_prefix(id))
}

/// The prefix of all downloads of a connector.
#[must_use]
pub fn downloads_prefix(id: &ConnectorId) -> String {
    format!("downloads/{id}/")
}

/// What the key of the roll-up of a day says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayKey {
    /// The beginning of the day, UTC.
    pub day: Time,
    /// The first of its parts.
    pub first_part: PartNumber,
    /// The last of its parts.
    pub last_part: PartNumber,
    /// The least and the greatest time of an event; `None` if there is none.
    pub times: Option<(Time, Time)>,
}

/// The key of the roll-up of a day.
#[must_use]
pub fn day_index_key(id: &ConnectorId, mapping: MappingHash, of: &DayKey) -> String {
    let DayKey { day, first_part, last_part, times } = of;
    let times = times.map(|(first, last)| format!("{:013}-{:013}", first.millis(), last.millis()));
    let (prefix, date, times) = (day_index_prefix(id, mapping), day.date(), times.unwrap_or("-".to_owned()));
    format!("{prefix}{date}_{first_part}-{last_part}_{times}")
}

/// What the key of a roll-up says; `None` if it is not such a key of this connector and mapping.
#[must_use]
pub fn parse_day_key(id: &ConnectorId, mapping: MappingHash, key: &str) -> Option<DayKey> {
    let name = key.strip_prefix(&day_index_prefix(id, mapping))?;
    let (date, rest) = name.split_once('_')?;
    let (parts, times) = rest.split_once('_')?;
    let (first_part, last_part) = parts.split_once('-')?;
    let number = |digits: &str| digits.parse().ok().map(PartNumber::new);
    let time = |digits: &str| digits.parse().ok().and_then(Time::from_millis);
    let times = match times.split_once('-')? {
        ("", "") => None,
        (first, last) => Some((time(first)?, time(last)?)),
    };
    let of = DayKey {
        day: format!("{date}T00:00:00Z").parse().ok()?,
        first_part: number(first_part)?,
        last_part: number(last_part)?,
        times,
    };
    let is_ordered = of.first_part <= of.last_part && times.is_none_or(|(first, last)| first <= last);
    // Numbers and times have one form.
    (is_ordered && day_index_key(id, mapping, &of) == key).then_some(of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::staging_keys::staging_prefix;
    use proptest::prelude::*;

    fn mapping() -> MappingHash {
        "00000000000000ab".to_owned().try_into().unwrap()
    }

    fn id() -> ConnectorId {
        ConnectorId::new(7)
    }

    #[test]
    fn the_keys_are_those_of_the_schema() {
        let time = |text: &str| text.parse::<Time>().unwrap();
        let mut of = DayKey {
            day: time("2026-11-20T00:00:00Z"),
            first_part: PartNumber::new(42),
            last_part: PartNumber::new(65),
            times: Some((time("2026-11-19T23:59:59.999Z"), time("2026-11-20T23:59:59Z"))),
        };
        let prefix = "index/con_0000000000000007/00000000000000ab/";
        assert_eq!(
            day_index_key(&id(), mapping(), &of),
            format!("{prefix}days/2026-11-20_000000000042-000000000065_1795132799999-1795219199000")
        );
        of.times = None;
        assert_eq!(
            day_index_key(&id(), mapping(), &of),
            format!("{prefix}days/2026-11-20_000000000042-000000000065_-")
        );
        let part = part_index_key(&id(), mapping(), PartNumber::new(42));
        assert_eq!(part, format!("{prefix}parts/000000000042"));
        assert!(prefix.starts_with(&index_prefix(&id())));
        assert_eq!(downloads_prefix(&id()), "downloads/con_0000000000000007/");
    }

    /// A session's policy names one prefix each.
    #[test]
    fn no_prefix_covers_what_is_of_another_connector_or_kind() {
        let prefixes = [7, 8]
            .map(ConnectorId::new)
            .map(|id| [staging_prefix(&id), index_prefix(&id), downloads_prefix(&id)]);
        let all = prefixes.concat();
        for (place, one) in all.iter().enumerate() {
            assert!(all.iter().enumerate().all(|(other, key)| other == place || !key.starts_with(one)));
        }
    }

    #[test]
    fn other_keys_are_no_roll_ups() {
        let prefix = day_index_prefix(&id(), mapping());
        for name in [
            "2026-11-20_000000000042-000000000065_1795132799999-1795219199000.json",
            "2026-11-20_42-65_1795132799999-1795219199000",
            "2026-11-20_000000000042-000000000041_1795132799999-1795219199000",
            "2026-11-20_000000000042-000000000065_1795219199000-1795132799999",
            "2026-11-20_000000000042-000000000065_-1795132799999",
            "2026-11-20_000000000042-000000000065_",
            "2026-11-31_000000000042-000000000065_-",
            "2026-11-20_000000000042_-",
            "2026-11-20",
        ] {
            assert_eq!(parse_day_key(&id(), mapping(), &format!("{prefix}{name}")), None, "{name}");
        }
        let other = format!(
            "{}2026-11-20_000000000042-000000000065_-",
            day_index_prefix(&ConnectorId::new(8), mapping())
        );
        assert_eq!(parse_day_key(&id(), mapping(), &other), None);
    }

    proptest! {
        #[test]
        fn a_key_round_trips_and_sorts_by_day(
            days in 0..2_000_000_i64,
            parts: (u64, u64),
            times in prop::option::of((0..=Time::LAST.millis(), 0..=Time::LAST.millis())),
        ) {
            let time = |ms| Time::from_millis(ms).unwrap();
            let of = |days: i64| DayKey {
                day: time(days * 86_400_000),
                first_part: PartNumber::new(parts.0.min(parts.1)),
                last_part: PartNumber::new(parts.0.max(parts.1)),
                times: times.map(|(one, two)| (time(one.min(two)), time(one.max(two)))),
            };
            let key = |days| day_index_key(&id(), mapping(), &of(days));
            prop_assert_eq!(parse_day_key(&id(), mapping(), &key(days)), Some(of(days)));
            prop_assert!(key(days) < key(days + 1));
        }

        #[test]
        fn no_text_makes_it_panic(name in any::<String>(), near in "[-_0-9]{0,60}") {
            let prefix = day_index_prefix(&id(), mapping());
            for name in [name, near] {
                let key = format!("{prefix}{name}");
                let parsed = parse_day_key(&id(), mapping(), &key);
                prop_assert!(parsed.is_none_or(|of| day_index_key(&id(), mapping(), &of) == key));
            }
        }
    }
}
