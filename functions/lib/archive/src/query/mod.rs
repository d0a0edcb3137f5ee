//! One query over what is sealed and what is not (contract 6): pure, as everything in this crate.
//!
//! - [`filter`]: the text with qualifiers and its structure, and the test of one event by it;
//! - [`index`]: what a part contains, made from its sealed bytes in one pass, and the roll-up of a day;
//! - [`search`]: finds what matches over days, parts and blocks; [`rows`], [`counts`] and [`facets`] collect
//!   it;
//! - [`row`], [`cursor`]: the order of rows, and where the next page begins;
//! - [`output`]: rows as a file, with its receipt;
//! - [`normalize`]: how two values are compared, wherever they are.

pub mod counts;
pub mod cursor;
pub mod facets;
pub mod filter;
pub mod index;
pub mod output;
pub mod row;
pub mod rows;
pub mod search;
mod span;
mod summary;
#[cfg(test)]
mod tests;

pub use filter::normalize;
pub use span::Span;
pub use summary::{Listed, Summary};
