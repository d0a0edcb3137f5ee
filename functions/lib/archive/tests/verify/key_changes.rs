//! Changes of keys: replaced keys never return, and a change without a hand-over needs the vendor's word.

use archive::part::PartNumber;
use archive::sha256::Sha256;
use archive::verify::boundary::Boundary;
use archive::verify::check::{Verdict, VerifyOptions};
use archive::verify::finding::Kind;
use samples::archive::{TestKey, resign, sign};

use crate::keys::{count_of, keys, pinned, relined, verify_without_accusation};
use crate::setup::{pinned_options, sample, verify};

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
