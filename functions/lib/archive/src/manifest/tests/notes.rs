//! Notes, signatures, keys, and what a part's record stores of them.

use super::*;

#[test]
fn the_first_wrong_line_of_a_note_is_reported() {
    let signed = "\u{2014} k AAAAAAAA\n";
    for (invalid, line) in [
        (String::new(), 1),
        ("a".into(), 1),
        ("a\nb".into(), 2),
        ("a\nb\n".into(), 3),
        ("a\nb\tc\n".into(), 2),
        ("a\r\nb\n".into(), 1),
        ("a\nb\n\n".into(), 4),
        (format!("a\nb\n\n{signed}x\n"), 5),
        (format!("a\n\nb\n\n\nx\n{signed}"), 6),
        (format!("a\n\n{}", signed.repeat(MAX_SIGNATURES + 1)), 3 + MAX_SIGNATURES),
    ] {
        assert_eq!(SignedNote::parse(invalid.as_bytes()).unwrap_err().line, line, "{invalid:?}");
    }
    assert_eq!(SignedNote::parse(b"a\n\xff\n").unwrap_err().line, 2);
    assert!(SignedNote::parse(format!("a\n\n{}", signed.repeat(MAX_SIGNATURES)).as_bytes()).is_ok());
}

#[test]
fn the_largest_note_is_accepted() {
    let rest = "\n\n\u{2014} k AAAAAAAA\n";
    let note = |size: usize| "x".repeat(size - rest.len()) + rest;
    assert!(SignedNote::parse(note(MAX_NOTE).as_bytes()).is_ok());
    assert!(SignedNote::parse(note(MAX_NOTE + 1).as_bytes()).unwrap_err().reason.contains("larger"));
}

#[test]
fn a_note_that_was_damaged_in_transit_is_rejected_with_the_reason() {
    let bytes = signed(&example(), &[1, 2]).bytes();
    assert_eq!(SignedNote::parse(&bytes).unwrap().bytes(), bytes);
    let text = String::from_utf8(bytes.clone()).unwrap();
    let without = |what: &str| text.replace(what, "").into_bytes();
    for (invalid, why) in [
        (format!("\u{feff}{text}").into_bytes(), "byte order mark"),
        (text.replace('\n', "\r\n").into_bytes(), "CRLF"),
        (text.replace("part 42", "part\t42").into_bytes(), "control character"),
        (text.encode_utf16().flat_map(u16::to_be_bytes).collect(), "control character"),
        (text.replace('v', "\u{e9}").chars().map(|c| c as u8).collect(), "not UTF-8"),
        (bytes[..bytes.len() - 1].to_vec(), "is truncated"),
        (bytes[..bytes.len() / 3].to_vec(), "is truncated"),
        (bytes[..example().text().len()].to_vec(), "no empty line"),
        (bytes[..=example().text().len()].to_vec(), "no signature"),
        (without("\u{2014} "), "is not `— KEY BASE64`"),
        (without("="), "base64"),
        (text.replace("\u{2014} vendor", "\u{2014}  vendor").into_bytes(), "name of a key"),
        (text.replace("\u{2014} vendor", "\u{2014} a+b").into_bytes(), "name of a key"),
        (format!("{}\n\u{2014} k AAAAAA==\n", example().text()).into_bytes(), "shorter than a key ID"),
        (Vec::new(), "is truncated"),
        (vec![b'\n'; MAX_NOTE + 1], "larger"),
        (format!("x\n\n{}", "\u{2014} k AAAAAAAA\n".repeat(MAX_SIGNATURES + 1)).into_bytes(), "more than 32"),
    ] {
        let error = SignedNote::parse(&invalid).unwrap_err();
        assert!(error.reason.contains(why), "{error} does not say {why}");
    }
    // A note repeated twice is one note, but its text is not a manifest.
    let doubled = SignedNote::parse(&bytes.repeat(2)).unwrap();
    assert!(Manifest::parse(doubled.text()).is_err());
}

#[test]
fn each_signature_is_verified_by_the_key_that_it_names() {
    let note = signed(&example(), &[1, 2]);
    let mut ring = KeyRing::default();
    let ring_key = |seed: u8| RingKey { key: key(seed).1, from: None, until: None };
    assert_eq!((ring.add(ring_key(1)), ring.add(ring_key(3)), ring.add(ring_key(1))), (0, 1, 0));
    assert_eq!(ring.keys(), [ring_key(1), ring_key(3)]);
    let [by_one, by_two] = note.signatures() else { panic!("two signatures") };
    assert_eq!(ring.signer(&note, by_one), Some(Some(0)));
    assert_eq!(ring.signer(&note, by_two), None, "the key is not in the ring");
    let mut forged = by_one.clone();
    forged.bytes[7] ^= 1;
    assert_eq!(ring.signer(&note, &forged), Some(None));
    let renamed = NoteSignature { name: "other.example/auditferry".into(), ..by_one.clone() };
    assert_eq!(ring.signer(&note, &renamed), None);
    let other = signed(&Manifest { events: 513, ..example() }, &[1]);
    assert_eq!(ring.signer(&other, by_one), Some(None), "a signature of another text");
}

#[test]
fn a_key_is_valid_between_the_times_of_its_line() {
    let text = format!("{} from 2026-01-01T00:00:00.000Z until 2027-01-01T00:00:00.000Z", key(1).1);
    let ring_key: RingKey = text.parse().unwrap();
    assert_eq!(ring_key.to_string(), text);
    for (time, valid) in
        [("2025-12-31T23:59:59.999Z", false), ("2026-01-01T00:00:00Z", true), ("2027-01-01T00:00:00Z", false)]
    {
        assert_eq!(ring_key.is_valid_at(at(time)), valid, "{time}");
    }
    assert!(key(1).1.to_string().parse::<RingKey>().unwrap().is_valid_at(Time::EPOCH));
    for invalid in [
        format!("{} until", key(1).1),
        format!("{} since 2026-01-01T00:00:00Z", key(1).1),
        format!("{} until 2026-01-01T00:00:00Z from 2026-01-01T00:00:00Z", key(1).1),
        format!("{} from 2026-01-01T00:00:00Z from 2026-01-01T00:00:00Z", key(1).1),
        format!("{} until 2026-01-01T00:00:00Z until 2026-01-01T00:00:00Z", key(1).1),
        key(1).1.to_string().replace("vendor.", "other."),
        "vendor.example/auditferry+00000000+AQ==".into(),
        "vendor.example/auditferry".into(),
    ] {
        assert!(
            invalid.parse::<RingKey>().unwrap_err().to_string().contains("is not a valid key"),
            "{invalid}"
        );
    }
}

#[test]
fn a_key_id_is_the_first_four_bytes_of_the_hash_in_its_text() {
    let key = key(1).1;
    let digits = hex::encode(key.id());
    assert!(key.to_string().contains(&format!("+{digits}+")), "{key}");
    assert_eq!(key.file_name(), format!("manifests/keys/{digits}.vkey"));
    let id = KeyId::from(key.id());
    assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{digits}\""));
    assert_eq!(serde_json::from_str::<KeyId>(&format!("\"{digits}\"")).unwrap(), id);
    for invalid in ["", "1234567", "123456", "1234567890", "1234567g"] {
        assert!(serde_json::from_str::<KeyId>(&format!("\"{invalid}\"")).is_err(), "{invalid}");
    }
}

#[test]
fn a_stored_manifest_contains_all_its_keys_in_order() {
    let text = example().text();
    let signed = [1, 2].map(|seed| {
        let (private, public) = key(seed);
        (public, private.sign(text.as_bytes()).to_bytes())
    });
    let pinned = SignedManifest::new(text.clone(), signed.to_vec()).unwrap();
    assert_eq!(pinned.keys(), [key(1).1, key(2).1]);
    assert_eq!(pinned.successor(), Some(&key(2).1), "the active key from now on");
    assert!(!pinned.has_text(&text), "the text does not contain it");
    let names = SignedManifest::new(format!("{text}{}", successor_line(&key(2).1)), signed.to_vec()).unwrap();
    assert!(names.has_text(&text) && !names.has_text("another\n"));
    let alone = SignedManifest::new(text.clone(), signed[..1].to_vec()).unwrap();
    assert!(alone.has_text(&text) && alone.successor().is_none());
    let record = serde_json::to_value(&pinned).unwrap();
    assert_eq!(serde_json::from_value::<SignedManifest>(record.clone()).unwrap(), pinned);
    let [one, two, three] = [1, 2, 3].map(|seed| key(seed).1.to_string());
    for keys in [vec![], vec![&one], vec![&two, &one], vec![&one, &three], vec![&one, &two, &two]] {
        let mut invalid = record.clone();
        invalid["keys"] = serde_json::json!(keys);
        let error = serde_json::from_value::<SignedManifest>(invalid).unwrap_err().to_string();
        assert!(error.contains("do not match its signatures"), "{keys:?}: {error}");
    }
}

#[test]
fn a_weak_key_is_rejected() {
    let name = || "vendor.example/auditferry".parse::<KeyName>().unwrap();
    let mut one = [0; 32];
    one[0] = 1;
    for weak in [one, [0; 32]] {
        assert!(VerifierKey::new(name(), weak).is_err());
    }
}
