//! The tests of `part`.

use super::*;

/// A public key. Source: RFC 8032, section 7.1, test 1.
const PUBLIC: [u8; 32] = [
    0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e,
    0xe1, 0x72, 0xf3, 0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a,
];

#[test]
fn a_part_is_named_as_in_the_contract() {
    let part = Part {
        connector: ConnectorId::new(1),
        number: PartNumber::new(42),
        window: Window {
            from: "2026-11-20T20:00:00Z".parse().unwrap(),
            to: "2026-11-20T21:00:00Z".parse().unwrap(),
        },
        kind: PartKind::Regular,
        events: 1,
        late: 0,
        unreadable: 0,
        first: None,
        last: None,
        encoding: Encoding { format: Format::Json, compression: Compression::Gzip },
        sha256: Sha256::new([0x9f; 32]),
        size: 1,
        raw_sha256: Sha256::new([0; 32]),
        raw_size: 1,
        content: Content::Inline(String::new()),
        sealed_at: Time::EPOCH,
        sealed_by: WorkerId::new(0, 0),
        manifest: None,
        delivered_at: None,
    };
    assert_eq!(
        part.name(),
        "events/date=2026-11-20/20261120T200000.000Z_20261120T210000.000Z_000000000042_9f9f9f9f9f9f9f9f.json.gz"
    );
    assert_eq!(part.manifest_name(), None);
    let key = "vendor.example/auditferry".parse().unwrap();
    let key = crate::note::VerifierKey::new(key, PUBLIC).unwrap();
    let manifest = SignedManifest::new("a manifest\n".into(), vec![(key, [0; 64])]).unwrap();
    let hash = manifest.sha256().short();
    let part = Part { manifest: Some(manifest), ..part };
    assert_eq!(part.manifest_name(), Some(format!("manifests/date=2026-11-20/000000000042_{hash}.note")));
    let json = serde_json::to_string(&part).unwrap();
    assert_eq!(serde_json::from_str::<Part>(&json).unwrap(), part);
}

#[test]
fn the_kind_of_a_part_follows_from_its_event_counts() {
    let kinds = [(0, 0), (3, 0), (3, 1), (3, 3)].map(|(events, late)| PartKind::of(events, late));
    assert_eq!(kinds, [PartKind::Heartbeat, PartKind::Regular, PartKind::Mixed, PartKind::Late]);
    for kind in kinds {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
    }
}

#[test]
fn part_numbers_count_from_one_and_saturate_at_none() {
    assert_eq!(PartNumber::NONE.next(), PartNumber::FIRST);
    assert_eq!(PartNumber::new(42).next().previous(), PartNumber::new(42));
    assert_eq!(
        (PartNumber::FIRST.previous(), PartNumber::NONE.previous()),
        (PartNumber::NONE, PartNumber::NONE)
    );
    assert_eq!(PartNumber::new(42).get(), 42);
}
