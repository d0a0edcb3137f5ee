//! The test of one value, compiled.

use super::glob::Glob;
use super::normalize::{equals, normalized};
use super::{IpPattern, Net, Pattern, normalize};

/// What a value is compared with.
#[derive(Debug)]
pub(super) enum ValueTest {
    /// There is a value.
    Any,
    /// It is this normalized one.
    Exact(String),
    /// It fits a pattern.
    Glob(Glob),
    /// It is an address in a net.
    Net(Net),
}

impl ValueTest {
    pub(super) fn passes(&self, value: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(expected) => equals(value, expected),
            Self::Glob(glob) => normalized(value, |value| glob.matches(value)),
            Self::Net(net) => net.contains_text(value),
        }
    }
}

impl From<&Pattern> for ValueTest {
    fn from(pattern: &Pattern) -> Self {
        if pattern.is_any() {
            return Self::Any;
        }
        if let Some(text) = pattern.exact() {
            return Self::Exact(normalize(text).into_owned());
        }
        let pieces = pattern.pieces().iter().map(|piece| normalize(piece).into_owned());
        Self::Glob(Glob::new(&pieces.collect::<Vec<_>>()))
    }
}

impl From<&IpPattern> for ValueTest {
    fn from(pattern: &IpPattern) -> Self {
        match pattern {
            IpPattern::Net(net) => Self::Net(*net),
            IpPattern::Text(pattern) => pattern.into(),
        }
    }
}
