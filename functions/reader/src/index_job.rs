//! Makes the index of a part, and the roll-up of a day.
//!
//! Both are made from sealed bytes and are always the same for the same bytes and mapping. So two workers
//! that make one at once store the same object, and a crash at any point leaves nothing behind that matters.

use std::collections::BTreeMap;

use archive::fields::EventFields;
use archive::part::{Content, Part, PartNumber};
use archive::query::index::{DayIndexBuilder, IndexBuilder, IndexError, MAX_DAY_PARTS, PartIndex};
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
/// made. A part for which there can be none is in no roll-up, and neither is one without a record: what is
/// before it and what is after it are rolled up apart, and it is searched alone. Whether anything was made.
pub(crate) async fn build_day(opened: &Opened, parts: &[Part]) -> Result<bool, PortError> {
    let mut is_made = false;
    let mut growing: Option<GrowingDay> = None;
    for part in parts {
        let index = if part.events == 0 { None } else { stored_or_made(opened, part).await? };
        let is_in = part.events == 0 || index.is_some();
        if let Some(day) = growing.take_if(|day| !is_in || !day.is_before(part)) {
            day.store(opened).await?;
            is_made = true;
        }
        if is_in {
            growing.get_or_insert_with(|| GrowingDay::new(opened, part)).add(part, index.as_ref())?;
        }
    }
    if let Some(day) = growing {
        day.store(opened).await?;
        is_made = true;
    }
    Ok(is_made)
}

/// A roll-up while it is made.
struct GrowingDay {
    builder: DayIndexBuilder,
    parts: usize,
    last: PartNumber,
}

impl GrowingDay {
    fn new(opened: &Opened, first: &Part) -> Self {
        let builder = DayIndexBuilder::new(first.window.from, opened.mapping_hash);
        Self { builder, parts: 0, last: first.number.previous() }
    }

    /// Whether this part is the next one, and there is room for it.
    const fn is_before(&self, part: &Part) -> bool {
        self.last.next().get() == part.number.get() && self.parts < MAX_DAY_PARTS
    }

    /// Adds a part with its index; a heartbeat has none.
    fn add(&mut self, part: &Part, index: Option<&PartIndex>) -> Result<(), PortError> {
        let added = match index {
            Some(index) => self.builder.add(index, part.window, part.late),
            None => self.builder.add_heartbeat(part.number, part.window),
        };
        self.parts += 1;
        self.last = part.number;
        added.map_err(|error| PortError::bug(ROLLING_UP, error))
    }

    async fn store(self, opened: &Opened) -> Result<(), PortError> {
        let day = self.builder.finish().map_err(|error| PortError::bug(ROLLING_UP, error))?;
        let key = day_index_key(&opened.connector.id, opened.mapping_hash, &day.key());
        let encoded = day.encode().map_err(|error| PortError::bug(ROLLING_UP, error))?;
        opened.session.objects.put(&key, Bytes::from(encoded)).await
    }
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
