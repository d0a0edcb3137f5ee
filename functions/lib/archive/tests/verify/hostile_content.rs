//! Hostile input leads to a finding: never to a panic, a hang, or a read outside of the folder.

use std::io::Write as _;

use archive::part::{Compression, Encoding, Format, PartKind};
use archive::verify::check::VerifyOptions;
use archive::verify::finding::{Kind, Severity};
use samples::archive::{resealed, sha256};

use crate::setup::{pinned_options, sample, verify};

/// The kinds of findings if these files are added to a valid archive.
fn findings_with(files: &[(&str, &[u8])]) -> Vec<Kind> {
    let mut all = sample().files;
    all.extend(files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())));
    let outcome =
        verify(&all, &VerifyOptions { newest: Some(sample().parts[13].note.sha256()), ..pinned_options() });
    outcome.counts.into_keys().filter(|kind| kind.severity() != Severity::Note).collect()
}

#[test]
fn every_invalid_file_among_the_manifests_is_reported_by_its_kind() {
    let note = sample().parts[2].note.bytes();
    let text = String::from_utf8(note.clone()).unwrap();
    let big = vec![b'x'; 10 << 20];
    for (name, bytes, expected) in [
        ("manifests/date=2026-11-19/000000000099_0123456789abcdef.note", &b""[..], Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/x.note", &big, Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/x", &[0xff; 10], Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/x.note", &note[..note.len() / 2], Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/x.note", &note.repeat(2), Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/x.note", &note, Kind::ManifestMisplaced),
        ("manifests/date=2026-11-18/000000000003_0123456789abcdef.note", &note, Kind::ManifestMisplaced),
        ("manifests/date=2026-11-19/y.note", text.replace('\n', "\r\n").as_bytes(), Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/y.note", format!("\u{feff}{text}").as_bytes(), Kind::ManifestMalformed),
        ("manifests/date=2026-11-19/sub/x.note", &note, Kind::FileUnnamed),
        ("manifests/x.note", &note, Kind::FileUnnamed),
        ("manifests/keys/00000000.vkey", b"x", Kind::FileUnnamed),
        ("manifests/keys/../../x", b"x", Kind::FileUnnamed),
        ("../x", b"x", Kind::FileUnnamed),
        ("/etc/passwd", b"x", Kind::FileUnnamed),
        ("events/date=2026-11-19/../../x", b"x", Kind::FileUnnamed),
        ("events/date=2026-11-19/x.json", b"", Kind::FileUnnamed),
        ("events/x.json", b"", Kind::FileUnnamed),
        ("Thumbs.db", b"", Kind::FileUnnamed),
        ("verification/con_0000000000000001_x.txt", b"", Kind::FileUnnamed),
    ] {
        let kinds = findings_with(&[(name, bytes)]);
        assert!(kinds.contains(&expected), "{name}: {kinds:?}");
    }
}

/// The sample archive with another object in part 7 (plain JSON), sealed by the vendor's own key.
fn with_content(encoding: Encoding, object: &[u8], raw: &[u8]) -> Vec<Kind> {
    let archive = sample();
    let mut files = archive.files.clone();
    let sealed = &archive.parts[6];
    files.remove(&sealed.manifest.object());
    let seven = resealed(&mut files, sealed, &sealed.keys, |manifest| {
        manifest.encoding = encoding;
        manifest.sha256 = sha256(object);
        manifest.size = object.len() as u64;
        manifest.raw_sha256 = sha256(raw);
        manifest.raw_size = raw.len() as u64;
    });
    files.insert(seven.manifest.object(), object.to_vec());
    let found = verify(&files, &pinned_options()).findings;
    found.into_iter().filter(|found| found.part == Some(7)).map(|found| found.kind).collect()
}

#[test]
fn a_bomb_is_decompressed_no_further_than_its_manifest_says() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![b' '; 1 << 20];
    for _ in 0..300 {
        gzip.write_all(&zeros).unwrap();
    }
    let bomb = gzip.finish().unwrap();
    let encoding = |compression| Encoding { format: Format::Json, compression };
    assert!(with_content(encoding(Compression::Gzip), &bomb, b"[\n{}\n]\n").contains(&Kind::ContentMismatch));
    // A zstd frame that needs two gigabytes of memory for its window.
    let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00];
    assert!(
        with_content(encoding(Compression::Zstd), &frame, b"[\n{}\n]\n").contains(&Kind::ContentMismatch)
    );
    // And a line without an end.
    let line = vec![b' '; 20 << 20];
    let plain = Encoding { format: Format::Ndjson, compression: Compression::None };
    assert!(with_content(plain, &line, &line).contains(&Kind::ContentMismatch));
}

#[test]
fn content_of_another_layout_is_reported_even_if_the_vendor_sealed_it() {
    let plain = |format| Encoding { format, compression: Compression::None };
    for bytes in [
        "",
        "[",
        "[\n",
        "[\n{}\n",
        "[\n{},\n]\n",
        "[\n{}\n{}\n]\n",
        "[\n{}\n]\n\n",
        "[\n{}\n]",
        "[\n\n]\n",
        "[\n{\n]\n",
        "{}\n",
        "[\n1\n]\n",
        "[\n[]\n]\n",
        "[\n{\"a\":1e400}\n]\n",
        "[\n{\"k\\ud83d\":1}\n]\n",
    ] {
        let kinds = with_content(plain(Format::Json), bytes.as_bytes(), bytes.as_bytes());
        assert!(kinds.contains(&Kind::ContentMismatch), "{bytes:?}: {kinds:?}");
    }
    for bytes in ["\n", "{}", "{}\n{}", "{\n", "{}\n\n", "1\n", "null\n"] {
        let kinds = with_content(plain(Format::Ndjson), bytes.as_bytes(), bytes.as_bytes());
        assert!(kinds.contains(&Kind::ContentMismatch), "{bytes:?}: {kinds:?}");
    }
    let kinds = with_content(plain(Format::Json), b"[\n]\n", b"[\n]\n");
    assert!(kinds.contains(&Kind::CountMismatch), "{kinds:?}");
    for garbage in [&b"no gzip"[..], &[0x1f, 0x8b], b""] {
        let encoding = Encoding { format: Format::Json, compression: Compression::Gzip };
        assert!(with_content(encoding, garbage, b"[\n{}\n]\n").contains(&Kind::ContentMismatch));
    }
}

/// Half of the common readers stop at the end of the first member or frame, so they would not see what this
/// verifier counts; and data after it is not checked content.
#[test]
fn an_object_with_data_after_its_first_member_or_frame_is_reported() {
    let raw = b"[\n{\"a\":1},\n{\"a\":2}\n]\n";
    let gzip = |piece: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(piece).unwrap();
        gzip.finish().unwrap()
    };
    let zstd = |piece: &[u8]| zstd::encode_all(piece, 1).unwrap();
    for compression in [Compression::Gzip, Compression::Zstd] {
        let encoding = Encoding { format: Format::Json, compression };
        let pack = |piece: &[u8]| if compression == Compression::Gzip { gzip(piece) } else { zstd(piece) };
        let is_rejected =
            |object: &[u8]| with_content(encoding, object, raw).contains(&Kind::ContentMismatch);
        assert!(!is_rejected(&pack(raw)), "{compression:?}: a single one is valid");
        for cut in [0, 2, 12, raw.len()] {
            let (start, end) = raw.split_at(cut);
            assert!(is_rejected(&[pack(start), pack(end)].concat()), "{compression:?}, cut at {cut}");
        }
        for rest in [&b"\0"[..], b"\n", &[0; 512], &[0x1f, 0x8b], &[0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0]] {
            assert!(is_rejected(&[&pack(raw), rest].concat()), "{compression:?} with {rest:?} after it");
        }
    }
}

#[test]
fn a_heartbeat_must_be_that_of_its_part() {
    let archive = sample();
    let beat = &archive.parts[7];
    assert_eq!(beat.manifest.kind(), PartKind::Heartbeat);
    let text = String::from_utf8(archive.files[&beat.manifest.object()].clone()).unwrap();
    for (from, to) in [("\"part\":8", "\"part\":9"), ("T02:00", "T01:00"), ("auditferry.heartbeat", "login")]
    {
        let bytes = text.replace(from, to).into_bytes();
        assert_ne!(bytes, text.as_bytes());
        let mut files = archive.files.clone();
        files.remove(&beat.manifest.object());
        let eight = resealed(&mut files, beat, &beat.keys, |manifest| {
            (manifest.sha256, manifest.size) = (sha256(&bytes), bytes.len() as u64);
            (manifest.raw_sha256, manifest.raw_size) = (manifest.sha256, manifest.size);
        });
        files.insert(eight.manifest.object(), bytes);
        assert!(verify(&files, &pinned_options()).counts.contains_key(&Kind::ContentMismatch), "{to}");
    }
}
