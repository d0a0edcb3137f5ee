//! Shows what the mapping finds in the newest events, and what it does not.

use archive::fields::coverage;
use archive::query::search::Spent;
use control::explorer::{ExplorerError, FieldAnswer, FieldsAnswer, Lag, ValueCount};

use crate::context::Reader;
use crate::opened::Opened;
use crate::table::newest_events;

impl Reader {
    pub(crate) async fn show_fields(&self, opened: &Opened) -> Result<FieldsAnswer, ExplorerError> {
        let snapshot = self.snapshot(opened);
        let now = self.clock.now();
        let sample = newest_events(&opened.session, &opened.connector, opened.cursor.since, now).await?;
        let events = sample.events.iter().map(|(_, _, event)| &**event);
        let coverage = coverage(&opened.mapping.fields, events);
        let fields = coverage.fields.into_iter().map(|field| FieldAnswer {
            field: field.field,
            paths: field.paths,
            events: field.mapped,
            examples: field.examples,
        });
        let unmapped = coverage.unmapped.into_iter();
        let unmapped = unmapped.map(|name| ValueCount { value: Some(name.name), events: name.events });
        Ok(FieldsAnswer {
            lag: Lag {
                connector: opened.connector.id.clone(),
                complete_to: snapshot.watermark,
                read_to: now,
                unsealed_from: sample.cut_at,
                let_go_from: None,
                searched_to: None,
                not_indexed_before: None,
                kept_from: None,
                let_go_before: None,
                missing: Vec::new(),
                cost: Spent::default(),
            },
            source: opened.mapping.origin.as_str().to_owned(),
            preset: opened.mapping.preset.clone(),
            events: coverage.events,
            fields: fields.collect(),
            unmapped: unmapped.collect(),
        })
    }
}
