//! `connector changes`: who changed a connector's settings, when and how.

use std::collections::{BTreeMap, BTreeSet};

use protocol::caller::Caller;
use protocol::connector::{Change, Connector};
use serde::Serialize;
use serde_json::Value;

use super::list::print_table;
use super::options::PagedArgs;
use crate::backend::Backend;
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::{Column, table};

#[derive(Serialize)]
struct ChangesOutput<'a> {
    changes: &'a [Change],
}

/// `connector changes`.
pub(crate) async fn changes(backend: &Backend, args: &PagedArgs, output: Output) -> Result<Exit, CliError> {
    let id = &args.connector.id;
    let changes = backend.onboarding.changes(&backend.caller, id, args.before, args.limit).await?;
    if changes.is_empty() {
        output.line("no changes are recorded");
    } else {
        use Column::{Left, Right};
        let columns = [Right("VERSION"), Left("AT"), Left("WHAT"), Left("BY"), Left("CHANGED")];
        let rows: Vec<[String; 5]> = changes.iter().map(row).collect();
        print_table(output, &table(columns, &rows));
    }
    output.object(&ChangesOutput { changes: &changes });
    Ok(Exit::Done)
}

fn row(change: &Change) -> [String; 5] {
    let by = match &change.by {
        Caller::Operator { name } => name.clone(),
        Caller::Tenant { tenant, name } => format!("{name} of {}", tenant.escaped()),
        Caller::System => "Auditferry".to_owned(),
    };
    let what = match serde_json::to_value(change.what) {
        Ok(Value::String(verb)) => verb.replace('_', " "),
        _ => String::new(),
    };
    [change.version.to_string(), change.at.to_string(), what, replace_control_chars(&by), diff(change)]
}

/// Removes control characters, which a signed-in user's name may contain, before it goes to a terminal.
fn replace_control_chars(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The changed fields, each with its value before and after; empty for a creation.
fn diff(change: &Change) -> String {
    let Some(before) = &change.before else { return String::new() };
    let (before, after) = (fields(before), fields(&change.after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing =
        names.into_iter().filter(|name| *name != "version" && before.get(*name) != after.get(*name));
    let value =
        |of: &BTreeMap<String, String>, name| of.get(name).cloned().unwrap_or_else(|| "none".to_owned());
    let changes = differing.map(|name| format!("{name}: {} → {}", value(&before, name), value(&after, name)));
    changes.collect::<Vec<_>>().join(", ")
}

/// The settings as text; nested ones get names such as `destination.bucket`.
fn fields(connector: &Connector) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    // Every connector in the ledger serializes to JSON.
    flatten("", &serde_json::to_value(connector).unwrap_or_default(), &mut fields);
    fields
}

fn flatten(name: &str, value: &Value, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(inner) => {
            for (field, value) in inner {
                let name = if name.is_empty() { field.clone() } else { format!("{name}.{field}") };
                flatten(&name, value, into);
            }
        }
        Value::String(text) => drop(into.insert(name.to_owned(), text.clone())),
        other => drop(into.insert(name.to_owned(), other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use archive::names::{ConnectorId, ExternalId};
    use archive::time::Time;
    use protocol::connector::{State, Verb};

    use super::*;

    #[test]
    fn a_change_shows_the_fields_that_differ() {
        let (id, tenant) = (ConnectorId::new(1), "acme".parse().unwrap());
        let before = Connector::draft(id, tenant, ExternalId::new(1, 2), Time::EPOCH);
        let frequency = "6".parse().unwrap();
        let after = Connector { state: State::Paused, frequency, version: 2, ..before.clone() };
        let by = Caller::Operator { name: "jane\u{1b}[2J".into() };
        let (at, what) = (Time::EPOCH, Verb::Update);
        let change = Change { version: 2, at, by, what, before: Some(before), after };
        let [version, _, what, by, changed] = row(&change);
        assert_eq!((version.as_str(), what.as_str(), by.as_str()), ("2", "update", "jane\u{fffd}[2J"));
        assert_eq!(changed, "frequency: 1 → 6, state: draft → paused");
    }
}
