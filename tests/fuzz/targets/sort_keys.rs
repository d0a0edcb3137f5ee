//! Sort keys of all forms: a key with a time sorts on the right side of every boundary, and lies in no gap.
#![no_main]

use domain::sort_key::{SortKey, SortKeyForm};
use domain::time::Time;
use libfuzzer_sys::fuzz_target;

const FORMS: [&str; 5] = ["rfc3339", "ulid", "uuidv7", "epoch_seconds", "epoch_millis"];

fuzz_target!(|input: (i64, &str)| {
    let (edge, text) = input;
    let keys = [SortKey::Text(text.to_owned()), SortKey::Number(text.to_owned())];
    for form in FORMS.iter().filter_map(|name| SortKeyForm::named(name)) {
        for key in &keys {
            let told = form.time_of(key);
            let Some(edge) = Time::from_millis(edge) else { continue };
            assert!(
                told.is_none_or(|time| (time < edge) == form.is_before(key, edge)),
                "{form:?} {key:?} tells {told:?} and lies on the other side of {edge}"
            );
            assert!(told.is_none() || !form.lies_in_gap(key, edge), "{form:?} {key:?} tells {told:?}");
        }
    }
});
