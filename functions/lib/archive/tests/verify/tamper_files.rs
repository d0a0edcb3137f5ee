//! Tampering with files: deleting, adding, damaging, swapping and replaying them.

use archive::verify::finding::Kind;

use crate::tampering::{Tamper, note_name, nth};

/// Ways of tampering with files.
pub(crate) const OF_FILES: &[(&str, Tamper)] = &[
    ("flip a bit of an object", |context| {
        let (index, sealed) = context.part();
        context.flip(&sealed.manifest.object(), usize::MAX);
        (&[Kind::ObjectChanged], Some(nth(index)))
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
];
