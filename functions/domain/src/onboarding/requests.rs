//! What can be asked for.

use crate::connector::{Connector, Destination, Shards};
use crate::names::TenantId;
use crate::part::Encoding;
use crate::schedule::Frequency;
use crate::time::Time;
use crate::verify::Verification;

/// A connector to be created. There is no field for an external ID: it is always made by us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnector {
    /// Whose.
    pub tenant: TenantId,
    /// Over how many partitions the tenant's events are spread.
    pub shards: Shards,
    /// How often it exports.
    pub frequency: Frequency,
    /// How the files are written.
    pub encoding: Encoding,
    /// Export events from this time on.
    pub start_from: Option<Time>,
    /// Where the files go, if it is known already.
    pub destination: Option<Destination>,
    /// The same key gives the same connector, however often it is asked for.
    pub idempotency_key: Option<String>,
}

/// A change of settings; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    /// Over how many partitions the tenant's events are spread: what may change is what [`Connector::spread`] says.
    ///
    /// [`Connector::spread`]: crate::connector::Connector::spread
    pub shards: Option<Shards>,
    /// How often it exports, from its next window on.
    pub frequency: Option<Frequency>,
    /// How the files are written, from the next sealed part on.
    pub encoding: Option<Encoding>,
    /// Where the files go.
    pub destination: Option<Destination>,
}

/// What came of an [`Edit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Updated {
    /// The connector as it is now.
    pub connector: Connector,
    /// The verification of the destination that the edit named, unless that one had passed before.
    pub verification: Option<Verification>,
}
