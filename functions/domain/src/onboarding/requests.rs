//! What can be asked for.

use std::fmt;

use crate::connector::{Connector, Destination, Shards};
use crate::names::{ConnectorId, IdempotencyKey, TenantId};
use crate::part::Encoding;
use crate::schedule::Frequency;
use crate::time::Time;
use crate::verify::PreflightReport;

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
    /// The same key gives the tenant the same connector, however often it is asked for, until that is deleted.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A value that is not what an idempotency key was used with.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The field, as the API names it; a dot leads into an object.
    pub field: &'static str,
    /// What it was then; none if it was left out.
    pub was: Option<String>,
    /// What it is now.
    pub is: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [was, is] = [&self.was, &self.is].map(|value| value.as_deref().unwrap_or("not given"));
        write!(f, "{} was {was} then and is {is} now", self.field)
    }
}

/// An idempotency key that was used for another request. Nothing was done: whoever asked would believe that the new values
/// were stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key was used to create {id} with other values: {}", listed(.differences))]
pub struct KeyReusedError {
    /// What it has created.
    pub id: ConnectorId,
    /// What differs.
    pub differences: Vec<Difference>,
}

fn listed(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl NewConnector {
    /// What differs from what was asked for when this connector was created.
    pub(super) fn differences(&self, made: &Connector) -> Vec<Difference> {
        let [was, is] = [
            values(made.shards, made.frequency, made.encoding, made.start_from, made.destination.as_ref()),
            values(self.shards, self.frequency, self.encoding, self.start_from, self.destination.as_ref()),
        ];
        let both = was.into_iter().zip(is).filter(|((_, was), (_, is))| was != is);
        both.map(|((field, was), (_, is))| Difference { field, was, is }).collect()
    }
}

/// All that can be asked for, as text.
fn values(
    shards: Shards,
    frequency: Frequency,
    encoding: Encoding,
    start_from: Option<Time>,
    destination: Option<&Destination>,
) -> [(&'static str, Option<String>); 11] {
    // These have names of their own in JSON only.
    let word = |value: serde_json::Result<serde_json::Value>| match value {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    };
    let of = |text: fn(&Destination) -> String| destination.map(text);
    [
        ("shards", Some(shards.get().to_string())),
        ("frequency", Some(frequency.hours().to_string())),
        ("encoding.format", word(serde_json::to_value(encoding.format))),
        ("encoding.compression", word(serde_json::to_value(encoding.compression))),
        ("start_from", start_from.map(|time| time.to_string())),
        ("destination.role", of(|to| to.role.to_string())),
        ("destination.bucket", of(|to| to.bucket.to_string())),
        ("destination.region", of(|to| to.region.to_string())),
        ("destination.prefix", of(|to| format!("`{}`", to.prefix))),
        ("destination.encryption", destination.and_then(|to| Some(to.encryption.header()?.to_owned()))),
        ("destination.kms_key", destination.and_then(|to| Some(to.encryption.key()?.to_string()))),
    ]
}

/// A change of settings; what is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectorUpdate {
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
pub struct UpdateOutcome {
    /// The connector as it is now.
    pub connector: Connector,
    /// The verification of the destination that the edit named, unless that one had passed before.
    pub verification: Option<PreflightReport>,
}
