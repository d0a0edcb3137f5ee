//! Values with their labels in lines of text: tables of the console and the AWS CLI, YAML, `Key=Value`, the
//! output of Terraform.

use super::{Field, Found, Place, unquoted};

/// The labelled values of all lines.
pub(super) fn labelled(text: &str) -> Vec<Found> {
    let mut reader = LineReader { found: Vec::new(), section: Place::Label, label: None };
    text.lines().for_each(|line| reader.line(line));
    reader.found
}

struct LineReader {
    found: Vec<Found>,
    /// Of what the lines speak, as the last heading said.
    section: Place,
    /// A label whose value is still to come: in the next line, or after `OutputValue`.
    label: Option<String>,
}

impl LineReader {
    fn line(&mut self, line: &str) {
        let cells = cells(line);
        for cell in &cells {
            self.heading(cell);
        }
        let mut cells = cells.into_iter().peekable();
        while let Some(cell) = cells.next() {
            let bare = unquoted(cell.trim_end_matches([':', '=', ' ']));
            let names_the_next = |next: &&str| Field::labelled(unquoted(next)).is_some();
            if Field::labelled(bare).is_some() {
                // A description that reads like a label stands before the label itself.
                if cells.peek().is_some_and(names_the_next) {
                    continue;
                }
                match cells.next() {
                    Some(value) => self.push(self.section, bare, value.trim_start_matches(['=', ':', ' '])),
                    None => self.label = Some(bare.to_owned()),
                }
            } else if !self.keyed(cell) && !self.assignments(cell) {
                // A value in a line of its own, below its label.
                if let Some(label) = self.label.take() {
                    self.push(self.section, &label, cell);
                }
            }
        }
    }

    fn push(&mut self, place: Place, label: &str, value: &str) {
        self.found.extend(Found::new(place, label, value));
    }

    fn heading(&mut self, cell: &str) {
        match unquoted(cell.trim_end_matches(':')) {
            "OUTPUTS" | "Outputs" | "OutputKey" => self.section = Place::Output,
            "PARAMETERS" | "Parameters" | "ParameterKey" => self.section = Place::Parameter,
            _ => {}
        }
    }

    /// `OutputKey: RoleArn`, then `OutputValue: arn:…`, as YAML and a piece of JSON have them.
    fn keyed(&mut self, cell: &str) -> bool {
        let Some((name, value)) = cell.trim_start_matches("- ").split_once(':') else { return false };
        match unquoted(name) {
            "OutputKey" | "ParameterKey" => self.label = Some(unquoted(value).to_owned()),
            name @ ("OutputValue" | "ParameterValue") => {
                let place = if name == "OutputValue" { Place::Output } else { Place::Parameter };
                if let Some(label) = self.label.take() {
                    self.push(place, &label, value);
                }
            }
            _ => return false,
        }
        true
    }

    /// Every `Key=Value` and `Key: Value` in a cell.
    fn assignments(&mut self, cell: &str) -> bool {
        let (mut rest, mut any) = (cell, false);
        while let Some(at) = next_assignment(rest) {
            let assignment = rest.get(at..).unwrap_or_default();
            let Some((label, value)) = assignment.split_once(['=', ':']) else { break };
            let value = value.trim_start();
            let end = value_end(value);
            self.push(self.section, unquoted(label), value.get(..end).unwrap_or_default());
            rest = value.get(end..).unwrap_or_default();
            any = true;
        }
        any
    }
}

/// Where a value ends that stands at the start of the text: at its closing quote, or at white space, a
/// semicolon, or the comma before another assignment.
fn value_end(text: &str) -> usize {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let close = text.char_indices().skip(1).find(|(_, c)| *c == quote);
        return close.map_or(text.len(), |(at, quote)| at + quote.len_utf8());
    }
    let end = text.find(|c: char| c.is_whitespace() || c == ';').unwrap_or(text.len());
    let word = text.get(..end).unwrap_or_default();
    next_assignment(word).unwrap_or(end)
}

/// Where the first label with an equals sign or a colon begins.
pub(super) fn next_assignment(text: &str) -> Option<usize> {
    text.match_indices(['=', ':']).find_map(|(at, _)| {
        let before = text.get(..at)?.trim_end_matches([' ', '"', '\'']);
        let is_label = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let label = before.get(before.trim_end_matches(is_label).len()..)?;
        let start = before.len() - label.len();
        // Within an ARN or a path nothing is a label.
        let is_inside = before.get(..start)?.ends_with([':', '/', '.', '-', '=']);
        (Field::labelled(label).is_some() && !is_inside).then_some(start)
    })
}

/// The cells of a line: between tabs, the lines of a table, and runs of blanks.
fn cells(line: &str) -> Vec<&str> {
    let cells = line.split(['\t', '|', '│']).flat_map(|cell| cell.split("  "));
    let rule = |c: char| matches!(c, '-' | '+' | '=' | '─');
    cells.map(str::trim).filter(|cell| !cell.is_empty() && !cell.chars().all(rule)).collect()
}
