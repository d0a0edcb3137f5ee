//! Answers with rows, each with its proof.

use std::collections::BTreeMap;

use archive::event;
use archive::fields::{EventFields, Field};
use archive::part::Part;
use archive::query::cursor::{Cursor as RowCursor, Question, Snapshot};
use archive::query::row::{Origin, TableKey};
use archive::query::rows::{Row, Rows, remaining};
use archive::query::search::{Budget, Looking, Search};
use archive::time::Time;
use control::explorer::{
    ExplorerError, MAX_ROWS, ProofState, RowAnswer, RowProof, RowsAnswer, RowsRequest, USUAL_ROWS,
};
use ports::PortError;
use serde_json::value::RawValue;

use crate::context::Reader;
use crate::fetch::run;
use crate::lag::lag;
use crate::mapping::invalid;
use crate::opened::Opened;
use crate::span::span_of;

/// The longest value beside an event, characters; the event has it whole.
const MAX_VALUE_CHARS: usize = 512;

impl Reader {
    pub(crate) async fn rows(
        &self,
        opened: &Opened,
        request: &RowsRequest,
    ) -> Result<RowsAnswer, ExplorerError> {
        let asked = span_of(request.from, request.to)?;
        let limit = request.limit.unwrap_or(USUAL_ROWS);
        if !(1..=MAX_ROWS).contains(&limit) {
            return Err(invalid(format!("limit must be from 1 to {MAX_ROWS}")));
        }
        let question =
            Question::new(&opened.connector.id, opened.mapping_hash, &request.filter, asked, request.order);
        let cursor = request.cursor.as_deref().map(|text| RowCursor::parse(text, question));
        let cursor = cursor.transpose().map_err(invalid)?;
        let snapshot = cursor.as_ref().map_or_else(|| self.snapshot(opened), |cursor| cursor.snapshot);
        let after = cursor.map(|cursor| cursor.after);
        let span = remaining(asked, request.order, after.as_ref());
        let planned = self.plan(opened, snapshot, asked.intersect(request.filter.span())).await?;
        let looking = Looking {
            filter: request.filter.clone(),
            span,
            order: request.order,
            budget: Budget::INTERACTIVE,
        };
        let rows = Rows::new(request.order, usize::try_from(limit).unwrap_or(usize::MAX), after);
        let search = Search::new(&looking, &opened.mapping.fields, planned.scope.clone(), rows);
        let searched = run(opened, search).await?;
        let lag = lag(opened, snapshot, &planned, &searched);
        let found = searched.found;
        let page = found.collector.page(found.reach);
        let page = page.map_err(|error| ExplorerError::TooMuch(error.to_string()))?;
        let rows = with_proofs(opened, snapshot, &searched.written, page.rows).await?;
        let next_cursor = page.next.map(|after| RowCursor::new(snapshot, after, question).text());
        let mut lag = lag;
        lag.searched_to = page.searched_to;
        Ok(RowsAnswer { lag, rows, next_cursor })
    }
}

/// The rows, each with its proof. `written` has the time of writing of each event of the table: what was
/// written before the watermark was sealed, and its part is let go.
pub(crate) async fn with_proofs(
    opened: &Opened,
    snapshot: Snapshot,
    written: &BTreeMap<TableKey, Time>,
    rows: Vec<Row>,
) -> Result<Vec<RowAnswer>, PortError> {
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        let proof = match &row.key.origin {
            Origin::Sealed(number, position) => {
                opened.part(*number).await?.map(|part| sealed(opened, &part, *position))
            }
            Origin::Table(key) => {
                let is_let_go = written.get(key).is_some_and(|written| *written < snapshot.watermark);
                Some(unproved(if is_let_go { ProofState::LetGo } else { ProofState::Unsealed }))
            }
            Origin::Before | Origin::After => None,
        };
        answers.push(answer(
            &opened.mapping.fields,
            row,
            proof.unwrap_or_else(|| unproved(ProofState::LetGo)),
        )?);
    }
    Ok(answers)
}

/// What only the events table has.
const fn unproved(state: ProofState) -> RowProof {
    RowProof { state, part: None, position: None, window: None, name: None, signed: false, late: false }
}

/// The proof of an event in a part. The events of a part are in the order of their keys, so late ones are its
/// first.
fn sealed(opened: &Opened, part: &Part, position: u64) -> RowProof {
    let is_delivered = part.number <= opened.cursor.delivered || part.delivered_at.is_some();
    RowProof {
        state: if is_delivered { ProofState::Delivered } else { ProofState::Sealed },
        part: Some(part.number),
        position: Some(position),
        window: Some(part.window),
        name: Some(part.name()),
        signed: part.manifest.is_some(),
        late: position < part.late,
    }
}

fn answer(fields: &EventFields, row: Row, proof: RowProof) -> Result<RowAnswer, PortError> {
    let bug = |error: Box<dyn std::error::Error + Send + Sync>| PortError::bug("reading an event", error);
    let mut values = BTreeMap::new();
    if let Ok(found) = event::find(&row.event, fields.paths()) {
        let reading = fields.read(&found);
        for field in Field::ALL.into_iter().filter(|field| *field != Field::Time) {
            if let Some(text) = reading.text(field) {
                values.insert(field, text.chars().take(MAX_VALUE_CHARS).collect());
            }
        }
    }
    let event = String::from_utf8(row.event).map_err(|error| bug(error.into()))?;
    let event = RawValue::from_string(event).map_err(|error| bug(error.into()))?;
    Ok(RowAnswer { time: row.key.time, fields: values, event, proof })
}
