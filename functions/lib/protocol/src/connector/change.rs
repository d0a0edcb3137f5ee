//! The record of a change: who, when, what, before and after.

use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::Connector;
use crate::caller::Caller;

/// The kind of change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// The connector was created.
    Create,
    /// Settings such as frequency, format or destination were changed.
    Update,
    /// The connection check passed.
    Verify,
    /// The destination was found unsafe.
    RefuseDestination,
    /// Export was activated, from ready.
    Activate,
    /// Delivery was paused; sealing continues.
    Pause,
    /// Delivery was resumed, after a connection check.
    Resume,
    /// The connector was disabled.
    Disable,
    /// The connector was enabled again.
    Enable,
    /// The connector was deleted.
    Delete,
    /// A new external ID was issued.
    RotateExternalId,
    /// The contacts were set.
    SetContacts,
    /// A new webhook secret was issued.
    RotateWebhookSecret,
    /// A test notice to the contacts was requested.
    TestContacts,
    /// Unconfirmed addresses are asked again for their consent.
    AskContacts,
}

/// One change of a connector's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The version after the change.
    pub version: u64,
    /// The time of the change.
    pub at: Time,
    /// The caller who made it.
    pub by: Caller,
    /// The kind of change.
    pub what: Verb,
    /// The settings before; `None` for a creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Connector>,
    /// The settings after the change, under the new version.
    pub after: Connector,
}
