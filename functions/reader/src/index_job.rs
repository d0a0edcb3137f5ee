//! Makes the index of a part, and the roll-up of a day.
//!
//! Both are made from sealed bytes and are always the same for the same bytes and mapping. So two workers
//! that make one at once store the same object, and a crash at any point leaves nothing behind that matters.

use std::collections::BTreeMap;

use archive::fields::EventFields;
use archive::part::{Content, Part};
use archive::query::index::{DayIndexBuilder, IndexBuilder, IndexError, PartIndex};
use archive::query::search::MissingReason;
use archive::staging_keys::{day_index_key, part_index_key};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use ports::{PortError, ReaderSession};

use crate::opened::Opened;

const INDEXING: &str = "making the index of a part";
const ROLLING_UP: &str = "making the roll-up of a day";

/// Makes the index of a part from its sealed bytes, and stores it. The inner error says why there can be
/// none.
pub(crate) async fn build_index(
    session: &ReaderSession,
    fields: &EventFields,
    part: &Part,
) -> Result<Result<PartIndex, MissingReason>, PortError> {
    let Content::Staged { data, .. } = &part.content else { return Ok(Err(MissingReason::Gone)) };
    let index = match read_into(session, data, IndexBuilder::new(part, fields)).await? {
        // Written by a version that flushed otherwise: it is read from its start.
        Read::Failed(IndexError::NotInBlocks(_)) => {
            read_into(session, data, IndexBuilder::in_one_block(part, fields)).await?
        }
        read => read,
    };
    let index = match index {
        Read::Index(index) => *index,
        Read::Gone => return Ok(Err(MissingReason::Gone)),
        Read::Failed(error) => return Ok(Err(altered(part, &error))),
    };
    let key = part_index_key(&part.connector, fields.hash(), part.number);
    let encoded = index.encode().map_err(|error| PortError::bug(INDEXING, error))?;
    session.objects.put(&key, Bytes::from(encoded)).await?;
    Ok(Ok(index))
}

/// What became of reading a part.
enum Read {
    Index(Box<PartIndex>),
    Gone,
    Failed(IndexError),
}

async fn read_into(
    session: &ReaderSession,
    data: &str,
    builder: Result<IndexBuilder, IndexError>,
) -> Result<Read, PortError> {
    let mut builder = match builder {
        Ok(builder) => builder,
        Err(error) => return Ok(Read::Failed(error)),
    };
    let Some(mut bytes) = session.objects.whole(data).await? else { return Ok(Read::Gone) };
    while let Some(chunk) = bytes.try_next().await? {
        if let Err(error) = builder.push(&chunk) {
            return Ok(Read::Failed(error));
        }
    }
    Ok(builder.finish().map_or_else(Read::Failed, |index| Read::Index(Box::new(index))))
}

fn altered(part: &Part, error: &dyn std::error::Error) -> MissingReason {
    tracing::error!(
        connector.id = %part.connector, part = part.number.get(), error = %error,
        "the staged bytes of a part differ from its record"
    );
    MissingReason::Altered
}

/// Makes the roll-up of the day whose parts these are, in order, and stores it. Indexes that are missing are
/// made. Does nothing if one can't be made: then the day stays without a roll-up, and its parts are searched
/// one by one.
pub(crate) async fn build_day(opened: &Opened, parts: &[Part]) -> Result<bool, PortError> {
    let Some(first) = parts.first() else { return Ok(false) };
    let mut day = DayIndexBuilder::new(first.window.from, opened.mapping_hash);
    for part in parts {
        let added = if part.events == 0 {
            day.add_heartbeat(part.number, part.window)
        } else {
            match stored_or_made(opened, part).await? {
                Some(index) => day.add(&index, part.window, part.late),
                None => return Ok(false),
            }
        };
        added.map_err(|error| PortError::bug(ROLLING_UP, error))?;
    }
    let day = day.finish().map_err(|error| PortError::bug(ROLLING_UP, error))?;
    let key = day_index_key(&opened.connector.id, opened.mapping_hash, &day.key());
    let encoded = day.encode().map_err(|error| PortError::bug(ROLLING_UP, error))?;
    opened.session.objects.put(&key, Bytes::from(encoded)).await?;
    Ok(true)
}

/// The index of a part, made if it is not stored.
async fn stored_or_made(opened: &Opened, part: &Part) -> Result<Option<PartIndex>, PortError> {
    let key = part_index_key(&part.connector, opened.mapping_hash, part.number);
    if let Some(bytes) = opened.index_object(&key).await?
        && let Ok(index) = PartIndex::decode(&bytes)
        && index.is_of(opened.mapping_hash, part)
    {
        return Ok(Some(index));
    }
    Ok(build_index(&opened.session, &opened.mapping.fields, part).await?.ok())
}

/// The parts of complete days, by date: those that end by the watermark's midnight. `parts` are in order.
pub(crate) fn complete_days(parts: Vec<Part>, watermark_date: &str) -> Vec<Vec<Part>> {
    let mut days: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for part in parts {
        days.entry(part.window.from.date()).or_default().push(part);
    }
    days.into_iter().filter(|(date, _)| date.as_str() < watermark_date).map(|(_, parts)| parts).collect()
}
