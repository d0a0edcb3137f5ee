//! How a connector stands, in the words of every page.

use maud::Markup;
use protocol::connector::{Connector, State};
use protocol::health::{Health, Status};

use crate::components::{Tone, badge, date, hour};

/// What a connector is called: its folder in its bucket, or that it has none yet.
pub(crate) fn name(connector: &Connector) -> String {
    connector.destination.s3().map_or_else(
        || "No bucket yet".to_owned(),
        |to| match to.prefix.as_str() {
            "" => to.bucket.to_string(),
            prefix => format!("{} / {prefix}", to.bucket),
        },
    )
}

/// State and health in one word or two, and how they feel.
pub(crate) fn words(connector: &Connector, status: &Status) -> (Tone, String) {
    let since = |word: &str| match status.since {
        Some(since) => format!("{word} since {}, {}", date(since), hour(since)),
        None => word.to_owned(),
    };
    match (connector.state, status.health) {
        (State::Draft, _) => (Tone::Neutral, "not connected yet".to_owned()),
        (State::Ready, _) => (Tone::Warn, "verified, not activated".to_owned()),
        (State::Disabled, _) => (Tone::Neutral, "disabled".to_owned()),
        (State::Deleted, _) => (Tone::Neutral, "deleted".to_owned()),
        (State::Active | State::Paused, Some(Health::Blocked)) => (Tone::Bad, since("blocked")),
        (State::Active | State::Paused, Some(Health::Stale)) => (Tone::Bad, since("late")),
        (State::Paused, _) => (Tone::Warn, "paused".to_owned()),
        (State::Active, _) => (Tone::Good, "healthy".to_owned()),
    }
}

/// The words in a frame.
pub(crate) fn state_badge(connector: &Connector, status: &Status) -> Markup {
    let (tone, words) = words(connector, status);
    badge(tone, &words)
}
