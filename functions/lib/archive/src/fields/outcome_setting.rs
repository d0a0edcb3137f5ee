//! Reads the part of a mapping that says what a success and a failure is: a pointer, a rule, or several
//! rules.

use super::json::Json;
use super::setting::{check_count, pointer};
use super::tables::{failure_words, success_words};
use super::{EventFieldsError, Outcome, OutcomeRule, OutcomeRules};

/// The rules, from a pointer, one rule, or `{"rules":[…],"otherwise":"success"}`.
pub(super) fn outcome(json: Json) -> Result<OutcomeRules, EventFieldsError> {
    let members = match json {
        Json::Text(_) => vec![("pointer".to_owned(), json)],
        Json::Members(members) => members,
        other => {
            let form =
                "write a pointer, or {\"pointer\":\"/status\",\"success\":[\"ok\"],\"failure\":[\"failed\"]}";
            return Err(EventFieldsError::new("`outcome`", format!("is {}", other.kind()), form));
        }
    };
    let (otherwise, members): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|(name, _)| name == "otherwise");
    let otherwise = otherwise.into_iter().map(|(_, value)| otherwise_of(&value)).next().transpose()?;
    let rules = match members.as_slice() {
        [] if otherwise.is_some() => Vec::new(),
        [(name, Json::List(rules))] if name == "rules" => {
            check_count("outcome.rules", rules.len())?;
            let rules = rules.iter().enumerate();
            rules
                .map(|(index, json)| rule(&format!("outcome.rules[{index}]"), json))
                .collect::<Result<_, _>>()?
        }
        members if members.iter().any(|(name, _)| name == "rules") => {
            let form =
                "write {\"rules\":[{\"pointer\":\"/error\",\"failure\":\"*\"}],\"otherwise\":\"success\"}";
            return Err(EventFieldsError::new(
                "`outcome`",
                "has `rules` that are no list, or other members beside them",
                form,
            ));
        }
        members => vec![rule("outcome", &Json::Members(members.to_vec()))?],
    };
    Ok(OutcomeRules::new(rules, otherwise.unwrap_or_default()))
}

fn otherwise_of(json: &Json) -> Result<Outcome, EventFieldsError> {
    let outcome = match json {
        Json::Text(text) => Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text),
        _ => None,
    };
    let form = "write `success`, `failure` or `unknown`";
    outcome.ok_or_else(|| EventFieldsError::new("`outcome.otherwise`", "is no outcome", form))
}

/// A rule that names neither a success nor a failure goes by the words that most products use.
fn rule(place: &str, json: &Json) -> Result<OutcomeRule, EventFieldsError> {
    let form = "write {\"pointer\":\"/status\",\"success\":[\"ok\"],\"failure\":[\"failed\"]}";
    let Json::Members(members) = json else {
        return Err(EventFieldsError::new(&format!("`{place}`"), format!("is {}", json.kind()), form));
    };
    let (mut path, mut success, mut failure) = (None, None, None);
    for (name, value) in members {
        let member = format!("{place}.{name}");
        match (name.as_str(), value) {
            ("pointer", Json::Text(text)) => path = Some(pointer(&member, text)?),
            ("pointer", other) => {
                let form = "write one JSON Pointer such as `/status`; several need a rule each, in `rules`";
                return Err(EventFieldsError::new(
                    &format!("`{member}`"),
                    format!("is {}", other.kind()),
                    form,
                ));
            }
            ("success", values) => success = Some(words(&member, values)?),
            ("failure", values) => failure = Some(words(&member, values)?),
            _ => {
                // Only the outcome itself has the last two.
                let names = ["pointer", "success", "failure", "rules", "otherwise"];
                let names = names.into_iter().take(if place == "outcome" { 5 } else { 3 });
                return Err(EventFieldsError::unknown_member(place, name, names));
            }
        }
    }
    let path = path.ok_or_else(|| EventFieldsError::new(&format!("`{place}`"), "has no `pointer`", form))?;
    let (success, failure) = match (success, failure) {
        (None, None) => (success_words(), failure_words()),
        (success, failure) => (success.unwrap_or_default(), failure.unwrap_or_default()),
    };
    Ok(OutcomeRule { path, success, failure })
}

/// The values of a success or failure: one, or a list.
fn words(place: &str, json: &Json) -> Result<Vec<String>, EventFieldsError> {
    let place = &format!("`{place}`");
    let form = "write the values, such as [\"ok\",\"allow*\"]: a `*` at one end stands for anything";
    let values = match json {
        Json::List(values) => values.as_slice(),
        one => std::slice::from_ref(one),
    };
    if values.is_empty() {
        return Err(EventFieldsError::new(place, "is an empty list", format!("leave it out, or {form}")));
    }
    let word = |value: &Json| match value {
        Json::Text(text) | Json::Scalar(text) => {
            let literal = text.strip_suffix('*').or_else(|| text.strip_prefix('*')).unwrap_or(text);
            let problem = if text.is_empty() {
                "has an empty value".to_owned()
            } else if literal.contains('*') {
                format!("has `{text}`, with a `*` inside or two of them")
            } else {
                return Ok(text.clone());
            };
            Err(EventFieldsError::new(place, problem, form))
        }
        other => Err(EventFieldsError::new(place, format!("has {} among its values", other.kind()), form)),
    };
    values.iter().map(word).collect()
}
