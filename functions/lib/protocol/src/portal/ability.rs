//! What a link allows.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use archive::names::InvalidValueError;
use serde::{Deserialize, Serialize};

/// One thing that a person may do in the portal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ability {
    /// See connectors, health, exports, changes and proof. Every link has it.
    View,
    /// Search the log.
    Explore,
    /// Create a connector, connect it and activate it.
    SetUp,
    /// Change, pause, resume, disable, enable and delete connectors, rotate the external ID, request a run.
    Operate,
    /// Change who is notified, and send a test.
    Contacts,
    /// Hand a link on to a colleague; of an operator's link, make tenants' links and revoke any.
    Invite,
}

impl Ability {
    /// All abilities, in the order of lists.
    pub const ALL: [Self; 6] =
        [Self::View, Self::Explore, Self::SetUp, Self::Operate, Self::Contacts, Self::Invite];

    /// The name in requests, listings and records.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Explore => "explore",
            Self::SetUp => "set-up",
            Self::Operate => "operate",
            Self::Contacts => "contacts",
            Self::Invite => "invite",
        }
    }
}

impl fmt::Display for Ability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Ability {
    type Err = InvalidValueError;

    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let form = "it is one of view, explore, set-up, operate, contacts and invite";
        let found = Self::ALL.into_iter().find(|ability| ability.as_str() == text);
        found.ok_or_else(|| InvalidValueError::new("ability", text, "is unknown", form))
    }
}

/// A set of abilities, which always includes [`Ability::View`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "BTreeSet<Ability>", into = "BTreeSet<Ability>")]
pub struct Abilities(BTreeSet<Ability>);

impl Abilities {
    /// All abilities.
    #[must_use]
    pub fn all() -> Self {
        Self::from_iter(Ability::ALL)
    }

    /// Whether the set includes it.
    #[must_use]
    pub fn includes(&self, ability: Ability) -> bool {
        self.0.contains(&ability)
    }

    /// The abilities, in the order of [`Ability::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = Ability> {
        self.0.iter().copied()
    }

    /// Those of this set that `other` does not include.
    pub fn beyond<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = Ability> + 'a {
        self.0.difference(&other.0).copied()
    }
}

impl FromIterator<Ability> for Abilities {
    fn from_iter<I: IntoIterator<Item = Ability>>(abilities: I) -> Self {
        Self(abilities.into_iter().chain([Ability::View]).collect())
    }
}

impl From<BTreeSet<Ability>> for Abilities {
    fn from(set: BTreeSet<Ability>) -> Self {
        Self::from_iter(set)
    }
}

impl From<Abilities> for BTreeSet<Ability> {
    fn from(abilities: Abilities) -> Self {
        abilities.0
    }
}

impl fmt::Display for Abilities {
    /// `view, set-up`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(Ability::as_str).collect();
        f.write_str(&names.join(", "))
    }
}
