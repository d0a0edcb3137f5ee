//! Answers with one event, found by its time and its place.

use archive::query::filter::Filter;
use archive::query::row::{Order, RowKey};
use archive::query::rows::{Row, Rows};
use archive::query::search::{Budget, Looking, Search};
use archive::sha256::Sha256;
use control::explorer::{EventAnswer, EventPlace, EventRequest, ExplorerError};

use crate::context::Reader;
use crate::fetch::run;
use crate::lag::lag;
use crate::opened::Opened;
use crate::rows::with_proofs;

/// How many events of one instant are compared with a hash.
const MAX_OF_ONE_TIME: usize = 2_000;

impl Reader {
    pub(crate) async fn event(
        &self,
        opened: &Opened,
        request: EventRequest,
    ) -> Result<EventAnswer, ExplorerError> {
        let (after, limit) = match request.place {
            EventPlace::Sealed(part, position) => (Some(before(request, part, position)), 1),
            EventPlace::Text(_) => (None, MAX_OF_ONE_TIME),
        };
        let (snapshot, span) = (self.snapshot(opened), request.span());
        let planned = self.plan(opened, snapshot, span).await?;
        let looking =
            Looking { filter: Filter::default(), span, order: Order::Oldest, budget: Budget::INTERACTIVE };
        let rows = Rows::new(Order::Oldest, limit, after);
        let search = Search::new(&looking, &opened.mapping.fields, planned.scope.clone(), rows);
        let searched = run(opened, search).await?;
        let lag = lag(opened, snapshot, &planned, &searched);
        let page = searched.found.collector.page(searched.found.reach);
        let page = page.map_err(|error| ExplorerError::TooMuch(error.to_string()))?;
        let found = page.rows.into_iter().find(|row| is_at(row, request));
        let found: Vec<Row> = found.into_iter().collect();
        let row = with_proofs(opened, snapshot, &searched.written, found).await?.pop();
        let row = row.ok_or(ExplorerError::NoEvent(request.time))?;
        Ok(EventAnswer { lag, row })
    }
}

/// The last key before this place.
const fn before(request: EventRequest, part: archive::part::PartNumber, position: u64) -> RowKey {
    match position.checked_sub(1) {
        Some(position) => RowKey::sealed(request.time, part, position),
        None => RowKey::sealed(request.time, part.previous(), u64::MAX),
    }
}

fn is_at(row: &Row, request: EventRequest) -> bool {
    match request.place {
        EventPlace::Sealed(part, position) => row.key == RowKey::sealed(request.time, part, position),
        EventPlace::Text(hash) => Sha256::of(&row.event) == hash,
    }
}
