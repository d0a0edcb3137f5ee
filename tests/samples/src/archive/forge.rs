//! The forgeries that the verifier is tested with: by someone with write access to the bucket but without a
//! private key of the vendor, and by someone who has stolen one.

use archive::manifest::{Manifest, Previous};
use archive::note::{NoteSignature, SignedNote};
use archive::part::{Compression, Encoding};
use archive::sha256::Sha256;

use super::{Files, Sealed, TestKey, file, sign};

/// The same note with other signature lines. Its name stays the same: it is derived from the text.
///
/// # Panics
/// If there are too many signatures, or none.
pub fn with_signatures(note: &SignedNote, lines: Vec<NoteSignature>) -> SignedNote {
    SignedNote::new(note.text().to_owned(), lines).expect("a note")
}

/// The file of a part's note, under its correct name.
pub fn note_of(sealed: &Sealed) -> String {
    sealed.manifest.name(sealed.note.sha256())
}

/// A forged tail. In part `from` the forger adds a signature of his own key to the vendor's genuine note, and
/// puts the key next to the others. All later parts are his: an event is missing, the object differs, only
/// his key signs. With `names` the text of part `from` is his too, and names his key as the successor.
pub fn forge(files: &mut Files, parts: &[Sealed], from: u64, key: &TestKey, names: bool) {
    files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
    let mut previous = None;
    for sealed in parts.iter().filter(|sealed| sealed.manifest.part.get() >= from) {
        let mut manifest = sealed.manifest.clone();
        let note = if manifest.part.get() == from {
            if names {
                manifest.successor = Some(key.public.clone());
            }
            let text = manifest.text();
            let own = sealed.note.signatures().iter().cloned().chain([key.sign(&text)]);
            SignedNote::new(text, own.collect()).expect("a note")
        } else {
            rewritten(files, sealed, &mut manifest, previous);
            sign(manifest.text(), std::slice::from_ref(key))
        };
        put(files, sealed, &manifest, &note);
        previous = Some(note.sha256());
    }
}

/// A forged archive: every part is the forger's, signed with these keys.
pub fn forge_all(files: &mut Files, parts: &[Sealed], keys: &[TestKey]) {
    for key in keys {
        files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
    }
    let mut previous = None;
    for sealed in parts {
        let mut manifest = Manifest { successor: None, ..sealed.manifest.clone() };
        rewritten(files, sealed, &mut manifest, previous);
        let note = sign(manifest.text(), keys);
        put(files, sealed, &manifest, &note);
        previous = Some(note.sha256());
    }
}

/// The same parts in a chain signed with these keys, by part: the work of a thief, or of a vendor's exporter.
/// A text names a successor where the plan says so.
pub fn resign(
    files: &mut Files,
    parts: &[Sealed],
    plan: impl Fn(u64) -> (Vec<TestKey>, Option<TestKey>),
) -> Vec<Sealed> {
    let mut previous: Option<Sha256> = None;
    let mut resigned = Vec::new();
    for sealed in parts {
        let (keys, successor) = plan(sealed.manifest.part.get());
        let mut manifest = sealed.manifest.clone();
        manifest.successor = successor.map(|key| key.public);
        if let Some(previous) = previous {
            manifest.previous = Previous::Manifest(previous);
        }
        for key in &keys {
            files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
        }
        let note = sign(manifest.text(), &keys);
        put(files, sealed, &manifest, &note);
        previous = Some(note.sha256());
        resigned.push(Sealed { manifest, note, keys });
    }
    resigned
}

/// A different object for a part, and the manifest to match: other events, one fewer.
fn rewritten(files: &mut Files, sealed: &Sealed, manifest: &mut Manifest, previous: Option<Sha256>) {
    if let Some(previous) = previous {
        manifest.previous = Previous::Manifest(previous);
    }
    // A heartbeat stays as it was: a changed one would give itself away.
    if manifest.events == 0 {
        return;
    }
    manifest.encoding = Encoding { compression: Compression::None, ..manifest.encoding };
    manifest.events = (manifest.events - 1).max(1);
    manifest.late = manifest.late.min(manifest.events);
    manifest.unreadable = 0;
    let part = manifest.part.get();
    let forged = |number| format!("{{\"forged\":{number},\"part\":{part}}}");
    let lines: Vec<String> = (0..manifest.events).map(forged).collect();
    let (bytes, encoded) = file(manifest.encoding, lines.iter().map(String::as_str));
    files.remove(&sealed.manifest.object());
    (manifest.sha256, manifest.size) = (encoded.sha256, encoded.size);
    (manifest.raw_sha256, manifest.raw_size) = (encoded.raw_sha256, encoded.raw_size);
    files.insert(manifest.object(), bytes);
}

/// Replaces a part's note, and its object if the object's name has changed.
fn put(files: &mut Files, sealed: &Sealed, manifest: &Manifest, note: &SignedNote) {
    files.remove(&note_of(sealed));
    files.insert(manifest.name(note.sha256()), note.bytes());
}
