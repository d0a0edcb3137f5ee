//! Identifies the configured table. DynamoDB is asked at most once a minute, so a table that is replaced
//! during the life of a process is noticed.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::TableDescription;
use ports::PortError;
use protocol::events_source::{EventsSource, KeyLayout};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::layout::EventsTable;
use super::schema;

/// How long a response is cached.
const CACHE_TTL: Duration = Duration::from_mins(1);

/// The last response, and when it was received.
#[derive(Debug, Default)]
pub(super) struct IdentityCache(Mutex<Option<(Instant, EventsSource)>>);

impl IdentityCache {
    /// The identity of the table. Concurrent runs share one request.
    pub(super) async fn get(&self, client: &Client, layout: &EventsTable) -> Result<EventsSource, PortError> {
        let mut cached = self.0.lock().await;
        if let Some((_, source)) = cached.as_ref().filter(|(asked_at, _)| asked_at.elapsed() < CACHE_TTL) {
            return Ok(source.clone());
        }
        let table = schema::describe_table(client, layout).await?;
        let source = identity(&table, layout);
        *cached = Some((Instant::now(), source.clone()));
        drop(cached);
        Ok(source)
    }
}

fn identity(table: &TableDescription, layout: &EventsTable) -> EventsSource {
    EventsSource {
        table: layout.table.clone(),
        table_id: table.table_id().map(ToOwned::to_owned),
        layout: KeyLayout {
            index: layout.index.clone(),
            partition_key: layout.partition_key.clone(),
            partition_format: layout.partition_format.to_string(),
            sort_key: layout.sort_key.clone(),
            sort_key_form: layout.sort_key_form.name().to_owned(),
        },
    }
}
