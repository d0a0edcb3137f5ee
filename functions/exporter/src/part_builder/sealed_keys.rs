//! The keys of the events in earlier parts as one sorted stream. Events that the look-back reads again are
//! dropped by a merge with it.
//!
//! A list is open only while the merge is inside it. A part's record contains the times of its first and last
//! event. So only a handful of lists is open at a time, even with hundreds of parts on a busy day or a
//! backlog cut into small parts.

use std::cmp::Reverse;

use archive::item::SourceItem;
use archive::names::ConnectorId;
use archive::part::{Content, Part};
use archive::sort_key::SortKeyForm;
use archive::time::Time;
use futures_util::future::try_join_all;
use ports::{PortError, Runs, Staging};
use protocol::machine::{BuildRequest, Span};

use super::key_stream::KeyStream;

/// How many lists are opened concurrently.
const MAX_CONCURRENT_OPENS: usize = 16;

/// The key lists of the parts that may contain an event of the span.
///
/// The ledger is queried with the first item: if nothing is read, nothing is dropped, and that is so for most
/// connectors at most times. The query may be late: the parts before the one being built are all sealed by
/// now, and their lists never change.
pub(super) struct SealedKeys<'a> {
    runs: &'a dyn Runs,
    staging: &'a dyn Staging,
    id: &'a ConnectorId,
    request: &'a BuildRequest,
    /// Whether the ledger was queried.
    is_listed: bool,
    form: SortKeyForm,
    /// Lists that are not reached yet; the first to be reached is the last entry.
    waiting: Vec<KeyList>,
    /// Lists that are reached and not passed.
    open: Vec<(KeyList, KeyStream)>,
}

/// A list and its range in key order.
struct KeyList {
    keys: String,
    /// No key lies before this time, if that is known.
    from: Option<Time>,
    /// All keys lie before this time, if that is known.
    to: Option<Time>,
}

impl<'a> SealedKeys<'a> {
    /// No list is known yet.
    pub(super) const fn new(
        runs: &'a dyn Runs,
        staging: &'a dyn Staging,
        id: &'a ConnectorId,
        request: &'a BuildRequest,
        form: SortKeyForm,
    ) -> Self {
        Self { runs, staging, id, request, is_listed: false, form, waiting: Vec::new(), open: Vec::new() }
    }

    /// Finds the lists without opening any.
    async fn find_lists(&mut self) -> Result<(), PortError> {
        let Self { runs, id, request, .. } = *self;
        let mut parts = match request.exclude.reaching {
            Some(after) => runs.parts_reaching(id, after, request.number).await?,
            None => Vec::new(),
        };
        let out_of_order = request.exclude.out_of_order_in;
        if let Some(number) = out_of_order.filter(|number| parts.iter().all(|part| part.number != *number)) {
            parts.extend(runs.part(id, number).await?);
        }
        let form = self.form;
        self.waiting = parts
            .iter()
            .filter_map(|part| match &part.content {
                // This list names items of other parts too, so the part's own record does not bound it.
                Content::Staged { keys, .. } if Some(part.number) == out_of_order => {
                    Some(KeyList::unbounded(keys))
                }
                Content::Staged { keys, .. } => Some(KeyList::of_part(part, keys, form)),
                Content::Inline(_) => None,
            })
            .filter(|list| list.may_overlap(&request.span))
            .collect();
        self.waiting.sort_by_key(|list| Reverse(list.from));
        self.is_listed = true;
        Ok(())
    }

    /// Whether an earlier part contains this event. Must be called in key order.
    pub(super) async fn contains(&mut self, item: &SourceItem) -> Result<bool, PortError> {
        if !self.is_listed {
            self.find_lists().await?;
        }
        self.advance_to(item).await?;
        let mut found = false;
        for (_, list) in &mut self.open {
            while list.head().is_some_and(|head| *head < item.key) {
                list.advance().await?;
            }
            found |= list.head() == Some(&item.key);
        }
        Ok(found)
    }

    /// Reads all open lists to their ends, where their checksums are verified. A damaged list with wrong keys
    /// would drop nothing, and the events that it names would be exported again.
    pub(super) async fn finish(self) -> Result<(), PortError> {
        for (_, mut keys) in self.open {
            keys.finish().await?;
        }
        Ok(())
    }

    /// Closes the lists that end before this item and opens those that begin at or before it.
    async fn advance_to(&mut self, item: &SourceItem) -> Result<(), PortError> {
        let form = self.form;
        let is_before = |time: Time| item.is_before(form, time);
        let is_left_behind = |list: &KeyList| list.to.is_some_and(|to| !is_before(to));
        self.open.retain(|(_, keys)| keys.head().is_some());
        for (_, mut keys) in self.open.extract_if(.., |(list, _)| is_left_behind(list)) {
            keys.finish().await?;
        }
        let mut reached = Vec::new();
        while let Some(list) = self.waiting.pop_if(|list| list.from.is_none_or(|from| !is_before(from))) {
            if !is_left_behind(&list) {
                reached.push(list);
            }
        }
        while !reached.is_empty() {
            let batch = reached.split_off(reached.len().saturating_sub(MAX_CONCURRENT_OPENS));
            let opened = batch.iter().map(|list| KeyStream::open(self.staging, &list.keys));
            let opened = try_join_all(opened).await?;
            self.open.extend(batch.into_iter().zip(opened));
        }
        Ok(())
    }
}

impl KeyList {
    fn unbounded(keys: &str) -> Self {
        Self { keys: keys.to_owned(), from: None, to: None }
    }

    /// The range of a part's list, from the times of its first and last event. An unreadable item may have no
    /// time, so the list of a part with such items has no bounds. Within a grain, key order is not time
    /// order, so both ends are extended to the grain.
    fn of_part(part: &Part, keys: &str, form: SortKeyForm) -> Self {
        match (part.first, part.last) {
            (Some(first), Some(last)) if part.unreadable == 0 => {
                let to = last.floor(form.grain()) + form.grain();
                Self { keys: keys.to_owned(), from: Some(first.floor(form.grain())), to: Some(to) }
            }
            _ => Self::unbounded(keys),
        }
    }

    fn may_overlap(&self, span: &Span) -> bool {
        match (span, self.from, self.to) {
            (Span::Window(window), Some(from), Some(to)) => from < window.to && to > window.from,
            _ => true,
        }
    }
}
