//! Announces to the reader that a part has events to index.

use archive::names::{ConnectorId, TenantId};
use archive::part::PartNumber;
use serde::{Deserialize, Serialize};

use super::{Fact, Notice};

/// A sealed part has events. It travels in the same request to the bus as the notice of the part's
/// delivery, so it costs no request and comes at least once. It is no [`Notice`]: it is for the reader
/// alone, and contains nothing but names.
///
/// A part that waits for its delivery, or is never delivered, has none, and neither has a heartbeat. The
/// reader's sweep finds the parts that were not announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSealed {
    /// The same for the same part, however often it is published.
    pub id: String,
    /// The tenant of the connector.
    pub tenant: TenantId,
    /// The connector whose part it is.
    pub connector: ConnectorId,
    /// The number of the part.
    pub part: PartNumber,
}

impl PartSealed {
    /// The `detail-type` on the bus.
    pub const KIND: &'static str = "PartSealed";
}

impl Notice {
    /// What goes to the bus in the same request as this notice: a delivered part with events was sealed.
    #[must_use]
    pub fn part_sealed(&self) -> Option<PartSealed> {
        let Fact::Delivered(delivery) = &self.fact else { return None };
        Some(PartSealed {
            id: format!("{}-{}-{}", self.connector, PartSealed::KIND.to_lowercase(), delivery.part),
            tenant: self.tenant.clone(),
            connector: self.connector.clone(),
            part: delivery.part,
        })
    }
}
