//! Where an event's time, actor, action and the like are: `EVENT_FIELDS`, contract 3.
//!
//! An event has no schema. [`EventFields`] maps the ten [`Field`]s to places in it: a preset's, or a list of
//! JSON Pointers. One pass over an event finds all of them ([`crate::event::find`] with
//! [`EventFields::paths`]), and [`EventFields::read`] says what they mean. Index, filter, explorer and
//! downloads all read events by it.
//!
//! A mapping is a [`Preset`], or read from a text ([`FieldSetting`]), or guessed ([`guess()`]).
//! [`coverage()`] shows what it finds, and [`FieldMapping`] is what is stored of it.

mod coverage;
mod error;
#[cfg(test)]
mod examples;
mod guess;
mod hash;
mod json;
mod mapping;
mod nearest;
mod outcome;
mod outcome_setting;
mod presets;
#[cfg(test)]
mod properties;
mod reading;
mod setting;
mod tables;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};

use crate::event::FieldPath;

pub use coverage::{Coverage, FieldCoverage, UnmappedName, coverage};
pub use error::EventFieldsError;
pub use guess::{Guess, guess};
pub use hash::MappingHash;
pub use mapping::{FieldMapping, MappingSource};
pub use outcome::{Outcome, OutcomeRule, OutcomeRules};
pub use presets::Preset;
pub use reading::{Reading, written};
pub use setting::{FieldSetting, MAX_PATHS, MAX_SETTING_BYTES};

/// A field that people ask for, whatever an event calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// When it happened, by the product's own clock.
    Time,
    /// Its identifier.
    Id,
    /// What was done, such as `ConsoleLogin`.
    Action,
    /// The area of the action, such as `signin.amazonaws.com`.
    Category,
    /// Who did it.
    Actor,
    /// The session or the credentials by which it was done.
    Session,
    /// What it was done to.
    Target,
    /// Whether it succeeded.
    Outcome,
    /// The address from which it was done.
    Ip,
    /// The customer's own organization or account.
    Tenant,
}

impl Field {
    /// All fields, in the order of listings.
    pub const ALL: [Self; 10] = [
        Self::Time,
        Self::Id,
        Self::Action,
        Self::Category,
        Self::Actor,
        Self::Session,
        Self::Target,
        Self::Outcome,
        Self::Ip,
        Self::Tenant,
    ];

    /// The name in settings, filters and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Id => "id",
            Self::Action => "action",
            Self::Category => "category",
            Self::Actor => "actor",
            Self::Session => "session",
            Self::Target => "target",
            Self::Outcome => "outcome",
            Self::Ip => "ip",
            Self::Tenant => "tenant",
        }
    }

    /// The field with this name; `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the fields are in one product's events.
///
/// A field has one value: that of its first path at which an event has a text, a number or a boolean. If a
/// name is repeated in an object, its last value counts, as for most readers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventFields {
    /// For each field but the outcome, in the order of [`Field::ALL`]: its paths, as a range of `paths`.
    places: [std::ops::Range<usize>; Field::ALL.len()],
    outcome: OutcomeRules,
    paths: Vec<FieldPath>,
}

impl EventFields {
    /// The mapping with these paths. Those of one field are tried in their order; a field without one is in
    /// no event. Those of [`Field::Outcome`] are in `outcome` and ignored here.
    #[must_use]
    pub fn new(paths_of: impl Fn(Field) -> Vec<FieldPath>, outcome: OutcomeRules) -> Self {
        let mut paths = Vec::new();
        let places = Field::ALL.map(|field| {
            let start = paths.len();
            if field != Field::Outcome {
                paths.extend(paths_of(field));
            }
            start..paths.len()
        });
        let outcome = outcome.placed_at(paths.len());
        paths.extend(outcome.paths().cloned());
        Self { places, outcome, paths }
    }

    fn places_of(&self, field: Field) -> &[FieldPath] {
        let range = self.places.get(field as usize).cloned().unwrap_or_default();
        self.paths.get(range).unwrap_or_default()
    }

    /// All paths, for one pass over an event with [`crate::event::find`].
    #[must_use]
    pub fn paths(&self) -> &[FieldPath] {
        &self.paths
    }
}
