//! A connector: where and how one tenant's events are exported, its lifecycle, and the record of every
//! change.

mod change;
mod contacts;
mod destination;
mod encryption;
mod lifecycle;
mod not_allowed;
mod owned_resource;
mod shards;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, ExternalId, TenantId};
use archive::part::Encoding;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::contacts::Contacts;
use crate::schedule::WindowSchedule;

pub use change::{Change, Verb};
pub use contacts::{SECRET_OVERLAP, TEST_COOLDOWN};
pub use destination::{Destination, S3Destination};
pub use encryption::{Encryption, EncryptionError, EncryptionKind};
pub use lifecycle::DISABLED_RETENTION;
pub use not_allowed::NotAllowedError;
pub use owned_resource::OwnedResource;
pub use shards::Shards;

/// A connector's lifecycle state: `draft → ready → active ⇄ paused → disabled → deleted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Created, or connected and not yet verified.
    Draft,
    /// The destination is verified.
    Ready,
    /// Exporting: events are sealed and delivered.
    Active,
    /// Sealing continues, so that no event expires unexported; delivery waits.
    Paused,
    /// Nothing is read or delivered. Everything is kept for 30 days, and it can be enabled again until then.
    /// After that a connector that has exported is deleted.
    Disabled,
    /// Only the records are left.
    Deleted,
}

impl State {
    /// The name in records and listings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Ready => "ready",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
        }
    }
}

/// The settings of a connector. What changes with each run is its cursor, a record of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Connector {
    /// The ID, `con_` and 16 hexadecimal digits.
    pub id: ConnectorId,
    /// The tenant whose events it exports.
    pub tenant: TenantId,
    /// Over how many partitions of the events table the tenant's events are spread.
    pub shards: Shards,
    /// What the customer's trust policy must require.
    pub external_id: ExternalId,
    /// The next external ID, while the customer's trust policy moves to it. Both are tried, this one first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_external_id: Option<ExternalId>,
    /// The lifecycle state; changed only by the methods of this type.
    pub state: State,
    /// How often it exports.
    pub frequency: Frequency,
    /// How the files are written.
    pub encoding: Encoding,
    /// Where the files go.
    #[serde(default, skip_serializing_if = "Destination::is_none")]
    pub destination: Destination,
    /// Export events from this time; `None` means from the activation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_from: Option<Time>,
    /// When it was created.
    pub created_at: Time,
    /// When it was first activated; its window schedule starts there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activated_at: Option<Time>,
    /// When its destination last passed the connection check; `None` after every change of the destination.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified_at: Option<Time>,
    /// When it was disabled; `None` while it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Time>,
    /// The tenant's own people and programs that receive its notices.
    #[serde(default, skip_serializing_if = "Contacts::is_default")]
    pub contacts: Contacts,
    /// Incremented by every change, for optimistic concurrency.
    pub version: u64,
}

impl Connector {
    /// A new draft with default settings: hourly, one shard, no destination and no contacts.
    #[must_use]
    pub fn draft(id: ConnectorId, tenant: TenantId, external_id: ExternalId, now: Time) -> Self {
        Self {
            id,
            tenant,
            shards: Shards::ONE,
            external_id,
            next_external_id: None,
            state: State::Draft,
            frequency: Frequency::HOURLY,
            encoding: Encoding::default(),
            destination: Destination::None,
            start_from: None,
            created_at: now,
            activated_at: None,
            verified_at: None,
            disabled_at: None,
            contacts: Contacts::default(),
            version: 1,
        }
    }

    /// The schedule of its windows, once it is activated.
    #[must_use]
    pub fn window_schedule(&self) -> Option<WindowSchedule> {
        self.activated_at.map(|at| WindowSchedule::new(at, self.frequency))
    }

    /// Whether its events are sealed, which is also true while it is paused.
    #[must_use]
    pub const fn is_exporting(&self) -> bool {
        matches!(self.state, State::Active | State::Paused)
    }

    /// The role and the destination that only it may use. The connection check claims them, because it proves
    /// that their owner grants access to *this* connector. They are released with the destination or when the
    /// connector is deleted. Naming a role or bucket claims nothing, so nobody can reserve another tenant's
    /// by naming it first, or find out that it is in use.
    #[must_use]
    pub fn claims(&self) -> Option<&S3Destination> {
        let verified = self.verified_at.is_some() && self.state != State::Deleted;
        self.destination.s3().filter(|_| verified)
    }

    /// The external IDs to try, in order.
    pub fn external_ids(&self) -> impl Iterator<Item = &ExternalId> {
        self.next_external_id.iter().chain(std::iter::once(&self.external_id))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn draft() -> Connector {
        let (id, external_id) = (ConnectorId::new(1), ExternalId::new(1, 2));
        Connector::draft(id, "acme".parse().unwrap(), external_id, Time::EPOCH)
    }

    #[test]
    fn only_a_verified_destination_is_claimed_and_deletion_releases_it() {
        let destination = S3Destination {
            role: "arn:aws:iam::222222222222:role/auditferry/Delivery".parse().unwrap(),
            bucket: "acme-logs".parse().unwrap(),
            region: "eu-central-1".parse().unwrap(),
            prefix: "audit".parse().unwrap(),
            encryption: Encryption::Default,
        };
        let named = Connector { destination: destination.clone().into(), ..draft() };
        assert_eq!(named.claims(), None, "naming a bucket claims nothing");
        let proven = Connector { verified_at: Some(Time::EPOCH), ..named };
        for state in [State::Ready, State::Active, State::Paused, State::Disabled] {
            assert_eq!(Connector { state, ..proven.clone() }.claims(), Some(&destination), "{state:?}");
        }
        assert_eq!(Connector { state: State::Deleted, ..proven }.claims(), None);
    }

    #[test]
    fn windows_begin_with_the_activation_and_follow_the_frequency() {
        assert_eq!(draft().window_schedule(), None);
        let (at, frequency) = (Time::EPOCH + Duration::from_mins(5), Frequency::try_from(6).unwrap());
        let active = Connector { activated_at: Some(at), frequency, ..draft() };
        assert_eq!(active.window_schedule(), Some(WindowSchedule::new(at, frequency)));
    }

    #[test]
    fn a_state_has_the_same_name_in_listings_and_records_and_two_states_export() {
        use State::{Active, Deleted, Disabled, Draft, Paused, Ready};
        for state in [Draft, Ready, Active, Paused, Disabled, Deleted] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
            let exporting = Connector { state, ..draft() }.is_exporting();
            assert_eq!(exporting, [Active, Paused].contains(&state), "{state:?}");
        }
    }
}
