//! Outages of a whole service, for all its callers. The fakes of bus and queue have them, and so do their
//! stand-ins on the wire: a conformance suite sets the same outage on both.

/// The fault of every call, whatever its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// The call returns a transient error and does nothing.
    Throttled,
    /// The call is denied and does nothing.
    Denied,
    /// The call is executed, and its response is lost.
    ResponseLost,
    /// The call as such succeeds, and each of its entries fails with a transient error.
    EntriesFail,
    /// The call as such succeeds, and each of its entries is denied.
    EntriesDenied,
}

/// The current outage, and for how many more calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outages(Option<(Outage, usize)>);

impl Outages {
    /// The next `calls` calls meet it, instead of what was planned before.
    pub(crate) const fn plan(&mut self, outage: Outage, calls: usize) {
        self.0 = Some((outage, calls));
    }

    /// The outage of the next call.
    pub(crate) fn take(&mut self) -> Option<Outage> {
        let (outage, left) = self.0.as_mut().filter(|(_, left)| *left > 0)?;
        *left -= 1;
        Some(*outage)
    }
}
