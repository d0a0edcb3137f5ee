//! The canonical text of a mapping, in JSON: what is stored, shown, and read again by `setting.rs`.

use std::fmt;

use serde::de::Error as _;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde::{Deserialize, Deserializer};

use super::json::Json;
use super::{EventFields, Field, Outcome, OutcomeRule, OutcomeRules};
use crate::event::FieldPath;

impl fmt::Display for EventFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The fields in the order of listings, each with all of its paths. What is in no event is left out.
impl Serialize for EventFields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in Field::ALL {
            let pointers: Vec<String> = self.places_of(field).iter().map(FieldPath::pointer).collect();
            match pointers.as_slice() {
                [] if field == Field::Outcome && !self.outcome.is_empty() => {
                    map.serialize_entry(field.as_str(), &Rules(&self.outcome))?;
                }
                [] => {}
                [one] => map.serialize_entry(field.as_str(), one)?,
                several => map.serialize_entry(field.as_str(), several)?,
            }
        }
        map.end()
    }
}

struct Rules<'r>(&'r OutcomeRules);

impl Serialize for Rules<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.0.rules().is_empty() {
            let rules: Vec<Rule<'_>> = self.0.rules().iter().map(Rule).collect();
            map.serialize_entry("rules", &rules)?;
        }
        if self.0.otherwise() != Outcome::Unknown {
            map.serialize_entry("otherwise", &self.0.otherwise())?;
        }
        map.end()
    }
}

struct Rule<'r>(&'r OutcomeRule);

impl Serialize for Rule<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let OutcomeRule { path, success, failure } = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("pointer", &path.pointer())?;
        for (name, values) in [("success", success), ("failure", failure)] {
            if !values.is_empty() {
                map.serialize_entry(name, values)?;
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for EventFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Json::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
