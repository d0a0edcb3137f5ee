//! Signed notes, manifests, keys and key rings: anyone who can write below a prefix can put anything there
//! for a verifier to read. Each accepted text is the only one for its content.
#![no_main]

use archive::manifest::{Manifest, Origin};
use archive::note::{RingKey, SignedNote, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(note) = SignedNote::parse(bytes) {
        assert_eq!(note.bytes(), bytes, "a note with two spellings");
        if let Ok(manifest) = Manifest::parse(note.text()) {
            assert_eq!(manifest.text(), note.text(), "a manifest with two spellings");
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(manifest) = Manifest::parse(text) {
        assert_eq!(manifest.text(), text, "a manifest with two spellings");
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert!(key.to_string().parse::<VerifierKey>().is_ok_and(|again| again == key));
    }
    let _ = text.parse::<RingKey>();
    let _ = text.parse::<Origin>();
});
