//! The tests of `key_fields`.

use proptest::prelude::*;

use super::*;

fn read(event: &str, form: TimeForm) -> Result<(String, String), String> {
    let key = KeyFields::new("time", "id", form).read(event).map_err(|error| error.to_string())?;
    Ok((key.time.to_string(), key.id.into_owned()))
}

fn id(value: &str) -> Result<String, String> {
    let event = format!(r#"{{"time":"2026-11-20T20:15:30Z","id":{value},"x":1e400,"y":"\ud83d"}}"#);
    read(&event, TimeForm::Rfc3339).map(|(_, id)| id)
}

fn time(value: &str, form: TimeForm) -> Result<String, String> {
    read(&format!(r#"{{"id":1,"time":{value},"x":{}}}"#, "9".repeat(400)), form).map(|(time, _)| time)
}

#[test]
fn an_id_is_its_text() {
    for number in ["1", "1.0", "1e0", "-0", "18446744073709551616", "18446744073709551617", "1E400"] {
        assert_eq!(id(number).unwrap(), number);
    }
    assert_eq!(id(&"1".repeat(400)).unwrap().len(), 400);
    assert_eq!(id(r#""evt \u0041\/\ud83d\ude00#""#).unwrap(), "evt A/\u{1f600}#");
    assert_eq!(id(r#""a\ud83d""#).unwrap(), r"a\ud83d");
    assert_eq!(id(&format!("\"{}\"", "a".repeat(999))).unwrap().len(), 999);
    for (value, why) in [
        (r#""""#, "1 to 999"),
        (&*format!("\"{}\"", "a".repeat(1000)), "1 to 999"),
        ("null", "neither"),
        ("{}", "neither"),
        ("true", "neither"),
    ] {
        assert!(id(value).unwrap_err().contains(why), "{value}");
    }
}

#[test]
fn an_invalid_event_has_a_key_too() {
    let keys = KeyFields::new("/a/t", "/a/0", TimeForm::Rfc3339);
    let deep = format!("{}1{}", "[".repeat(300), "]".repeat(300));
    for (invalid, why) in [
        ("1e400", EventErrorKind::NumberRange),
        (r#""\ud83d""#, EventErrorKind::LoneSurrogate),
        (r#"{"\udc00":1}"#, EventErrorKind::LoneSurrogate),
        (&*deep, EventErrorKind::Nesting),
    ] {
        let text =
            format!(r#"{{"x":{invalid},"a":{{"0":18446744073709551617,"t":"2026-11-20T22:15:30+02:00"}}}}"#);
        let key = keys.read(&text).unwrap();
        assert_eq!((key.id.as_ref(), key.unreadable), ("18446744073709551617", Some(why)), "{invalid}");
    }
    for bad in ["", "[]", "{", r#"{"a":1}}"#, "{'a':1}"] {
        assert!(matches!(keys.read(bad), Err(KeyError::NotAnObject(_))), "{bad}");
    }
}

#[test]
fn a_time_is_a_string_or_a_number_of_the_given_unit() {
    use TimeForm::{EpochMillis, EpochSeconds, Rfc3339};
    for (value, form, expected) in [
        (r#""2026-11-20T22:15:30+02:00""#, Rfc3339, "2026-11-20T20:15:30.000Z"),
        (r#""2026-11-20T20:15:30\u005a""#, Rfc3339, "2026-11-20T20:15:30.000Z"),
        ("1689000000", EpochSeconds, "2023-07-10T14:40:00.000Z"),
        ("1689000000.1239", EpochSeconds, "2023-07-10T14:40:00.123Z"),
        (r#""1689000000""#, EpochSeconds, "2023-07-10T14:40:00.000Z"),
        ("1689000000123", EpochMillis, "2023-07-10T14:40:00.123Z"),
        (r#""1689000000123""#, EpochMillis, "2023-07-10T14:40:00.123Z"),
    ] {
        assert_eq!(time(value, form).unwrap(), expected, "{value}");
    }
    let unclear = time("1689000000", Rfc3339).unwrap_err();
    assert!(unclear.contains("2023-07-10T14:40:00.000Z in seconds"), "{unclear}");
    for (value, form, why) in [
        (r#""yesterday""#, Rfc3339, "2026-11-20T20:15:30.123Z"),
        ("null", Rfc3339, "not a string"),
        ("[]", Rfc3339, "not a string"),
        ("1689000000123", EpochSeconds, "seconds since 1970"),
        ("1689000000", EpochMillis, "milliseconds since 1970"),
        ("1.689e9", EpochSeconds, "without an exponent"),
        ("-1", EpochSeconds, "seconds since 1970"),
        (r#""2026-11-20T20:15:30Z""#, EpochSeconds, "seconds since 1970"),
        ("{}", EpochMillis, "milliseconds since 1970"),
    ] {
        let error = time(value, form).unwrap_err();
        assert!(error.contains(why), "{value}: {error}");
    }
    assert!(read("{}", Rfc3339).unwrap_err().contains("no field `time`"));
}

proptest! {
    /// Two numbers that are written differently are two IDs, however close they are.
    #[test]
    fn no_two_ids_become_one(
        one in "-?(0|[1-9][0-9]{0,400})(\\.[0-9]{1,40})?(e[+-]?[0-9]{1,4})?", add in "[0-9]",
    ) {
        let other = format!("{one}{add}");
        prop_assert_eq!(id(&one).unwrap(), one.clone());
        if one.contains(['.', 'e']) || !one.ends_with('0') || one.len() > 2 {
            prop_assert_ne!(id(&other), Ok(one));
        }
    }
}
