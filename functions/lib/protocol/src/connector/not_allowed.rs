//! Operations that a connector's state does not allow, and why.

use archive::names::{ConnectorId, EmailAddress};
use archive::time::Time;

/// An operation that the connector's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowedError {
    /// Verified or activated before the customer connected.
    #[error("connector {0} has no destination yet")]
    NoDestination(ConnectorId),
    /// Activated or resumed before the destination was verified.
    #[error("the destination of connector {0} is not verified")]
    NotVerified(ConnectorId),
    /// Activated twice, or resumed while not paused, and so on.
    #[error("connector {id} is {state}; {verb} requires {needs}")]
    WrongState {
        /// The connector in the wrong state.
        id: ConnectorId,
        /// Its current state, as JSON has it.
        state: &'static str,
        /// The requested operation, as the CLI names it.
        verb: &'static str,
        /// The states that allow it.
        needs: &'static str,
    },
    /// A start in the future.
    #[error("start-from {0} is in the future; omit it to start at activation")]
    StartInFuture(Time),
    /// Partitions in use would no longer be read, and their unsealed events would be lost.
    #[error(
        "connector {id} reads {from} shards and would lose events by reading {to}: the number can only be \
         raised, and only from 2 or more, since a tenant's single partition has another name than the first \
         of several; create a new connector with {to} shards and another prefix, and keep this one for the \
         existing shards"
    )]
    ShardsInUse {
        /// The connector whose shards were to change.
        id: ConnectorId,
        /// How many partitions it reads.
        from: u8,
        /// How many partitions were requested.
        to: u8,
    },
    /// A secret was rotated without a webhook.
    #[error("connector {0} has no webhook")]
    NoWebhook(ConnectorId),
    /// Contacts were tested, but there are none.
    #[error("connector {0} has no contacts")]
    NoContacts(ConnectorId),
    /// An address was confirmed by contract that is not a contact of this connector.
    #[error("{address} is not a contact of connector {id}")]
    NotAContact {
        /// The connector whose contacts were searched.
        id: ConnectorId,
        /// The address that is not among them.
        address: EmailAddress,
    },
    /// An address was confirmed by contract whose owner has declined.
    #[error("{address} declined notices at {at}")]
    Declined {
        /// The address whose owner declined.
        address: EmailAddress,
        /// When its owner declined.
        at: Time,
    },
    /// Confirmation mails were requested, but no address is due one.
    #[error("{why}")]
    NothingToAsk {
        /// The connector whose addresses were to get mails.
        id: ConnectorId,
        /// Why none is due one, as a sentence without its full stop.
        why: String,
    },
    /// Contacts were tested again within the cooldown: a test reaches people.
    #[error("the contacts were tested at {at}; they can be tested again after {again}")]
    TestCooldown {
        /// When they were last tested.
        at: Time,
        /// When they can be tested again.
        again: Time,
    },
    /// A connector was enabled after its retention.
    #[error("connector {id} was disabled at {at}, more than 30 days ago")]
    RetentionExpired {
        /// The connector that was to be enabled.
        id: ConnectorId,
        /// When it was disabled; 30 days later its retention ended.
        at: Time,
    },
}
