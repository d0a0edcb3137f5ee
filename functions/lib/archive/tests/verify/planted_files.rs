//! What anyone can add below the prefix: signature lines, manifests of others, extreme numbers. It accuses
//! nobody, and hides nothing.

use archive::manifest::{Manifest, Previous};
use archive::names::ConnectorId;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use archive::verify::check::{Verdict, VerifyOptions};
use archive::verify::finding::Kind;
use samples::archive::{TestKey, note_of, sample_archive, sign, with_signatures};

use crate::keys::{count_of, keys, verify_without_accusation};
use crate::setup::{at, pinned_options, sample, verify};

#[test]
fn a_repeated_or_added_line_accuses_nobody_and_truncates_nothing() {
    let archive = sample();
    let newest = Some(archive.parts[13].note.sha256());
    let [old, new, _, forger] = keys();
    for sealed in &archive.parts {
        let own = sealed.note.signatures();
        let mut junk = own[0].clone();
        junk.bytes = vec![0; 64];
        for lines in [
            [own, own].concat(),
            [own, &[junk.clone()]].concat(),
            [&[junk], own].concat(),
            [own, &[forger.sign(sealed.note.text())]].concat(),
        ] {
            let note = with_signatures(&sealed.note, lines);
            // Under the same name it is the same manifest.
            let mut files = archive.files.clone();
            files.insert(note_of(sealed), note.bytes());
            let outcome = verify_without_accusation(
                &files,
                &VerifyOptions { newest, ..pinned_options() },
                &[&old, &new],
            );
            assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
            assert!(outcome.chain.tail_closed);
            // And under another name, for example that of its own bytes, it is a misplaced file.
            let mut files = archive.files.clone();
            files.insert(sealed.manifest.name(samples::archive::sha256(&note.bytes())), note.bytes());
            let outcome = verify_without_accusation(
                &files,
                &VerifyOptions { newest, ..pinned_options() },
                &[&old, &new],
            );
            assert_eq!(count_of(&outcome, Kind::ManifestMisplaced), 1, "{:#?}", outcome.findings);
            assert_eq!(count_of(&outcome, Kind::TailMissing), 0);
        }
    }
}

#[test]
fn a_planted_manifest_of_another_connector_explains_no_file() {
    let (archive, other) = (sample(), sample_archive(2, 7));
    let forger = TestKey::new(9);
    let requested = VerifyOptions { connector: Some(ConnectorId::new(1)), ..pinned_options() };
    let planted = |keys: &[TestKey]| {
        let mut files = archive.files.clone();
        files.insert(forger.public.file_name(), format!("{}\n", forger.ring_key()).into_bytes());
        let mut manifest: Manifest = other.parts[0].manifest.clone();
        let object = b"[\n{\"planted\":1}\n]\n".to_vec();
        manifest.encoding.compression = archive::part::Compression::None;
        (manifest.sha256, manifest.size) = (samples::archive::sha256(&object), object.len() as u64);
        (manifest.raw_sha256, manifest.raw_size) = (manifest.sha256, manifest.size);
        let note = sign(manifest.text(), keys);
        files.insert(manifest.object(), object);
        files.insert(manifest.name(note.sha256()), note.bytes());
        verify(&files, &requested)
    };
    let outcome = planted(std::slice::from_ref(&forger));
    assert_eq!(outcome.verdict, Verdict::Violated, "{:#?}", outcome.findings);
    assert_eq!((count_of(&outcome, Kind::ManifestForeign), count_of(&outcome, Kind::FileUnnamed)), (1, 1));
    assert_eq!(planted(&[TestKey::new(7)]).verdict, Verdict::Proven, "the vendor's own");
    // A successor of the other connector's keys is trusted there, and its chain backwards too.
    let mut files = archive.files.clone();
    files.extend(other.files);
    for key in [7, 107] {
        let options = VerifyOptions { pins: vec![TestKey::new(key).ring_key()], ..requested.clone() };
        assert_eq!(verify(&files, &options).verdict, Verdict::Proven, "{key}");
    }
}

#[test]
fn many_foreign_manifests_do_not_hide_the_vendors() {
    let archive = sample();
    let forger = TestKey::new(9);
    let three = &archive.parts[2];
    let mut files = archive.files.clone();
    for number in 0..40 {
        let mut manifest = three.manifest.clone();
        manifest.raw_size += number + 1;
        let note = sign(manifest.text(), std::slice::from_ref(&forger));
        files.insert(manifest.name(note.sha256()), note.bytes());
        // And those of a connector that does not exist.
        manifest.origin.connector = ConnectorId::new(77);
        let note = sign(manifest.text(), std::slice::from_ref(&forger));
        files.insert(manifest.name(note.sha256()), note.bytes());
    }
    let [old, new, ..] = keys();
    let outcome = verify_without_accusation(&files, &pinned_options(), &[&old, &new]);
    assert_eq!(outcome.origin.as_ref().unwrap().connector, ConnectorId::new(1));
    assert_eq!((outcome.chain.manifests, outcome.content.objects), (14, 14), "{:#?}", outcome.findings);
    assert_eq!(
        (count_of(&outcome, Kind::SignatureUntrusted), count_of(&outcome, Kind::ManifestForeign)),
        (40, 40)
    );
}

/// Within a range of time: a removed part can't be replaced by a manifest that claims another time.
#[test]
fn a_foreign_manifest_of_another_hour_fills_no_gap() {
    let archive = sample();
    let span = VerifyOptions {
        from: Some(at("2026-11-20T01:00:00Z")),
        to: Some(at("2026-11-20T08:00:00Z")),
        pins: vec![TestKey::new(107).ring_key()],
        ..pinned_options()
    };
    assert_eq!(verify(&archive.files, &span).verdict, Verdict::Proven);
    for from in ["2026-11-20T00:00:00Z", "2026-11-20T09:00:00Z"] {
        let mut files = archive.files.clone();
        let gone = &archive.parts[8];
        files.remove(&note_of(gone));
        files.remove(&gone.manifest.object());
        let mut manifest = gone.manifest.clone();
        manifest.window.from = at(from);
        manifest.window.to = manifest.window.from + std::time::Duration::from_mins(1);
        let note = sign(manifest.text(), &[TestKey::new(9)]);
        files.insert(manifest.name(note.sha256()), note.bytes());
        let outcome = verify(&files, &span);
        assert_eq!(outcome.verdict, Verdict::Violated, "{from}: {:#?}", outcome.findings);
        assert_eq!(count_of(&outcome, Kind::PartMissing), 1, "{:#?}", outcome.findings);
    }
}

#[test]
fn the_largest_part_number_is_an_ordinary_number() {
    let archive = sample();
    let mut manifest = archive.parts[13].manifest.clone();
    (manifest.part, manifest.previous) =
        (PartNumber::new(u64::MAX), Previous::Manifest(Sha256::new([1; 32])));
    let note = sign(manifest.text(), &[TestKey::new(9)]);
    let mut files = archive.files.clone();
    files.insert(manifest.name(note.sha256()), note.bytes());
    assert_eq!(verify(&files, &pinned_options()).verdict, Verdict::Violated);
}

#[test]
fn a_location_other_than_the_destination_is_a_note() {
    let archive = sample();
    let at = |bucket: &str, prefix: &str| {
        let location = Some((bucket.to_owned(), prefix.to_owned()));
        verify(&archive.files, &VerifyOptions { location, ..pinned_options() })
    };
    for prefix in ["auditferry", "auditferry/"] {
        assert_eq!(count_of(&at("acme-audit-log-2", prefix), Kind::DestinationDiffers), 0);
    }
    for (bucket, prefix) in [("acme-audit-log", "auditferry"), ("acme-audit-log-2", "")] {
        let outcome = at(bucket, prefix);
        assert_eq!((outcome.verdict, count_of(&outcome, Kind::DestinationDiffers)), (Verdict::Proven, 1));
    }
}
