//! Key lists from the staging bucket, split anywhere: a damaged one is an error, never a panic or an endless
//! loop.
#![no_main]

use archive::key_list::KeyListReader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (cut, bytes) = input;
    let mut reader = KeyListReader::new().expect("a reader");
    for piece in bytes.chunks(usize::from(cut).max(1)) {
        if reader.feed(piece).is_err() {
            return;
        }
        while reader.next_key().is_some() {}
    }
    let _ = reader.finish();
});
