//! `events fields`: where the fields are in the events, and what no field has.

use control::explorer::FieldsAnswer;

use super::Log;
use super::cells::{Widths, cell, optional};
use crate::error::{CliError, Exit};
use crate::output::Output;
use crate::table::{counted, grouped};

/// `events fields`.
pub(super) async fn fields(log: &Log, output: Output) -> Result<Exit, CliError> {
    let answer = log.explorer.fields(&log.asker).await?;
    if !output.is_json() {
        for line in lines(&answer) {
            output.line(line);
        }
    }
    output.object(&answer);
    Ok(Exit::Done)
}

/// The fields as a table, the other names, and how to change the mapping.
pub(super) fn lines(answer: &FieldsAnswer) -> Vec<String> {
    let preset = answer.preset.as_deref().map_or_else(|| "no preset".to_owned(), cell);
    let source = match answer.source.as_str() {
        "guessed" => "guessed from the first events",
        "set" => "set for this connector",
        "deployment" => "set by EVENT_FIELDS",
        other => other,
    };
    let of = counted(answer.events, "event");
    let mut lines = vec![format!("mapping: {preset}, {source}; the newest {of} were looked at\n")];
    let mut rows = vec![["FIELD", "EVENTS", "EXAMPLES", "WHERE"].map(str::to_owned).to_vec()];
    rows.extend(answer.fields.iter().map(|field| {
        vec![
            field.field.to_string(),
            grouped(field.events),
            cell(&field.examples.join(", ")),
            cell(&field.paths.join(", ")),
        ]
    }));
    lines.extend(Widths::default().lines(&rows));
    if !answer.unmapped.is_empty() {
        lines.push("\nin no field; search them by their JSON Pointers:".to_owned());
        let rows: Vec<_> = answer
            .unmapped
            .iter()
            .map(|name| {
                let pointer = name.value.as_deref().map(pointer_to);
                vec![optional(pointer.as_deref()), grouped(name.events)]
            })
            .collect();
        lines.extend(Widths::default().lines(&rows));
    }
    lines.push(
        "\nTo change the mapping, repeat the command with --set: the name of a preset, or JSON Pointers."
            .to_owned(),
    );
    lines
}

/// The JSON Pointer to a name at the top of an event (RFC 6901).
fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
