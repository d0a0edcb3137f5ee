//! How an exploration shows what it finds: the columns of its rows, and its chart.

use archive::names::InvalidValueError;
use serde::{Deserialize, Serialize};

/// The longest name of a column or a series, in characters. A JSON Pointer into an event can be long.
const MAX_NAME_LEN: usize = 256;

fn check(
    what: &'static str,
    names: &[String],
    most: usize,
    form: &'static str,
) -> Result<(), InvalidValueError> {
    let invalid = |value: &str, problem| Err(InvalidValueError::new(what, value, problem, form));
    for (index, name) in names.iter().enumerate() {
        if name.trim().is_empty() {
            return invalid(name, "has an empty name");
        }
        if name.chars().count() > MAX_NAME_LEN {
            return invalid(name, "has a name that is too long");
        }
        if names.iter().take(index).any(|before| before == name) {
            return invalid(name, "is named twice");
        }
    }
    match names.get(most) {
        Some(surplus) => invalid(surplus, "is one too many"),
        None => Ok(()),
    }
}

/// The columns of the rows, in their order: names of fields or JSON Pointers, at most 50. None at all means
/// the usual ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Columns(Vec<String>);

impl Columns {
    /// The maximum number.
    pub const MAX: usize = 50;

    /// The names.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Columns {
    type Error = InvalidValueError;

    fn try_from(names: Vec<String>) -> Result<Self, InvalidValueError> {
        let form = "give at most 50 different columns of 1 to 256 characters";
        check("column", &names, Self::MAX, form)?;
        Ok(Self(names))
    }
}

impl From<Columns> for Vec<String> {
    fn from(columns: Columns) -> Self {
        columns.0
    }
}

/// How much time one bar of a chart stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Interval {
    /// An hour of the clock in UTC.
    Hour,
    /// A date in UTC.
    Day,
    /// A week in UTC, from Monday.
    Week,
}

/// A chart over time.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "StoredChart", into = "StoredChart")]
pub struct Chart {
    interval: Interval,
    by: Option<String>,
    series: Vec<String>,
}

impl Chart {
    /// The longest name of a series, in characters.
    pub const MAX_NAME_LEN: usize = MAX_NAME_LEN;
    /// The maximum number of series: one drawn as bars, one as a line.
    pub const MAX_SERIES: usize = 2;

    /// A chart in this interval, split by the values of `by`, with these series.
    ///
    /// # Errors
    /// If there are more than two series, or a name is empty, too long or given twice.
    pub fn new(
        interval: Interval,
        by: Option<String>,
        series: Vec<String>,
    ) -> Result<Self, InvalidValueError> {
        check("dimension of a chart", by.as_slice(), 1, "give a name of 1 to 256 characters")?;
        let form = "give at most two different series of 1 to 256 characters: one for bars, one for a line";
        check("series of a chart", &series, Self::MAX_SERIES, form)?;
        Ok(Self { interval, by, series })
    }

    /// How much time one bar stands for.
    #[must_use]
    pub const fn interval(&self) -> Interval {
        self.interval
    }

    /// The dimension that splits the bars.
    #[must_use]
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// The series: first the bars, then the line.
    #[must_use]
    pub fn series(&self) -> &[String] {
        &self.series
    }
}

/// A chart as it is stored, before its bounds are checked.
#[derive(Serialize, Deserialize)]
struct StoredChart {
    interval: Interval,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    series: Vec<String>,
}

impl TryFrom<StoredChart> for Chart {
    type Error = InvalidValueError;

    fn try_from(stored: StoredChart) -> Result<Self, InvalidValueError> {
        Self::new(stored.interval, stored.by, stored.series)
    }
}

impl From<Chart> for StoredChart {
    fn from(Chart { interval, by, series }: Chart) -> Self {
        Self { interval, by, series }
    }
}
