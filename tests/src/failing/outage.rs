//! What a whole service does to whoever calls it. The fakes of bus and queue take it, and so do their stand-ins on
//! the wire: a conformance suite makes the same trouble on both.

/// What happens to a call, whatever it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// It is refused for a passing reason and does nothing.
    Throttled,
    /// It is refused for want of a permission and does nothing.
    Denied,
    /// It does what was asked, and the answer is lost.
    AnswerLost,
    /// It succeeds as such, and each of its entries fails for a passing reason.
    EntriesFail,
    /// It succeeds as such, and each of its entries is refused for want of a permission.
    EntriesDenied,
}

/// The outage that is on, and for how many calls.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Outages(Option<(Outage, usize)>);

impl Outages {
    /// The next `calls` calls meet it, instead of what was planned before.
    pub(crate) const fn plan(&mut self, outage: Outage, calls: usize) {
        self.0 = Some((outage, calls));
    }

    /// What the next call meets.
    pub(crate) fn take(&mut self) -> Option<Outage> {
        let (outage, left) = self.0.as_mut().filter(|(_, left)| *left > 0)?;
        *left -= 1;
        Some(*outage)
    }
}
