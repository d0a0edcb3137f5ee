//! The builder: what it counts, how it cuts, and that pieces don't matter.

use std::collections::BTreeMap;

use super::*;
use crate::encode::MIN_BLOCK_BYTES;
use crate::query::normalize;
use proptest::prelude::*;

/// Checks all of an index against the events of its part.
fn check(index: &PartIndex, bytes: &[u8], events: &[String]) {
    let mut all = Vec::new();
    for block in &index.blocks {
        let read = read(block, index.encoding, bytes);
        assert_eq!((read[0].0, read.len() as u64), (block.position, block.events));
        let times: Vec<Time> = read.iter().map(|(_, event)| time_of(event)).collect();
        assert_eq!(times.iter().min(), Some(&block.first));
        assert_eq!(times.iter().max(), Some(&block.last));
        for (field, value) in read.iter().flat_map(|(_, event)| values_of(event)) {
            assert!(block.members.may_contain(field, &normalize(&value)), "{field} {value}");
        }
        all.extend(read);
    }
    let expected: Vec<_> = (0..).zip(events.iter().cloned()).collect();
    assert!(all == expected, "the blocks have all events in order");
    let times = events.iter().map(|event| time_of(event));
    assert_eq!((times.clone().min(), times.max()), (Some(index.first), Some(index.last)));

    let (mut values, mut cube) = (BTreeMap::new(), BTreeMap::new());
    for event in events {
        let of_event: BTreeMap<Field, String> = values_of(event).into_iter().collect();
        let of = |field| of_event.get(&field).cloned();
        let hour = time_of(event).floor(std::time::Duration::from_hours(1));
        let key = (of(Field::Category), of(Field::Action), of(Field::Outcome).unwrap(), hour);
        *cube.entry(key).or_insert(0) += 1;
        for key in of_event {
            *values.entry(key).or_insert(0) += 1;
        }
    }
    let cell = |cell: Cell<'_>| {
        let [category, action] = [cell.category, cell.action].map(|value| value.map(str::to_owned));
        ((category, action, cell.outcome.as_str().to_owned(), cell.hour), cell.events)
    };
    let counts: BTreeMap<_, _> = index.cube.cells().map(cell).collect();
    assert!(counts == cube, "the counts are those of the events");
    assert_eq!(counts.len(), index.cube.cells().count());
    for ((field, value), count) in &values {
        let Some(dictionary) = index.values.of(*field) else { continue };
        let found = dictionary.events(value);
        assert!(found == Some(*count) || found.is_none() && !dictionary.is_complete(), "{field} {value}");
    }
    for (field, dictionary) in index.values.iter() {
        assert!(dictionary.iter().all(|(value, _)| values.contains_key(&(field, value.to_owned()))));
    }
}

fn time_of(event: &str) -> Time {
    let mapping = mapping();
    let found = event::find(event.as_bytes(), mapping.paths()).unwrap();
    mapping.read(&found).time.unwrap_or_else(|| "2023-07-10T00:00:00Z".parse().unwrap())
}

#[test]
fn the_index_of_real_events_has_what_a_loop_over_them_finds() {
    let events = real_events(2_900);
    for encoding in encodings() {
        let (index, bytes) = index_of(encoding, &events);
        check(&index, &bytes, &events);
        let blocks = if encoding.compression == Compression::Zstd { 1..=1 } else { 3..=9 };
        assert!(blocks.contains(&index.blocks.len()), "{encoding:?}: {} blocks", index.blocks.len());
        assert!(index.values.iter().all(|(_, dictionary)| dictionary.is_complete()));
        assert_eq!(PartIndex::decode(&index.encode().unwrap()).unwrap(), index);
    }
}

/// The same rule cuts both, so what a block of a plain part has does not depend on its compression.
#[test]
fn plain_parts_are_cut_where_gzip_parts_are() {
    for format in Format::ALL {
        let of = |compression| index_of(Encoding { format, compression }, &real_events(2_900)).0;
        let events = |index: &PartIndex| index.blocks.iter().map(|block| block.events).collect::<Vec<_>>();
        assert_eq!(events(&of(Compression::None)), events(&of(Compression::Gzip)));
    }
}

/// In steps of one byte around the boundary, as in the test of the writer.
#[test]
fn a_block_ends_with_the_line_that_reaches_one_mebibyte() {
    for length in (MIN_BLOCK_BYTES - 6)..=MIN_BLOCK_BYTES {
        for after in 0..3 {
            let lengths = std::iter::once(length).chain(std::iter::repeat_n(200, after));
            let events: Vec<_> = lengths.enumerate().map(|(number, length)| event(number, length)).collect();
            for format in Format::ALL {
                for compression in [Compression::None, Compression::Gzip] {
                    let (index, bytes) = index_of(Encoding { format, compression }, &events);
                    check(&index, &bytes, &events);
                    let overhead = if format == Format::Json { 4 } else { 1 };
                    let is_full = events[0].len() + overhead >= MIN_BLOCK_BYTES;
                    // Otherwise the second one fills it.
                    let is_cut = if is_full { after > 0 } else { after > 1 };
                    assert_eq!(index.blocks.len(), if is_cut { 2 } else { 1 });
                }
            }
        }
    }
}

#[test]
fn events_without_fields_are_counted_at_the_start_of_the_window() {
    let events = [r"{}".to_owned(), r#"{"eventTime":"yesterday","eventName":{"a":1}}"#.to_owned()];
    for encoding in encodings() {
        let (index, bytes) = index_of(encoding, &events);
        check(&index, &bytes, &events);
        assert_eq!(index.first.to_string(), "2023-07-10T00:00:00.000Z");
    }
}

fn events() -> impl Strategy<Value = Vec<String>> {
    let length = prop_oneof![8 => 1..3_000_usize, 2 => 3_000..400_000_usize, 1 => 900_000..1_300_000_usize];
    prop::collection::vec(length, 1..12).prop_map(|lengths| {
        lengths.into_iter().enumerate().map(|(number, length)| event(number, length)).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn how_the_bytes_are_cut_into_pieces_changes_nothing(
        events in events(),
        pieces in prop::collection::vec(1..200_000_usize, 1..20),
    ) {
        for encoding in encodings() {
            let (part, bytes) = part(encoding, &events);
            let whole = index_in(&part, &bytes, bytes.len()).unwrap();
            check(&whole, &bytes, &events);
            let mut builder = IndexBuilder::new(&part, &mapping()).unwrap();
            let mut rest = bytes.as_slice();
            for piece in pieces.iter().cycle() {
                let (piece, after) = rest.split_at((*piece).min(rest.len()));
                builder.push(piece).unwrap();
                rest = after;
                if rest.is_empty() {
                    break;
                }
            }
            prop_assert_eq!(builder.finish().unwrap(), whole);
        }
    }
}

#[test]
fn the_same_index_comes_from_single_bytes() {
    let events: Vec<_> = (0..900).map(|number| event(number, 2_500)).collect();
    for encoding in encodings() {
        let (part, bytes) = part(encoding, &events);
        assert_eq!(index_in(&part, &bytes, 1).unwrap(), index_in(&part, &bytes, 1 << 20).unwrap());
    }
}
