//! The record of an operator who looked at a tenant's pages. The tenant sees it.

use std::time::Duration;

use archive::names::TenantId;
use archive::time::Time;
use serde::{Deserialize, Serialize};

use super::LinkId;
use crate::caller::Caller;

/// How long a tenant can see that its pages were opened.
const RETENTION: Duration = Duration::from_hours(365 * 24);

/// An operator opened a tenant's pages. There is one record for each session and tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorVisit {
    /// The tenant whose pages were opened.
    pub tenant: TenantId,
    /// The operator's link.
    pub link: LinkId,
    /// The operator. Tenants see that it was the vendor, not who ([`Caller::name_visible_to`]).
    pub by: Caller,
    /// When the first page was opened.
    pub at: Time,
}

impl OperatorVisit {
    /// Until when the record is kept: a year.
    #[must_use]
    pub fn kept_until(&self) -> Time {
        self.at + RETENTION
    }
}
