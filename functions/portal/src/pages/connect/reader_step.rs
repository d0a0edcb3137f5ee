//! Step 3: what will read the files, and how often they come.

use control::readers::{READERS, UNDECIDED, reader};
use maud::{Markup, html};

use super::fields::{Typed, encodings, files_value, files_words};
use crate::fields::{Field, FieldErrors};
use crate::frequency;

/// The fields.
pub(super) fn fields(typed: &Typed, errors: &FieldErrors) -> Markup {
    let mut hours = frequency::choices();
    if let Some((_, default)) = hours.first_mut() {
        default.push_str(" (default)");
    }
    let recommended = (String::new(), "As the reader needs it".to_owned());
    let explicit = encodings().map(|encoding| (files_value(encoding), files_words(encoding)));
    let files: Vec<_> = std::iter::once(recommended).chain(explicit).collect();
    let chosen = reader(&typed.reader).unwrap_or(UNDECIDED);
    html! {
        div.fields.three {
            (Field { name: "reader", label: "Reader", hint: "" }.around(errors, |id, described, invalid| html! {
                select id=(id) name=(id) aria-describedby=[described] aria-invalid=[invalid] {
                    @for one in READERS {
                        option value=(one.id) selected[one.id == typed.reader] data-why=(one.why)
                            data-files=(files_words(one.encoding)) { (one.name) }
                    }
                }
            }))
            (Field { name: "files", label: "Files", hint: "" }.select(errors, &files, &typed.files))
            (Field { name: "frequency", label: "Every", hint: "" }.select(errors, &hours, &typed.frequency))
        }
        p.quiet {
            span data-why { strong { (chosen.name) ": " (files_words(chosen.encoding)) ". " } (chosen.why) }
            " You can change it later; files that were delivered stay as they are."
        }
        p.quiet {
            "The first export comes at the next full hour after you activate, then every time this span has passed. \
             A file comes even if nothing happened: it says so, and proves that the export runs."
        }
    }
}
