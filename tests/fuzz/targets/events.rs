//! Events as texts: what is taken is one line, of the same value, and makes a file that parses.
#![no_main]

use domain::encode::FileWriter;
use domain::item::one_line;
use domain::part::{Compression, Encoding, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(line) = one_line(text.to_owned()) else { return };
    assert!(!line.contains(&b'\n') && !line.contains(&b'\r'));
    let kept: Vec<u8> = text.bytes().filter(|b| *b != b'\n' && *b != b'\r').collect();
    assert_eq!(line, kept, "more than line breaks were changed");
    let mut writer = FileWriter::new(Encoding { format: Format::Json, compression: Compression::None })
        .expect("a writer");
    writer.push(&line).expect("an event");
    let (mut bytes, encoded) = {
        let taken = writer.take();
        let (rest, encoded) = writer.finish().expect("a file");
        ([taken, rest].concat(), encoded)
    };
    assert_eq!(bytes.len() as u64, encoded.size);
    // Valid JSON, whatever the event holds: one element between the brackets.
    let file = String::from_utf8(std::mem::take(&mut bytes)).expect("UTF-8");
    assert!(one_line(file).is_ok(), "a file of {text:?} does not parse");
});
