//! One line of a file of events: what time and ID it has, or why it can't be imported.

use adapters::source::NewEvent;
use domain::event::one_line;
use domain::time::Time;
use serde_json::Value;

/// An item of DynamoDB holds 400 KB with its keys and names (DynamoDB developer guide, "Quotas").
pub(crate) const LONGEST: usize = 390_000;

/// The names of the fields that matter here.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// Of the time.
    pub(crate) time: String,
    /// Of the unique ID.
    pub(crate) id: String,
}

impl Fields {
    /// Reads a line. The event is the line as it stands, byte for byte.
    ///
    /// # Errors
    /// The reason, in words that fit behind "line 7: ".
    pub(crate) fn event(&self, line: &[u8]) -> Result<NewEvent, String> {
        if line.len() > LONGEST {
            return Err(format!("longer than {LONGEST} bytes, which is what an item of DynamoDB holds"));
        }
        let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
        // A number of many digits need not survive here: the event itself is the text.
        let value: Value =
            serde_json::from_str(text).map_err(|error| format!("not JSON at column {}", error.column()))?;
        if !value.is_object() {
            return Err("not a JSON object".into());
        }
        let time = time(&value, &self.time)?;
        let id = id(&value, &self.id)?;
        let body = String::from_utf8(one_line(text.to_owned()).map_err(|not| not.to_string())?.into())
            .map_err(|_| "not UTF-8".to_owned())?;
        Ok(NewEvent { time, id, body })
    }
}

fn time(value: &Value, name: &str) -> Result<Time, String> {
    match field(value, name) {
        None => Err(format!("it has no field `{name}`; name the field of the time with --time-field")),
        Some(Value::String(text)) => text.parse().map_err(|error| format!("its `{name}` {error}")),
        Some(_) => Err(format!("its `{name}` is not a text with an RFC 3339 time")),
    }
}

fn id(value: &Value, name: &str) -> Result<String, String> {
    let id = match field(value, name) {
        None => {
            return Err(format!("it has no field `{name}`; name the field of the unique ID with --id-field"));
        }
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(format!("its `{name}` is neither a text nor a number")),
    };
    // The sort key holds the ID behind the time, and has at most 1,024 bytes.
    if id.is_empty() || id.len() > 900 {
        return Err(format!("its `{name}` is not 1 to 900 bytes long"));
    }
    Ok(id)
}

/// A field by its name, or by a JSON pointer (RFC 6901) such as `/detail/id`.
fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    if name.starts_with('/') { value.pointer(name) } else { value.get(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(time: &str, id: &str) -> Fields {
        Fields { time: time.into(), id: id.into() }
    }

    #[test]
    fn an_event_is_its_line_byte_for_byte() {
        let line = br#"{"time":"2023-07-10T11:42:18Z", "n":12345678901234567890123, "id":"a"}"#;
        let event = fields("time", "id").event(line).unwrap();
        assert_eq!(event.body.as_bytes(), line);
        assert_eq!((event.time.to_string().as_str(), event.id.as_str()), ("2023-07-10T11:42:18.000Z", "a"));
    }

    #[test]
    fn fields_inside_others_are_named_by_a_pointer() {
        let line = br#"{"detail":{"at":"2023-07-10T11:42:18.5Z","id":7},"a.b":1}"#;
        let event = fields("/detail/at", "/detail/id").event(line).unwrap();
        assert_eq!((event.time.to_string().as_str(), event.id.as_str()), ("2023-07-10T11:42:18.500Z", "7"));
    }

    #[test]
    fn a_line_that_cannot_be_imported_says_why() {
        let long = format!(r#"{{"time":"2023-07-10T11:42:18Z","id":"a","x":"{}"}}"#, "x".repeat(LONGEST));
        for (line, why) in [
            ("{", "not JSON at column 1"),
            ("[1]", "not a JSON object"),
            (r#"{"id":"a"}"#, "no field `time`; name the field of the time with --time-field"),
            (r#"{"time":7,"id":"a"}"#, "not a text"),
            (r#"{"time":"yesterday","id":"a"}"#, "`yesterday` is not an RFC 3339 time"),
            (r#"{"time":"2023-07-10T11:42:18Z"}"#, "no field `id`; name the field of the unique ID"),
            (r#"{"time":"2023-07-10T11:42:18Z","id":null}"#, "neither a text nor a number"),
            (r#"{"time":"2023-07-10T11:42:18Z","id":""}"#, "1 to 900 bytes"),
            (long.as_str(), "longer than"),
        ] {
            let reason = fields("time", "id").event(line.as_bytes()).unwrap_err();
            assert!(reason.contains(why), "{line:.60}: {reason}");
        }
        assert_eq!(fields("time", "id").event(b"\xff").unwrap_err(), "not UTF-8");
    }
}
