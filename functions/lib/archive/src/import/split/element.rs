//! The elements of a file and their positions.

/// A position in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The byte of the line, from 1.
    pub column: u64,
    /// The byte of the input, from 0.
    pub byte: u64,
}

/// Part of the input that is not a valid element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidElement {
    /// Where the invalid part begins.
    pub position: Position,
    /// Its last line, from 1.
    pub last_line: u64,
    /// The reason, as it reads after "line 7: ".
    pub reason: String,
}

/// One element of the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// A JSON object, not yet checked as an event.
    Object {
        /// Its JSON text, from brace to brace.
        text: &'a str,
        /// Where the object begins.
        position: Position,
        /// Whether it comes from the output of `aws dynamodb scan`, so that its attributes are typed.
        is_item: bool,
    },
    /// Input that is not a JSON object.
    Invalid(InvalidElement),
}
