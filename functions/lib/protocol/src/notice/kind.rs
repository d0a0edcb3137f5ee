//! The kinds of notices.

/// The kind of a notice, which a rule of the bus can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeKind {
    /// A part with events was delivered.
    Delivered,
    /// A part with nothing but the heartbeat was delivered.
    Heartbeat,
    /// Delivery or reading is blocked.
    Blocked,
    /// Delivery or reading works again.
    Recovered,
    /// An export is overdue.
    Stale,
    /// What was stale is sealed in time again.
    OnTime,
    /// Items that are not events were exported as records.
    Unreadable,
    /// A connector's settings were changed.
    Changed,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Delivered,
        Self::Heartbeat,
        Self::Blocked,
        Self::Recovered,
        Self::Stale,
        Self::OnTime,
        Self::Unreadable,
        Self::Changed,
    ];

    /// The `detail-type` on the bus.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "ExportDelivered",
            Self::Heartbeat => "ExportHeartbeat",
            Self::Blocked => "ExportBlocked",
            Self::Recovered => "ExportRecovered",
            Self::Stale => "ExportStale",
            Self::OnTime => "ExportOnTime",
            Self::Unreadable => "ExportUnreadable",
            Self::Changed => "ConnectorChanged",
        }
    }

    /// The kind with that `detail-type`; `None` if this version does not know it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}
