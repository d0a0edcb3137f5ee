//! The ways of tampering, each with the expected findings.

use domain::manifest::SignedNote;
use tests::archive::{forge, forge_all, resealed, sha256, sign, with_signatures};

use super::tampering::{Tamper, note_name};
use super::*;

/// The number of the part at that index of the sample.
fn nth(place: usize) -> u64 {
    u64::try_from(place).unwrap() + 1
}

/// The expected findings if the signature of a part is missing. Its text is accepted all the same if the next
/// part's trusted text names it. That is not so for the last part, nor for the part in which the key hands
/// over, since without its signature the next key is unknown.
fn unless_needed(place: usize, needed: &'static [Kind], otherwise: &'static [Kind]) -> &'static [Kind] {
    if matches!(place, HAND_OVER | 13) { needed } else { otherwise }
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
    ("flip a bit of an object", |scene| {
        let (place, sealed) = scene.part();
        scene.flip(&sealed.manifest.object(), usize::MAX);
        (&[Kind::ObjectChanged], Some(nth(place)))
    }),
    ("flip a bit of a manifest's text", |scene| {
        let (_, sealed) = scene.part();
        scene.flip(&note_name(&sealed), sealed.note.text().len());
        // At least that, since the name contains the hash.
        (&[Kind::ManifestMisplaced, Kind::ManifestMalformed, Kind::ManifestForeign], None)
    }),
    ("flip a bit of a manifest's text and rename it", |scene| {
        let (_, sealed) = scene.inner();
        let length = sealed.note.text().len();
        scene.flip(&note_name(&sealed), length);
        let bytes = scene.files.remove(&note_name(&sealed)).unwrap();
        scene.files.insert(sealed.manifest.name(sha256(&bytes[..length])), bytes);
        (ANY, None)
    }),
    ("flip a bit of a signature", |scene| {
        let (place, sealed) = scene.part();
        let mut lines = sealed.note.signatures().to_vec();
        let (byte, bit) = (scene.dice.below(64), scene.dice.below(8));
        lines[0].bytes[byte] ^= 1 << bit;
        *scene.note(&sealed) = with_signatures(&sealed.note, lines).bytes();
        (unless_needed(place, &[Kind::SignatureInvalid], &[Kind::SignatureIgnored]), Some(nth(place)))
    }),
    ("add an invalid signature line", |scene| {
        let (place, sealed) = scene.part();
        let mut lines = sealed.note.signatures().to_vec();
        let mut junk = lines[0].clone();
        junk.bytes[7] ^= 1;
        lines.insert(scene.dice.below(lines.len() + 1), junk);
        *scene.note(&sealed) = with_signatures(&sealed.note, lines).bytes();
        (&[Kind::SignatureIgnored], Some(nth(place)))
    }),
    ("repeat a signature line", |scene| {
        let (place, sealed) = scene.part();
        let own = sealed.note.signatures();
        let lines = vec![own; 2 + scene.dice.below(3)].concat();
        *scene.note(&sealed) = with_signatures(&sealed.note, lines).bytes();
        (&[Kind::SignatureIgnored], Some(nth(place)))
    }),
    ("add a copy of a manifest with another line, under the hash of its bytes", |scene| {
        let (place, sealed) = scene.part();
        let lines = [sealed.note.signatures(), &[scene.stranger().sign(sealed.note.text())]].concat();
        let note = with_signatures(&sealed.note, lines);
        scene.files.insert(sealed.manifest.name(sha256(&note.bytes())), note.bytes());
        (&[Kind::ManifestMisplaced], Some(nth(place)))
    }),
    ("sign beside the vendor, and forge what follows", |scene| {
        let (place, sealed) = scene.inner();
        let key = scene.stranger();
        forge(&mut scene.files, &scene.story.parts, sealed.manifest.part.get(), &key, false);
        scene.ask.newest = None;
        (&[Kind::SignatureUntrusted], Some(nth(place) + 1))
    }),
    ("name a key as the successor in the vendor's manifest, and forge what follows", |scene| {
        let (place, sealed) = scene.part();
        let key = scene.stranger();
        forge(&mut scene.files, &scene.story.parts, sealed.manifest.part.get(), &key, true);
        scene.ask.newest = None;
        (&[Kind::SignatureInvalid], Some(nth(place)))
    }),
    ("forge everything", |scene| {
        let key = scene.stranger();
        forge_all(&mut scene.files, &scene.story.parts, &[key]);
        scene.ask.newest = None;
        (&[Kind::SignatureUntrusted], Some(1))
    }),
    ("delete an object", |scene| {
        let (place, sealed) = scene.part();
        scene.files.remove(&sealed.manifest.object());
        (&[Kind::ObjectMissing], Some(nth(place)))
    }),
    ("delete a manifest", |scene| {
        let (place, sealed) = scene.inner();
        scene.files.remove(&note_name(&sealed));
        (if place == 0 { &[Kind::StartMissing] } else { &[Kind::PartMissing] }, None)
    }),
    ("delete a part", |scene| {
        let (place, sealed) = scene.inner();
        scene.files.remove(&note_name(&sealed));
        scene.files.remove(&sealed.manifest.object());
        (if place == 0 { &[Kind::StartMissing] } else { &[Kind::PartMissing] }, None)
    }),
    ("delete the beginning", |scene| {
        let (place, _) = scene.inner();
        for sealed in &scene.story.parts[..=place] {
            scene.files.remove(&note_name(sealed));
            scene.files.remove(&sealed.manifest.object());
        }
        (&[Kind::StartMissing], None)
    }),
    ("delete a day", |scene| {
        scene.files.retain(|name, _| !name.contains("date=2026-11-19"));
        (&[Kind::StartMissing], None)
    }),
    ("swap the bytes of two objects", |scene| {
        let ((place, one), (_, other)) = (scene.part(), scene.part());
        if one.manifest.part == other.manifest.part {
            scene.object(&one).push(0);
        } else {
            let bytes = scene.object(&one).clone();
            let bytes = std::mem::replace(scene.object(&other), bytes);
            *scene.object(&one) = bytes;
        }
        (&[Kind::ObjectChanged], Some(nth(place)))
    }),
    ("swap the names of two manifests", |scene| {
        let ((place, one), (_, other)) = (scene.part(), scene.part());
        let other = if one.manifest.part == other.manifest.part {
            scene.story.parts[(place + 1) % 14].clone()
        } else {
            other
        };
        let bytes = scene.note(&one).clone();
        let bytes = std::mem::replace(scene.note(&other), bytes);
        *scene.note(&one) = bytes;
        (&[Kind::ManifestMisplaced], None)
    }),
    ("take another tenant's object", |scene| {
        let (place, sealed) = scene.part();
        let bytes = scene.other.files[&scene.other.parts[place].manifest.object()].clone();
        *scene.object(&sealed) = bytes;
        (&[Kind::ObjectChanged], Some(nth(place)))
    }),
    ("take another tenant's part", |scene| {
        let (place, sealed) = scene.part();
        let other = &scene.other.parts[place];
        scene.files.remove(&note_name(&sealed));
        scene.files.remove(&sealed.manifest.object());
        for name in [note_name(other), other.manifest.object()] {
            scene.files.insert(name.clone(), scene.other.files[&name].clone());
        }
        (&[Kind::ManifestForeign], Some(nth(place)))
    }),
    ("add another tenant's part", |scene| {
        let (place, _) = scene.part();
        let other = &scene.other.parts[place];
        for name in [note_name(other), other.manifest.object()] {
            scene.files.insert(name.clone(), scene.other.files[&name].clone());
        }
        (&[Kind::ManifestForeign], Some(nth(place)))
    }),
    ("sign a part with another key", |scene| {
        let (place, sealed) = scene.part();
        let key = scene.stranger();
        scene.reseal(&sealed, &[key], |_| {});
        scene.ask.newest = None;
        (unless_needed(place, &[Kind::SignatureUntrusted], &[Kind::VouchedByPrevious]), Some(nth(place)))
    }),
    ("sign a part with another key, and put that beside the manifests", |scene| {
        let (place, sealed) = scene.part();
        let key = scene.stranger();
        scene.files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
        scene.reseal(&sealed, &[key], |_| {});
        scene.ask.newest = None;
        (unless_needed(place, &[Kind::SignatureUntrusted], &[Kind::VouchedByPrevious]), Some(nth(place)))
    }),
    ("sign all parts with another key", |scene| {
        let key = scene.stranger();
        scene.files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
        for sealed in &scene.story.parts {
            resealed(&mut scene.files, sealed, std::slice::from_ref(&key), |_| {});
        }
        scene.ask.newest = None;
        (&[Kind::SignatureUntrusted], Some(1))
    }),
    ("give a signature another key's name", |scene| {
        let (place, sealed) = scene.part();
        let text = sealed.manifest.text();
        let right = &sealed.keys[0].public;
        let wrong = sign(text.clone(), &[TestKey::new(99)]);
        let signature = right.signature(wrong.signatures()[0].bytes.clone().try_into().unwrap());
        let note = SignedNote::new(text, vec![signature]).unwrap();
        scene.files.remove(&note_name(&sealed));
        scene.files.insert(sealed.manifest.name(note.sha256()), note.bytes());
        scene.ask.newest = None;
        (unless_needed(place, &[Kind::SignatureInvalid], &[Kind::SignatureIgnored]), Some(nth(place)))
    }),
    ("truncate an object", |scene| {
        let (place, sealed) = scene.part();
        let length = scene.story.files[&sealed.manifest.object()].len();
        let keep = scene.dice.below(length);
        scene.object(&sealed).truncate(keep);
        (&[Kind::ObjectChanged], Some(nth(place)))
    }),
    ("truncate a manifest", |scene| {
        let (place, sealed) = scene.part();
        let keep = scene.dice.below(sealed.note.text().len());
        scene.note(&sealed).truncate(keep);
        (&[Kind::ManifestMalformed], Some(nth(place)))
    }),
    ("lengthen an object", |scene| {
        let (place, sealed) = scene.part();
        let more = vec![b' '; 1 + scene.dice.below(100)];
        scene.object(&sealed).extend(more);
        (&[Kind::ObjectChanged], Some(nth(place)))
    }),
    ("damage a manifest's text form", |scene| {
        let (place, sealed) = scene.part();
        let text = String::from_utf8(sealed.note.bytes()).unwrap();
        *scene.note(&sealed) = match scene.dice.below(5) {
            0 => format!("\u{feff}{text}").into_bytes(),
            1 => text.replace('\n', "\r\n").into_bytes(),
            2 => text.repeat(2).into_bytes(),
            3 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.replacen(' ', "  ", 1).into_bytes(),
        };
        (&[Kind::ManifestMalformed], Some(nth(place)))
    }),
    ("add a file", |scene| {
        let names = [
            "events/date=2026-11-20/20261120T000000.000Z_20261120T010000.000Z_000000000006_0123456789abcdef.json",
            "events/date=2026-11-21/x.json",
            "events/x",
            "manifests/readme.txt",
            "readme.txt",
            "verification/con_0000000000000001_0000000000000000.txt",
        ];
        let name = names[scene.dice.below(names.len())];
        scene.files.insert(name.to_owned(), b"[\n1\n]\n".to_vec());
        (&[Kind::FileUnnamed], None)
    }),
    ("replay an old object under a new name", |scene| {
        let (_, sealed) = scene.part();
        let name = sealed.manifest.object().replace("_0000000000", "_0000000001");
        scene.files.insert(name, scene.story.files[&sealed.manifest.object()].clone());
        (&[Kind::FileUnnamed], None)
    }),
    ("replay an old manifest under a new name", |scene| {
        let (place, sealed) = scene.part();
        let name = note_name(&sealed).replace("/0000000000", "/0000000001");
        scene.files.insert(name, sealed.note.bytes());
        (&[Kind::ManifestMisplaced], Some(nth(place)))
    }),
    ("replay an old part in a new one's place", |scene| {
        let (place, old) = scene.inner();
        let new = scene.story.parts[place + 1].clone();
        let bytes = scene.story.files[&old.manifest.object()].clone();
        *scene.object(&new) = bytes;
        *scene.note(&new) = old.note.bytes();
        (&[Kind::ManifestMisplaced], Some(nth(place)))
    }),
    ("cut the tail, and the vendor names the newest", |scene| {
        let (place, _) = scene.inner();
        for sealed in &scene.story.parts[place + 1..] {
            scene.files.remove(&note_name(sealed));
            scene.files.remove(&sealed.manifest.object());
        }
        (&[Kind::TailMissing], Some(nth(place) + 1))
    }),
    ("cut the tail, and nobody names the newest", |scene| {
        let place = scene.dice.below(11);
        for sealed in &scene.story.parts[place + 1..] {
            scene.files.remove(&note_name(sealed));
            scene.files.remove(&sealed.manifest.object());
        }
        scene.ask.newest = None;
        (&[Kind::TailStale], Some(nth(place)))
    }),
    ("change an event and its hashes", |scene| {
        let (place, sealed) = scene.part();
        let mut lines = scene.lines(&sealed);
        let line = scene.dice.below(lines.len());
        lines[line] = lines[line].replacen('0', "1", 1);
        let key = scene.stranger();
        scene.replace(&sealed, &[key], &lines);
        scene.ask.newest = None;
        (&[Kind::SignatureUntrusted], Some(nth(place)))
    }),
    ("change an event and its hashes, and keep the signature", |scene| {
        let (place, sealed) = scene.part();
        let mut manifest = sealed.manifest.clone();
        let bytes = b"[\n{\"nothing\":\"happened\"}\n]\n".to_vec();
        (manifest.sha256, manifest.size) = (sha256(&bytes), bytes.len() as u64);
        (manifest.raw_sha256, manifest.raw_size) = (manifest.sha256, manifest.size);
        let note = SignedNote::new(manifest.text(), sealed.note.signatures().to_vec()).unwrap();
        scene.files.remove(&note_name(&sealed));
        scene.files.remove(&sealed.manifest.object());
        scene.files.insert(manifest.object(), bytes);
        scene.files.insert(manifest.name(note.sha256()), note.bytes());
        scene.ask.newest = None;
        (&[Kind::SignatureInvalid], Some(nth(place)))
    }),
    ("the vendor seals a part again", |scene| {
        let (place, sealed) = scene.inner();
        let keys = sealed.keys.clone();
        scene.reseal(&sealed, &keys, |manifest| {
            manifest.sealed = manifest.sealed + std::time::Duration::from_secs(1);
        });
        // A heartbeat states the time of its seal itself.
        (&[Kind::ChainBroken], Some(nth(place) + 1))
    }),
    ("the vendor equivocates about a part", |scene| {
        let (place, sealed) = scene.part();
        let mut files = Files::new();
        resealed(&mut files, &sealed, &sealed.keys, |manifest| {
            manifest.sealed = manifest.sealed + std::time::Duration::from_secs(1);
        });
        scene.files.extend(files);
        (&[Kind::PartDoubled], Some(nth(place)))
    }),
    ("the vendor's window leaves a gap", |scene| {
        let (place, sealed) = scene.inner();
        let next = scene.story.parts[place + 1].clone();
        let from = sealed.manifest.window.to + std::time::Duration::from_secs(1);
        if next.manifest.window.to < from {
            // A part that closes no time span: move it as a whole.
            scene.reseal(&next, &next.keys.clone(), |manifest| {
                (manifest.window.from, manifest.window.to) = (from, from);
            });
        } else {
            scene.reseal(&next, &next.keys.clone(), |manifest| manifest.window.from = from);
        }
        (&[Kind::WindowsNotContiguous], Some(nth(place) + 1))
    }),
    ("the vendor counts wrongly", |scene| {
        let (place, sealed) = loop {
            let (place, sealed) = scene.part();
            if sealed.manifest.events > 1 {
                break (place, sealed);
            }
        };
        scene.reseal(&sealed, &sealed.keys.clone(), |manifest| manifest.events += 1);
        (&[Kind::CountMismatch], Some(nth(place)))
    }),
    ("the vendor seals an event twice", |scene| {
        let (place, sealed) = loop {
            let (place, sealed) = scene.part();
            if place > 0 && sealed.manifest.events > 0 {
                break (place, sealed);
            }
        };
        let mut lines = scene.lines(&sealed);
        lines[0] = scene.lines(&scene.story.parts[0])[0].clone();
        if scene.dice.below(2) == 0 {
            lines[0] = lines[0].replacen("\"eventName\":\"", "\"eventName\":\"Not", 1);
        }
        scene.replace(&sealed, &sealed.keys.clone(), &lines);
        (&[Kind::EventTwice], Some(nth(place)))
    }),
];
