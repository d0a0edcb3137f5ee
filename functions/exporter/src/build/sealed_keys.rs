//! The keys of the events that earlier parts hold already, as one sorted stream: what is read again by the
//! look-back is dropped by a merge against it.
//!
//! A list is open only while the merge is inside it. A part's record tells the times of its first and last event, so
//! of the hundreds of parts of a busy day, or of a backlog cut small, a handful of lists is open at a time.

use std::cmp::Reverse;

use domain::item::SourceItem;
use domain::part::{Content, Part};
use domain::ports::PortError;
use domain::protocol::Span;
use domain::sort_key::SortKeyForm;
use domain::time::Time;
use futures_util::future::try_join_all;

use super::Task;
use super::key_stream::KeyStream;

/// How many lists are opened side by side.
const OPENED_AT_ONCE: usize = 16;

/// The key lists of the parts that may hold an event of the span.
///
/// The ledger is asked for them with the first item: where nothing is read, nothing is to be dropped, and that is so
/// for most connectors at most times. Later is as good: the parts before the one that is built are all sealed by now,
/// and nobody changes their lists.
pub(super) struct SealedKeys<'a> {
    task: Task<'a>,
    /// The ledger was asked.
    begun: bool,
    form: SortKeyForm,
    /// Not reached yet, the first to be reached last.
    waiting: Vec<List>,
    /// Reached and not left behind.
    open: Vec<(List, KeyStream)>,
}

/// A list, and where in the order of the keys it lies.
struct List {
    keys: String,
    /// No key of it lies before this time, if that is known …
    from: Option<Time>,
    /// … and all of them do before this.
    to: Option<Time>,
}

impl<'a> SealedKeys<'a> {
    /// None is found yet.
    pub(super) fn new(task: Task<'a>) -> Self {
        let form = task.exporter.ports.source.sort_key_form();
        Self { task, begun: false, form, waiting: Vec::new(), open: Vec::new() }
    }

    /// Finds the lists. None is opened yet.
    async fn find(&mut self) -> Result<(), PortError> {
        let Task { exporter, connector, order, .. } = self.task;
        let runs = &exporter.ports.runs;
        let mut parts = match order.exclude.reaching {
            Some(after) => runs.parts_reaching(&connector.id, after, order.number).await?,
            None => Vec::new(),
        };
        let strays = order.exclude.out_of_order_in;
        if let Some(number) = strays.filter(|number| parts.iter().all(|part| part.number != *number)) {
            parts.extend(runs.part(&connector.id, number).await?);
        }
        let form = self.form;
        self.waiting = parts
            .iter()
            .filter_map(|part| match &part.content {
                // This list names strays of other parts, so its own record does not tell where it lies.
                Content::Staged { keys, .. } if Some(part.number) == strays => Some(List::anywhere(keys)),
                Content::Staged { keys, .. } => Some(List::of(part, keys, form)),
                Content::Inline(_) => None,
            })
            .filter(|list| list.may_hold_any_of(&order.span))
            .collect();
        self.waiting.sort_by_key(|list| Reverse(list.from));
        self.begun = true;
        Ok(())
    }

    /// Whether an earlier part holds this event. Events must be asked for in the order of their keys.
    pub(super) async fn holds(&mut self, item: &SourceItem) -> Result<bool, PortError> {
        if !self.begun {
            self.find().await?;
        }
        self.move_to(item).await?;
        let mut held = false;
        for (_, list) in &mut self.open {
            while list.head().is_some_and(|head| *head < item.key) {
                list.advance().await?;
            }
            held |= list.head() == Some(&item.key);
        }
        Ok(held)
    }

    /// Reads all open lists to their ends. Only there it shows that a list is what was written: one whose damage
    /// makes its keys others would drop nothing, and what it names would be exported again.
    pub(super) async fn finish(self) -> Result<(), PortError> {
        for (_, mut keys) in self.open {
            keys.finish().await?;
        }
        Ok(())
    }

    /// Closes the lists that lie before this item, and opens those that begin before it or with it.
    async fn move_to(&mut self, item: &SourceItem) -> Result<(), PortError> {
        let form = self.form;
        let is_before = |time: Time| item.is_before(form, time);
        let is_left_behind = |list: &List| list.to.is_some_and(|to| !is_before(to));
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
            let some = reached.split_off(reached.len().saturating_sub(OPENED_AT_ONCE));
            let staging = self.task.exporter.ports.staging.as_ref();
            let opened = some.iter().map(|list| KeyStream::open(staging, &list.keys));
            let opened = try_join_all(opened).await?;
            self.open.extend(some.into_iter().zip(opened));
        }
        Ok(())
    }
}

impl List {
    fn anywhere(keys: &str) -> Self {
        Self { keys: keys.to_owned(), from: None, to: None }
    }

    /// Where the list of a part lies, by the times of its first and last event. An unreadable item may tell no time,
    /// so the list of a part with such items can begin and end anywhere. Within a grain the order of the keys is
    /// not that of time, so both ends are moved out to the grain.
    fn of(part: &Part, keys: &str, form: SortKeyForm) -> Self {
        match (part.first, part.last) {
            (Some(first), Some(last)) if part.unreadable == 0 => {
                let to = last.floor(form.grain()) + form.grain();
                Self { keys: keys.to_owned(), from: Some(first.floor(form.grain())), to: Some(to) }
            }
            _ => Self::anywhere(keys),
        }
    }

    fn may_hold_any_of(&self, span: &Span) -> bool {
        match (span, self.from, self.to) {
            (Span::Window(window), Some(from), Some(to)) => from < window.to && to > window.from,
            _ => true,
        }
    }
}
