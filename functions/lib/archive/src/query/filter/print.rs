//! The text of a filter and its terms: the shortest that parses to them.

use std::fmt::{self, Write as _};

use super::{Filter, IpPattern, Pattern, Term, Test, span_text};
use crate::fields::Field;

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, term) in self.terms().iter().enumerate() {
            let space = if index > 0 { " " } else { "" };
            write!(f, "{space}{term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_negated() {
            f.write_char('-')?;
        }
        match self.test() {
            Test::Field(field, patterns) => values(f, *field, patterns.iter().map(|one| pattern(one, ""))),
            Test::Ip(patterns) => {
                let one = |one: &IpPattern| match one {
                    IpPattern::Net(net) => net.to_string(),
                    // A slash out of quotes would make it a net.
                    IpPattern::Text(text) => pattern(text, "/"),
                };
                values(f, Field::Ip, patterns.iter().map(one))
            }
            Test::Outcome(outcomes) => {
                values(f, Field::Outcome, outcomes.iter().map(|outcome| outcome.as_str().to_owned()))
            }
            Test::Time(span) => values(f, Field::Time, std::iter::once(span_text::print(*span))),
            Test::Path(path, patterns) => {
                let pointer = text(&path.pointer(), ":");
                values(f, pointer, patterns.iter().map(|one| pattern(one, "")))
            }
            Test::Text(content) => {
                let marks = if content.starts_with('-') { "-*:" } else { "*:" };
                f.write_str(&text(content, marks))
            }
        }
    }
}

fn values(
    f: &mut fmt::Formatter<'_>,
    qualifier: impl fmt::Display,
    values: impl Iterator<Item = String>,
) -> fmt::Result {
    write!(f, "{qualifier}")?;
    for (index, value) in values.enumerate() {
        f.write_char(if index == 0 { ':' } else { ',' })?;
        f.write_str(&value)?;
    }
    Ok(())
}

/// A free text or a pointer, in quotes if it needs them or contains one of these characters.
fn text(content: &str, marks: &str) -> String {
    if needs_no_quotes(content, marks) { content.to_owned() } else { format!("\"{}\"", escaped(content)) }
}

/// A pattern, in quotes if it needs them, or if its text contains one of these characters.
fn pattern(pattern: &Pattern, marks: &str) -> String {
    let is_plain = |piece: &String| needs_no_quotes(piece, marks) && !piece.contains([',', '*']);
    if pattern.pieces().iter().all(is_plain) {
        return pattern.pieces().join("*");
    }
    let piece = |piece: &String| escaped(piece).replace('*', "\\*");
    format!("\"{}\"", pattern.pieces().iter().map(piece).collect::<Vec<_>>().join("*"))
}

fn needs_no_quotes(content: &str, marks: &str) -> bool {
    !content.contains(|char: char| char.is_whitespace() || char == '"' || marks.contains(char))
}

fn escaped(content: &str) -> String {
    content.replace('\\', "\\\\").replace('"', "\\\"")
}
