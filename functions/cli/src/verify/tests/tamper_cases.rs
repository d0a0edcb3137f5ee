//! The ways of tampering, each with the expected findings.

use archive::note::SignedNote;
use tests::archive::{forge, forge_all, resealed, sha256, sign, with_signatures};

use super::tampering::{Tamper, note_name};
use super::*;

/// The number of the part at that index of the sample.
fn nth(index: usize) -> u64 {
    u64::try_from(index).unwrap() + 1
}

/// The expected findings if the signature of a part is missing. Its text is accepted all the same if the next
/// part's trusted text names it. That is not so for the last part, nor for the part in which the key hands
/// over, since without its signature the next key is unknown.
fn unless_needed(index: usize, needed: &'static [Kind], otherwise: &'static [Kind]) -> &'static [Kind] {
    if matches!(index, HAND_OVER | 13) { needed } else { otherwise }
}

/// The index of the part in which the key hands over.
const HAND_OVER: usize = 5;

/// What a flipped bit of a note can break, if its file is renamed to match.
const ANY: &[Kind] = &[
    Kind::SignatureInvalid,
    Kind::SignatureUntrusted,
    Kind::ManifestMalformed,
    Kind::ManifestMisplaced,
    Kind::ManifestForeign,
    Kind::ChainBroken,
];

/// All ways of tampering.
pub(super) const TAMPERS: [(&str, Tamper); 41] = [
    ("flip a bit of an object", |context| {
        let (index, sealed) = context.part();
        context.flip(&sealed.manifest.object(), usize::MAX);
        (&[Kind::ObjectChanged], Some(nth(index)))
    }),
    ("flip a bit of a manifest's text", |context| {
        let (_, sealed) = context.part();
        context.flip(&note_name(&sealed), sealed.note.text().len());
        // At least that, since the name contains the hash.
        (&[Kind::ManifestMisplaced, Kind::ManifestMalformed, Kind::ManifestForeign], None)
    }),
    ("flip a bit of a manifest's text and rename it", |context| {
        let (_, sealed) = context.inner();
        let length = sealed.note.text().len();
        context.flip(&note_name(&sealed), length);
        let bytes = context.files.remove(&note_name(&sealed)).unwrap();
        context.files.insert(sealed.manifest.name(sha256(&bytes[..length])), bytes);
        (ANY, None)
    }),
    ("flip a bit of a signature", |context| {
        let (index, sealed) = context.part();
        let mut lines = sealed.note.signatures().to_vec();
        let (byte, bit) = (context.rng.below(64), context.rng.below(8));
        lines[0].bytes[byte] ^= 1 << bit;
        *context.note(&sealed) = with_signatures(&sealed.note, lines).bytes();
        (unless_needed(index, &[Kind::SignatureInvalid], &[Kind::SignatureIgnored]), Some(nth(index)))
    }),
    ("add an invalid signature line", |context| {
        let (index, sealed) = context.part();
        let mut lines = sealed.note.signatures().to_vec();
        let mut junk = lines[0].clone();
        junk.bytes[7] ^= 1;
        lines.insert(context.rng.below(lines.len() + 1), junk);
        *context.note(&sealed) = with_signatures(&sealed.note, lines).bytes();
        (&[Kind::SignatureIgnored], Some(nth(index)))
    }),
    ("repeat a signature line", |context| {
        let (index, sealed) = context.part();
        let own = sealed.note.signatures();
        let lines = vec![own; 2 + context.rng.below(3)].concat();
        *context.note(&sealed) = with_signatures(&sealed.note, lines).bytes();
        (&[Kind::SignatureIgnored], Some(nth(index)))
    }),
    ("add a copy of a manifest with another line, under the hash of its bytes", |context| {
        let (index, sealed) = context.part();
        let lines = [sealed.note.signatures(), &[context.stranger().sign(sealed.note.text())]].concat();
        let note = with_signatures(&sealed.note, lines);
        context.files.insert(sealed.manifest.name(sha256(&note.bytes())), note.bytes());
        (&[Kind::ManifestMisplaced], Some(nth(index)))
    }),
    ("sign beside the vendor, and forge what follows", |context| {
        let (index, sealed) = context.inner();
        let key = context.stranger();
        forge(&mut context.files, &context.archive.parts, sealed.manifest.part.get(), &key, false);
        context.options.newest = None;
        (&[Kind::SignatureUntrusted], Some(nth(index) + 1))
    }),
    ("name a key as the successor in the vendor's manifest, and forge what follows", |context| {
        let (index, sealed) = context.part();
        let key = context.stranger();
        forge(&mut context.files, &context.archive.parts, sealed.manifest.part.get(), &key, true);
        context.options.newest = None;
        (&[Kind::SignatureInvalid], Some(nth(index)))
    }),
    ("forge everything", |context| {
        let key = context.stranger();
        forge_all(&mut context.files, &context.archive.parts, &[key]);
        context.options.newest = None;
        (&[Kind::SignatureUntrusted], Some(1))
    }),
    ("delete an object", |context| {
        let (index, sealed) = context.part();
        context.files.remove(&sealed.manifest.object());
        (&[Kind::ObjectMissing], Some(nth(index)))
    }),
    ("delete a manifest", |context| {
        let (index, sealed) = context.inner();
        context.files.remove(&note_name(&sealed));
        (if index == 0 { &[Kind::StartMissing] } else { &[Kind::PartMissing] }, None)
    }),
    ("delete a part", |context| {
        let (index, sealed) = context.inner();
        context.files.remove(&note_name(&sealed));
        context.files.remove(&sealed.manifest.object());
        (if index == 0 { &[Kind::StartMissing] } else { &[Kind::PartMissing] }, None)
    }),
    ("delete the beginning", |context| {
        let (index, _) = context.inner();
        for sealed in &context.archive.parts[..=index] {
            context.files.remove(&note_name(sealed));
            context.files.remove(&sealed.manifest.object());
        }
        (&[Kind::StartMissing], None)
    }),
    ("delete a day", |context| {
        context.files.retain(|name, _| !name.contains("date=2026-11-19"));
        (&[Kind::StartMissing], None)
    }),
    ("swap the bytes of two objects", |context| {
        let ((index, one), (_, other)) = (context.part(), context.part());
        if one.manifest.part == other.manifest.part {
            context.object(&one).push(0);
        } else {
            let bytes = context.object(&one).clone();
            let bytes = std::mem::replace(context.object(&other), bytes);
            *context.object(&one) = bytes;
        }
        (&[Kind::ObjectChanged], Some(nth(index)))
    }),
    ("swap the names of two manifests", |context| {
        let ((index, one), (_, other)) = (context.part(), context.part());
        let other = if one.manifest.part == other.manifest.part {
            context.archive.parts[(index + 1) % 14].clone()
        } else {
            other
        };
        let bytes = context.note(&one).clone();
        let bytes = std::mem::replace(context.note(&other), bytes);
        *context.note(&one) = bytes;
        (&[Kind::ManifestMisplaced], None)
    }),
    ("take another tenant's object", |context| {
        let (index, sealed) = context.part();
        let bytes = context.other.files[&context.other.parts[index].manifest.object()].clone();
        *context.object(&sealed) = bytes;
        (&[Kind::ObjectChanged], Some(nth(index)))
    }),
    ("take another tenant's part", |context| {
        let (index, sealed) = context.part();
        let other = &context.other.parts[index];
        context.files.remove(&note_name(&sealed));
        context.files.remove(&sealed.manifest.object());
        for name in [note_name(other), other.manifest.object()] {
            context.files.insert(name.clone(), context.other.files[&name].clone());
        }
        (&[Kind::ManifestForeign], Some(nth(index)))
    }),
    ("add another tenant's part", |context| {
        let (index, _) = context.part();
        let other = &context.other.parts[index];
        for name in [note_name(other), other.manifest.object()] {
            context.files.insert(name.clone(), context.other.files[&name].clone());
        }
        (&[Kind::ManifestForeign], Some(nth(index)))
    }),
    ("sign a part with another key", |context| {
        let (index, sealed) = context.part();
        let key = context.stranger();
        context.reseal(&sealed, &[key], |_| {});
        context.options.newest = None;
        (unless_needed(index, &[Kind::SignatureUntrusted], &[Kind::TrustedByChain]), Some(nth(index)))
    }),
    ("sign a part with another key, and put that beside the manifests", |context| {
        let (index, sealed) = context.part();
        let key = context.stranger();
        context.files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
        context.reseal(&sealed, &[key], |_| {});
        context.options.newest = None;
        (unless_needed(index, &[Kind::SignatureUntrusted], &[Kind::TrustedByChain]), Some(nth(index)))
    }),
    ("sign all parts with another key", |context| {
        let key = context.stranger();
        context.files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
        for sealed in &context.archive.parts {
            resealed(&mut context.files, sealed, std::slice::from_ref(&key), |_| {});
        }
        context.options.newest = None;
        (&[Kind::SignatureUntrusted], Some(1))
    }),
    ("give a signature another key's name", |context| {
        let (index, sealed) = context.part();
        let text = sealed.manifest.text();
        let right = &sealed.keys[0].public;
        let wrong = sign(text.clone(), &[TestKey::new(99)]);
        let signature = right.signature(wrong.signatures()[0].bytes.clone().try_into().unwrap());
        let note = SignedNote::new(text, vec![signature]).unwrap();
        context.files.remove(&note_name(&sealed));
        context.files.insert(sealed.manifest.name(note.sha256()), note.bytes());
        context.options.newest = None;
        (unless_needed(index, &[Kind::SignatureInvalid], &[Kind::SignatureIgnored]), Some(nth(index)))
    }),
    ("truncate an object", |context| {
        let (index, sealed) = context.part();
        let length = context.archive.files[&sealed.manifest.object()].len();
        let keep = context.rng.below(length);
        context.object(&sealed).truncate(keep);
        (&[Kind::ObjectChanged], Some(nth(index)))
    }),
    ("truncate a manifest", |context| {
        let (index, sealed) = context.part();
        let keep = context.rng.below(sealed.note.text().len());
        context.note(&sealed).truncate(keep);
        (&[Kind::ManifestMalformed], Some(nth(index)))
    }),
    ("lengthen an object", |context| {
        let (index, sealed) = context.part();
        let more = vec![b' '; 1 + context.rng.below(100)];
        context.object(&sealed).extend(more);
        (&[Kind::ObjectChanged], Some(nth(index)))
    }),
    ("damage a manifest's text form", |context| {
        let (index, sealed) = context.part();
        let text = String::from_utf8(sealed.note.bytes()).unwrap();
        *context.note(&sealed) = match context.rng.below(5) {
            0 => format!("\u{feff}{text}").into_bytes(),
            1 => text.replace('\n', "\r\n").into_bytes(),
            2 => text.repeat(2).into_bytes(),
            3 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.replacen(' ', "  ", 1).into_bytes(),
        };
        (&[Kind::ManifestMalformed], Some(nth(index)))
    }),
    ("add a file", |context| {
        let names = [
            "events/date=2026-11-20/20261120T000000.000Z_20261120T010000.000Z_000000000006_0123456789abcdef.json",
            "events/date=2026-11-21/x.json",
            "events/x",
            "manifests/readme.txt",
            "readme.txt",
            "verification/con_0000000000000001_0000000000000000.txt",
        ];
        let name = names[context.rng.below(names.len())];
        context.files.insert(name.to_owned(), b"[\n1\n]\n".to_vec());
        (&[Kind::FileUnnamed], None)
    }),
    ("replay an old object under a new name", |context| {
        let (_, sealed) = context.part();
        let name = sealed.manifest.object().replace("_0000000000", "_0000000001");
        context.files.insert(name, context.archive.files[&sealed.manifest.object()].clone());
        (&[Kind::FileUnnamed], None)
    }),
    ("replay an old manifest under a new name", |context| {
        let (index, sealed) = context.part();
        let name = note_name(&sealed).replace("/0000000000", "/0000000001");
        context.files.insert(name, sealed.note.bytes());
        (&[Kind::ManifestMisplaced], Some(nth(index)))
    }),
    ("replay an old part in a new one's place", |context| {
        let (index, old) = context.inner();
        let new = context.archive.parts[index + 1].clone();
        let bytes = context.archive.files[&old.manifest.object()].clone();
        *context.object(&new) = bytes;
        *context.note(&new) = old.note.bytes();
        (&[Kind::ManifestMisplaced], Some(nth(index)))
    }),
    ("cut the tail, and the vendor names the newest", |context| {
        let (index, _) = context.inner();
        for sealed in &context.archive.parts[index + 1..] {
            context.files.remove(&note_name(sealed));
            context.files.remove(&sealed.manifest.object());
        }
        (&[Kind::TailMissing], Some(nth(index) + 1))
    }),
    ("cut the tail, and nobody names the newest", |context| {
        let index = context.rng.below(11);
        for sealed in &context.archive.parts[index + 1..] {
            context.files.remove(&note_name(sealed));
            context.files.remove(&sealed.manifest.object());
        }
        context.options.newest = None;
        (&[Kind::TailStale], Some(nth(index)))
    }),
    ("change an event and its hashes", |context| {
        let (index, sealed) = context.part();
        let mut lines = context.lines(&sealed);
        let line = context.rng.below(lines.len());
        lines[line] = lines[line].replacen('0', "1", 1);
        let key = context.stranger();
        context.replace(&sealed, &[key], &lines);
        context.options.newest = None;
        (&[Kind::SignatureUntrusted], Some(nth(index)))
    }),
    ("change an event and its hashes, and keep the signature", |context| {
        let (index, sealed) = context.part();
        let mut manifest = sealed.manifest.clone();
        let bytes = b"[\n{\"nothing\":\"happened\"}\n]\n".to_vec();
        (manifest.sha256, manifest.size) = (sha256(&bytes), bytes.len() as u64);
        (manifest.raw_sha256, manifest.raw_size) = (manifest.sha256, manifest.size);
        let note = SignedNote::new(manifest.text(), sealed.note.signatures().to_vec()).unwrap();
        context.files.remove(&note_name(&sealed));
        context.files.remove(&sealed.manifest.object());
        context.files.insert(manifest.object(), bytes);
        context.files.insert(manifest.name(note.sha256()), note.bytes());
        context.options.newest = None;
        (&[Kind::SignatureInvalid], Some(nth(index)))
    }),
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
