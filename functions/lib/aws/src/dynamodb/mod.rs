//! Amazon DynamoDB: the events table, which is only read, and the ledger.

pub mod events;
pub mod ledger;
