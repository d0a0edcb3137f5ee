//! What is wrong with a mapping that somebody wrote.

use super::nearest::nearest;

/// A text that is not a mapping: where it is wrong, what is wrong there, and what is right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} {problem}; {form}")]
pub struct EventFieldsError {
    /// The member that is wrong, such as "`outcome.rules[1].success`", or "the text".
    pub place: String,
    /// What is wrong with it, as it reads after the place.
    pub problem: String,
    /// What would be right.
    pub form: String,
}

impl EventFieldsError {
    pub(super) fn new(place: &str, problem: impl Into<String>, form: impl Into<String>) -> Self {
        Self { place: place.to_owned(), problem: problem.into(), form: form.into() }
    }

    /// The object at `place` has a member of another name than `names`.
    pub(super) fn unknown_member<'n>(
        place: &str,
        name: &str,
        names: impl IntoIterator<Item = &'n str, IntoIter: Clone>,
    ) -> Self {
        let names = names.into_iter();
        let suggestion = nearest(name, names.clone()).map(|name| format!("did you mean `{name}`? "));
        let place = if place.is_empty() { "the mapping".to_owned() } else { format!("`{place}`") };
        let form = format!(
            "{}its members are {}",
            suggestion.unwrap_or_default(),
            names.collect::<Vec<_>>().join(", ")
        );
        Self::new(&place, format!("has the unknown member `{name}`"), form)
    }
}
