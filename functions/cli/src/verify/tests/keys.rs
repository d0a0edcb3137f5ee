//! The verifier's trust: only keys that the auditor named, those that a signed text names as successors, and
//! texts that are trusted through the chain. Unsigned content of the bucket gives no trust, and accuses
//! nobody.

use archive::manifest::{Manifest, Previous};
use archive::note::NoteSignature;
use archive::part::PartNumber;
use archive::sha256::Sha256;
use tests::archive::{Sealed, forge, forge_all, note_of, resealed, resign, sign, with_signatures};

use super::super::check::Boundary;
use super::*;

/// The sample's first key, its successor from part 6 on, and two that sign nothing in it.
fn keys() -> [TestKey; 4] {
    [7, 107, 8, 9].map(TestKey::new)
}

fn pinned(keys: &[&TestKey]) -> VerifyOptions {
    VerifyOptions { pins: keys.iter().map(|key| key.ring_key()).collect(), ..pinned_options() }
}

fn count_of(outcome: &Outcome, kind: Kind) -> u64 {
    outcome.counts.get(&kind).copied().unwrap_or_default()
}

/// The outcome, after checking that only these keys were trusted, and that there is no equivocation.
fn verify_without_accusation(files: &Files, options: &VerifyOptions, genuine: &[&TestKey]) -> Outcome {
    let outcome = verify(files, options);
    for key in &outcome.trusted {
        assert!(genuine.iter().any(|known| known.public == *key), "{key} was trusted");
    }
    assert_eq!(count_of(&outcome, Kind::Equivocation), 0, "{:#?}", outcome.findings);
    outcome
}

#[test]
fn a_forged_tail_is_never_proven_wherever_it_begins() {
    let archive = sample();
    let [old, new, _, forger] = keys();
    for from in 1..=13 {
        for names in [false, true] {
            let mut files = archive.files.clone();
            forge(&mut files, &archive.parts, from, &forger, names);
            for pins in [vec![&old], vec![&new], vec![&old, &new]] {
                let outcome = verify_without_accusation(&files, &pinned(&pins), &[&old, &new]);
                assert_eq!(outcome.verdict, Verdict::Violated, "from {from}: {:#?}", outcome.findings);
            }
            let verdict = verify(&files, &options()).verdict;
            assert!(matches!(verdict, Verdict::Violated | Verdict::Incomplete), "from {from}: {verdict:?}");
        }
    }
    // Everything signed again, by the forger alone and by two signers: consistent in itself, but unconfirmed.
    for (signers, expected) in
        [(vec![forger.clone()], Verdict::Consistent), (keys().to_vec(), Verdict::Incomplete)]
    {
        let mut files = archive.files.clone();
        let other_signers: Vec<TestKey> =
            signers.into_iter().filter(|key| key.public != old.public).collect();
        forge_all(&mut files, &archive.parts, &other_signers);
        assert_eq!(verify_without_accusation(&files, &pinned(&[&old]), &[&old]).verdict, Verdict::Violated);
        let outcome = verify(&files, &options());
        assert_eq!(outcome.verdict, expected, "{:#?}", outcome.findings);
    }
}

#[test]
fn two_signers_of_the_first_manifest_without_a_named_key_are_incomplete() {
    let mut archive = sample();
    let forger = TestKey::new(9);
    let first = &archive.parts[0];
    let lines = [first.note.signatures(), &[forger.sign(first.note.text())]].concat();
    archive.files.insert(forger.public.file_name(), format!("{}\n", forger.ring_key()).into_bytes());
    archive.files.insert(note_of(first), with_signatures(&first.note, lines).bytes());
    let outcome = verify(&archive.files, &options());
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::SignerAmbiguous)), (Verdict::Incomplete, 1));
    // An auditor who names the key is not affected by the line.
    assert_eq!(
        verify_without_accusation(&archive.files, &pinned_options(), &[&keys()[0], &keys()[1]]).verdict,
        Verdict::Proven
    );
}

#[test]
fn without_any_key_an_archive_is_incomplete_and_nobody_is_accused() {
    let mut archive = sample();
    archive.files.retain(|name, _| !name.starts_with("manifests/keys/"));
    let outcome = verify(&archive.files, &options());
    assert_eq!(outcome.verdict, Verdict::Incomplete, "{:#?}", outcome.findings);
    assert_eq!((count_of(&outcome, Kind::NoKey), outcome.content.objects), (1, 14));
    // A key that signed nothing does not help.
    let forger = TestKey::new(9);
    archive.files.insert(forger.public.file_name(), format!("{}\n", forger.ring_key()).into_bytes());
    let outcome = verify(&archive.files, &options());
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::NoKey)), (Verdict::Incomplete, 1));
    // Missing files are reported all the same.
    archive.files.remove(&archive.parts[3].manifest.object());
    assert_eq!(verify(&archive.files, &options()).verdict, Verdict::Violated);
}

#[test]
fn missing_key_files_do_not_reduce_trust() {
    let mut archive = sample();
    archive.files.retain(|name, _| !name.starts_with("manifests/keys/"));
    let [old, new, ..] = keys();
    for pins in [vec![&old], vec![&new], vec![&old, &new]] {
        let outcome = verify_without_accusation(&archive.files, &pinned(&pins), &[&old, &new]);
        assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    }
}

#[test]
fn the_newest_key_alone_is_enough_for_the_whole_chain() {
    let archive = sample();
    let [old, new, ..] = keys();
    let outcome = verify_without_accusation(&archive.files, &pinned(&[&new]), &[&new]);
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    assert_eq!((count_of(&outcome, Kind::TrustedByChain), count_of(&outcome, Kind::KeyRotated)), (1, 0));
    // Backwards only through unbroken hashes: another text in between breaks the chain.
    let mut files = archive.files.clone();
    resealed(&mut files, &archive.parts[2], std::slice::from_ref(&old), |manifest| {
        manifest.sealed = manifest.window.to;
    });
    let outcome = verify_without_accusation(&files, &pinned(&[&new]), &[&new]);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::SignatureUntrusted)), (Verdict::Violated, 3));
}

#[test]
fn several_named_keys_are_the_whole_set() {
    let archive = sample();
    let [old, new, other, _] = keys();
    let outcome = verify_without_accusation(&archive.files, &pinned(&[&old, &other]), &[&old, &other]);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::SignatureUntrusted)), (Verdict::Violated, 8));
    let untrusted = outcome.findings.iter().find(|one| one.kind == Kind::SignatureUntrusted).unwrap();
    assert!(untrusted.detail.contains(&new.public.to_string()), "it names the key: {untrusted:?}");
    assert_eq!(
        verify_without_accusation(&archive.files, &pinned(&[&old, &new]), &[&old, &new]).verdict,
        Verdict::Proven
    );
}

/// Replaces the signature lines of a part's note.
fn relined(files: &mut Files, sealed: &Sealed, lines: Vec<NoteSignature>) {
    files.insert(note_of(sealed), with_signatures(&sealed.note, lines).bytes());
}

#[test]
fn the_successor_is_the_key_in_the_signed_text_with_or_without_its_own_signature() {
    let archive = sample();
    let [old, new, ..] = keys();
    let six = &archive.parts[5];
    let [by_old, by_new] = six.note.signatures() else { panic!("two signatures") };
    let newest = Some(archive.parts[13].note.sha256());
    let mut files = archive.files.clone();
    relined(&mut files, six, vec![by_old.clone()]);
    for pins in [vec![&old], vec![&new], vec![&old, &new]] {
        let outcome =
            verify_without_accusation(&files, &VerifyOptions { newest, ..pinned(&pins) }, &[&old, &new]);
        assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    }
    // Without the old key's signature, an auditor who trusts only the old key has no proof of its successor.
    relined(&mut files, six, vec![by_new.clone()]);
    assert_eq!(verify_without_accusation(&files, &pinned(&[&new]), &[&new]).verdict, Verdict::Proven);
    let outcome = verify_without_accusation(&files, &pinned(&[&old]), &[&old]);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::SignatureUntrusted)), (Verdict::Violated, 9));
}

/// The signers of the parts: each key alone up to its `last` part.
fn plan<'a>(spans: &'a [(u64, &'a TestKey)]) -> impl Fn(u64) -> (Vec<TestKey>, Option<TestKey>) + 'a {
    move |part| {
        let (_, key) = spans.iter().find(|(last, _)| part <= *last).unwrap();
        (vec![(*key).clone()], None)
    }
}

#[test]
fn a_key_that_was_replaced_never_returns() {
    let archive = sample();
    let [old, new, ..] = keys();
    let mut files = archive.files.clone();
    resign(&mut files, &archive.parts, plan(&[(4, &old), (7, &new), (14, &old)]));
    let outcome = verify(&files, &pinned(&[&old, &new]));
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::KeyRetired)), (Verdict::Violated, 7));
    assert_eq!(outcome.findings[0].part, Some(8), "{:#?}", outcome.findings);
    // Also if the new key signs again after it, and also if the new key handed over to it.
    files.clone_from(&archive.files);
    resign(&mut files, &archive.parts, plan(&[(4, &old), (7, &new), (9, &old), (14, &new)]));
    assert_eq!(count_of(&verify(&files, &pinned(&[&old, &new])), Kind::KeyRetired), 2);
    let returns = |part: u64| match part {
        1..=3 | 8.. => (vec![old.clone()], None),
        4 => (vec![old.clone(), new.clone()], Some(new.clone())),
        7 => (vec![new.clone(), old.clone()], Some(old.clone())),
        _ => (vec![new.clone()], None),
    };
    files.clone_from(&archive.files);
    resign(&mut files, &archive.parts, returns);
    for pins in [vec![&old], vec![&old, &new]] {
        let outcome = verify(&files, &pinned(&pins));
        assert_eq!(outcome.verdict, Verdict::Violated, "{:#?}", outcome.findings);
        assert_eq!(count_of(&outcome, Kind::KeyRetired), 7, "{:#?}", outcome.findings);
    }
}

#[test]
fn a_change_of_keys_without_a_hand_over_needs_the_vendors_boundary() {
    let archive = sample();
    let [old, new, ..] = keys();
    let mut files = archive.files.clone();
    let parts = resign(&mut files, &archive.parts, plan(&[(4, &old), (14, &new)]));
    let both = pinned(&[&old, &new]);
    let head = |part: usize| parts[part - 1].note.sha256();
    let outcome = verify(&files, &both);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::KeyChanged)), (Verdict::Incomplete, 1));
    let finding = outcome.findings.iter().find(|one| one.kind == Kind::KeyChanged).unwrap();
    assert_eq!(finding.part, Some(5));
    assert!(finding.detail.contains(&format!("--boundary 5:{}", head(4))), "{finding:?}");

    let with = |part: u64, head: Sha256| VerifyOptions {
        boundaries: vec![Boundary { part: PartNumber::new(part), head }],
        ..both.clone()
    };
    let outcome = verify(&files, &with(5, head(4)));
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::KeyChangeConfirmed)), (Verdict::Proven, 1));
    for (part, head) in [(5, head(3)), (6, head(5)), (4, head(3))] {
        let outcome = verify(&files, &with(part, head));
        assert_eq!(outcome.verdict, Verdict::Violated, "{part}: {:#?}", outcome.findings);
        assert_eq!(count_of(&outcome, Kind::BoundaryMismatch), 1);
    }
    let outcome = verify(&files, &with(99, head(4)));
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::BoundaryNotReached)), (Verdict::Incomplete, 1));
    // The new key alone makes trusted what its first text is chained to.
    let outcome = verify_without_accusation(&files, &pinned(&[&new]), &[&new]);
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
}

/// A thief with the old key but not the new one goes on signing, as if it had never been replaced.
#[test]
fn a_stolen_key_that_goes_on_signing_is_detected_by_the_vendors_boundary() {
    let archive = sample();
    let [old, new, ..] = keys();
    let mut files = archive.files.clone();
    let genuine = resign(&mut files, &archive.parts, plan(&[(4, &old), (14, &new)]));
    let mut stolen = archive.files.clone();
    resign(&mut stolen, &archive.parts, plan(&[(14, &old)]));
    let both = pinned(&[&old, &new]);
    let outcome = verify(&stolen, &both);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::KeyUnused)), (Verdict::Incomplete, 1));
    let boundary = Boundary { part: PartNumber::new(5), head: genuine[3].note.sha256() };
    let outcome = verify(&stolen, &VerifyOptions { boundaries: vec![boundary], ..both });
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::BoundaryMismatch)), (Verdict::Violated, 1));
    let outcome = verify(&stolen, &pinned(&[&new]));
    assert_ne!(outcome.verdict, Verdict::Proven);
    // Nor does it help to remove the old key's signatures before the boundary.
    let [four, ..] = genuine[3..].iter().collect::<Vec<_>>()[..] else { panic!() };
    relined(&mut stolen, four, vec![TestKey::new(9).sign(four.note.text())]);
    assert_ne!(
        verify(&stolen, &VerifyOptions { boundaries: vec![boundary], ..pinned(&[&old, &new]) }).verdict,
        Verdict::Proven
    );
}

#[test]
fn a_text_by_a_replaced_key_beside_the_hand_over_is_foreign_and_not_equivocation() {
    let archive = sample();
    let [old, new, ..] = keys();
    for part in [6, 7, 12] {
        let sealed = &archive.parts[part - 1];
        let mut manifest = sealed.manifest.clone();
        manifest.events += 1;
        let note = sign(manifest.text(), std::slice::from_ref(&old));
        let mut files = archive.files.clone();
        files.insert(manifest.name(note.sha256()), note.bytes());
        for pins in [vec![&old], vec![&old, &new]] {
            let outcome = verify_without_accusation(&files, &pinned(&pins), &[&old, &new]);
            assert_eq!(outcome.verdict, Verdict::Violated, "{part}: {:#?}", outcome.findings);
            assert_eq!(count_of(&outcome, Kind::KeyRetired), 1, "{part}: {:#?}", outcome.findings);
        }
        assert_eq!(
            count_of(&verify_without_accusation(&files, &pinned(&[&new]), &[&new]), Kind::SignatureUntrusted),
            1
        );
    }
    // Before it the key is accountable for what it signs.
    let mut files = archive.files.clone();
    let mut manifest = archive.parts[2].manifest.clone();
    manifest.sealed = manifest.window.to;
    let note = sign(manifest.text(), std::slice::from_ref(&old));
    files.insert(manifest.name(note.sha256()), note.bytes());
    assert_eq!(count_of(&verify(&files, &pinned_options()), Kind::Equivocation), 1);
}

#[test]
fn signatures_of_both_keys_without_a_successor_line_are_no_hand_over() {
    let archive = sample();
    let [old, new, ..] = keys();
    let mut files = archive.files.clone();
    let plan = |part: u64| match part {
        ..5 => (vec![old.clone()], None),
        5 => (vec![old.clone(), new.clone()], None),
        _ => (vec![new.clone()], None),
    };
    resign(&mut files, &archive.parts, plan);
    let outcome = verify_without_accusation(&files, &pinned(&[&old]), &[&old]);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::SignatureUntrusted)), (Verdict::Violated, 9));
    let outcome = verify_without_accusation(&files, &pinned(&[&old, &new]), &[&old, &new]);
    assert_eq!((outcome.verdict, count_of(&outcome, Kind::KeyChanged)), (Verdict::Incomplete, 1));
}

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
            files.insert(sealed.manifest.name(tests::archive::sha256(&note.bytes())), note.bytes());
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
        (manifest.sha256, manifest.size) = (tests::archive::sha256(&object), object.len() as u64);
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
