//! How an event says whether its action succeeded.

use serde::{Deserialize, Serialize};

use super::reading::scalar;
use crate::event::{FieldPath, FieldValues};

/// Whether an action succeeded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It failed or was denied.
    Failure,
    /// The event does not say.
    #[default]
    Unknown,
}

impl Outcome {
    /// All outcomes, in the order of listings.
    pub const ALL: [Self; 3] = [Self::Success, Self::Failure, Self::Unknown];

    /// The name in filters and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Unknown => "unknown",
        }
    }
}

/// The rules by which an event's outcome is read: the first that applies decides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OutcomeRules {
    rules: Vec<OutcomeRule>,
    otherwise: Outcome,
    first_path: usize,
}

/// One rule: what the value at a path says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeRule {
    /// Where the value is.
    pub path: FieldPath,
    /// The values of a success, compared without regard to the case of ASCII letters. A `*` at the beginning
    /// or at the end stands for anything, `*` alone for any value.
    pub success: Vec<String>,
    /// The values of a failure, likewise. What is a success is not looked up here.
    pub failure: Vec<String>,
}

impl OutcomeRules {
    /// These rules; `otherwise` if none of them applies.
    #[must_use]
    pub const fn new(rules: Vec<OutcomeRule>, otherwise: Outcome) -> Self {
        Self { rules, otherwise, first_path: 0 }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &[OutcomeRule] {
        &self.rules
    }

    /// What an event says to which none of them applies.
    #[must_use]
    pub const fn otherwise(&self) -> Outcome {
        self.otherwise
    }

    pub(super) const fn placed_at(mut self, first_path: usize) -> Self {
        self.first_path = first_path;
        self
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &FieldPath> {
        self.rules.iter().map(|rule| &rule.path)
    }

    pub(super) fn read(&self, found: &FieldValues<'_>) -> Outcome {
        let decided = self.rules.iter().enumerate().find_map(|(index, rule)| {
            let value = scalar(found.last(self.first_path + index)?)?;
            let is_one_of = |words: &[String]| words.iter().any(|word| is_meant(word, &value));
            if is_one_of(&rule.success) {
                return Some(Outcome::Success);
            }
            is_one_of(&rule.failure).then_some(Outcome::Failure)
        });
        decided.unwrap_or(self.otherwise)
    }

    /// Whether they say of every event that its outcome is unknown.
    pub(super) fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.otherwise == Outcome::Unknown
    }
}

/// Whether a word of a rule means this value.
fn is_meant(word: &str, value: &str) -> bool {
    let (word, value) = (word.as_bytes(), value.as_bytes());
    let (start, end) = match word {
        [b'*'] => return true,
        [b'*', end @ ..] => (None, Some(end)),
        [start @ .., b'*'] => (Some(start), None),
        word => return word.eq_ignore_ascii_case(value),
    };
    let head = start.map(|start| (start, value.get(..start.len())));
    let tail = end.map(|end| (end, value.len().checked_sub(end.len()).and_then(|from| value.get(from..))));
    head.into_iter().chain(tail).all(|(part, of)| of.is_some_and(|of| of.eq_ignore_ascii_case(part)))
}
