//! Inputs of the onboarding use cases: create, update, idempotency.

use std::fmt;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, IdempotencyKey, TenantId};
use archive::part::Encoding;
use archive::time::Time;
use protocol::connector::{Connector, Destination, S3Destination, Shards};

use crate::preflight::PreflightReport;

/// A connector to create. It has no field for an external ID: Auditferry always generates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewConnector {
    /// The tenant whose events it exports.
    pub tenant: TenantId,
    /// Over how many partitions the tenant's events are spread.
    pub shards: Shards,
    /// How often it exports.
    pub frequency: Frequency,
    /// How the files are written.
    pub encoding: Encoding,
    /// Export events from this time; `None` means from the activation.
    pub start_from: Option<Time>,
    /// Where the files go, if it is known already.
    pub destination: Destination,
    /// The same key returns the same connector of the tenant on every request, until it is deleted.
    pub idempotency_key: Option<IdempotencyKey>,
}

/// A value that differs from the first request with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Difference {
    /// The field, as the API names it; a dot leads into an object.
    pub field: &'static str,
    /// The value then; `None` if it was omitted.
    pub was: Option<String>,
    /// The value now; `None` if it is omitted.
    pub is: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [was, is] = [&self.was, &self.is].map(|value| value.as_deref().unwrap_or("not given"));
        write!(f, "{} was {was} and is now {is}", self.field)
    }
}

/// An idempotency key that was used for another request. Nothing was done: otherwise the caller would believe
/// that the new values were stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the idempotency key was used to create {id} with other values: {}", listed(.differences))]
pub struct KeyReusedError {
    /// The connector that was created with it.
    pub id: ConnectorId,
    /// The fields that differ, at least one.
    pub differences: Vec<Difference>,
}

fn listed(differences: &[Difference]) -> String {
    differences.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl NewConnector {
    /// What differs from the request that created this connector.
    pub(super) fn differences(&self, created: &Connector) -> Vec<Difference> {
        let [was, is] = [
            values(
                created.shards,
                created.frequency,
                created.encoding,
                created.start_from,
                created.destination.s3(),
            ),
            values(self.shards, self.frequency, self.encoding, self.start_from, self.destination.s3()),
        ];
        let both = was.into_iter().zip(is).filter(|((_, was), (_, is))| was != is);
        both.map(|((field, was), (_, is))| Difference { field, was, is }).collect()
    }
}

/// All values of a request, as text.
fn values(
    shards: Shards,
    frequency: Frequency,
    encoding: Encoding,
    start_from: Option<Time>,
    destination: Option<&S3Destination>,
) -> [(&'static str, Option<String>); 11] {
    // Only JSON has names for these.
    let word = |value: serde_json::Result<serde_json::Value>| match value {
        Ok(serde_json::Value::String(word)) => Some(word),
        _ => None,
    };
    let of = |text: fn(&S3Destination) -> String| destination.map(text);
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

/// A change of settings; `None` keeps a value.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectorUpdate {
    /// Over how many partitions the tenant's events are spread; [`Connector::set_shards`] says what may
    /// change.
    ///
    /// [`Connector::set_shards`]: protocol::connector::Connector::set_shards
    pub shards: Option<Shards>,
    /// How often it exports, from its next window on.
    pub frequency: Option<Frequency>,
    /// How the files are written, from the next sealed part on.
    pub encoding: Option<Encoding>,
    /// Where the files go.
    pub destination: Option<S3Destination>,
}

/// The result of a [`ConnectorUpdate`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateOutcome {
    /// The connector after the update.
    pub connector: Connector,
    /// The connection check of the new destination; `None` if it has none, or it had passed before.
    pub verification: Option<PreflightReport>,
}
