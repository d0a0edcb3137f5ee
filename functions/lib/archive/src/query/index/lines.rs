//! Content as it comes, in pieces of any size, taken apart into events.
//!
//! [`crate::encode::reader`] reads a whole file and pulls its bytes. Here bytes are pushed, and a block may
//! begin in the middle of a file.

use crate::encode::{FormatError, MAX_EVENT_BYTES};
use crate::part::Format;

/// Takes content apart into lines, and finds the events in them.
#[derive(Debug)]
pub(super) struct Lines {
    state: State,
    /// The beginning of a line whose end has not come yet.
    partial: Vec<u8>,
    /// The length of the last whole line, line end included.
    last_line: usize,
}

/// What the next line may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// `ndjson`: an event.
    Ndjson,
    /// `json`: the line `[`.
    Start,
    /// The first event, or the line `]`.
    First,
    /// An event.
    AfterComma,
    /// The line `]`.
    AfterLast,
    /// None.
    End,
}

impl Lines {
    /// At the beginning of a file.
    pub(super) const fn of_file(format: Format) -> Self {
        Self::new(match format {
            Format::Json => State::Start,
            Format::Ndjson => State::Ndjson,
        })
    }

    /// At the beginning of a block that is not the first one of its file.
    pub(super) const fn within_file(format: Format) -> Self {
        Self::new(match format {
            Format::Json => State::AfterComma,
            Format::Ndjson => State::Ndjson,
        })
    }

    const fn new(state: State) -> Self {
        Self { state, partial: Vec::new(), last_line: 0 }
    }

    /// Adds content, and calls `each` for each event that ends in it: one line of JSON without what separates
    /// it from the next one.
    ///
    /// # Errors
    /// If the content has another format, or `each` returns one.
    pub(super) fn push<E: From<FormatError>>(
        &mut self,
        mut content: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        while let Some(end) = memchr::memchr(b'\n', content) {
            let (line, rest) = content.split_at(end);
            content = rest.get(1..).unwrap_or_default();
            if self.partial.is_empty() {
                self.last_line = line.len() + 1;
                self.state = self.state.after(line, &mut each)?;
                continue;
            }
            self.extend(line)?;
            let line = std::mem::take(&mut self.partial);
            self.last_line = line.len() + 1;
            self.state = self.state.after(&line, &mut each)?;
            // Its memory serves the next line.
            self.partial = line;
            self.partial.clear();
        }
        Ok(self.extend(content)?)
    }

    fn extend(&mut self, piece: &[u8]) -> Result<(), FormatError> {
        if (self.partial.len() + piece.len()) as u64 >= MAX_EVENT_BYTES {
            return Err(FormatError::EndlessLine);
        }
        self.partial.extend_from_slice(piece);
        Ok(())
    }

    /// The length of the line that has just ended; `None` within a line.
    pub(super) fn ended_line(&self) -> Option<usize> {
        self.partial.is_empty().then_some(self.last_line)
    }

    /// Checks that the file is complete.
    pub(super) fn finish(&self) -> Result<(), FormatError> {
        if !self.partial.is_empty() {
            return Err(FormatError::EndlessLine);
        }
        match self.state {
            State::Ndjson | State::End => Ok(()),
            _ => Err(other_format("it does not end with the line `]`")),
        }
    }
}

impl State {
    fn after<E: From<FormatError>>(
        self,
        line: &[u8],
        each: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        match (self, line) {
            (Self::Ndjson, event) => each(event).map(|()| Self::Ndjson),
            (Self::Start, b"[") => Ok(Self::First),
            (Self::Start, _) => Err(other_format("it does not begin with the line `[`").into()),
            (Self::First | Self::AfterLast, b"]") => Ok(Self::End),
            (Self::AfterLast, _) => Err(other_format("an event is not followed by a comma").into()),
            (Self::End, _) => Err(other_format("there is data after the line `]`").into()),
            // An event ends with a brace, so a comma at the end of the line is not its own.
            (Self::First | Self::AfterComma, [event @ .., b',']) => each(event).map(|()| Self::AfterComma),
            (Self::First | Self::AfterComma, event) => each(event).map(|()| Self::AfterLast),
        }
    }
}

fn other_format(reason: &str) -> FormatError {
    FormatError::OtherFormat(reason.to_owned())
}
