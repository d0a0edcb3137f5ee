//! Where figures go.

use crate::figures::Record;

/// Takes figures. It never fails: a run is not worth less because nobody could count it.
pub trait Meter: Send + Sync {
    /// Takes figures that belong together.
    fn record(&self, record: &Record);
}
