//! What a verification reports of each part: which parts may be shown afterwards.

use std::collections::BTreeMap;
use std::sync::Mutex;

use archive::manifest::Manifest;
use archive::note::SignedManifest;
use archive::part::PartNumber;
use archive::verify::check::{Progress, VerifyOptions, check_observed};
use archive::verify::observer::{ObjectState, PartObserver};
use samples::archive::{Files, TestKey};

use crate::setup::{Memory, at, options, pinned_options, sample};

#[derive(Default)]
struct Found {
    parts: Mutex<Vec<(u64, usize)>>,
    objects: Mutex<BTreeMap<u64, ObjectState>>,
}

impl PartObserver for Found {
    fn accepted(&self, manifest: &Manifest, note: Option<SignedManifest>) {
        let signers = note.map_or(0, |note| {
            assert_eq!(note.note().text(), manifest.text());
            note.keys().len()
        });
        self.parts.lock().unwrap().push((manifest.part.get(), signers));
    }

    fn object(&self, part: PartNumber, object: ObjectState) {
        assert_eq!(self.objects.lock().unwrap().insert(part.get(), object), None, "once for each part");
    }
}

fn found(files: &Files, options: &VerifyOptions) -> (Vec<(u64, usize)>, BTreeMap<u64, ObjectState>) {
    let found = Found::default();
    check_observed(&Memory(files), options, &Progress::default(), &found).unwrap();
    (found.parts.into_inner().unwrap(), found.objects.into_inner().unwrap())
}

#[test]
fn each_accepted_part_is_reported_with_its_signers_and_its_object() {
    let mut archive = sample();
    for options in [options(), pinned_options()] {
        let (parts, objects) = found(&archive.files, &options);
        assert!(parts.iter().map(|(part, _)| *part).eq(1..=14), "{parts:?}");
        assert!(parts.iter().all(|(_, signers)| (1..=2).contains(signers)), "{parts:?}");
        assert!(objects.len() == 14 && objects.values().all(|state| *state == ObjectState::AsSealed));
    }
    let name = |part: usize| archive.parts[part].manifest.object();
    let (missing, altered, unsigned) =
        (name(2), name(3), archive.parts[4].manifest.name(archive.parts[4].note.sha256()));
    archive.files.remove(&missing);
    archive.files.get_mut(&altered).unwrap()[3] ^= 1;
    archive.files.remove(&unsigned);
    let (parts, objects) = found(&archive.files, &pinned_options());
    assert!(parts.iter().map(|(part, _)| *part).eq((1..=14).filter(|part| *part != 5)), "{parts:?}");
    assert_eq!(
        (objects[&3], objects[&4], objects.get(&5)),
        (ObjectState::Missing, ObjectState::Differs, None)
    );
}

#[test]
fn what_is_not_verified_is_not_reported() {
    let archive = sample();
    let stranger = VerifyOptions { pins: vec![TestKey::new(9).ring_key()], ..options() };
    assert_eq!(found(&archive.files, &stranger), Default::default());
    let part = &archive.parts[5].manifest;
    let range = VerifyOptions { from: Some(part.window.from), to: Some(part.window.to), ..pinned_options() };
    let (parts, objects) = found(&archive.files, &range);
    assert!(parts.iter().any(|(number, _)| *number == part.part.get()) && parts.len() < 14, "{parts:?}");
    assert_eq!(parts.len(), objects.len());
    assert!(part.window.from > at("2026-11-19T00:00:00Z"));
}
