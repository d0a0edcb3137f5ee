//! The ledger in one DynamoDB table: connectors' settings, their cursors, and every part.
//!
//! | item | `pk` | `sk` | contains |
//! |---|---|---|---|
//! | settings | `C#<connector>` | `CONFIG` | the connector, and `tenant_id` for the index `tenant` |
//! | cursor | `C#<connector>` | `CURSOR` | the cursor, the lease, and `due_shard` for the index `due` |
//! | part | `C#<connector>` | `PART#<12 digits>` | the part's record |
//! | change | `C#<connector>` | `CHANGE#<12 digits>` | who changed the settings to this version, and how |
//! | ID of a secret | `C#<connector>` | `SECRET#<ID>` | nothing: it reserves the ID |
//! | webhook secret | `SECRET#<connector>` | the ID | the secret, which no other item contains |
//! | contacts | `ADDRESS#…` | see `addresses.rs` | the addresses' consent, and the notifier's state |
//! | claims | `ROLE#<arn>`, `BUCKET#<name>` | `CLAIM`, `CLAIMS` | their owners; see `claims.rs` |
//! | budget counters | `BUDGET#T#<tenant>`, `BUDGET#C#<connector>` | budget and period | see `budgets.rs` |
//! | checks | `PORTAL#CHECK#<connector>` | `CHECK` | how far the newest connection check has come |
//! | portal's links | `PORTAL#<link>`, `PORTALS#…` | see `portal_links.rs` | links, lists, visits |
//! | mapping | `FIELDS#<connector>` | `FIELDS` | where the fields are in its events, `version` |
//! | explorer's records | `EXPLORE#T#<tenant>` | see `explorations.rs` | saved, searches, downloads |
//! | watchdog | `WATCHDOG` | `SWEEP` | the sweep cursor, and the findings so far |
//!
//! Index `tenant`: hash `tenant_id`, range `pk`, everything projected. Index `due`: hash `due_shard`, range
//! `next_run_at`, keys only. Only an activated connector has a cursor, so this index is sparse. Times are RFC
//! 3339 strings of a fixed width, so that DynamoDB compares them as times.
//!
//! The deployment's template grants its roles access by partition key prefix (`dynamodb:LeadingKeys`). So an
//! item that a function must not read is in a partition with another prefix.

mod addresses;
mod batch_get;
mod budgets;
mod changes;
mod check_progress;
mod claims;
mod connectors;
pub(crate) mod create;
mod due;
mod explorations;
mod explorer_log;
mod expression;
mod guard;
mod keys;
mod listing;
mod mappings;
mod marks;
mod overview;
mod portal_links;
mod reads;
mod record_items;
mod records;
mod response_date;
mod run_requests;
mod runs;
mod seal;
mod secrets;
mod sources;
mod watch;
mod write;
mod write_outcome;
mod write_requests;

use aws_sdk_dynamodb::Client;

pub use create::{create_table, table_definition};
pub use response_date::ClockOffset;
pub use watch::{CURSOR_ATTRIBUTES, PART_ATTRIBUTES, SETTINGS_ATTRIBUTES};

/// The ledger on DynamoDB.
#[derive(Debug, Clone)]
pub struct DynamoLedger {
    client: Client,
    table: String,
    clock_offset: ClockOffset,
}

impl DynamoLedger {
    /// The ledger in `table`, which [`create_table`] or the deployment's template has created.
    #[must_use]
    pub const fn new(client: Client, table: String, date_shift: ClockOffset) -> Self {
        Self { client, table, clock_offset: date_shift }
    }
}
