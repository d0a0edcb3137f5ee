//! What is stored once per connector: by which mapping its events are read, and who decided that.

use serde::{Deserialize, Serialize};

use super::{EventFields, FieldSetting, Guess, Preset};
use crate::time::Time;

/// The mapping of a connector's events.
///
/// It holds all paths, also those of a preset: so its hash, and with it each index that was made by it, stays
/// valid when a later version of a preset has other paths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMapping {
    /// Who decided it.
    #[serde(flatten)]
    pub source: MappingSource,
    /// The preset that it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<Preset>,
    /// Where the fields are.
    pub fields: EventFields,
    /// When it was decided.
    pub at: Time,
}

/// Who decided a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum MappingSource {
    /// It was guessed.
    Guessed {
        /// From so many events.
        guessed_from: usize,
    },
    /// Somebody set it for this connector.
    Set,
    /// `EVENT_FIELDS` of the deployment.
    Deployment,
}

impl FieldMapping {
    /// The mapping that was guessed.
    #[must_use]
    pub fn guessed(guess: &Guess, at: Time) -> Self {
        let source = MappingSource::Guessed { guessed_from: guess.of };
        Self { source, preset: Some(guess.preset), fields: guess.preset.fields(), at }
    }

    /// The mapping that somebody set for the connector.
    #[must_use]
    pub fn set(setting: &FieldSetting, at: Time) -> Self {
        Self { source: MappingSource::Set, preset: setting.preset(), fields: setting.fields(), at }
    }

    /// The mapping of the deployment.
    #[must_use]
    pub fn of_deployment(setting: &FieldSetting, at: Time) -> Self {
        Self { source: MappingSource::Deployment, ..Self::set(setting, at) }
    }
}

#[cfg(test)]
mod tests {
    use super::super::guess;
    use super::*;

    #[test]
    fn a_stored_mapping_is_read_again() {
        let at: Time = "2026-11-20T20:15:30.123Z".parse().unwrap();
        let own = FieldSetting::parse(r#"{"time":"/at","outcome":"/status"}"#).unwrap().unwrap();
        for mapping in [
            FieldMapping::guessed(&guess([br#"{"eventTime":"2026-11-20T20:15:30Z"}"#.as_slice()]), at),
            FieldMapping::set(&own, at),
            FieldMapping::of_deployment(&FieldSetting::Preset(Preset::Ecs), at),
        ] {
            let text = serde_json::to_string(&mapping).unwrap();
            assert_eq!(serde_json::from_str::<FieldMapping>(&text).unwrap(), mapping, "{text}");
        }
    }

    #[test]
    fn a_stored_mapping_has_a_fixed_form() {
        let own = FieldSetting::parse(r#"{"time":"/at","actor":["/u","/v"]}"#).unwrap().unwrap();
        insta::assert_snapshot!(
            serde_json::to_string(&FieldMapping::set(&own, Time::EPOCH)).unwrap(),
            @r#"{"source":"set","fields":{"time":"/at","actor":["/u","/v"]},"at":"1970-01-01T00:00:00.000Z"}"#
        );
        let guess = guess([br#"{"eventTime":"2026-11-20T20:15:30Z","eventID":"1"}"#.as_slice()]);
        let guessed = serde_json::to_string(&FieldMapping::guessed(&guess, Time::EPOCH)).unwrap();
        assert!(
            guessed.starts_with(r#"{"source":"guessed","guessed_from":1,"preset":"cloudtrail","fields":{"#)
        );
    }
}
