//! What only the events table has: events that are not sealed yet, and events whose part is let go.

use std::time::Duration;

use archive::generated_events::unreadable_record;
use archive::item::SourceItem;
use archive::part::Window;
use archive::query::row::TableKey;
use archive::time::Time;
use ports::{PageError, PortError, ReaderSession};
use protocol::connector::Connector;
use protocol::machine::Span;

/// The most events of one window that one request reads from the table: of each shard its share.
const MAX_EVENTS: usize = 5_000;
/// The most bytes of them.
const MAX_BYTES: usize = 16 << 20;
/// How far back events are looked for as examples, and how many are enough. A tenant may have been quiet for
/// longer than that.
const LOOK_BACKS: [Duration; 3] =
    [Duration::from_hours(1), Duration::from_hours(24), Duration::from_hours(7 * 24)];
const ENOUGH: usize = 100;

/// Events of the table.
#[derive(Debug, Default)]
pub(crate) struct TableEvents {
    /// Key, time of writing, and the event.
    pub(crate) events: Vec<(TableKey, Time, Vec<u8>)>,
    /// If there are more than a request reads: events that were written from this time on are missing.
    pub(crate) cut_at: Option<Time>,
}

/// Reads the events that were written in a window, the earliest first, as the exporter would.
pub(crate) async fn read_table(
    session: &ReaderSession,
    connector: &Connector,
    window: Window,
) -> Result<TableEvents, PortError> {
    let span = Span::Window(window);
    let mut found = TableEvents::default();
    let shards = usize::from(connector.shards.get()).max(1);
    for shard in 0..connector.shards.get() {
        let (mut events, mut bytes, mut is_cut) = (0, 0, false);
        let mut reader = session.source.open(&connector.tenant, connector.shards, shard, &span).await?;
        let mut last = window.from;
        while let Some(items) = reader.next_page().await.map_err(port_error)? {
            for item in items {
                let written = item.time.unwrap_or(last);
                last = written;
                if written < window.from || written >= window.to {
                    continue;
                }
                if events >= MAX_EVENTS.div_ceil(shards) || bytes >= MAX_BYTES / shards {
                    found.cut_at = Some(found.cut_at.map_or(written, |cut_at| cut_at.min(written)));
                    is_cut = true;
                    break;
                }
                let key = TableKey {
                    sort: hex::encode(&item.key.sort),
                    partition: hex::encode(&item.key.tie_breaker),
                };
                let event = content(&item)?;
                (events, bytes) = (events + 1, bytes + event.len());
                found.events.push((key, written, event));
            }
            if is_cut {
                break;
            }
        }
    }
    // Another shard may have been read further: what is shown ends at one time.
    if let Some(cut_at) = found.cut_at {
        found.events.retain(|(_, written, _)| *written < cut_at);
    }
    Ok(found)
}

/// Some of the newest events, as examples: of the last hour, day or week; if there are none, the oldest ones
/// since `since`.
pub(crate) async fn newest_events(
    session: &ReaderSession,
    connector: &Connector,
    since: Time,
    now: Time,
) -> Result<TableEvents, PortError> {
    for look_back in LOOK_BACKS {
        let from = since.max(now - look_back);
        let found = read_table(session, connector, Window { from, to: now }).await?;
        let is_last = Some(&look_back) == LOOK_BACKS.last();
        if found.events.len() >= ENOUGH || from == since || (is_last && !found.events.is_empty()) {
            return Ok(found);
        }
    }
    read_table(session, connector, Window { from: since, to: now }).await
}

/// An item as it would be exported.
fn content(item: &SourceItem) -> Result<Vec<u8>, PortError> {
    match &item.content {
        Ok(event) => Ok(event.to_vec()),
        Err(why) => {
            unreadable_record(item, why).map_err(|error| PortError::bug("reading the events table", error))
        }
    }
}

fn port_error(error: PageError) -> PortError {
    match error {
        PageError::Port(error) => error,
        PageError::Foreign { .. } => PortError::bug("reading the events table", error),
    }
}

#[cfg(test)]
mod tests {
    use ::tests::fakes::{FakeClock, FakeReaderSessions, FakeSource, FakeStaging};
    use ::tests::fixtures::{at, connector, tenant};
    use archive::sort_key::{SortKey, SortKeyForm};
    use ports::ReaderSessions as _;
    use protocol::connector::Shards;
    use samples::items::{Shape, StoredItem};

    use super::*;

    /// A full shard leaves room for the others: what is shown of all ends at one time, and not at the
    /// beginning.
    #[tokio::test]
    async fn each_shard_has_its_share() {
        let clock = FakeClock::at(at("2026-11-20T12:00:00Z"));
        let source = FakeSource::new(SortKeyForm::default(), &clock).with_page_size(500);
        let shards = Shards::try_from(2).unwrap();
        let acme = Connector { shards, ..connector(&tenant("acme"), at("2026-11-20T00:00:00Z")) };
        for shard in 0..2 {
            let partition = FakeSource::partition(&acme.tenant, shards, shard);
            // A second apart, and 6,000 of them; the other shard has one a minute.
            let step = [1, 60][usize::from(shard)];
            for second in (0..6_000).step_by(step) {
                let written = at("2026-11-20T10:00:00Z") + Duration::from_secs(second);
                source.store(StoredItem {
                    partition: partition.clone(),
                    partition_key: partition.clone(),
                    sort_key: SortKey::Text(format!("{written}#1")),
                    shape: Shape::Text("{}".to_owned()),
                    visible_at: written,
                });
            }
        }
        let session = FakeReaderSessions::new(&FakeStaging::new(), &source).open(&acme).await.unwrap();
        let window = Window { from: at("2026-11-20T10:00:00Z"), to: at("2026-11-20T12:00:00Z") };
        let found = read_table(&session, &acme, window).await.unwrap();
        assert_eq!(found.cut_at, Some(at("2026-11-20T10:00:00Z") + Duration::from_secs(2_500)));
        assert_eq!(found.events.len(), 2_500 + 42);
        let newest = newest_events(&session, &acme, window.from, window.to).await.unwrap();
        assert!(newest.events.len() >= ENOUGH);
    }
}
