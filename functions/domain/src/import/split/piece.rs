//! What stands in a file, and where.

/// Where an element begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line, from 1.
    pub line: u64,
    /// The byte of the line, from 1.
    pub column: u64,
    /// The byte of the input, from 0.
    pub byte: u64,
}

/// What can't be an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where it begins.
    pub place: Place,
    /// The last line that belongs to it.
    pub last_line: u64,
    /// Why, in words that fit behind "line 7: ".
    pub reason: String,
}

/// What stands next in the input.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// A JSON object.
    Object {
        /// Its text, from brace to brace.
        text: &'a str,
        /// Where it begins.
        place: Place,
        /// Whether it stands in what `aws dynamodb scan` prints, and so has typed attributes.
        is_item: bool,
    },
    /// Something else.
    Bad(Bad),
}
