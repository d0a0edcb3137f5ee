//! Import files, split anywhere: the same elements are found however the bytes arrive. Each is one JSON
//! object, and its time and ID are read or refused.
#![no_main]

use domain::import::{Guess, Keys, Kind, Piece, Splitter, TimeForm, compact, own};
use libfuzzer_sys::fuzz_target;

/// The objects and the reasons found, each with its position.
fn found(bytes: &[u8], cut: usize) -> Vec<(u64, String)> {
    let mut splitter = Splitter::default();
    let mut found = Vec::new();
    let mut drain = |splitter: &mut Splitter| {
        while let Some(piece) = splitter.next_piece() {
            found.push(match piece {
                Piece::Object { text, place, .. } => (place.byte, text.to_owned()),
                Piece::Bad(bad) => (bad.place.byte, bad.reason),
            });
        }
    };
    for piece in bytes.chunks(cut.max(1)) {
        splitter.feed(piece);
        drain(&mut splitter);
    }
    splitter.end();
    drain(&mut splitter);
    assert!(splitter.is_drained() && splitter.place().byte == bytes.len() as u64);
    found
}

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let _ = Kind::of(bytes);
    let pieces = found(bytes, usize::from(cut));
    assert_eq!(pieces, found(bytes, usize::MAX));
    let keys = Keys::new("time", "/id", TimeForm::Rfc3339);
    for (_, text) in pieces.iter().filter(|(_, text)| text.starts_with('{')) {
        let is_object = match domain::event::check(text.as_bytes()) {
            Ok(_) => true,
            Err(not) => not.why.is_object(),
        };
        // A control character within a string is left to the check.
        let may_be_none = text.bytes().any(|byte| byte < b' ');
        assert!(is_object || may_be_none, "{text:?} is no object");
        assert!(
            domain::event::check(compact(text).as_bytes()).is_ok()
                == domain::event::check(text.as_bytes()).is_ok()
        );
        let _ = (keys.read(text), Guess::new(text), own(text));
    }
});
