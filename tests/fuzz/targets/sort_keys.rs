//! Sort keys of all forms: a key with a time sorts on the right side of every boundary, and lies in no gap.
#![no_main]

use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use libfuzzer_sys::fuzz_target;

const FORMS: [&str; 5] = ["rfc3339", "ulid", "uuidv7", "epoch_seconds", "epoch_millis"];

fuzz_target!(|input: (i64, &str)| {
    let (boundary, text) = input;
    let keys = [SortKey::Text(text.to_owned()), SortKey::Number(text.to_owned())];
    for form in FORMS.iter().filter_map(|name| SortKeyForm::named(name)) {
        for key in &keys {
            let time = form.time_of(key);
            let Some(boundary) = Time::from_millis(boundary) else { continue };
            assert!(
                time.is_none_or(|at| (at < boundary) == form.is_before(key, boundary)),
                "{form:?} {key:?} has the time {time:?} and sorts on the other side of {boundary}"
            );
            assert!(
                time.is_none() || !form.lies_in_gap(key, boundary),
                "{form:?} {key:?} has the time {time:?} and lies in a gap"
            );
        }
    }
});
