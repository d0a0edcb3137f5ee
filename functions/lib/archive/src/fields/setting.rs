//! Reads `EVENT_FIELDS`, contract 3: nothing, the name of a preset, or a mapping in JSON.
//!
//! ```json
//! {"time":"/at","actor":["/user/name","/user/id"],
//!  "outcome":{"pointer":"/status","success":["ok"],"failure":["failed*"]}}
//! ```
//!
//! A field has one JSON Pointer, or a list of which the first with a value counts. A field that is left out
//! is in no event. The outcome is a pointer (whose values are common words), a rule, or
//! `{"rules":[…],"otherwise":"success"}`.

use std::fmt;
use std::str::FromStr;

use super::json::Json;
use super::nearest::nearest;
use super::outcome_setting::outcome;
use super::{EventFields, EventFieldsError, Field, OutcomeRules, Preset};
use crate::event::{FieldPath, MAX_DEPTH};

/// The longest text of a setting, bytes, as it is given and as it is stored.
pub const MAX_SETTING_BYTES: usize = 8 * 1024;
/// The most paths of one field, and the most rules of the outcome.
pub const MAX_PATHS: usize = 16;

const EXAMPLE: &str = r#"{"time":"/at","actor":["/user/name","/user/id"],"outcome":"/status"}"#;

/// What `EVENT_FIELDS` sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldSetting {
    /// A preset.
    Preset(Preset),
    /// A mapping of one's own.
    Own(Box<EventFields>),
}

impl FieldSetting {
    /// Reads the setting. `None` if it is empty: then the mapping is guessed.
    ///
    /// # Errors
    /// If it is neither a preset's name nor a mapping, or is longer than [`MAX_SETTING_BYTES`].
    pub fn parse(text: &str) -> Result<Option<Self>, EventFieldsError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(preset) = Preset::from_name(text) {
            return Ok(Some(Self::Preset(preset)));
        }
        if !text.starts_with(['{', '[', '"']) && text.len() <= MAX_SETTING_BYTES {
            return Err(unknown_preset(text));
        }
        let fields: EventFields = text.parse()?;
        if fields.paths().is_empty() {
            return Err(EventFieldsError::new("the text", "names no field", form_of_text()));
        }
        Ok(Some(Self::Own(Box::new(fields))))
    }

    /// The mapping.
    #[must_use]
    pub fn fields(&self) -> EventFields {
        match self {
            Self::Preset(preset) => preset.fields(),
            Self::Own(fields) => EventFields::clone(fields),
        }
    }

    /// The preset, if it is one.
    #[must_use]
    pub const fn preset(&self) -> Option<Preset> {
        match self {
            Self::Preset(preset) => Some(*preset),
            Self::Own(_) => None,
        }
    }
}

impl fmt::Display for FieldSetting {
    /// The text that [`Self::parse`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset(preset) => preset.fmt(f),
            Self::Own(fields) => fields.fmt(f),
        }
    }
}

impl FromStr for EventFields {
    type Err = EventFieldsError;

    /// Reads a mapping in JSON.
    fn from_str(text: &str) -> Result<Self, EventFieldsError> {
        check_size(text)?;
        let json: Json = serde_json::from_str(text).map_err(|cause| {
            EventFieldsError::new("the text", format!("can't be read as JSON: {cause}"), form_of_text())
        })?;
        let fields = Self::try_from(json)?;
        check_size(&fields.to_string())?;
        Ok(fields)
    }
}

impl TryFrom<Json> for EventFields {
    type Error = EventFieldsError;

    fn try_from(json: Json) -> Result<Self, EventFieldsError> {
        let Json::Members(members) = json else {
            return Err(EventFieldsError::new("the text", format!("is {}", json.kind()), form_of_text()));
        };
        let mut paths: [Vec<FieldPath>; Field::ALL.len()] = Default::default();
        let mut rules = OutcomeRules::default();
        for (name, value) in members {
            let names = || Field::ALL.iter().map(|field| field.as_str());
            let field = Field::from_name(&name)
                .ok_or_else(|| EventFieldsError::unknown_member("", &name, names()))?;
            if field == Field::Outcome {
                rules = outcome(value)?;
            } else if let Some(of_field) = paths.get_mut(field as usize) {
                *of_field = pointers(field.as_str(), value)?;
            }
        }
        Ok(Self::new(|field| paths.get(field as usize).cloned().unwrap_or_default(), rules))
    }
}

/// The pointers of a field: one, or a list.
fn pointers(place: &str, json: Json) -> Result<Vec<FieldPath>, EventFieldsError> {
    let form = "write one JSON Pointer such as `/user/name`, or a list of them";
    let texts = match json {
        Json::List(texts) => texts,
        one @ Json::Text(_) => vec![one],
        other => {
            return Err(EventFieldsError::new(&format!("`{place}`"), format!("is {}", other.kind()), form));
        }
    };
    if texts.is_empty() {
        return Err(EventFieldsError::new(
            &format!("`{place}`"),
            "is an empty list",
            format!("leave it out, or {form}"),
        ));
    }
    check_count(place, texts.len())?;
    let path = |json: &Json| match json {
        Json::Text(text) => pointer(place, text),
        other => Err(EventFieldsError::new(
            &format!("`{place}`"),
            format!("has {} in its list", other.kind()),
            form,
        )),
    };
    texts.iter().map(path).collect()
}

/// A JSON Pointer (RFC 6901) to something in an event, not to the event itself.
pub(super) fn pointer(place: &str, text: &str) -> Result<FieldPath, EventFieldsError> {
    let place = &format!("`{place}`");
    if matches!(text, "" | "/") {
        let form = "write a JSON Pointer with a name, such as `/user/name`";
        return Err(EventFieldsError::new(place, "has an empty path", form));
    }
    if !text.starts_with('/') {
        let right = text.replace('.', "/");
        let form = format!("a JSON Pointer begins with a slash: write `/{right}`");
        return Err(EventFieldsError::new(place, format!("has the path `{text}`"), form));
    }
    let path = FieldPath::new(text);
    if path.steps().len() > MAX_DEPTH {
        let form = format!("no event is nested deeper than {MAX_DEPTH} levels");
        return Err(EventFieldsError::new(
            place,
            format!("has a path of {} steps", path.steps().len()),
            form,
        ));
    }
    Ok(path)
}

/// A list of more than [`MAX_PATHS`] is an error.
pub(super) fn check_count(place: &str, count: usize) -> Result<(), EventFieldsError> {
    if count <= MAX_PATHS {
        return Ok(());
    }
    let form = format!("at most {MAX_PATHS} are allowed");
    Err(EventFieldsError::new(&format!("`{place}`"), format!("has a list of {count}"), form))
}

fn check_size(text: &str) -> Result<(), EventFieldsError> {
    if text.len() <= MAX_SETTING_BYTES {
        return Ok(());
    }
    let form = format!("at most {MAX_SETTING_BYTES} are allowed");
    Err(EventFieldsError::new("the text", format!("has {} bytes, written in full", text.len()), form))
}

fn unknown_preset(text: &str) -> EventFieldsError {
    let names = Preset::ALL.map(Preset::as_str);
    let suggestion = nearest(text, names).map(|name| format!("did you mean `{name}`? ")).unwrap_or_default();
    let excerpt: String = text.chars().take(80).collect();
    EventFieldsError::new(
        "the text",
        format!("`{excerpt}` is no preset"),
        format!("{suggestion}{}", form_of_text()),
    )
}

fn form_of_text() -> String {
    let presets = Preset::ALL.map(Preset::as_str).join(", ");
    format!("write one of {presets}, or JSON such as {EXAMPLE}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_guess_and_a_name_is_a_preset() {
        assert_eq!(FieldSetting::parse(""), Ok(None));
        assert_eq!(FieldSetting::parse(" \n"), Ok(None));
        assert_eq!(FieldSetting::parse("auth0"), Ok(Some(FieldSetting::Preset(Preset::Auth0))));
    }

    #[test]
    fn the_short_forms_are_written_in_full() {
        for (short, full) in [
            (r#"{"time":["/at"]}"#, r#"{"time":"/at"}"#),
            (r#"{"actor":"/u","time":"/at"}"#, r#"{"time":"/at","actor":"/u"}"#),
            (r#"{"outcome":{"otherwise":"unknown"}}"#, "{}"),
            (r#"{"outcome":{"otherwise":"success"}}"#, r#"{"outcome":{"otherwise":"success"}}"#),
            (
                r#"{"outcome":{"pointer":"/ok","success":true,"failure":[false,0]}}"#,
                r#"{"outcome":{"rules":[{"pointer":"/ok","success":["true"],"failure":["false","0"]}]}}"#,
            ),
        ] {
            assert_eq!(short.parse::<EventFields>().unwrap().to_string(), full);
        }
        let common: EventFields = r#"{"outcome":"/status"}"#.parse().unwrap();
        assert!(common.to_string().contains("\"denied\""), "{common}");
    }

    #[test]
    fn each_error_names_the_member_what_is_wrong_and_what_is_right() {
        let many = format!(r#"{{"actor":[{}]}}"#, vec!["\"/a\""; 17].join(","));
        let deep = format!(r#"{{"actor":"{}"}}"#, "/a".repeat(101));
        let long = format!(r#"{{"actor":"/{}"}}"#, "a".repeat(8_200));
        for (text, parts) in [
            ("cloudtrial", ["the text `cloudtrial` is no preset", "did you mean `cloudtrail`?"]),
            ("okta", ["the text `okta` is no preset; write one of cloudtrail, ocsf", r#"{"time":"/at""#]),
            ("{\"time\":", ["the text can't be read as JSON: EOF", "write one of cloudtrail"]),
            ("[\"/at\"]", ["the text is a list", "write one of cloudtrail"]),
            (r#"{"actr":"/a"}"#, ["the mapping has the unknown member `actr`", "did you mean `actor`?"]),
            (r#"{"time":"/a","time":"/b"}"#, ["the member `time` is repeated", "line 1"]),
            (r#"{"actor":"user.name"}"#, ["`actor` has the path `user.name`", "write `/user/name`"]),
            (r#"{"actor":["/a",""]}"#, ["`actor` has an empty path", "`/user/name`"]),
            (r#"{"actor":"/"}"#, ["`actor` has an empty path", "`/user/name`"]),
            (r#"{"actor":[]}"#, ["`actor` is an empty list", "leave it out, or write one"]),
            (r#"{"actor":7}"#, ["`actor` is a number or a boolean", "or a list of them"]),
            (r#"{"actor":["/a",{}]}"#, ["`actor` has an object in its list", "or a list of them"]),
            (&many, ["`actor` has a list of 17", "at most 16"]),
            (&deep, ["`actor` has a path of 101 steps", "100 levels"]),
            (&long, ["the text has 8213 bytes", "at most 8192"]),
            (r#"{"outcome":null}"#, ["`outcome` is null", "write a pointer, or"]),
            (r#"{"outcome":{}}"#, ["`outcome` has no `pointer`", "\"/status\""]),
            (r#"{"outcome":{"pointer":["/a","/b"]}}"#, ["`outcome.pointer` is a list", "in `rules`"]),
            (r#"{"outcome":{"pointer":"a"}}"#, ["`outcome.pointer` has the path `a`", "write `/a`"]),
            (r#"{"outcome":{"pointer":"/a","succes":"x"}}"#, ["member `succes`", "did you mean `success`?"]),
            (r#"{"outcome":{"pointer":"/a","success":[]}}"#, ["`outcome.success` is an empty list", "*"]),
            (
                r#"{"outcome":{"pointer":"/a","success":"a*b"}}"#,
                ["has `a*b`, with a `*` inside", "at one end"],
            ),
            (r#"{"outcome":{"pointer":"/a","success":[""]}}"#, ["`outcome.success` has an empty value", "*"]),
            (r#"{"outcome":{"pointer":"/a","otherwise":"ok"}}"#, ["`outcome.otherwise`", "`unknown`"]),
            (r#"{"outcome":{"rules":{},"otherwise":"success"}}"#, ["`outcome` has `rules`", "no list"]),
            (
                r#"{"outcome":{"rules":[{"pointer":"/a"},{"failure":"x"}]}}"#,
                ["`outcome.rules[1]` has no `pointer`", "write"],
            ),
        ] {
            let message = FieldSetting::parse(text).unwrap_err().to_string();
            assert!(parts.iter().all(|part| message.contains(part)), "{text}: {message}");
        }
    }
}
