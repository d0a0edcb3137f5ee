//! The verifier's trust: only keys that the auditor named, those that a signed text names as successors, and
//! texts that are trusted through the chain. Unsigned content of the bucket gives no trust, and accuses
//! nobody.

use archive::note::NoteSignature;
use archive::verify::check::{Outcome, Verdict, VerifyOptions};
use archive::verify::finding::Kind;
use samples::archive::{Files, Sealed, TestKey, forge, forge_all, note_of, resealed, with_signatures};

use crate::setup::{options, pinned_options, sample, verify};

/// The sample's first key, its successor from part 6 on, and two that sign nothing in it.
pub(crate) fn keys() -> [TestKey; 4] {
    [7, 107, 8, 9].map(TestKey::new)
}

pub(crate) fn pinned(keys: &[&TestKey]) -> VerifyOptions {
    VerifyOptions { pins: keys.iter().map(|key| key.ring_key()).collect(), ..pinned_options() }
}

pub(crate) fn count_of(outcome: &Outcome, kind: Kind) -> u64 {
    outcome.counts.get(&kind).copied().unwrap_or_default()
}

/// The outcome, after checking that only these keys were trusted, and that there is no equivocation.
pub(crate) fn verify_without_accusation(
    files: &Files,
    options: &VerifyOptions,
    genuine: &[&TestKey],
) -> Outcome {
    let outcome = verify(files, options);
    for key in &outcome.trusted {
        assert!(genuine.iter().any(|known| known.public == *key), "{key} was trusted");
    }
    assert_eq!(count_of(&outcome, Kind::Equivocation), 0, "{:#?}", outcome.findings);
    outcome
}

/// Replaces the signature lines of a part's note.
pub(crate) fn relined(files: &mut Files, sealed: &Sealed, lines: Vec<NoteSignature>) {
    files.insert(note_of(sealed), with_signatures(&sealed.note, lines).bytes());
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
