//! The size of an index has a limit, and what had to go is said.

use super::*;

fn check(encoding: Encoding, events: &[String]) -> PartIndex {
    let (index, bytes) = index_of(encoding, events);
    let encoded = index.encode().unwrap();
    let limit = size_limit(encoding, bytes.len() as u64);
    assert!(encoded.len() as u64 <= limit, "{encoding:?}: {} of {limit}", encoded.len());
    assert_eq!(PartIndex::decode(&encoded).unwrap(), index);
    index
}

/// An event whose fields are all different from those of each other event.
fn distinct(number: usize) -> String {
    let noise = Sha256::of(number.to_string().as_bytes()).to_string();
    let (a, b) = noise.split_at(32);
    let minute = number / 60 % 60;
    format!(
        r#"{{"eventTime":"2023-07-10T01:{minute:02}:00Z","eventID":"{a}","eventName":"A{a}","eventSource":"B{b}","userIdentity":{{"arn":"C{noise}","accessKeyId":"D{b}"}},"requestParameters":{{"bucketName":"E{noise}"}},"sourceIPAddress":"F{a}","recipientAccountId":"G{b}"}}"#
    )
}

#[test]
fn the_limit_is_a_twentieth_of_a_large_gzip_part_and_16_kib_of_a_small_one() {
    let limit = |compression, size| size_limit(Encoding { compression, ..GZIP }, size);
    let kib = 1 << 10;
    assert_eq!(limit(Compression::Gzip, 0), 16 * kib);
    assert_eq!(limit(Compression::Gzip, 1024 * kib), 16 * kib);
    assert_eq!(limit(Compression::Gzip, 20 << 20), 1 << 20);
    for compression in [Compression::None, Compression::Zstd] {
        assert_eq!(limit(compression, 1600 * kib), 16 * kib);
        assert_eq!(limit(compression, 100 << 20), 1 << 20);
    }
}

#[test]
fn the_index_of_real_events_is_complete_within_its_limit() {
    for count in [1, 2_900, 20_000] {
        for encoding in encodings() {
            let index = check(encoding, &real_events(count));
            assert!(!index.cube.is_cut(), "{encoding:?}, {count} events");
        }
    }
}

#[test]
fn events_that_are_all_different_are_cut_and_it_says_so() {
    for count in [100, 12_000] {
        let events: Vec<String> = (0..count).map(distinct).collect();
        for encoding in encodings() {
            let index = check(encoding, &events);
            let actor = index.values.of(Field::Actor).unwrap();
            assert_eq!(actor.is_complete(), actor.len() == count, "{encoding:?}, {count} events");
            assert_eq!(index.cube.is_cut(), count > 100);
            let outcomes = index.values.of(Field::Outcome).unwrap();
            assert_eq!((outcomes.events("success"), outcomes.is_complete()), (Some(count as u64), true));
        }
    }
}

#[test]
fn events_that_compress_very_well_have_a_small_index_nevertheless() {
    let events: Vec<String> = (0..8_000).map(|_| event(1, 4_000)).collect();
    for encoding in encodings() {
        let index = check(encoding, &events);
        assert!(index.values.iter().all(|(_, dictionary)| dictionary.is_complete()));
    }
}

/// An hour of a product with hundreds of active people: charts and facets of actors must not need its events.
#[test]
fn sessions_and_targets_give_way_before_actors_and_addresses() {
    let events: Vec<_> = (0..4_000_u64)
        .map(|number| {
            let person = number * number % 397;
            let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            format!(
                r#"{{"eventTime":"2023-07-10T00:{:02}:00Z","eventID":"{random:016x}{number}","eventName":"Get{}","userIdentity":{{"arn":"arn:aws:iam::123837392027:user/person-{person}","accessKeyId":"AKIA{:016X}"}},"sourceIPAddress":"10.0.{}.{}","resources":[{{"ARN":"arn:aws:s3:::{:016x}"}}],"padding":"{:0300}"}}"#,
                number / 70,
                number % 90,
                person.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                person / 256,
                person % 256,
                (number % 900).wrapping_mul(0x632b_e59b_d9b4_e019),
                random,
            )
        })
        .collect();
    let index = check(GZIP, &events);
    assert!(index.size < 1 << 20);
    let is_complete = |field| index.values.of(field).unwrap().is_complete();
    assert!([Field::Actor, Field::Ip, Field::Action].into_iter().all(is_complete));
    assert!(!is_complete(Field::Session) && !index.cube.is_cut());
}
