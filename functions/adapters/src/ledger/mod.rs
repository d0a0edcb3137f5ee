//! The ledger in one DynamoDB table: what connectors are set to, how far each has come, and every part.
//!
//! | item | `pk` | `sk` | holds |
//! |---|---|---|---|
//! | settings | `C#<connector>` | `CONFIG` | the connector, and `tenant_id` for the index `tenant` |
//! | cursor | `C#<connector>` | `CURSOR` | the cursor, the lease, and `due_shard` for the index `due` |
//! | part | `C#<connector>` | `PART#<12 digits>` | the part's record |
//! | change | `C#<connector>` | `CHANGE#<12 digits>` | who changed the settings to this version, and how |
//! | ID of a secret | `C#<connector>` | `SECRET#<ID>` | nothing: it says that the ID is taken |
//! | secret of a webhook | `SECRET#<connector>` | the ID | the secret, which no other item holds |
//! | contacts | `ADDRESS#…` | see `addresses.rs` | which addresses want notices, and what the notifier remembers |
//! | claims | `ROLE#<arn>`, `BUCKET#<name>` | `CLAIM`, `CLAIMS` | whose they are; see `claims.rs` |
//! | counts of budgets | `BUDGET#T#<tenant>`, `BUDGET#C#<connector>` | budget and period | what is used; see `budgets.rs` |
//! | watchdog | `WATCHDOG` | `SWEEP` | how far the watchdog has come, and what it has found |
//!
//! Index `tenant`: hash `tenant_id`, range `pk`, everything projected. Index `due`: hash `due_shard`, range
//! `next_run_at`, keys only; only a connector that was activated has a cursor, so the index is sparse. Times
//! are RFC 3339 texts of a fixed width, so that DynamoDB compares them as times.
//!
//! What the partitions begin with is what the deployment's roles are given (`dynamodb:LeadingKeys` in its template): an
//! item that a function must not read lies in a partition whose name begins otherwise.

mod addresses;
mod answers;
mod budgets;
mod changes;
mod claims;
mod connectors;
pub(crate) mod create;
mod date;
mod due;
mod expression;
mod keys;
mod listing;
mod marks;
mod reads;
mod records;
mod runs;
mod seal;
mod secrets;
mod sources;
mod watch;
mod wishes;

use aws_sdk_dynamodb::Client;

pub use create::{create_table, table_definition};
pub use date::DateShift;
pub use watch::{CURSOR_ATTRIBUTES, PART_ATTRIBUTES, SETTINGS_ATTRIBUTES};

/// The ledger on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    client: Client,
    table: String,
    date_shift: DateShift,
}

impl DynamoLedger {
    /// The ledger in `table`, which [`create_table`] or the deployment's template has made.
    #[must_use]
    pub const fn new(client: Client, table: String, date_shift: DateShift) -> Self {
        Self { client, table, date_shift }
    }
}
