//! The events: a row each, with its proof.

use archive::event;
use archive::fields::{Field, written};
use archive::query::output::Column;
use archive::query::row::Order;
use archive::sha256::Sha256;
use control::explorer::{ProofState, RowAnswer, RowsAnswer};
use maud::{Markup, html};

use super::chart::{Place, series_name};
use super::download;
use super::facets::label;
use super::interval;
use super::links::{LOG, Links};
use super::saved;
use super::view::{Selected, View};
use super::viewer::Archive;
use crate::components::{Tone, mark, number};

/// The longest text of a cell, characters.
const MAX_CELL: usize = 60;

/// The card with the rows and what can be done with them.
pub(super) fn card(place: Place<'_>, archive: &Archive, answer: &RowsAnswer) -> Markup {
    let Place { view, links, .. } = place;
    html! {
        section.card #rows {
            header {
                h2 { "Events" @if let Some(selected) = &view.selected { " " span.quiet { (selected_words(place, selected)) } } }
                (order(view, links))
            }
            div.tools {
                (download::form(place))
                @if !place.is_offline { (saved::form(view, links)) }
                (columns_form(view, links))
            }
            @if answer.rows.is_empty() {
                p { (nothing(view, answer)) }
            } @else {
                (rows(view, links, archive, &answer.rows))
            }
            @if let Some(to) = answer.lag.searched_to {
                p.hint { "Searched back to " (crate::components::date_time(to)) "." }
            }
            nav.pages aria-label="Pages" {
                @if view.cursor.is_some() {
                    @let first = View { cursor: None, ..view.clone() };
                    a href={ (links.to(&first)) "#rows" } { "First page" }
                }
                @if let Some(cursor) = &answer.next_cursor {
                    @let next = View { cursor: Some(cursor.clone()), ..view.clone() };
                    a href={ (links.to(&next)) "#rows" } rel="next" {
                        @if answer.lag.searched_to.is_some() { "Search on" } @else if view.order == Order::Newest { "Older" } @else { "Newer" }
                    }
                }
            }
        }
    }
}

fn selected_words(place: Place<'_>, selected: &Selected) -> String {
    let interval = interval::words(place.chart.interval, place.chart.interval.start(selected.at));
    match &selected.value {
        Some(value) => {
            let value = Some(value.as_str()).filter(|value| !value.is_empty());
            format!("{} on {interval}", series_name(place.chart.by, value))
        }
        None => interval,
    }
}

fn nothing(view: &View, answer: &RowsAnswer) -> &'static str {
    if answer.next_cursor.is_some() {
        "None so far."
    } else if view.filter.terms().is_empty() && view.selected.is_none() {
        "Nothing has happened yet."
    } else {
        "No event matches."
    }
}

fn order(view: &View, links: &Links) -> Markup {
    html! {
        nav.choices aria-label="Order" {
            @for (order, words) in [(Order::Newest, "newest first"), (Order::Oldest, "oldest first")] {
                @let to = View { order, cursor: None, ..view.clone() };
                a href={ (links.to(&to)) "#rows" } aria-current=[(order == view.order).then_some("true")] { (words) }
            }
        }
    }
}

/// The rows as a table.
pub(super) fn rows(view: &View, links: &Links, archive: &Archive, rows: &[RowAnswer]) -> Markup {
    let columns = view.shown_columns();
    html! {
        div.table tabindex="0" role="region" aria-label="Events" {
            table.events {
                caption.hidden { "Events, " @if view.order == Order::Newest { "newest" } @else { "oldest" } " first, times in UTC" }
                thead { tr {
                    @for column in columns { th scope="col" { (heading(column)) } }
                    @if !columns.contains(&Column::Field(Field::Time)) { th scope="col" { "Event" } }
                    th scope="col" { "Proof" }
                } }
                tbody { @for row in rows {
                    @let address = event_address(view, links, archive, row);
                    tr {
                        @for column in columns { (cell(column, row, &address)) }
                        @if !columns.contains(&Column::Field(Field::Time)) { td { a href=(address) { "open" } } }
                        td.nowrap { (proof(row)) }
                    }
                } }
            }
        }
    }
}

fn heading(column: &Column) -> String {
    match column {
        Column::Field(Field::Time) => "Time (UTC)".to_owned(),
        Column::Field(field) => label(*field).to_owned(),
        Column::Path(pointer) => pointer.clone(),
    }
}

fn cell(column: &Column, row: &RowAnswer, address: &str) -> Markup {
    let value = value(column, row);
    html! {
        @match (column, &value) {
            (Column::Field(Field::Time), _) => td.mono.nowrap { a href=(address) { (time(row.time)) } },
            (_, None) => td.quiet { "–" },
            (Column::Field(Field::Outcome), Some(outcome)) => td.nowrap { (self::outcome(outcome)) },
            (Column::Field(Field::Ip | Field::Id | Field::Session), Some(text)) => td.mono { (short(text)) },
            (_, Some(text)) => td { (short(text)) },
        }
    }
}

/// `2023-07-10 12:04:12.803`.
pub(super) fn time(time: archive::time::Time) -> String {
    time.to_string().trim_end_matches('Z').replace('T', " ")
}

/// What a row has in a column.
pub(super) fn value(column: &Column, row: &RowAnswer) -> Option<String> {
    match column {
        Column::Field(Field::Time) => Some(row.time.to_string()),
        Column::Field(field) => row.fields.get(field).cloned(),
        Column::Path(_) => {
            let path = column.path()?;
            let found = event::find(row.event.get().as_bytes(), std::slice::from_ref(&path)).ok()?;
            Some(written(found.last(0)?)?.into_owned())
        }
    }
}

/// A text that fits into a cell, and the whole of it to point at.
fn short(text: &str) -> Markup {
    html! {
        @if text.chars().nth(MAX_CELL).is_some() {
            span title=(text) { (text.chars().take(MAX_CELL).collect::<String>()) "…" }
        } @else {
            (text)
        }
    }
}

/// An outcome: a failure has a shape and a colour.
pub(super) fn outcome(outcome: &str) -> Markup {
    html! {
        @if outcome == "failure" { span.failure { (mark(Tone::Bad)) " failure" } }
        @else if outcome == "unknown" { span.quiet { "unknown" } }
        @else { (outcome) }
    }
}

/// The state of an event's proof, in a word or two.
pub(super) fn proof(row: &RowAnswer) -> Markup {
    let proof = &row.proof;
    let part = proof.part.map(|part| number(part.get())).unwrap_or_default();
    let (tone, words) = match proof.state {
        ProofState::Delivered if proof.signed => (Tone::Good, format!("part {part}")),
        ProofState::Delivered => (Tone::Warn, format!("part {part}, not signed")),
        ProofState::Sealed => (Tone::Warn, format!("part {part}, waits")),
        ProofState::Unsealed => (Tone::Neutral, "not sealed yet".to_owned()),
        ProofState::LetGo => (Tone::Neutral, "no longer kept".to_owned()),
    };
    html! { span.proof.(tone.class()) { (mark(tone)) " " (words) @if proof.late { ", late" } } }
}

/// The page of an event. One in a part is found by its place, any other by its text, which it keeps.
pub(super) fn event_address(view: &View, links: &Links, archive: &Archive, row: &RowAnswer) -> String {
    let place = match (row.proof.part, row.proof.position) {
        (Some(part), Some(position)) => format!("{}.{position}", part.get()),
        _ => Sha256::of(row.event.get().as_bytes()).to_string(),
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("connector", &archive.id.to_string());
    query.append_pair("time", &row.time.to_string());
    query.append_pair("place", &place);
    // The way back.
    let back = view.query();
    if !back.is_empty() {
        query.append_pair("back", &back);
    }
    links.path(&format!("{LOG}/event?{}", query.finish()))
}

/// Which columns are shown.
fn columns_form(view: &View, links: &Links) -> Markup {
    let shown = view.shown_columns();
    let paths: Vec<_> =
        shown.iter().filter(|column| matches!(column, Column::Path(_))).map(Column::to_string).collect();
    html! {
        details.choose {
            summary { "Choose the columns" }
            form method="get" action=(LOG) aria-label="Columns" {
                (links.hidden(view, &["column"]))
                fieldset.columns-choice {
                    legend { "Fields" }
                    @for field in Field::ALL {
                        label.choice {
                            input type="checkbox" name="column" value=(field) checked[shown.contains(&Column::Field(field))];
                            span { (label(field)) }
                        }
                    }
                }
                div.field {
                    label for="columns" { "Other places in the event, one a line" }
                    textarea id="columns" name="columns" rows="3" spellcheck="false" placeholder="/userAgent" { (paths.join("\n")) }
                }
                div.actions { button type="submit" { "Show them" } }
            }
        }
    }
}
