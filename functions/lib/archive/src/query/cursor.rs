//! Cursors: where the next page begins, and which archive it is a page of.
//!
//! The first page fixes what is sealed and what is not. Later pages read the same: parts that were sealed
//! since are ignored, and events that were not sealed then are read from the events table again. So pages
//! neither skip nor repeat an event while parts arrive.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256 as Hasher};

use super::Span;
use super::filter::Filter;
use super::row::{Order, RowKey};
use crate::fields::MappingHash;
use crate::names::ConnectorId;
use crate::part::PartNumber;
use crate::time::Time;

/// The longest text of a cursor, in bytes: keys of the events table may have 3 KB.
const MAX_TEXT: usize = 16 << 10;

/// What the first page has fixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The newest sealed part.
    #[serde(rename = "p")]
    pub part: PartNumber,
    /// The watermark: what is written from here on is not sealed.
    #[serde(rename = "w")]
    pub watermark: Time,
    /// The end of what was read of the events table.
    #[serde(rename = "e")]
    pub end: Time,
}

/// Where the next page begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// What is searched.
    #[serde(rename = "s")]
    pub snapshot: Snapshot,
    /// The next page follows this row.
    #[serde(rename = "k")]
    pub after: RowKey,
    /// What the pages are of.
    #[serde(rename = "q")]
    question: Question,
}

/// Identifies what was asked: a cursor is good for one question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question(u64);

/// A text that is no cursor of this question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CursorError {
    /// It is no cursor at all.
    #[error("the cursor is malformed; use `next_cursor` of the page before, exactly as it is")]
    Form,
    /// It is a cursor of something else.
    #[error(
        "the cursor belongs to another connector, filter, time span, order or mapping; ask for the first page \
         again"
    )]
    OtherQuestion,
}

impl Question {
    /// What identifies this question.
    #[must_use]
    pub fn new(
        connector: &ConnectorId,
        mapping: MappingHash,
        filter: &Filter,
        span: Span,
        order: Order,
    ) -> Self {
        let text = format!(
            "{connector}\n{mapping}\n{}\n{}\n{}\n{filter}",
            order.as_str(),
            span.from.millis(),
            span.to.millis()
        );
        let digest: [u8; 32] = Hasher::digest(text).into();
        Self(u64::from_be_bytes(*digest.first_chunk().unwrap_or(&[0; 8])))
    }
}

impl Cursor {
    /// The cursor of the page after this row.
    #[must_use]
    pub const fn new(snapshot: Snapshot, after: RowKey, question: Question) -> Self {
        Self { snapshot, after, question }
    }

    /// The text of the cursor, for URLs.
    #[must_use]
    pub fn text(&self) -> String {
        // It has no value that JSON can't hold.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Parses the text of a cursor, which anybody may have written. It opens nothing: it says where to go on
    /// within what its caller may read anyway.
    ///
    /// # Errors
    /// If it is none, or one of another question.
    pub fn parse(text: &str, question: Question) -> Result<Self, CursorError> {
        if text.len() > MAX_TEXT {
            return Err(CursorError::Form);
        }
        let json = URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError::Form)?;
        let cursor: Self = serde_json::from_slice(&json).map_err(|_| CursorError::Form)?;
        if cursor.question == question { Ok(cursor) } else { Err(CursorError::OtherQuestion) }
    }
}
