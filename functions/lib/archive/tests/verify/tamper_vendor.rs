//! Archives that the vendor itself signed, and that contradict themselves.

use archive::verify::finding::Kind;
use samples::archive::{Files, resealed};

use crate::tampering::{Tamper, nth};

/// Ways of tampering with the vendor's own key.
pub(crate) const BY_THE_VENDOR: &[(&str, Tamper)] = &[
    ("the vendor seals a part again", |context| {
        let (index, sealed) = context.inner();
        let keys = sealed.keys.clone();
        context.reseal(&sealed, &keys, |manifest| {
            manifest.sealed = manifest.sealed + std::time::Duration::from_secs(1);
        });
        // A heartbeat states the time of its seal itself.
        (&[Kind::ChainBroken], Some(nth(index) + 1))
    }),
    ("the vendor equivocates about a part", |context| {
        let (index, sealed) = context.part();
        let mut files = Files::new();
        resealed(&mut files, &sealed, &sealed.keys, |manifest| {
            manifest.sealed = manifest.sealed + std::time::Duration::from_secs(1);
        });
        context.files.extend(files);
        (&[Kind::Equivocation], Some(nth(index)))
    }),
    ("the vendor's window leaves a gap", |context| {
        let (index, sealed) = context.inner();
        let next = context.archive.parts[index + 1].clone();
        let from = sealed.manifest.window.to + std::time::Duration::from_secs(1);
        if next.manifest.window.to < from {
            // A part that closes no time span: move it as a whole.
            context.reseal(&next, &next.keys.clone(), |manifest| {
                (manifest.window.from, manifest.window.to) = (from, from);
            });
        } else {
            context.reseal(&next, &next.keys.clone(), |manifest| manifest.window.from = from);
        }
        (&[Kind::WindowsNotContiguous], Some(nth(index) + 1))
    }),
    ("the vendor counts wrongly", |context| {
        let (index, sealed) = loop {
            let (index, sealed) = context.part();
            if sealed.manifest.events > 1 {
                break (index, sealed);
            }
        };
        context.reseal(&sealed, &sealed.keys.clone(), |manifest| manifest.events += 1);
        (&[Kind::CountMismatch], Some(nth(index)))
    }),
    ("the vendor seals an event twice", |context| {
        let (index, sealed) = loop {
            let (index, sealed) = context.part();
            if index > 0 && sealed.manifest.events > 0 {
                break (index, sealed);
            }
        };
        let mut lines = context.lines(&sealed);
        lines[0] = context.lines(&context.archive.parts[0])[0].clone();
        if context.rng.below(2) == 0 {
            lines[0] = lines[0].replacen("\"eventName\":\"", "\"eventName\":\"Not", 1);
        }
        context.replace(&sealed, &sealed.keys.clone(), &lines);
        (&[Kind::EventTwice], Some(nth(index)))
    }),
];
