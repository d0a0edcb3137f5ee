//! Derives the partition keys of the events table from tenant and shard, and rejects tenants that would not
//! have keys of their own.
//!
//! A tenant's ID may contain whatever DynamoDB accepts in a key, including the format's own separators and
//! digits. So the rule that no two tenants share a key depends on both ID and format. It is enforced here,
//! both when a connector is created and when events are read or written.

mod format;

pub use format::PartitionFormat;

use archive::names::TenantId;

/// Why a tenant has no partition keys in a format. Decided by the texts alone, before anything is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartitionError {
    /// The tenant has several shards, but the format has no `{shard}`.
    #[error(
        "tenant `{}` is configured with {shards} shards, but EVENTS_PARTITION_FORMAT has no `{{shard}}`; add \
         it, or set the tenant to one shard",
        .tenant.escaped()
    )]
    NoShardPlaceholder {
        /// The tenant without partition keys.
        tenant: TenantId,
        /// The configured number of shards.
        shards: u8,
    },
    /// The ID looks like the partition key of another tenant's shard.
    #[error(
        "tenant ID `{}` {place} `{mark}`, which marks a shard of another tenant in the partition keys of \
         this deployment (EVENTS_PARTITION_FORMAT); use an ID without a number next to `{separator}` there",
        .tenant.escaped()
    )]
    AmbiguousTenantId {
        /// The tenant without partition keys.
        tenant: TenantId,
        /// `ends in` or `begins with`.
        place: &'static str,
        /// The ambiguous part of the ID, such as `#0`.
        mark: String,
        /// The text between tenant and shard number in the format.
        separator: String,
    },
}
