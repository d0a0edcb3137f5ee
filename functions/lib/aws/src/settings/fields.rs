//! Reads where an event's time, actor, action and the like are.

use archive::fields::FieldSetting;

use super::env::{Env, FromEnv, ReportedError};

/// The deployment's mapping of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldSettings {
    /// The mapping. `None` if the variable is empty: then it is guessed, once per connector.
    pub mapping: Option<FieldSetting>,
}

impl FromEnv for FieldSettings {
    /// Reads `EVENT_FIELDS`: a preset's name, or a mapping in JSON.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let mapping = env.parsed("EVENT_FIELDS", |value| {
            FieldSetting::parse(value)
                .map_err(|wrong| format!("empty, a preset or a mapping in JSON, but {wrong}"))
        });
        Ok(Self { mapping: mapping?.flatten() })
    }
}

#[cfg(test)]
mod tests {
    use archive::fields::Preset;

    use super::super::env::read;
    use super::*;

    fn fields(value: &str) -> Result<Option<FieldSetting>, String> {
        let lookup = |name: &str| (name == "EVENT_FIELDS").then(|| value.to_owned());
        read::<FieldSettings>(&lookup).map(|settings| settings.mapping).map_err(|error| error.to_string())
    }

    #[test]
    fn empty_is_a_guess_and_anything_else_a_mapping() {
        assert_eq!(fields(""), Ok(None));
        assert_eq!(fields(" "), Ok(None));
        assert_eq!(fields("ecs"), Ok(Some(FieldSetting::Preset(Preset::Ecs))));
        let own = fields(r#"{"time":"/at","actor":["/user/name","/user/id"]}"#).unwrap().unwrap();
        assert_eq!(own.to_string(), r#"{"time":"/at","actor":["/user/name","/user/id"]}"#);
    }

    #[test]
    fn a_malformed_mapping_is_reported_with_variable_member_and_form() {
        for (value, parts) in [
            (
                "cloudtrial",
                ["the environment variable EVENT_FIELDS is `cloudtrial`", "did you mean `cloudtrail`?"],
            ),
            (r#"{"actor":"user"}"#, ["`actor` has the path `user`", "write `/user`"]),
            (r#"{"actr":"/user"}"#, ["unknown member `actr`", "did you mean `actor`?"]),
        ] {
            let error = fields(value).unwrap_err();
            assert!(parts.iter().all(|part| error.contains(part)), "{error}");
        }
    }
}
