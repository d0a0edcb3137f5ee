//! What a connector's life does not allow, and why.

use crate::names::{ConnectorId, EmailAddress};
use crate::time::Time;

/// A change that the connector's state does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowedError {
    /// Verified or activated before the customer connected.
    #[error("connector {0} has no destination yet")]
    NoDestination(ConnectorId),
    /// Activated or resumed before the destination has passed the verification.
    #[error("the destination of connector {0} has not passed the verification")]
    NotVerified(ConnectorId),
    /// Activated twice, or resumed while not paused, and so on.
    #[error("connector {id} is {state}; {verb} needs one that is {needs}")]
    WrongState {
        /// Which connector.
        id: ConnectorId,
        /// Its state.
        state: &'static str,
        /// What was asked.
        verb: &'static str,
        /// The states in which that is possible.
        needs: &'static str,
    },
    /// A start in the future.
    #[error("start-from {0} is later than now; leave it out to start with the activation")]
    StartInFuture(Time),
    /// Partitions that are read would no longer be, and with them what is not sealed yet.
    #[error(
        "connector {id} reads {from} shards and would lose what is in them by reading {to}: the number can only be \
         raised, and only from 2 on, since a tenant's one partition has another name than the first of several; \
         create a new connector with {to} shards and another prefix, and keep this one for its own"
    )]
    ShardsInUse {
        /// Which connector.
        id: ConnectorId,
        /// How many partitions it reads.
        from: u8,
        /// How many it was to read.
        to: u8,
    },
    /// Rotated, with no webhook to rotate the secret of.
    #[error("connector {0} has no webhook")]
    NoWebhook(ConnectorId),
    /// Tested, with nobody to tell.
    #[error("connector {0} has no contacts")]
    NoContacts(ConnectorId),
    /// Confirmed by contract, and no contact of this connector.
    #[error("{address} is no contact of connector {id}")]
    NotAContact {
        /// Which connector.
        id: ConnectorId,
        /// Which address.
        address: EmailAddress,
    },
    /// Confirmed by contract, though its owner wants no notices.
    #[error("{address} has declined notices at {at}")]
    Declined {
        /// Which address.
        address: EmailAddress,
        /// When.
        at: Time,
    },
    /// Asked again, with no address that may be.
    #[error("{why}")]
    NothingToAsk {
        /// Which connector.
        id: ConnectorId,
        /// Why none may be, as a sentence without its full stop.
        why: String,
    },
    /// Tested again at once: a test reaches people.
    #[error("the contacts were tested at {at}; they can be tested again from {again} on")]
    TestCooldown {
        /// When.
        at: Time,
        /// From when on they can be.
        again: Time,
    },
    /// Taken back too late.
    #[error("connector {id} was disabled at {at}, more than 30 days ago")]
    RetentionExpired {
        /// Which connector.
        id: ConnectorId,
        /// When it was disabled.
        at: Time,
    },
}
