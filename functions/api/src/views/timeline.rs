//! The windows of the last days.

use archive::part::{PartNumber, Window};
use archive::time::Time;
use protocol::timeline::{Cell, CellParts, CellState, Timeline};
use serde::Serialize;

use crate::wire::wire;

wire! {
    #[derive(Debug, Serialize)]
    pub(crate) struct TimelineView as "Timeline" {
        /// Oldest first. Each begins where the one before ends.
        windows: Vec<WindowView>,
    }
}

wire! {
    /// A window of the schedule.
    #[derive(Debug, Serialize)]
    struct WindowView as "TimelineWindow" {
        /// The half-open span of event time `[from, to)`.
        window: Window,
        /// `before_start`: not exported; `not_due`; `due`: being exported; `stale`: due for longer, and not
        /// sealed; `disabled`: due and not sealed, as the connector is disabled; `gap`: closed and in no
        /// part, which never happens; `blocked`; `waiting`: sealed, and not delivered; `delivered_later`:
        /// more than 15 minutes after the seal; `delivered`; `quiet`: nothing happened, and a heartbeat says
        /// so.
        state: CellState,
        /// When what is not sealed of it is due.
        #[serde(skip_serializing_if = "Option::is_none")]
        due_at: Option<Time>,
        /// Missing before the first part of it is sealed.
        #[serde(skip_serializing_if = "Option::is_none")]
        parts: Option<WindowParts>,
    }
}

wire! {
    /// The parts of a window, in sums.
    #[derive(Debug, Serialize)]
    struct WindowParts {
        /// The number of the first part.
        first: PartNumber,
        /// The number of the last part; those between belong to the window too.
        last: PartNumber,
        events: u64,
        late: u64,
        unreadable: u64,
        /// How many of the parts are not delivered.
        undelivered: u64,
    }
}

impl TimelineView {
    pub(crate) fn of(timeline: Option<&Timeline>) -> Self {
        Self { windows: timeline.into_iter().flat_map(Timeline::cells).map(WindowView::of).collect() }
    }
}

impl WindowView {
    fn of(cell: &Cell) -> Self {
        let parts = cell.parts.map(|parts| {
            let CellParts { first, last, events, late, unreadable, undelivered } = parts;
            WindowParts { first, last, events, late, unreadable, undelivered }
        });
        Self { window: cell.window, state: cell.state, due_at: cell.due_at, parts }
    }
}
