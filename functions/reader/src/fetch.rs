//! Drives a search: reads what it wants, several at once, and gives it back.

use std::collections::BTreeMap;

use archive::part::{Content, Encoding, Part, PartNumber};
use archive::query::index::{Block, DayIndex, PartIndex};
use archive::query::row::TableKey;
use archive::query::search::{Collect, Found, MissingReason, PartSummary, Read, Search, Wanted};
use archive::staging_keys::{DayKey, day_index_key, part_index_key};
use archive::time::Time;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use futures_util::stream::FuturesUnordered;
use ports::PortError;

use crate::index_job::build_index;
use crate::opened::Opened;
use crate::table::{TableEvents, read_table};

/// How many reads are under way at first. Most pages need few; each that ends makes room for one more.
const FIRST_READS: usize = 4;
/// The most reads at once. Each block is about a MiB.
const MAX_READS: usize = 32;
/// The most stored bytes of blocks that are read at once: a block of zstd is a whole part.
const MAX_BYTES_AT_ONCE: u64 = 64 << 20;
/// How many missing indexes one request makes itself; the others are made by the sweep.
const MAX_BUILDS: usize = 8;
/// For how many parts without an index one request looks whether they are there at all.
const MAX_PROBES: usize = 200;

/// What a read has found.
enum Fetched {
    Day(Box<DayIndex>),
    Parts(Vec<PartSummary>),
    Index(Box<PartIndex>, Time),
    Block(Encoding, Bytes),
    Missing(u64, MissingReason),
    NotIndexed(u64),
    Table(TableEvents),
}

/// What a search has found, with what the reads have left out.
pub(crate) struct Searched<C> {
    pub(crate) found: Found<C>,
    /// The times of writing from which on events of a window of the table are missing.
    pub(crate) table_cuts: Vec<Time>,
    /// When each event was written that the table has.
    pub(crate) written: BTreeMap<TableKey, Time>,
    /// Parts for which there is no index yet.
    pub(crate) not_indexed: Vec<(PartNumber, u64)>,
}

/// Runs a search to its end, or to the end of its budget or its time. While some reads are under way, what
/// others have found is searched.
pub(crate) async fn run<C: Collect>(
    opened: &Opened,
    mut search: Search<C>,
) -> Result<Searched<C>, PortError> {
    let mut at_once = FIRST_READS;
    let (mut builds, mut probes) = (MAX_BUILDS, MAX_PROBES);
    let (mut table_cuts, mut written) = (Vec::new(), BTreeMap::new());
    let mut bytes_at_once = 0;
    let mut not_indexed = Vec::new();
    let mut reads = FuturesUnordered::new();
    // What is under way when the time is over is not waited for: the answer says how far it reaches.
    while !opened.is_out_of_time() {
        while reads.len() < at_once && (bytes_at_once < MAX_BYTES_AT_ONCE || reads.is_empty()) {
            let Some(wanted) = search.wanted(1).pop() else { break };
            let block = match wanted.read {
                Read::Block(part, block) => search.block(part, block).cloned(),
                _ => None,
            };
            let bytes = block.as_ref().map_or(0, |block| block.size);
            bytes_at_once += bytes;
            reads.push(
                async move { fetch(opened, &wanted, block).await.map(|fetched| (wanted, bytes, fetched)) },
            );
        }
        let Some((Wanted { id, read }, bytes, fetched)) = reads.try_next().await? else { break };
        bytes_at_once -= bytes;
        at_once = (at_once + 1).min(MAX_READS);
        let fetched = match (fetched, &read) {
            (Fetched::NotIndexed(_), Read::Index(part)) if builds > 0 && probes > 0 => {
                probes -= 1;
                let made = make_index(opened, *part).await?;
                // A part that is not there costs one request.
                builds -= usize::from(!matches!(made, Fetched::Missing(_, MissingReason::Gone)));
                made
            }
            (fetched, _) => fetched,
        };
        match fetched {
            Fetched::Day(day) => search.take_day(id, &day),
            Fetched::Parts(parts) => search.take_parts(id, &parts),
            Fetched::Index(index, from) => search.take_index(id, &index, from),
            Fetched::Block(encoding, bytes) => search.take_block(id, encoding, &bytes),
            Fetched::Missing(events, why) => search.take_missing(id, events, why),
            Fetched::NotIndexed(events) => {
                if let Read::Index(part) = read {
                    not_indexed.push((part, events));
                }
                search.skip(id);
            }
            Fetched::Table(table) => {
                table_cuts.extend(table.cut_at);
                written.extend(table.events.iter().map(|(key, at, _)| (key.clone(), *at)));
                let events = table.events.iter().map(|(key, at, event)| (key.clone(), *at, &**event));
                search.take_table(id, events);
            }
        }
    }
    drop(reads);
    Ok(Searched { found: search.finish(), table_cuts, written, not_indexed })
}

async fn fetch(opened: &Opened, wanted: &Wanted, block: Option<Block>) -> Result<Fetched, PortError> {
    match &wanted.read {
        Read::Day(key) => day(opened, key).await,
        Read::Index(part) => index(opened, *part).await,
        Read::Block(part, _) => bytes_of_block(opened, *part, block).await,
        Read::Table(window) => {
            read_table(&opened.session, &opened.connector, *window).await.map(Fetched::Table)
        }
    }
}

/// A roll-up; if it is gone or damaged, the parts of its day instead.
async fn day(opened: &Opened, key: &DayKey) -> Result<Fetched, PortError> {
    let name = day_index_key(&opened.connector.id, opened.mapping_hash, key);
    if let Some(bytes) = opened.index_object(&name).await?
        && let Ok(day) = DayIndex::decode(&bytes)
        && day.mapping == opened.mapping_hash
        && day.key() == *key
    {
        return Ok(Fetched::Day(Box::new(day)));
    }
    tracing::warn!(connector.id = %opened.connector.id, day = key.day.date(), "a roll-up is missing or damaged");
    let mut parts = Vec::new();
    let mut before = key.last_part.next();
    while before > key.first_part {
        let page = opened.parts_before(before).await?;
        let Some(oldest) = page.last().map(|part| part.number) else { break };
        let of_day = page.iter().filter(|part| part.number >= key.first_part);
        parts.extend(of_day.map(|part| PartSummary {
            number: part.number,
            window: part.window,
            events: part.events,
        }));
        before = oldest;
    }
    Ok(Fetched::Parts(parts))
}

/// The stored index of a part.
async fn index(opened: &Opened, number: PartNumber) -> Result<Fetched, PortError> {
    let Some(part) = opened.part(number).await? else {
        return Ok(Fetched::Missing(0, MissingReason::Gone));
    };
    let name = part_index_key(&opened.connector.id, opened.mapping_hash, number);
    if let Some(bytes) = opened.index_object(&name).await?
        && let Ok(index) = PartIndex::decode(&bytes)
        && index.is_of(opened.mapping_hash, &part)
    {
        return Ok(Fetched::Index(Box::new(index), part.window.from));
    }
    Ok(Fetched::NotIndexed(part.events))
}

/// Makes a missing index and stores it.
async fn make_index(opened: &Opened, number: PartNumber) -> Result<Fetched, PortError> {
    let Some(part) = opened.part(number).await? else {
        return Ok(Fetched::Missing(0, MissingReason::Gone));
    };
    Ok(match build_index(&opened.session, &opened.mapping.fields, &part).await? {
        Ok(index) => Fetched::Index(Box::new(index), part.window.from),
        Err(why) => Fetched::Missing(part.events, why),
    })
}

async fn bytes_of_block(
    opened: &Opened,
    number: PartNumber,
    block: Option<Block>,
) -> Result<Fetched, PortError> {
    let (Some(part), Some(block)) = (opened.part(number).await?, block) else {
        return Ok(Fetched::Missing(0, MissingReason::Gone));
    };
    let Part { content: Content::Staged { data, .. }, encoding, .. } = &part else {
        return Ok(Fetched::Missing(block.events, MissingReason::Gone));
    };
    Ok(match opened.session.objects.range(data, block.offset, block.size).await? {
        Some(bytes) => Fetched::Block(*encoding, bytes),
        None => Fetched::Missing(block.events, MissingReason::Gone),
    })
}
