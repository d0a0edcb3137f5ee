//! Import files, split anywhere: the same elements are found however the bytes arrive. Each is one JSON
//! object, and its time and ID are read or refused.
#![no_main]

use archive::import::{Element, FileType, KeyFieldGuess, KeyFields, Splitter, TimeForm, classify, compact};
use libfuzzer_sys::fuzz_target;

/// The objects and the reasons found, each with its position.
fn found(bytes: &[u8], cut: usize) -> Vec<(u64, String)> {
    let mut splitter = Splitter::default();
    let mut found = Vec::new();
    let mut drain = |splitter: &mut Splitter| {
        while let Some(element) = splitter.next_element() {
            found.push(match element {
                Element::Object { text, position, .. } => (position.byte, text.to_owned()),
                Element::Invalid(invalid) => (invalid.position.byte, invalid.reason),
            });
        }
    };
    for piece in bytes.chunks(cut.max(1)) {
        splitter.feed(piece);
        drain(&mut splitter);
    }
    splitter.finish();
    drain(&mut splitter);
    assert!(splitter.is_drained() && splitter.position().byte == bytes.len() as u64);
    found
}

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let _ = FileType::detect(bytes);
    let elements = found(bytes, usize::from(cut));
    assert_eq!(elements, found(bytes, usize::MAX));
    let keys = KeyFields::new("time", "/id", TimeForm::Rfc3339);
    for (_, text) in elements.iter().filter(|(_, text)| text.starts_with('{')) {
        let is_object = match archive::event::check(text.as_bytes()) {
            Ok(_) => true,
            Err(error) => error.kind.is_object(),
        };
        // A control character within a string is left to the check.
        let may_be_invalid = text.bytes().any(|byte| byte < b' ');
        assert!(is_object || may_be_invalid, "{text:?} is not an object");
        assert!(
            archive::event::check(compact(text).as_bytes()).is_ok()
                == archive::event::check(text.as_bytes()).is_ok()
        );
        let _ = (keys.read(text), KeyFieldGuess::new(text), classify(text));
    }
});
