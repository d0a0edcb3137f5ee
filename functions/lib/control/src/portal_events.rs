//! Whether the portal may show what is in events.

/// What the portal may show of events, by the operator's decision (`PORTAL_EVENTS`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PortalEvents {
    /// Nothing: no function but the exporter may read an event.
    #[default]
    Off,
    /// How many there are, by time and kind.
    Counts,
    /// The events themselves.
    Events,
}

impl PortalEvents {
    /// All of them, from the least to the most.
    pub const ALL: [Self; 3] = [Self::Off, Self::Counts, Self::Events];

    /// Its name in the setting.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Counts => "counts",
            Self::Events => "events",
        }
    }

    /// The one with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_not_exact_shows_nothing() {
        for known in PortalEvents::ALL {
            assert_eq!(PortalEvents::named(known.name()), Some(known));
        }
        for unknown in ["", "Off", "events ", "all"] {
            assert_eq!(PortalEvents::named(unknown), None);
        }
        assert_eq!(PortalEvents::default(), PortalEvents::Off);
    }
}
