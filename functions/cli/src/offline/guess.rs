//! Guesses where the fields are in the events of an archive. A deployment guesses from its events table; an
//! archive has none, so some of its newest events serve.

use std::ops::ControlFlow;

use archive::fields::{FieldSetting, Preset, guess};
use archive::part::{Content, Part};
use archive::query::index::{Block, IndexBuilder, read_block};
use archive::time::Time;
use archive::verify::observer::ObjectState;
use futures_util::TryStreamExt as _;
use ports::{PortError, StagedObjects as _};
use protocol::exploration::StoredMapping;

use super::objects::ArchiveObjects;

/// How many events are enough, and of how many parts they are looked for.
const ENOUGH: usize = 100;
const MAX_PARTS: usize = 10;

/// The mapping that fits the newest events best; `None` if there are none.
///
/// # Errors
/// If a file can't be read.
pub(super) async fn guess_mapping(
    objects: &ArchiveObjects,
    now: Time,
) -> Result<Option<StoredMapping>, PortError> {
    let is_shown = |part: &Part, object| part.events > 0 && object == ObjectState::AsSealed;
    let parts = objects.parts.before(None).filter(|part| is_shown(&part.part, part.object));
    let mut events = Vec::new();
    for part in parts.take(MAX_PARTS) {
        events.extend(first_events(objects, &part.part).await?);
        if events.len() >= ENOUGH {
            break;
        }
    }
    let guess = guess(events.iter().map(Vec::as_slice));
    if guess.of == 0 {
        return Ok(None);
    }
    let setting = FieldSetting::Preset(guess.preset).to_string();
    let text = setting.parse().map_err(|error| PortError::bug("guessing the mapping", error))?;
    let of = u64::try_from(guess.of).unwrap_or(u64::MAX);
    Ok(Some(StoredMapping::guess(Some(guess.preset.to_string()), text, of, now)))
}

/// The first events of a part, if its bytes are still those that were sealed.
async fn first_events(objects: &ArchiveObjects, part: &Part) -> Result<Vec<Vec<u8>>, PortError> {
    let Content::Staged { data, .. } = &part.content else { return Ok(Vec::new()) };
    let Some(block) = first_block(objects, part, data).await? else { return Ok(Vec::new()) };
    let bytes = objects.range(data, block.offset, block.size).await?.unwrap_or_default();
    let mut events = Vec::new();
    let read = read_block(&block, part.encoding, &bytes, |_, event| {
        events.push(event.to_vec());
        if events.len() < ENOUGH { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    // A file that changes meanwhile serves for nothing.
    Ok(if read.is_ok() { events } else { Vec::new() })
}

/// The first block of a part, with its hash from bytes that have the signed hash.
async fn first_block(objects: &ArchiveObjects, part: &Part, data: &str) -> Result<Option<Block>, PortError> {
    // No value is looked at yet, so any mapping serves.
    let mapping = Preset::Generic.fields();
    for builder in [IndexBuilder::new(part, &mapping), IndexBuilder::in_one_block(part, &mapping)] {
        let Ok(mut builder) = builder else { continue };
        let Some(mut stream) = objects.whole(data).await? else { return Ok(None) };
        let mut is_read = true;
        while let Some(piece) = stream.try_next().await? {
            if builder.push(&piece).is_err() {
                is_read = false;
                break;
            }
        }
        if is_read && let Ok(index) = builder.finish() {
            return Ok(index.blocks.into_iter().next());
        }
    }
    Ok(None)
}
