//! What became of notices, counted: by a message, then by its batch.

/// The results of a message, counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct NotificationCounts {
    /// Contacts that were notified.
    pub(crate) delivered: u64,
    /// Contacts that were given up.
    pub(crate) unreached: u64,
    /// Contacts that had a notice of the same cause within a day.
    pub(crate) held_back: u64,
    /// Confirmation mails that were sent.
    pub(crate) confirmations_sent: u64,
    /// Mails that SES rejected.
    pub(crate) mails_rejected: u64,
    /// Messages that could not be read.
    pub(crate) dropped: u64,
}

impl NotificationCounts {
    pub(crate) const fn add(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.unreached += other.unreached;
        self.held_back += other.held_back;
        self.confirmations_sent += other.confirmations_sent;
        self.mails_rejected += other.mails_rejected;
        self.dropped += other.dropped;
    }
}
