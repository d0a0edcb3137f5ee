//! How the partition keys of the events table are made of a tenant and a shard, and which tenants that leaves without
//! a key of their own.
//!
//! A tenant's ID may hold whatever DynamoDB takes in a key, the format's own separators and digits included. So the
//! rule that no two tenants share a key needs both, ID and format, and stands here, for whoever makes a connector and
//! for whoever reads or writes events.

mod format;

pub use format::PartitionFormat;

use crate::names::TenantId;

/// Why a tenant has no partition keys in a format. Told from the texts alone, before anything is read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPartition {
    /// The tenant has several shards, and the format has no place for the shard.
    #[error(
        "the events of tenant `{}` are said to lie in {shards} partitions, but EVENTS_PARTITION_FORMAT has no \
         `{{shard}}`; add it, or set the tenant to one shard",
        .tenant.shown()
    )]
    NoShard {
        /// Whose.
        tenant: TenantId,
        /// In how many.
        shards: u8,
    },
    /// The ID reads like the partition key of another tenant's shard.
    #[error(
        "tenant ID `{}` {place} `{mark}`, which marks a shard of another tenant in the partition keys of this \
         deployment (EVENTS_PARTITION_FORMAT); use an ID that has no number beside `{separator}` there",
        .tenant.shown()
    )]
    ReadsAsShard {
        /// Whose.
        tenant: TenantId,
        /// `ends in` or `begins with`.
        place: &'static str,
        /// What of the ID, such as `#0`.
        mark: String,
        /// What the format has between a tenant and the number of a shard.
        separator: String,
    },
}
