//! The layout of staging keys, and which staged objects are orphans: staged by a worker that did not seal
//! them, because it crashed or another one was faster. `index_keys` has the keys of indexes and downloads.
//!
//! Staged objects are named by the part that they were staged for:
//! `parts/<connector>/<number>/<attempt>.data`, and `.keys` next to it. A seal names only objects of its own
//! number, it succeeds only if the number has no record yet, and a record never changes. So once a number has
//! its record, any other object of that number is an orphan for good: a worker that would still seal it is
//! refused. This depends on neither a clock nor a lease.

mod index_keys;

use std::time::Duration;

use crate::names::ConnectorId;
use crate::part::{Content, Part, PartNumber};

pub use index_keys::{
    DayKey, day_index_key, day_index_prefix, downloads_prefix, index_prefix, parse_day_key, part_index_key,
};

/// How long after its seal a part's number is swept. A worker that staged objects for this number read the
/// cursor before the seal, and no worker lives this long, so nothing more comes. A late object would stay for
/// good, which costs a little and breaks nothing.
pub const SWEEP_DELAY: Duration = Duration::from_hours(1);
/// The least number of parts that make a sweep worth its requests.
pub const MIN_SWEEP_PARTS: u64 = 24;

/// The prefix of everything that is staged for a connector.
#[must_use]
pub fn staging_prefix(id: &ConnectorId) -> String {
    format!("parts/{id}/")
}

/// Whether the reader may read this object for a connector: a part, an index or a download of it.
#[must_use]
pub fn is_readable_for(id: &ConnectorId, key: &str) -> bool {
    key.starts_with(&staging_prefix(id)) || is_writable_for(id, key)
}

/// Whether the reader may store this object for a connector: an index or a download of it.
#[must_use]
pub fn is_writable_for(id: &ConnectorId, key: &str) -> bool {
    key.starts_with(&index_prefix(id)) || key.starts_with(&downloads_prefix(id))
}

/// The `start-after` key for listing what is staged for this number and later ones, and nothing of earlier
/// ones.
#[must_use]
pub fn start_after(id: &ConnectorId, number: PartNumber) -> String {
    format!("{}{number}", staging_prefix(id))
}

/// The key of one object of an attempt to build a part.
#[must_use]
pub fn staged_key(id: &ConnectorId, number: PartNumber, attempt: &str, kind: StagedObject) -> String {
    format!("{}{number}/{attempt}.{}", staging_prefix(id), kind.suffix())
}

/// The two objects of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StagedObject {
    /// The encoded part, byte for byte as it is delivered.
    Data,
    /// The part's key list.
    Keys,
}

impl StagedObject {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Keys => "keys",
        }
    }
}

/// The part number that a connector's object was staged for. `None` if no attempt staged it; no sweep touches
/// such an object.
#[must_use]
pub fn part_number_of(id: &ConnectorId, key: &str) -> Option<PartNumber> {
    let (number, object) = key.strip_prefix(&staging_prefix(id))?.split_once('/')?;
    let (attempt, suffix) = object.rsplit_once('.')?;
    let is_staged = [StagedObject::Data, StagedObject::Keys].iter().any(|kind| kind.suffix() == suffix);
    if !is_staged
        || attempt.is_empty()
        || attempt.contains('/')
        || !number.bytes().all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let number = PartNumber::new(number.parse().ok()?);
    // A number with another count of digits must not be read as this one.
    key.starts_with(&format!("{}/", start_after(id, number))).then_some(number)
}

/// Whether an object is an orphan, by the record of the part with the number that it was staged for.
#[must_use]
pub fn is_orphan(part: &Part, key: &str) -> bool {
    let is_named = match &part.content {
        Content::Staged { data, keys } => data == key || keys == key,
        Content::Inline(_) => false,
    };
    !is_named && part_number_of(&part.connector, key) == Some(part.number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_staging_keys_of_attempts_parse() {
        let id = ConnectorId::new(7);
        let number = PartNumber::new(42);
        for kind in [StagedObject::Data, StagedObject::Keys] {
            assert_eq!(part_number_of(&id, &staged_key(&id, number, "w-1", kind)), Some(number));
        }
        for key in [
            "parts/000000000042/w-1.data".to_owned(),
            format!("parts/{}/000000000042/w-1.data", ConnectorId::new(8)),
            format!("parts/{id}/42/w-1.data"),
            format!("parts/{id}/+00000000042/w-1.data"),
            format!("parts/{id}/000000000042/w-1.note"),
            format!("parts/{id}/000000000042/.data"),
            format!("parts/{id}/000000000042/deeper/w-1.data"),
            format!("parts/{id}/000000000042"),
        ] {
            assert_eq!(part_number_of(&id, &key), None, "{key}");
        }
    }

    #[test]
    fn the_staging_prefix_of_a_connector_covers_its_objects_and_no_others() {
        let key = |id| staged_key(&ConnectorId::new(id), PartNumber::new(42), "w-1", StagedObject::Data);
        let keys = staged_key(&ConnectorId::new(7), PartNumber::new(42), "w-1", StagedObject::Keys);
        assert_ne!(key(7), keys, "the two objects of an attempt have two keys");
        let prefix = staging_prefix(&ConnectorId::new(7));
        assert!(
            key(7).starts_with(&prefix) && !key(8).starts_with(&prefix) && !key(0x70).starts_with(&prefix)
        );
    }

    #[test]
    fn the_reader_writes_no_part_and_touches_nothing_of_another_connector() {
        let (id, other) = (ConnectorId::new(7), ConnectorId::new(0x70));
        for own in [index_prefix(&id), downloads_prefix(&id)].map(|prefix| format!("{prefix}x")) {
            assert!(is_readable_for(&id, &own) && is_writable_for(&id, &own));
            assert!(!is_readable_for(&other, &own) && !is_writable_for(&other, &own));
        }
        let part = staged_key(&id, PartNumber::new(42), "w-1", StagedObject::Data);
        assert!(is_readable_for(&id, &part) && !is_writable_for(&id, &part));
        assert!(!is_readable_for(&other, &part) && !is_readable_for(&id, "portal/logo"));
    }

    #[test]
    fn listing_after_a_number_returns_its_objects_and_later_ones() {
        let id = ConnectorId::new(7);
        let key = |number| staged_key(&id, PartNumber::new(number), "w-1", StagedObject::Data);
        let after = start_after(&id, PartNumber::new(42));
        assert!(key(41) < after && key(9) < after);
        assert!(key(42) > after && key(43) > after && key(100) > after);
    }

    fn sealed(content: Content) -> Part {
        let at: crate::time::Time = "2026-11-20T21:00:00Z".parse().unwrap();
        Part {
            connector: ConnectorId::new(7),
            number: PartNumber::new(42),
            window: crate::part::Window { from: at, to: at },
            kind: crate::part::PartKind::Late,
            events: 1,
            late: 1,
            unreadable: 0,
            first: None,
            last: None,
            encoding: crate::part::Encoding::default(),
            sha256: crate::sha256::Sha256::new([0; 32]),
            size: 1,
            raw_sha256: crate::sha256::Sha256::new([0; 32]),
            raw_size: 1,
            content,
            sealed_at: at,
            sealed_by: crate::names::WorkerId::new(0, 0),
            manifest: None,
            delivered_at: None,
        }
    }

    /// Orphans are deleted, so this is where an event could be lost for good.
    #[test]
    fn what_a_record_names_is_never_an_orphan_and_anything_else_of_its_number_is() {
        let key = |number, attempt: &str, kind| {
            staged_key(&ConnectorId::new(7), PartNumber::new(number), attempt, kind)
        };
        let (data, keys) = (key(42, "w-1", StagedObject::Data), key(42, "w-1", StagedObject::Keys));
        let part = sealed(Content::Staged { data: data.clone(), keys: keys.clone() });
        assert!(!is_orphan(&part, &data) && !is_orphan(&part, &keys));
        for kind in [StagedObject::Data, StagedObject::Keys] {
            assert!(is_orphan(&part, &key(42, "w-2", kind)), "of another attempt");
            assert!(!is_orphan(&part, &key(43, "w-2", kind)), "of a number with another record");
        }
        assert!(!is_orphan(&part, "parts/con_0000000000000007/000000000042/notes.txt"), "not ours");
        let heartbeat = sealed(Content::Inline(String::new()));
        assert!(is_orphan(&heartbeat, &data), "a heartbeat has no staged objects");
    }
}
