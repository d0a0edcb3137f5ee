//! The promises of the manifest format: one text per manifest, one file per note, and no input does harm.

use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;

use super::*;
use crate::names::ConnectorId;
use crate::note::*;
use crate::part::{Compression, Format};

mod notes;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

fn key(seed: u8) -> (SigningKey, VerifierKey) {
    let private = SigningKey::from_bytes(&[seed; 32]);
    let name = "vendor.example/auditferry".parse().unwrap();
    let public = VerifierKey::new(name, private.verifying_key().to_bytes()).unwrap();
    (private, public)
}

fn example() -> Manifest {
    Manifest {
        origin: Origin { vendor: "vendor.example".parse().unwrap(), connector: ConnectorId::new(1) },
        part: PartNumber::new(42),
        window: Window { from: at("2026-11-20T20:00:00Z"), to: at("2026-11-20T21:00:00Z") },
        events: 512,
        late: 3,
        unreadable: 0,
        times: Some((at("2026-11-20T19:12:01.004Z"), at("2026-11-20T20:59:59.871Z"))),
        sha256: Sha256::new([0x9f; 32]),
        size: 48_123,
        raw_sha256: Sha256::new([0x1e; 32]),
        raw_size: 481_230,
        sealed: at("2026-11-20T21:05:07.120Z"),
        destination: Location {
            bucket: "acme-audit-log".parse().unwrap(),
            prefix: "auditferry".parse().unwrap(),
            region: "eu-central-1".parse().unwrap(),
            account: "222222222222".parse().unwrap(),
        },
        encoding: Encoding { format: Format::Json, compression: Compression::Gzip },
        frequency: Frequency::HOURLY,
        previous: Previous::Manifest(Sha256::new([0xab; 32])),
        successor: None,
    }
}

/// The same, with a handover from the key of seed 1 to that of seed 2.
fn handing_over() -> Manifest {
    Manifest { successor: Some(key(2).1), ..example() }
}

fn signed(manifest: &Manifest, seeds: &[u8]) -> SignedNote {
    let text = manifest.text();
    let signatures = seeds.iter().map(|seed| {
        let (private, public) = key(*seed);
        public.signature(private.sign(text.as_bytes()).to_bytes())
    });
    let signatures = signatures.collect();
    SignedNote::new(text, signatures).unwrap()
}

#[test]
fn a_manifest_is_the_note_that_the_specification_shows() {
    let note = String::from_utf8(signed(&example(), &[1]).bytes()).unwrap();
    let specification = include_str!("../../../../../../infra/schemas/manifest.md");
    for expected in
        [note, key(1).1.to_string(), example().name(signed(&example(), &[1]).sha256()), key(1).1.file_name()]
    {
        assert!(
            expected.len() > 20 && specification.contains(&expected),
            "infra/schemas/manifest.md does not show this:\n{expected}"
        );
    }
}

#[test]
fn a_hand_over_manifest_is_the_note_that_the_specification_shows() {
    let note = signed(&handing_over(), &[1, 2]);
    let specification = include_str!("../../../../../../infra/schemas/manifest.md");
    let lines: Vec<String> = note.signatures().iter().map(ToString::to_string).collect();
    for expected in [successor_line(&key(2).1), lines.join("\n"), handing_over().name(note.sha256())] {
        assert!(
            expected.len() > 20 && specification.contains(&expected),
            "infra/schemas/manifest.md does not show this:\n{expected}"
        );
    }
}

#[test]
fn a_notes_hash_covers_only_its_text() {
    let (one, two) = (signed(&example(), &[1]), signed(&example(), &[2, 1, 2]));
    assert_eq!(one.sha256(), two.sha256());
    assert_eq!(one.sha256(), Sha256::of(example().text().as_bytes()));
    assert_ne!(one.sha256(), signed(&handing_over(), &[1]).sha256(), "the successor is signed");
}

#[test]
fn the_successor_is_the_last_line_in_full_and_of_the_same_name() {
    let text = handing_over().text();
    assert!(text.ends_with(&format!("previous {}\nsuccessor {}\n", "ab".repeat(32), key(2).1)), "{text}");
    assert_eq!(Manifest::parse(&text).unwrap(), handing_over());
    let mut first = Manifest { part: PartNumber::FIRST, ..handing_over() };
    first.previous = Previous::Start(ChainStart::Activation);
    assert_eq!(Manifest::parse(&first.text()).unwrap(), first);
    let vkey = key(2).1.to_string();
    let moved = text.replace(&format!("successor {vkey}\n"), "");
    for (invalid, line) in [
        (text.replace("successor vendor.", "successor other."), 15),
        (text.replace(&vkey, &vkey.replace("vendor.example/auditferry", "other.example/auditferry")), 15),
        (text.replace(&vkey, &format!("{vkey} from 2026-01-01T00:00:00.000Z")), 15),
        (text.replace(&vkey, ""), 15),
        (text.replace("successor ", "successor  "), 15),
        (text.replace("successor ", "Successor "), 15),
        (format!("{text}successor {}\n", key(3).1), 16),
        (moved.replace("previous", &format!("successor {vkey}\nprevious")), 14),
        (text.replace(&vkey, &hex::encode(key(2).1.id())), 15),
    ] {
        assert_eq!(Manifest::parse(&invalid).unwrap_err().line, line, "{invalid}");
    }
    // A valid key with another name is rejected.
    let name = "other.example/auditferry".parse().unwrap();
    let foreign = VerifierKey::new(name, *key(2).1.public()).unwrap();
    let invalid = Manifest { successor: Some(foreign), ..example() }.text();
    assert!(Manifest::parse(&invalid).unwrap_err().reason.contains("other.example"), "{invalid}");
}

/// KMS signs 4,096 bytes. An additional line with a policy's hash and name must still fit.
#[test]
fn the_longest_text_leaves_room_in_what_a_key_signs() {
    let label = "d".repeat(63);
    let vendor: VendorDomain = format!("{label}.{label}.{label}.{}", "d".repeat(8)).parse().unwrap();
    assert_eq!(vendor.as_str().len(), 200);
    let prefix = (1..=1_024).rev().find_map(|length| "p".repeat(length).parse().ok()).unwrap();
    let region =
        (1..=64).rev().find_map(|length| format!("eu-{}-1", "n".repeat(length)).parse().ok()).unwrap();
    let late = at("9999-12-29T23:59:59.999Z");
    let widest = Manifest {
        origin: Origin { vendor: vendor.clone(), connector: ConnectorId::new(u64::MAX) },
        part: PartNumber::FIRST,
        window: Window { from: late, to: late },
        events: u64::MAX,
        late: u64::MAX,
        unreadable: u64::MAX,
        times: Some((late, late)),
        size: u64::MAX,
        raw_size: u64::MAX,
        sealed: late,
        destination: Location {
            bucket: "b".repeat(63).parse().unwrap(),
            prefix,
            region,
            account: "222222222222".parse().unwrap(),
        },
        encoding: Encoding { format: Format::Ndjson, compression: Compression::Gzip },
        frequency: Frequency::try_from(24).unwrap(),
        previous: Previous::Start(ChainStart::StartFrom),
        successor: Some(VerifierKey::new(KeyName::of(vendor), *key(2).1.public()).unwrap()),
        ..example()
    };
    let text = widest.text();
    assert_eq!(Manifest::parse(&text).unwrap(), widest);
    assert!(text.len() + 1_024 <= MAX_TEXT, "{} bytes:\n{text}", text.len());
}

#[test]
fn the_first_part_says_why_the_chain_begins() {
    let mut manifest = example();
    manifest.part = PartNumber::FIRST;
    manifest.previous = Previous::Start(ChainStart::StartFrom);
    let text = manifest.text();
    let zeros = "0".repeat(64);
    assert!(
        text.ends_with(&format!("previous {zeros}\nstart start_from 2026-11-20T20:00:00.000Z\n")),
        "{text}"
    );
    assert_eq!(Manifest::parse(&text).unwrap(), manifest);
    for (invalid, line) in [
        (text.replace("start_from 2026-11-20T20", "start_from 2026-11-20T19"), 15),
        (text.replace("start start_from", "start whim"), 15),
        (text.replace(&zeros, &"1".repeat(64)), 14),
        (text.replace("part 1\n", "part 2\n"), 15),
        (text.replace("start start_from", "start upgrade"), 15),
        (example().text() + "start activation 2026-11-20T20:00:00.000Z\n", 15),
    ] {
        assert_eq!(Manifest::parse(&invalid).unwrap_err().line, line, "{invalid}");
    }
}

#[test]
fn a_chain_that_begins_at_an_upgrade_says_so() {
    let mut manifest = example();
    manifest.previous = Previous::Start(ChainStart::Upgrade);
    assert_eq!(Manifest::parse(&manifest.text()).unwrap(), manifest);
    for start in [ChainStart::Activation, ChainStart::StartFrom] {
        manifest.previous = Previous::Start(start);
        assert_eq!(Manifest::parse(&manifest.text()).unwrap_err().line, 15, "only part 1 starts like that");
    }
}

#[test]
fn times_that_contradict_the_late_events_are_reported() {
    let at = |text: &str| text.parse().unwrap();
    let with = |events, late, first, last| {
        Manifest { events, late, times: Some((at(first), at(last))), ..example() }.contradicting_times()
    };
    let (before, inside, behind) =
        ("2026-11-20T19:59:59.999Z", "2026-11-20T20:00:00Z", "2026-11-20T21:00:00Z");
    assert_eq!(with(2, 0, inside, inside), None);
    assert_eq!(with(2, 2, before, before), None);
    assert_eq!(with(2, 1, before, inside), None);
    assert_eq!(with(2, 1, inside, inside), None, "the late one has an unparsable key");
    for (events, late, first, last) in
        [(2, 0, before, inside), (2, 0, inside, behind), (2, 1, before, behind), (2, 2, before, inside)]
    {
        assert!(with(events, late, first, last).is_some(), "{events} {late} {first} {last}");
    }
    assert!(with(2, 2, behind, behind).unwrap().starts_with("all of its events are reported as late"));
}

#[test]
fn any_other_notation_is_rejected_with_its_line() {
    let text = example().text();
    assert_eq!(Manifest::parse(&text).unwrap(), example());
    let swap = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    for (invalid, line, why) in [
        (swap("vendor.example", "Vendor.example"), 1, "domain"),
        (swap("/auditferry/con_", "/other/con_"), 1, "/auditferry"),
        (swap("manifest v1", "manifest v2"), 2, "v1"),
        (swap("part 42", "part 042"), 3, "must be `part 42`"),
        (swap("part 42", "part +42"), 3, "must be"),
        (swap("part 42", "part 18446744073709551616"), 3, "whole number"),
        (swap("part 42", "part  42"), 3, "part N"),
        (swap("20:00:00.000Z", "20:00:00Z"), 4, "must be"),
        (swap("21:00:00.000Z\n", "19:00:00.000Z\n"), 4, "before it begins"),
        (swap("2026-11-20T21:00:00.000Z\n", "2026-11-21T00:00:00.001Z\n"), 4, "midnight"),
        (swap("kind mixed", "kind regular"), 5, "must be `kind mixed`"),
        (swap("late 3", "late 513"), 6, "more events are late"),
        (swap("unreadable 0", "unreadable 513"), 6, "more events are late"),
        (swap("2026-11-20T19:12:01.004Z", "2026-11-20T20:59:59.872Z"), 7, "later than the last"),
        (swap("times 2026-11-20T19:12:01.004Z", "times -"), 7, "`-` is not a time"),
        (swap("object events/", "object events/../events/"), 8, "must be"),
        (swap("object events/", "object /events/"), 8, "must be"),
        (swap("9f9f9f9f9f9f9f9f.json.gz", "9f9f9f9f9f9f9f9e.json.gz"), 8, "must be"),
        (swap("size 48123", "size 48124"), 9, ""),
        (swap("sha256 9f", "sha256 9F"), 9, "must be"),
        (swap("sealed 2026", "sealed 1926"), 11, "a time"),
        (swap("s3://acme", "s3://ACME"), 12, "bucket"),
        (swap("s3://acme-audit-log/auditferry", "s3://acme-audit-log/auditferry/"), 12, "must be"),
        (swap("s3://acme-audit-log/auditferry", "s3://acme-audit-log/../x"), 12, "prefix"),
        (swap("hours 1", "hours 25"), 13, "1 to 24"),
        (swap("gzip", "lzma"), 13, "gzip"),
        (swap("previous", "Previous"), 14, "previous HASH"),
        (text.clone() + "more\n", 15, "extra line"),
        (text.trim_end().to_owned(), 14, "no newline"),
        (text.repeat(2), 15, "extra line"),
        (text.replace('\n', "\r\n"), 1, ""),
        (String::new(), 1, "origin"),
        ("x".repeat(MAX_TEXT), 1, "origin"),
        ("x".repeat(MAX_TEXT + 1), 1, "longer"),
    ] {
        match Manifest::parse(&invalid) {
            Err(error) => {
                assert_eq!(error.line, line, "{error}\n{invalid}");
                assert!(error.reason.contains(why), "{error} does not say {why}");
            }
            // Another figure is another manifest: only the signature protects it.
            Ok(other) => assert!(why.is_empty() && other != example(), "{invalid}"),
        }
    }
}

#[test]
fn figures_at_the_limits_are_accepted_and_beyond_them_rejected() {
    let plain = Encoding { compression: Compression::None, ..example().encoding };
    let (from, one) = (example().window.from, Some((example().window.from, example().window.from)));
    let unpacked =
        Manifest { encoding: plain, raw_sha256: example().sha256, raw_size: example().size, ..example() };
    for sound in [
        Manifest { window: Window { from, to: from }, ..example() },
        Manifest { window: Window { from, to: from.next_midnight() }, ..example() },
        Manifest { events: 1, late: 0, times: one, ..example() },
        Manifest { events: 3, late: 3, unreadable: 3, ..example() },
        Manifest { events: 0, late: 0, times: None, ..example() },
        unpacked.clone(),
    ] {
        assert_eq!(Manifest::parse(&sound.text()).unwrap(), sound);
    }
    for (invalid, line) in [
        (Manifest { events: 0, late: 0, times: one, ..example() }, 7),
        (Manifest { part: PartNumber::NONE, ..example() }, 3),
        (Manifest { raw_size: 1, ..unpacked.clone() }, 10),
        (Manifest { raw_sha256: Sha256::new([0; 32]), ..unpacked }, 10),
    ] {
        assert_eq!(Manifest::parse(&invalid.text()).unwrap_err().line, line, "{}", invalid.text());
    }
}

fn time() -> impl Strategy<Value = Time> {
    (0..=Time::LAST.millis() - 200_000_000).prop_map(|ms| Time::from_millis(ms).unwrap())
}

prop_compose! {
    fn manifest()(
        (connector, part, frequency) in (any::<u64>(), 1..=u64::MAX, 1..=24u8),
        (from, span, sealed) in (time(), 0..86_400_000i64, time()),
        (events, late, unreadable) in
            (0..1_000_000u64, any::<prop::sample::Index>(), any::<prop::sample::Index>()),
        (one, other, has_times) in (time(), time(), any::<bool>()),
        (sha256, raw_sha256, before) in (any::<[u8; 32]>(), any::<[u8; 32]>(), any::<[u8; 32]>()),
        (size, raw_size) in (any::<u64>(), any::<u64>()),
        (format, compression) in (prop::sample::select(&Format::ALL), prop::sample::select(&Compression::ALL)),
        (bucket, prefix) in ("[a-z0-9]{3,63}", "([a-zA-Z0-9_'()!-]{1,20}(/[a-z]{1,9}){0,3})?"),
        (start_from, successor) in (any::<bool>(), prop::option::of(1..=u8::MAX)),
    ) -> Manifest {
        let end = Time::from_millis(from.millis() + span).unwrap();
        let plain = compression == Compression::None;
        let start = if start_from { ChainStart::StartFrom } else { ChainStart::Activation };
        Manifest {
            origin: Origin { connector: ConnectorId::new(connector), ..example().origin },
            part: PartNumber::new(part),
            window: Window { from, to: end.min(from.next_midnight()) },
            events,
            late: late.index(usize::try_from(events).unwrap() + 1) as u64,
            unreadable: unreadable.index(usize::try_from(events).unwrap() + 1) as u64,
            times: (has_times && events > 0).then_some((one.min(other), one.max(other))),
            sha256: Sha256::new(sha256),
            size,
            raw_sha256: Sha256::new(if plain { sha256 } else { raw_sha256 }),
            raw_size: if plain { size } else { raw_size },
            sealed,
            destination: Location {
                bucket: bucket.parse().unwrap(),
                prefix: prefix.parse().unwrap(),
                ..example().destination
            },
            encoding: Encoding { format, compression },
            frequency: Frequency::try_from(frequency).unwrap(),
            previous: match part {
                1 => Previous::Start(start),
                _ => Previous::Manifest(Sha256::new(before)),
            },
            successor: successor.map(|seed| key(seed).1),
        }
    }
}

proptest! {
    #[test]
    fn a_manifest_is_parsed_back_from_its_text(manifest in manifest()) {
        let text = manifest.text();
        prop_assert!(text.is_ascii() && text.len() <= MAX_TEXT);
        prop_assert_eq!(&Manifest::parse(&text).unwrap(), &manifest);
        let note = signed(&manifest, &[7]);
        prop_assert_eq!(SignedNote::parse(&note.bytes()).unwrap(), note);
    }

    #[test]
    fn an_accepted_text_is_the_only_one_of_its_manifest(
        manifest in manifest(),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof![any::<u8>(), Just(b' '), Just(b'\n'), Just(b'0'), Just(b'+')],
        insert in any::<bool>(),
    ) {
        let mut bytes = manifest.text().into_bytes();
        let place = place.index(bytes.len());
        if insert { bytes.insert(place, byte) } else { bytes[place] = byte }
        if let Ok(text) = String::from_utf8(bytes)
            && let Ok(read) = Manifest::parse(&text)
        {
            prop_assert_eq!(read.text(), text);
        }
    }

    #[test]
    fn hostile_input_is_rejected_and_never_panics(bytes in any::<Vec<u8>>(), text in any::<String>()) {
        let _ = SignedNote::parse(&bytes).map(|note| Manifest::parse(note.text()));
        let _ = Manifest::parse(&text);
        let _ = text.parse::<RingKey>();
        let _ = text.parse::<Origin>();
    }

    #[test]
    fn a_damaged_note_is_rejected_or_fails_verification(
        place in any::<prop::sample::Index>(), bit in 0..8u8,
    ) {
        let mut bytes = signed(&example(), &[1, 2]).bytes();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(note) = SignedNote::parse(&bytes) {
            prop_assert_eq!(note.bytes(), bytes);
            let mut ring = KeyRing::default();
            ring.add(RingKey { key: key(1).1, from: None, until: None });
            ring.add(RingKey { key: key(2).1, from: None, until: None });
            let sound = note.signatures().iter().all(|one| matches!(ring.signer(&note, one), Some(Some(_))));
            prop_assert!(!sound, "both signatures are still valid");
        }
    }
}
