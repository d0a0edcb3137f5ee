//! Indexes that somebody altered: an error, or an index that is consistent in itself, and never a panic.

use std::io::Write as _;

use super::day::day_of;
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn events() -> Vec<String> {
    (0..1_000).map(|number| event(number, 2_500)).collect()
}

/// The JSON text of an index.
fn text_of(index: &[u8]) -> Vec<u8> {
    zstd::decode_all(index).unwrap()
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut frame = zstd::Encoder::new(Vec::new(), 1).unwrap();
    frame.write_all(text).unwrap();
    frame.finish().unwrap()
}

/// Decodes an index of either kind, and checks that what is accepted is consistent.
fn decode(bytes: &[u8]) -> [Result<(), IndexError>; 2] {
    let part = PartIndex::decode(bytes).map(|index| {
        assert_eq!(PartIndex::decode(&index.encode().unwrap()).unwrap(), index);
    });
    let day = DayIndex::decode(bytes).map(|index| {
        assert_eq!(DayIndex::decode(&index.encode().unwrap()).unwrap(), index);
    });
    assert!(part.is_err() || day.is_err(), "one is not the other");
    [part, day]
}

/// Alters the value at a pointer; `null` removes it.
fn altered(text: &[u8], pointer: &str, value: Value) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(text).unwrap();
    *json.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is there")) = value;
    packed(&serde_json::to_vec(&json).unwrap())
}

#[test]
fn the_version_stands_first_and_another_one_is_not_read() {
    let (index, _) = index_of(GZIP, &events());
    let day = day_of(&[&index]);
    for text in [index.encode().unwrap(), day.encode().unwrap()].map(|bytes| text_of(&bytes)) {
        assert!(text.starts_with(br#"{"version":1,"#));
        let other = altered(&text, "/version", json!(2));
        assert!(decode(&other).iter().all(|result| matches!(result, Err(IndexError::OtherVersion(2)))));
    }
    let later = packed(br#"{"version":3,"of":{"another":"form"}}"#);
    assert!(matches!(PartIndex::decode(&later), Err(IndexError::OtherVersion(3))));
}

#[test]
fn what_contradicts_itself_is_damaged() {
    let (index, _) = index_of(GZIP, &events());
    let part = text_of(&index.encode().unwrap());
    let of_part = [
        ("/part", json!("42")),
        ("/sha256", json!("00")),
        ("/size", json!(index.size + 1)),
        ("/compression", json!("zstd")),
        ("/compression", json!("none")),
        ("/mapping", json!("AB")),
        ("/events", json!(999)),
        ("/first", json!("2023-07-09T00:00:00.000Z")),
        ("/last", json!("2023-07-11T00:00:00.000Z")),
        ("/last", json!("2023-07-09T00:00:00.000Z")),
        ("/offset", json!(0)),
        ("/offset", json!(11)),
        ("/blocks/size/0", json!(0)),
        ("/blocks/size/0", json!(u64::MAX)),
        ("/blocks/size", json!([])),
        ("/blocks/sha256", json!([])),
        ("/blocks/events/0", json!(0)),
        ("/blocks/events/1", json!(u64::MAX)),
        ("/blocks/first/0", json!(u64::MAX)),
        ("/blocks/keys/0", json!(1)),
        ("/blocks/keys/0", json!(u64::MAX)),
        ("/blocks/bits_per_key", json!(0)),
        ("/blocks/bits_per_key", json!(11)),
        ("/blocks/filter/0", json!("=")),
        ("/blocks/filter", json!([])),
        ("/cube/cut", json!(true)),
        ("/cube/rows", json!([])),
        ("/cube/rows/0/hours/0", json!(i64::MAX)),
        ("/cube/rows/0/hours/0", json!(0)),
        ("/cube/rows/0/hours/1", json!(0)),
        ("/cube/rows/0/events/0", json!(0)),
        ("/cube/rows/0/events/0", json!(u64::MAX)),
        ("/cube/rows/0/outcome", json!("maybe")),
        ("/values/0/field", json!("id")),
        ("/values/0/events/0", json!(1_001)),
        ("/values/0/events/0", json!(0)),
        ("/values/0/events", json!([])),
        ("/values/0/values/0", json!("z")),
        ("/values/0/values/0", json!("A".repeat(257))),
        ("/values", json!([])),
    ];
    for (pointer, value) in of_part {
        let result = PartIndex::decode(&altered(&part, pointer, value.clone()));
        assert!(matches!(result, Err(IndexError::Damaged(_))), "{pointer} {value}: {result:?}");
    }
    let day = text_of(&day_of(&[&index, &index, &index]).encode().unwrap());
    let of_day = [
        ("/day", json!("2023-07-10T01:00:00.000Z")),
        ("/parts", json!([])),
        ("/parts/0/from", json!(-1)),
        ("/parts/0/from", json!(i64::MIN)),
        ("/parts/0/to", json!(86_400_001)),
        ("/parts/0/events", json!(0)),
        ("/parts/0/events", json!(u64::MAX)),
        ("/parts/0/late", json!(1_001)),
        ("/parts/0/blocks", json!(0)),
        ("/parts/0/times", json!(null)),
        ("/parts/0/times", json!([2, 1])),
        ("/cube/rows", json!([])),
        ("/values/0/open", json!("3")),
        ("/values/0/open", json!("x")),
        ("/values/0/parts/0", json!("")),
        ("/values/0/parts/0", json!("0-3")),
        ("/values/0/events/0", json!(0)),
        ("/values/0/events/0", json!(3_001)),
        ("/values/0/parts", json!([])),
    ];
    for (pointer, value) in of_day {
        let result = DayIndex::decode(&altered(&day, pointer, value.clone()));
        assert!(matches!(result, Err(IndexError::Damaged(_))), "{pointer} {value}: {result:?}");
    }
}

#[test]
fn a_small_frame_of_much_is_not_unpacked() {
    let bomb = packed(&vec![b' '; usize::try_from(MAX_DECODED_BYTES).unwrap() + 1]);
    assert!(bomb.len() < 10_000);
    assert!(decode(&bomb).iter().all(|result| matches!(result, Err(IndexError::Damaged(_)))));
    let (index, _) = index_of(GZIP, &["{}".to_owned()]);
    let more = [index.encode().unwrap(), b"more".to_vec()].concat();
    assert!(matches!(PartIndex::decode(&more), Err(IndexError::Damaged(_))));
}

#[test]
fn no_error_contains_a_value() {
    let (index, _) = index_of(GZIP, &[r#"{"eventName":"secret"}"#.to_owned()]);
    let text = text_of(&index.encode().unwrap());
    for pointer in ["/values/0/events", "/values/0/complete", "/cube/rows/0/hours", "/part", "/mapping"] {
        let error = PartIndex::decode(&altered(&text, pointer, json!("secret"))).unwrap_err();
        assert!(!error.to_string().contains("secret") && !format!("{error:?}").contains("secret"), "{error}");
    }
}

fn indexes() -> Vec<Vec<u8>> {
    let (index, _) = index_of(GZIP, &(0..600).map(|number| event(number, 2_500)).collect::<Vec<_>>());
    vec![index.encode().unwrap(), day_of(&[&index, &index]).encode().unwrap()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn random_bytes_are_an_error(bytes: Vec<u8>) {
        prop_assert!(decode(&bytes).iter().all(Result::is_err));
        prop_assert!(decode(&packed(&bytes)).iter().all(Result::is_err));
    }
}

#[test]
fn a_flipped_byte_never_panics() {
    for index in indexes() {
        for place in 0..index.len() {
            for bit in [1, 0x80] {
                let mut bytes = index.clone();
                bytes[place] ^= bit;
                decode(&bytes).into_iter().for_each(drop);
            }
        }
        // Without the frame's checksum in the way.
        let text = text_of(&index);
        for (place, byte) in (0..text.len()).zip(b"0159,]}\"-".iter().cycle()) {
            let mut text = text.clone();
            text[place] = *byte;
            decode(&packed(&text)).into_iter().for_each(drop);
        }
    }
}
