//! The layout of an events table: names of its attributes, form of its keys.

use archive::sort_key::SortKeyForm;
use control::partition::PartitionFormat;

/// The layout of an events table, configured by the `EVENTS_*` settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventsTable {
    /// The table's name or ARN.
    pub table: String,
    /// The index through which it is read. Such reads are eventually consistent.
    pub index: Option<String>,
    /// The name of the partition key (of the index, if there is one).
    pub partition_key: String,
    /// The name of the sort key (of the index, if there is one).
    pub sort_key: String,
    /// How a tenant's partition keys are derived.
    pub partition_format: PartitionFormat,
    /// How the sort key encodes the time.
    pub sort_key_form: SortKeyForm,
    /// The attribute that contains the event.
    pub body: String,
    /// The TTL attribute, which is not part of an event.
    pub ttl: Option<String>,
}

impl EventsTable {
    /// A table of that name with the default layout.
    #[must_use]
    pub fn default_layout(table: &str) -> Self {
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
