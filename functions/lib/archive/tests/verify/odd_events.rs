//! Events as products may write them, and as an attacker would: honest archives are proven, and no spelling
//! evades a check.

use std::io::Write as _;

use archive::generated_events;
use archive::item::SourceItem;
use archive::part::{Compression, Encoding, Format};
use archive::sort_key::{SortKey, SortKeyForm};
use archive::verify::check::{Outcome, Progress, Verdict, VerifyOptions, check};
use archive::verify::events::Fields;
use archive::verify::finding::{Kind, Severity};
use archive::verify::resources::Resources;
use proptest::prelude::*;
use samples::archive::{Files, Sealer, resealed, sha256};
use samples::items::{Shape, StoredItem};

use crate::setup::{Memory, at, pinned_options, resources, verify};

/// An archive of one part with these events, whose manifest states this number of records.
fn archive(lines: &[&str], unreadable: u64) -> Files {
    let mut sealer = Sealer::new(3, at("2026-11-20T08:00:00Z"), 7);
    sealer.encoding = Encoding { format: Format::Json, compression: Compression::None };
    let events: Vec<_> = lines.iter().map(|line| (at("2026-11-20T08:30:00Z"), (*line).to_owned())).collect();
    let part = sealer.seal(at("2026-11-20T09:00:00Z"), &events).clone();
    let mut files = sealer.files;
    resealed(&mut files, &part, &part.keys, |manifest| manifest.unreadable = unreadable);
    files
}

/// The outcome for an auditor who knows these fields.
fn verify_events(lines: &[&str], unreadable: u64, [id, time, tenant]: [Option<&str>; 3]) -> Outcome {
    let own = |name: Option<&str>| name.map(str::to_owned);
    let fields = Fields { id: own(id), time: own(time), tenant: own(tenant) };
    verify(
        &archive(lines, unreadable),
        &VerifyOptions { fields, as_of: at("2026-11-20T09:30:00Z"), ..pinned_options() },
    )
}

fn record(id: u8, event: &str) -> String {
    format!(
        r#"{{"id":"unreadable-{id:016x}","time":null,"type":"auditferry.unreadable","partition_key":"acme","sort_key":"x","reason":"sort_key_form","detail":"none"{event}}}"#
    )
}

#[test]
fn a_repeated_field_evades_no_check() {
    let tenant = |line: &str, field: &str| verify_events(&[line], 0, [None, None, Some(field)]);
    let sound = tenant(r#"{"tenant":"acme","a":{"b":"acme"}}"#, "tenant");
    assert_eq!(sound.verdict, Verdict::Proven, "{:#?}", sound.findings);
    for (line, field) in [
        (r#"{"tenant":"acme","tenant":"other"}"#, "tenant"),
        (r#"{"tenant":"acme","ten\u0061nt":"other"}"#, "tenant"),
        (r#"{"a":{"b":"acme"},"a":{"b":"other"}}"#, "/a/b"),
        (r#"{"a":{"b":"acme","\u0062":"other"}}"#, "/a/b"),
    ] {
        let outcome = tenant(line, field);
        assert_eq!(outcome.verdict, Verdict::Violated, "{line}");
        assert_eq!(
            (outcome.counts[&Kind::TenantMixed], outcome.counts[&Kind::FieldRepeated]),
            (1, 1),
            "{line}"
        );
    }
    // Whether the field exists at all depends on the reader.
    for line in
        [r#"{"a":{"b":"acme"},"a":1}"#, r#"{"a":{"b":"acme"},"a":{}}"#, r#"{"a":{"b":"acme","b":"acme"}}"#]
    {
        let outcome = tenant(line, "/a/b");
        assert_eq!(
            (outcome.verdict, outcome.counts[&Kind::FieldRepeated]),
            (Verdict::Incomplete, 1),
            "{line}"
        );
    }
    let id = verify_events(&[r#"{"id":1,"id":2}"#, r#"{"id":2}"#], 0, [Some("id"), None, None]);
    assert_eq!(
        (id.counts[&Kind::EventTwice], id.counts[&Kind::FieldRepeated]),
        (1, 1),
        "the second value counts"
    );
    let line = r#"{"time":"2026-11-20T08:30:00Z","time":"2026-11-20T09:30:00Z"}"#;
    let time = verify_events(&[line], 0, [None, Some("time"), None]);
    assert_eq!((time.counts[&Kind::EventOutsideWindow], time.counts[&Kind::FieldRepeated]), (1, 1));
}

#[test]
fn the_type_of_a_products_event_exempts_it_from_nothing() {
    let tenant = [None, None, Some("/org")];
    let acme = r#"{"id":1,"org":"acme"}"#;
    for line in [
        r#"{"id":"unreadable-1","time":null,"type":"auditferry.unreadable"}"#.to_owned(),
        r#"{"id":2,"type":"auditferry.heartbeat"}"#.to_owned(),
        record(2, ""),
    ] {
        let outcome = verify_events(&[acme, &line], 0, tenant);
        assert_eq!(
            (outcome.verdict, outcome.counts[&Kind::FieldMissing]),
            (Verdict::Incomplete, 1),
            "{line}"
        );
    }
    let outcome = verify_events(&[acme, r#"{"type":"auditferry.unreadable","org":"other"}"#], 0, tenant);
    assert_eq!(outcome.verdict, Verdict::Violated);
    // An event with exactly the form of a record, while the manifest states none: an event, and a note.
    let outcome = verify_events(&[acme, &record(2, "")], 0, [None; 3]);
    assert_eq!((outcome.verdict, outcome.counts[&Kind::RecordsImitated]), (Verdict::Proven, 1));
    // Next to a genuine one they can't be distinguished, so none is exempt.
    let outcome = verify_events(&[acme, &record(2, ""), &record(3, "")], 1, tenant);
    assert_eq!((outcome.verdict, outcome.counts[&Kind::RecordsImitated]), (Verdict::Incomplete, 1));
    // By its type alone it does not even count as a record.
    let outcome = verify_events(&[acme, r#"{"type":"auditferry.unreadable","org":"acme"}"#], 1, tenant);
    assert_eq!(outcome.counts[&Kind::CountMismatch], 1);
}

#[test]
fn a_record_is_exempt_from_the_products_fields_but_its_event_is_not() {
    let fields = [Some("key"), Some("at"), Some("org")];
    let acme = r#"{"key":1,"at":"2026-11-20T08:30:00Z","org":"acme"}"#;
    for (event, verdict) in [
        ("", Verdict::Proven),
        (r#","raw":"{\"org\":1e400}""#, Verdict::Proven),
        (r#","event":{"org":"acme"}"#, Verdict::Proven),
        (r#","event":{}"#, Verdict::Proven),
        (r#","event":{"org":"other"}"#, Verdict::Violated),
        (r#","event":{"org":"acme","org":"other"}"#, Verdict::Violated),
        (r#","event":{"org":"acme","org":"acme"}"#, Verdict::Incomplete),
    ] {
        let outcome = verify_events(&[acme, &record(2, event)], 1, fields);
        assert_eq!(outcome.verdict, verdict, "{event}: {:#?}", outcome.findings);
    }
}

/// A part signed by the vendor's own key, as an attacker could also create it: this object, and a manifest
/// with this number of events.
fn bomb(line: &[u8], lines: usize, events: u64) -> (Files, VerifyOptions) {
    let raw = line.repeat(lines);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&raw).unwrap();
    let object = gzip.finish().unwrap();
    let mut sealer = Sealer::new(3, at("2026-11-20T08:00:00Z"), 7);
    let first = [(at("2026-11-20T08:30:00Z"), "{}".to_owned())];
    let part = sealer.seal(at("2026-11-20T09:00:00Z"), &first).clone();
    let mut files = sealer.files;
    files.remove(&part.manifest.object());
    let part = resealed(&mut files, &part, &part.keys, |manifest| {
        manifest.encoding = Encoding { format: Format::Ndjson, compression: Compression::Gzip };
        (manifest.events, manifest.sha256, manifest.size) = (events, sha256(&object), object.len() as u64);
        (manifest.raw_sha256, manifest.raw_size) = (sha256(&raw), raw.len() as u64);
    });
    files.insert(part.manifest.object(), object);
    (
        files,
        VerifyOptions { as_of: at("2026-11-20T09:30:00Z"), fields: Fields::default(), ..pinned_options() },
    )
}

#[test]
fn a_small_object_exhausts_neither_disk_nor_time_of_the_auditor() {
    for (line, events, kind) in [
        (&b"1\n"[..], 20_000_000, Kind::BeyondLimits),
        (b"{}\n", 20_000_000, Kind::BeyondLimits),
        (b"1\n", 1_000_000, Kind::ContentMismatch),
        (b"{}\n", 1_000, Kind::CountMismatch),
    ] {
        let (files, options) = bomb(line, 20_000_000, events);
        let progress = Progress::default();
        let outcome = check(&Memory(&files), &options, &progress).unwrap();
        assert!(
            Progress::get(&progress.events) <= 1_000,
            "at most as many events are read as the manifest says"
        );
        assert_eq!(outcome.counts.get(&kind), Some(&1), "{events}: {:#?}", outcome.findings);
        assert_ne!(outcome.verdict, Verdict::Proven);
    }
}

/// Also within the limits of a manifest: a few kilobytes with megabytes of identities.
#[test]
fn identities_take_no_more_disk_space_than_an_archive_of_its_size_needs() {
    let (files, options) = bomb(b"{}\n", 60_000, 60_000);
    let outcome =
        verify(&files, &VerifyOptions { resources: Resources { memory: 1 << 16, ..resources() }, ..options });
    assert_eq!((outcome.verdict, outcome.counts[&Kind::BeyondLimits]), (Verdict::Incomplete, 1));
    assert_eq!(outcome.content.events, 60_000, "everything else was read");
}

/// A text that is an event, or nearly one.
fn text() -> impl Strategy<Value = String> {
    let value = prop::sample::select(vec![
        "1",
        "1e400",
        "-1E400",
        "1e-400",
        "\"a\"",
        r#""\ud83d""#,
        r#""\ud83d\ude00""#,
        r#""\u0000""#,
        "{}",
        "[",
        "[]",
        "\"\u{1}\"",
        "\n1\r",
        "12345678901234567890123456789012345678",
        "\"auditferry.unreadable\"",
    ]);
    let name =
        prop::sample::select(vec!["\"id\"", "\"type\"", r#""k\ud83d""#, r#""\u0069d""#, "\"time\"", "a"]);
    let members = (name, value).prop_map(|(name, value)| format!("{name}:{value}"));
    let object = (prop::collection::vec(members, 0..4), prop_oneof![6 => Just(0usize), 1 => 95..105usize])
        .prop_map(|(members, depth)| {
            format!("{}{{{}}}{}", "{\"a\":".repeat(depth), members.join(","), "}".repeat(depth))
        });
    prop_oneof![
        6 => object,
        1 => any::<String>(),
        1 => Just("user.login".to_owned()),
        1 => Just("[{}]".to_owned()),
    ]
}

fn item(number: usize, shape: Shape, is_odd: bool) -> SourceItem {
    let time = at("2026-11-20T08:30:00Z");
    let key = if is_odd { format!("2026-11-20 {number}") } else { format!("{time}#{number}") };
    let stored = StoredItem {
        partition: "acme".into(),
        partition_key: "acme".into(),
        sort_key: SortKey::Text(key),
        shape,
        visible_at: time,
    };
    stored.read(SortKeyForm::Rfc3339)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever a product writes, readers of the file can parse it, and the archive is valid.
    #[test]
    fn an_honest_export_is_never_accused(
        items in prop::collection::vec((text(), any::<bool>(), 0..8u8), 1..6),
    ) {
        let items: Vec<SourceItem> = items.into_iter().enumerate().map(|(number, (text, is_odd, shape))| {
            let shape = match shape {
                0 => Shape::Number(7),
                1 => Shape::Whole(serde_json::Map::from_iter([("actor".to_owned(), text.into())])),
                2 => Shape::Whole(serde_json::Map::new()),
                _ => Shape::Text(text),
            };
            item(number, shape, is_odd)
        }).collect();
        let lines: Vec<String> = items.iter().map(|item| {
            let line = item
                .content
                .clone()
                .or_else(|why| generated_events::unreadable_record(item, &why).map(Into::into))
                .unwrap();
            String::from_utf8(line.into()).unwrap()
        }).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let unreadable = items.iter().filter(|item| item.content.is_err()).count() as u64;
        let files = archive(&lines, unreadable);
        let object = files.iter().find(|(name, _)| name.starts_with("events/")).unwrap().1;
        // Another parser, which decodes everything.
        let events: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(object).unwrap();
        prop_assert_eq!(events.len(), lines.len());
        let as_of = at("2026-11-20T09:30:00Z");
        let options = VerifyOptions { as_of, fields: Fields::default(), ..pinned_options() };
        let outcome = verify(&files, &options);
        // The product itself may write an event twice.
        let accused = outcome.findings.iter().find(|found| {
            found.severity == Severity::Violated && found.kind != Kind::EventTwice
        });
        prop_assert!(accused.is_none(), "{accused:?}");
        prop_assert_ne!(outcome.verdict, Verdict::Incomplete);
    }
}
