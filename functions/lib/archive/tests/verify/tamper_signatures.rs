//! Tampering with signatures, and signing what the vendor did not sign.

use archive::note::SignedNote;
use archive::verify::finding::Kind;
use samples::archive::{TestKey, forge, forge_all, resealed, sha256, sign, with_signatures};

use crate::tampering::{Tamper, note_name, nth};

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

/// Ways of tampering that need a signature, or change one.
pub(crate) const OF_SIGNATURES: &[(&str, Tamper)] = &[
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
];
