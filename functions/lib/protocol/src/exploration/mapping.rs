//! Where the fields are in a connector's events, as it is stored.
//!
//! A mapping is guessed once: of two workers that guess at once, the second takes what the first has stored,
//! so that all indexes of a connector are made by one mapping. A person may set another one, which is never
//! replaced by a guess. The record says who set it and when; it is no setting of the connector, which does
//! not export otherwise because of it, so there is no record of a change.

use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::MappingText;
use crate::caller::Caller;

/// Where a mapping comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum MappingSource {
    /// From the connector's events.
    Guessed {
        /// How many were looked at.
        events: u64,
    },
    /// Somebody has set it.
    Set {
        /// Who. Tenants don't see which of the vendor's people it was ([`Caller::name_visible_to`]).
        by: Caller,
    },
}

/// The record of a connector's mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMapping {
    /// Incremented by every change, from 1: a write is conditional on the previous one.
    pub version: u64,
    /// Where it comes from.
    pub source: MappingSource,
    /// The name of the preset that it is; `None` if it is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Where the fields are.
    pub fields: MappingText,
    /// When it was guessed or set.
    pub at: Time,
}

impl StoredMapping {
    /// The guess from so many events.
    #[must_use]
    pub const fn guess(preset: Option<String>, fields: MappingText, events: u64, now: Time) -> Self {
        Self { version: 1, source: MappingSource::Guessed { events }, preset, fields, at: now }
    }

    /// Set by a person, in place of the stored one; `None` if this very mapping was set before.
    #[must_use]
    pub fn set(
        stored: Option<&Self>,
        preset: Option<String>,
        fields: MappingText,
        by: Caller,
        now: Time,
    ) -> Option<Self> {
        let is_same = |stored: &Self| {
            let is_set = matches!(stored.source, MappingSource::Set { .. });
            is_set && stored.fields == fields && stored.preset == preset
        };
        if stored.is_some_and(is_same) {
            return None;
        }
        let version = stored.map_or(1, |stored| stored.version + 1);
        Some(Self { version, source: MappingSource::Set { by }, preset, fields, at: now })
    }
}
