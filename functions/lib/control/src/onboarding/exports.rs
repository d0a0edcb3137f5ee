//! Searching the exports of a connector by what they contain and by date.

use archive::part::{Part, PartKind, PartNumber};
use archive::time::Time;
use ports::PortError;

use super::{ConnectorView, Onboarding};

/// How many part records one read requests.
const PAGE: u32 = 100;
/// The most reads of one page of a search. What lies further back is on the next page.
const MAX_READS: usize = 5;

/// What a search for exports finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ExportFilter {
    /// What they contain.
    pub content: ExportContent,
    /// Only windows that end later than this.
    pub from: Option<Time>,
    /// Only windows that begin before this.
    pub to: Option<Time>,
}

/// What exports contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportContent {
    /// Anything.
    #[default]
    Any,
    /// At least one event.
    Events,
    /// A heartbeat.
    Quiet,
    /// Events that came late.
    Late,
    /// Anything, and it is not delivered yet.
    Waiting,
}

/// A page of exports, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportsPage {
    /// The exports; may be few even if more follow.
    pub parts: Vec<Part>,
    /// The next page contains exports before this one; `None` at the end.
    pub next: Option<PartNumber>,
}

impl ExportFilter {
    fn accepts(&self, part: &Part, delivered: PartNumber) -> bool {
        match self.content {
            ExportContent::Any => true,
            ExportContent::Events => part.events > 0,
            ExportContent::Quiet => part.kind == PartKind::Heartbeat,
            ExportContent::Late => part.late > 0,
            ExportContent::Waiting => part.number > delivered,
        }
    }

    /// Whether neither this part nor one before it can be accepted.
    fn ends_at(&self, part: &Part, delivered: PartNumber) -> bool {
        self.from.is_some_and(|from| part.window.to <= from)
            || (self.content == ExportContent::Waiting && part.number <= delivered)
    }
}

impl Onboarding {
    /// At most `limit` exports of a connector that [`Self::read`] returned, before `before`. Reads at most
    /// 500 records, and some more single ones to find a date.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn find_exports(
        &self,
        view: &ConnectorView,
        filter: ExportFilter,
        before: Option<PartNumber>,
        limit: usize,
    ) -> Result<ExportsPage, PortError> {
        let mut page = ExportsPage { parts: Vec::new(), next: None };
        let Some(cursor) = &view.cursor else { return Ok(page) };
        let (id, delivered) = (&view.connector.id, cursor.delivered);
        let mut before = match (before, filter.to) {
            (None, Some(to)) => Some(self.first_from(view, cursor.next, to).await?),
            (before, _) => before,
        };
        for _ in 0..MAX_READS {
            let read = self.connectors.history(id, before, PAGE).await?;
            for part in &read {
                if filter.ends_at(part, delivered) {
                    return Ok(ExportsPage { next: None, ..page });
                }
                if filter.accepts(part, delivered) {
                    page.parts.push(part.clone());
                }
                page.next = Some(part.number).filter(|number| *number > PartNumber::FIRST);
                if page.parts.len() == limit {
                    return Ok(page);
                }
            }
            if u32::try_from(read.len()).is_ok_and(|read| read < PAGE) {
                return Ok(ExportsPage { next: None, ..page });
            }
            before = page.next;
        }
        Ok(page)
    }

    /// The number of the first part whose window begins at `time` or later, by bisection: windows follow on
    /// one another in the order of the numbers.
    async fn first_from(
        &self,
        view: &ConnectorView,
        next: PartNumber,
        time: Time,
    ) -> Result<PartNumber, PortError> {
        let (mut low, mut high) = (PartNumber::FIRST, next);
        while low < high {
            let middle = PartNumber::new(low.get().midpoint(high.get()));
            let found = self.connectors.history(&view.connector.id, Some(middle.next()), 1).await?;
            let is_later = found.first().is_some_and(|part| part.window.from >= time);
            if is_later {
                high = middle;
            } else {
                low = middle.next();
            }
        }
        Ok(low)
    }
}
