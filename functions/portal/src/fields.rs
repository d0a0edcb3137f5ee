//! The fields of a form as a page shows them: each with its error beside it, and all errors on top.

use maud::{Markup, html};

use crate::components::{Tone, count, mark};
use crate::error::sentence;

/// An error of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    /// The field's name, which is also its ID on the page.
    pub(crate) field: &'static str,
    /// What is wrong and what form is right.
    pub(crate) text: String,
}

/// The errors of a form, each beside its field and all together on top.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FieldErrors(pub(crate) Vec<FieldError>);

impl FieldErrors {
    /// Adds an error.
    pub(crate) fn add(&mut self, field: &'static str, text: impl Into<String>) {
        self.0.push(FieldError { field, text: text.into() });
    }

    /// The value, or the error added to the field.
    pub(crate) fn take<T, E: std::fmt::Display>(
        &mut self,
        field: &'static str,
        parsed: Result<T, E>,
    ) -> Option<T> {
        parsed.map_err(|error| self.add(field, sentence(&error.to_string()))).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The error of a field.
    pub(crate) fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.text.as_str())
    }

    /// All errors, each with a link to its field; empty if there are none.
    pub(crate) fn summary(&self) -> Markup {
        html! {
            @if !self.is_empty() {
                div.notice.bad role="alert" tabindex="-1" data-focus {
                    (mark(Tone::Bad))
                    div {
                        h2 { (count(self.0.len() as u64, "field")) " to correct" }
                        ul { @for error in &self.0 { li { a href={ "#" (error.field) } { (error.text) } } } }
                    }
                }
            }
        }
    }
}

/// What a field is, beside its input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// The name of the field, and its ID.
    pub(crate) name: &'static str,
    /// What it is called.
    pub(crate) label: &'a str,
    /// A sentence below the label; empty for none.
    pub(crate) hint: &'a str,
}

impl Field<'_> {
    /// The field around its input. `input` gets the attributes that tie both together: the ID, the IDs that
    /// describe it, and whether it is in error.
    pub(crate) fn around(
        self,
        errors: &FieldErrors,
        input: impl FnOnce(&str, Option<String>, Option<&str>) -> Markup,
    ) -> Markup {
        let error = errors.of(self.name);
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let wrong = error.map(|_| format!("{}-error", self.name));
        let described: Vec<_> = hint.iter().chain(&wrong).map(String::as_str).collect();
        let described = (!described.is_empty()).then(|| described.join(" "));
        html! {
            div.field.wrong[error.is_some()] {
                label for=(self.name) { (self.label) }
                @if let Some(id) = &hint { p.hint id=(id) { (self.hint) } }
                (input(self.name, described, error.map(|_| "true")))
                @if let (Some(id), Some(text)) = (&wrong, error) { p.error id=(id) { (mark(Tone::Bad)) " " (text) } }
            }
        }
    }

    /// A line of text with what was typed.
    pub(crate) fn text(self, errors: &FieldErrors, value: &str) -> Markup {
        self.around(errors, |id, described, invalid| {
            html! {
                input id=(id) name=(id) type="text" value=(value) autocomplete="off" spellcheck="false"
                    autocapitalize="off" aria-describedby=[described] aria-invalid=[invalid];
            }
        })
    }

    /// Several lines of text with what was typed.
    pub(crate) fn area(self, errors: &FieldErrors, value: &str, rows: u8) -> Markup {
        self.around(errors, |id, described, invalid| {
            html! {
                textarea id=(id) name=(id) rows=(rows) autocomplete="off" spellcheck="false" autocapitalize="off"
                    aria-describedby=[described] aria-invalid=[invalid] { (value) }
            }
        })
    }

    /// A choice among `options`: value and text.
    pub(crate) fn select(self, errors: &FieldErrors, options: &[(String, String)], chosen: &str) -> Markup {
        self.around(errors, |id, described, invalid| {
            html! {
                select id=(id) name=(id) aria-describedby=[described] aria-invalid=[invalid] {
                    @for (value, text) in options {
                        option value=(value) selected[value == chosen] { (text) }
                    }
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_stands_beside_its_field_and_on_top() {
        let mut errors = FieldErrors::default();
        errors.add("bucket", "<b>");
        let field = Field { name: "bucket", label: "Bucket", hint: "Its bare name." };
        let markup = field.text(&errors, "\"><script>").into_string();
        assert!(markup.contains("aria-describedby=\"bucket-hint bucket-error\""), "{markup}");
        assert!(markup.contains("aria-invalid=\"true\"") && markup.contains("&lt;b&gt;"), "{markup}");
        assert!(!markup.contains("<script>"), "{markup}");
        assert!(errors.summary().into_string().contains("href=\"#bucket\""));
    }
}
