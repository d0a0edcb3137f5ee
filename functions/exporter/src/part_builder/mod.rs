//! Reads, encodes and stages one part as a stream. Shards are merged in key order, and sealed events are
//! dropped by a merge with the sealed parts' key lists. The rest is formatted, compressed and hashed on its
//! way to the staging bucket. It needs one page per shard and a few buffers of memory, however many events
//! the part contains.

mod draft;
mod earlier_keys;
mod key_stream;
mod sealed_keys;
mod shards;

use archive::generated_events;
use archive::item::SourceItem;
use archive::part::{PartLimits, Window};
use archive::sort_key::{SortKey, SortKeyForm};
use archive::staging_keys::{StagedObject, staged_key};
use archive::time::Time;
use draft::DraftWriter;
use earlier_keys::EarlierKeys;
use ports::{Clock, PageError, PortError, Runs, Source, Staging};
use protocol::connector::Connector;
use protocol::machine::{BuildRequest, Built, Span};
use sealed_keys::SealedKeys;
use shards::Shards;

/// What to build, and the ports and limits for it.
#[derive(Clone, Copy)]
pub(crate) struct Task<'a> {
    /// The events table.
    pub(crate) source: &'a dyn Source,
    /// The records of the sealed parts.
    pub(crate) runs: &'a dyn Runs,
    /// The bucket in which the part is staged, and the key lists of the sealed ones are.
    pub(crate) staging: &'a dyn Staging,
    /// Says when time is up.
    pub(crate) clock: &'a dyn Clock,
    /// Maximum size of the part.
    pub(crate) limits: PartLimits,
    /// The connector of the part.
    pub(crate) connector: &'a Connector,
    /// The span to read and the events to exclude.
    pub(crate) request: &'a BuildRequest,
}

/// Builds a part. `attempt` is unique to the attempt, and so are its staging keys: two workers never write to
/// the same object.
///
/// # Errors
/// If a page, a key list or the staging bucket fails. No staged object is used then.
pub(crate) async fn build(task: Task<'_>, attempt: &str) -> Result<Built, PortError> {
    let Task { staging, limits, connector, request, .. } = task;
    let key = |kind| staged_key(&connector.id, request.number, attempt, kind);
    let (data, keys) = (key(StagedObject::Data), key(StagedObject::Keys));
    let mut draft = DraftWriter::new(staging, limits, connector.encoding, data, keys);
    let filled = fill(task, &mut draft).await;
    finish_draft(filled, draft).await
}

async fn finish_draft(
    filled: Result<FillResult, PageError>,
    draft: DraftWriter<'_>,
) -> Result<Built, PortError> {
    match filled {
        Ok(FillResult::OutOfTime { through }) => Ok(Built::OutOfTime { through }),
        Ok(_) if draft.is_empty() => Ok(Built::Nothing),
        Ok(FillResult::Complete) => Ok(Built::Staged(draft.finish(None).await?)),
        Ok(FillResult::Cut(cut)) => Ok(Built::Staged(draft.finish(Some(cut)).await?)),
        Err(PageError::Foreign { expected, found }) => {
            draft.abort().await;
            Ok(Built::TenantMismatch {
                detail: format!("partition key `{found}` in response to a query for `{expected}`"),
            })
        }
        Err(PageError::Port(error)) => {
            draft.abort().await;
            Err(error)
        }
    }
}

/// How far the draft was filled.
enum FillResult {
    /// The end of the span was reached.
    Complete,
    /// It was cut here, between two timestamps.
    Cut(Time),
    /// The time was up, and no new event lies before this time.
    OutOfTime { through: Time },
}

/// Fills the draft and completes its key list.
async fn fill(task: Task<'_>, draft: &mut DraftWriter<'_>) -> Result<FillResult, PageError> {
    let Task { source, runs, staging, connector, request, .. } = task;
    let mut carried = EarlierKeys::new(runs, staging, &connector.id, request);
    let mut sealed = SealedKeys::new(runs, staging, &connector.id, request, source.sort_key_form());
    let filled = read(task, draft, &mut carried, &mut sealed).await?;
    sealed.finish().await?;
    carried.copy_rest(draft).await?;
    Ok(filled)
}

async fn read(
    task: Task<'_>,
    draft: &mut DraftWriter<'_>,
    carried: &mut EarlierKeys<'_>,
    sealed: &mut SealedKeys<'_>,
) -> Result<FillResult, PageError> {
    let Task { source, clock, connector, request, .. } = task;
    let form = source.sort_key_form();
    let mut shards = Shards::open(source, connector, &request.span).await?;
    let mut last: Option<ReadPosition> = None;
    while let Some(item) = shards.next().await? {
        // If no cut is possible between two items, reading goes on, so that every run makes progress.
        let time_is_up = clock.now() >= request.stop_at;
        if time_is_up && let Some(end) = stop_before(&item, last.as_ref(), &request.span, form) {
            return Ok(end);
        }
        if !is_in_span(&item, &request.span, form) || sealed.contains(&item).await? {
            continue;
        }
        let line = match &item.content {
            Ok(event) => event.clone(),
            Err(why) => generated_events::unreadable_record(&item, why)
                .map_err(|e| PortError::bug("writing an unreadable record", e))?
                .into(),
        };
        if draft.would_exceed_limits(line.len())
            && let Some(last) = &last
            && let Some(end) = stop_before(&item, Some(last), &request.span, form)
        {
            return Ok(end);
        }
        // An item with an out-of-order key belongs to no window, so it is late in every part.
        let late =
            matches!(request.span, Span::OutOfOrderKeys { .. }) || item.is_before(form, request.watermark);
        carried.copy_up_to(&item.key, draft).await?;
        draft.push(&item, &line, late).await?;
        last = Some(ReadPosition { sort_key: item.sort_key, time: item.time });
    }
    Ok(FillResult::Complete)
}

/// The result of a read that stops before this item: a cut after the draft's last item, if it has any.
fn stop_before(
    item: &SourceItem,
    last: Option<&ReadPosition>,
    span: &Span,
    form: SortKeyForm,
) -> Option<FillResult> {
    match (span, last) {
        (Span::Window(_), Some(last)) => cut_between(last, item, form).map(FillResult::Cut),
        (Span::Window(window), None) => {
            let through = item.time?.floor(form.grain());
            (through > window.from).then_some(FillResult::OutOfTime { through })
        }
        // Out-of-order keys have no time: the read may stop anywhere, and the rest is read again.
        (Span::OutOfOrderKeys { until, .. }, Some(_)) => Some(FillResult::Cut(*until)),
        (Span::OutOfOrderKeys { .. }, None) => None,
    }
}

/// The last item of the draft.
struct ReadPosition {
    sort_key: SortKey,
    time: Option<Time>,
}

/// A time between the last item of the draft and the next one: all keys up to the last lie before it, and no
/// later key does. Inside a grain, where key order is not time order, no such time exists.
fn cut_between(last: &ReadPosition, next: &SourceItem, form: SortKeyForm) -> Option<Time> {
    let start_of_next = next.time.map(|time| time.floor(form.grain()));
    let end_of_last = last.time.map(|time| time.floor(form.grain()) + form.grain());
    let lies_between =
        |cut: &Time| form.is_before(&last.sort_key, *cut) && !form.is_before(&next.sort_key, *cut);
    start_of_next.filter(lies_between).or_else(|| end_of_last.filter(lies_between))
}

fn is_in_span(item: &SourceItem, span: &Span, form: SortKeyForm) -> bool {
    let is_before = |time| item.is_before(form, time);
    match span {
        Span::Window(Window { from, to }) => !is_before(*from) && is_before(*to),
        Span::OutOfOrderKeys { since, until } => {
            item.time.is_none() && (!is_before(*until) || form.lies_in_gap(&item.sort_key, *since))
        }
    }
}
