//! One attempt to deliver a notice to a contact: what is delivered, and how the attempt ended.

use protocol::connector::Connector;
use protocol::notification::ContactMessage;

use crate::message::BusEvent;

/// The notice that is delivered to a contact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery<'a> {
    /// The event of the bus.
    pub(crate) event: &'a BusEvent,
    /// The message that the contact gets.
    pub(crate) message: &'a ContactMessage,
    /// The connector of the notice.
    pub(crate) connector: &'a Connector,
}

/// The result of one attempt.
pub(crate) enum DeliveryOutcome {
    Delivered,
    /// The webhook answered 410: no further attempts.
    Gone,
    Failed {
        cause: String,
        /// The deployment is at fault.
        is_internal: bool,
    },
    /// It was requeued until the tenant's share of time allows it.
    Postponed,
}
