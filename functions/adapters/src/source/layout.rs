//! How an events table is laid out: names of its attributes, form of its keys.

use domain::partition::PartitionFormat;
use domain::sort_key::SortKeyForm;

/// The layout of an events table, by the settings `EVENTS_*` (contract 3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsTable {
    /// Its name.
    pub table: String,
    /// The index through which it is read. Such reads are eventually consistent.
    pub index: Option<String>,
    /// The name of the partition key, that of the index if there is one.
    pub partition_key: String,
    /// The name of the sort key, that of the index if there is one.
    pub sort_key: String,
    /// How a partition key is made of a tenant.
    pub partition_format: PartitionFormat,
    /// How a sort key tells the time.
    pub sort_key_form: SortKeyForm,
    /// The attribute that holds the event.
    pub body: String,
    /// The attribute that holds the time to live, which is no part of an event.
    pub ttl: Option<String>,
}

impl EventsTable {
    /// A table of that name in the default shape of contract 1.
    #[must_use]
    pub fn of_contract(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            index: None,
            partition_key: "pk".to_owned(),
            sort_key: "sk".to_owned(),
            partition_format: PartitionFormat::default(),
            sort_key_form: SortKeyForm::Rfc3339,
            body: "event".to_owned(),
            ttl: Some("expires_at".to_owned()),
        }
    }
}
