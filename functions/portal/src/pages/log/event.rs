//! One event: its fields, its JSON, where it is proved, and what the same people did around it.

use std::time::Duration;

use archive::fields::{Field, written};
use archive::names::ConnectorId;
use archive::query::filter::{Filter, Term};
use archive::query::output::Column;
use archive::query::row::Order;
use archive::sha256::Sha256;
use archive::time::Time;
use axum::response::Response;
use control::explorer::{Asker, EventAnswer, EventPlace, EventRequest, ProofState, RowAnswer, RowsRequest};
use control::portal_events::PortalEvents;
use futures_util::future::{join, join_all};
use maud::{Markup, html};

use super::facets::label;
use super::json::{Leaf, leaves, pretty};
use super::links::Links;
use super::table;
use super::view::View;
use super::viewer::{Archive, Viewer};
use crate::address::of_part;
use crate::components::{Tone, copyable, full_time, notice, number};
use crate::error::PageError;
use crate::form::Form;
use crate::tenant::Query;

/// How many places of an event are listed; its JSON has all of them.
const MAX_PLACES: usize = 200;
/// The longest value of a place that can become a filter, characters.
const MAX_FILTER_VALUE: usize = 300;
/// How far around an event its neighbours are looked for, and how many of them are shown on each side.
const AROUND: Duration = Duration::from_mins(30);
const NEIGHBOURS: usize = 3;
/// How many events of a side are looked at.
const LOOKED_AT: u32 = 10;
/// The longest value of a field that the reader does not cut, characters.
const MAX_FIELD_VALUE: usize = 510;

/// By what neighbours are found.
const SAME: [Field; 3] = [Field::Actor, Field::Ip, Field::Session];

/// The page.
pub(crate) async fn show(viewer: Viewer, Query(query): Query) -> Result<Response, PageError> {
    let connector = query.text("connector").parse::<ConnectorId>().ok();
    let archive = viewer.archive(connector.as_ref()).ok_or(PageError::NotFound)?;
    let request = request(&query).ok_or(PageError::NotFound)?;
    let asker = viewer.asker(archive);
    let EventAnswer { row, .. } = *viewer.explorer.event(&asker, request).await?;
    let around = neighbours(&viewer, &asker, &row).await;
    let (links, back) = (viewer.links(), View::parse(&Form::parse(query.text("back").as_bytes())));
    let view = View { connector: connector.clone(), ..View::default() };
    let of = Of { viewer: &viewer, archive, view: &view, links: &links };
    let title = row.fields.get(&Field::Action).map_or("An event", String::as_str);
    let body = html! {
        div.head {
            p { a href=(links.to(&back)) { "Back to the events" } }
            h1 { (title) }
            p.quiet { (full_time(row.time)) @if let Some(actor) = row.fields.get(&Field::Actor) { " by " (actor) } }
        }
        div.columns {
            div.stack {
                (fields(&row, &of))
                (json(&row))
            }
            div.stack {
                (proof(&row, &of))
                (neighbourhood(&row, &around, &of))
            }
        }
        div.stack.after { (places(&row, &of)) }
    };
    Ok(viewer.layout().page(title, &body))
}

/// What the sections share.
struct Of<'a> {
    viewer: &'a Viewer,
    archive: &'a Archive,
    view: &'a View,
    links: &'a Links,
}

impl Of<'_> {
    /// The events that pass a term; `None` if there is no such filter.
    fn events_with(&self, term: Option<Term>) -> Option<String> {
        let filter = Filter::default().with(term?).ok()?;
        Some(self.links.to(&self.view.with_filter(filter)))
    }
}

fn request(query: &Form) -> Option<EventRequest> {
    let time = query.text("time").parse::<Time>().ok()?;
    let place = match query.text("place").split_once('.') {
        Some((part, position)) => {
            EventPlace::Sealed(archive::part::PartNumber::new(part.parse().ok()?), position.parse().ok()?)
        }
        None => EventPlace::Text(Sha256::try_from(query.text("place").to_owned()).ok()?),
    };
    Some(EventRequest { time, place })
}

fn fields(row: &RowAnswer, of: &Of<'_>) -> Markup {
    html! {
        section.card {
            h2 { "What happened" }
            dl.rows {
                @for field in Field::ALL {
                    @if field == Field::Time {
                        dt { "Time" } dd.mono { (table::time(row.time)) " UTC" }
                    } @else if let Some(value) = row.fields.get(&field) {
                        dt { (label(field)) }
                        dd {
                            @if field == Field::Outcome { (table::outcome(value)) } @else { (value) }
                            @if let Some(address) = of.events_with(filterable(field, row)) {
                                " " a.small href=(address) { "all with it" span.hidden { ": " (label(field)) " " (value) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn json(row: &RowAnswer) -> Markup {
    html! {
        section.card {
            h2 { "The event as it was exported" }
            (copyable("the event", &pretty(row.event.get())))
        }
    }
}

/// Where it is proved, and how anyone can check that.
fn proof(row: &RowAnswer, of: &Of<'_>) -> Markup {
    let proof = &row.proof;
    html! {
        section.card.proof-card {
            h2 { "Proof" }
            p { (table::proof(row)) }
            @match proof.state {
                ProofState::Unsealed => p { "It is in no file yet. The next export seals it, and signs that it was there." },
                ProofState::LetGo => p { "Its file is no longer kept here, and your bucket has it. What you see is what the vendor's table still has." },
                _ if !proof.signed => p { "No signed manifest names its file, so nothing proves that it is unchanged." },
                ProofState::Sealed => p { "It is sealed in a signed file, which can't change any more, and which waits for its delivery." },
                ProofState::Delivered => p { "It is in a file in " @if of.viewer.is_offline() { "this copy" } @else { "your bucket" } ". The file's signed manifest names its hash, so nobody can change, remove or add an event unseen." },
            }
            dl.rows {
                @if let Some(part) = proof.part {
                    dt { "Part" }
                    dd {
                        @if of.viewer.is_offline() { (number(part.get())) }
                        @else { a href=(of_part(&of.archive.id, part)) { (number(part.get())) } }
                        @if let Some(position) = proof.position { ", event " (number(position + 1)) " in it" }
                    }
                }
                @if let Some(window) = proof.window {
                    dt { "Window" }
                    dd { (full_time(window.from)) " to " (full_time(window.to)) }
                }
                @if let Some(name) = &proof.name {
                    dt { "File" }
                    dd.mono { (name) }
                }
                dt { "SHA-256 of the event" }
                dd.mono { (Sha256::of(row.event.get().as_bytes())) }
            }
            @if proof.late { (notice(Tone::Neutral, &html! { p { "It was found later than its window, so it is in a later file. That file's manifest counts it as late." } })) }
            @if !of.viewer.is_offline() { p { a href=(of.links.path("/portal/proof")) { "How to check a copy of your bucket" } } }
        }
    }
}

/// What the same actor, address or session did before and after it.
struct Around {
    field: Field,
    /// The nearest before it and the nearest after it, in order of time; `None` if they could not be read.
    sides: Option<(Vec<RowAnswer>, Vec<RowAnswer>)>,
}

async fn neighbours(viewer: &Viewer, asker: &Asker, row: &RowAnswer) -> Vec<Around> {
    if viewer.shown != PortalEvents::Events {
        return Vec::new();
    }
    let questions = SAME.into_iter().filter_map(|field| {
        let filter = Filter::default().with(filterable(field, row)?).ok()?;
        let rows = move |from, to, order| RowsRequest {
            filter: filter.clone(),
            from: Some(from),
            to: Some(to),
            order,
            // The event itself, and others of its time, may be among them.
            limit: Some(LOOKED_AT),
            cursor: None,
        };
        let before = rows(row.time - AROUND, row.time, Order::Newest);
        let after = rows(row.time, row.time + AROUND, Order::Oldest);
        Some(async move {
            let explorer = &viewer.explorer;
            let (before, after) = join(explorer.rows(asker, before), explorer.rows(asker, after)).await;
            let sides = before.ok().zip(after.ok()).map(|(before, after)| {
                let mut before: Vec<_> = before.rows.into_iter().take(NEIGHBOURS).collect();
                before.reverse();
                let after = after.rows.into_iter().filter(|other| !is_same(row, other));
                (before, after.take(NEIGHBOURS).collect())
            });
            Around { field, sides }
        })
    });
    join_all(questions).await
}

/// The term of a field's value. One that is as long as a value can be may be cut.
fn filterable(field: Field, row: &RowAnswer) -> Option<Term> {
    let value = row.fields.get(&field)?;
    value.chars().nth(MAX_FIELD_VALUE).is_none().then(|| Term::is(field, Some(value)))?
}

fn neighbourhood(row: &RowAnswer, around: &[Around], of: &Of<'_>) -> Markup {
    html! {
        section.card {
            h2 { "Around it" }
            @if around.is_empty() { p { "It names no actor, address or session." } }
            @for Around { field, sides } in around {
                @let value = row.fields.get(field).map(String::as_str).unwrap_or_default();
                div.neighbours {
                    h3 { (label(*field)) " " (value) }
                    @if let Some((before, after)) = sides {
                        ol.plain {
                            @for other in before { (neighbour(other, of)) }
                            li { strong { (crate::components::hour(row.time)) " " (action(row)) } " " span.quiet { "this event" } }
                            @for other in after { (neighbour(other, of)) }
                        }
                    } @else {
                        p.quiet { "They could not be read just now." }
                    }
                    @if let Some(address) = of.events_with(filterable(*field, row)) { a href=(address) { "All of this " (label(*field).to_lowercase()) } }
                }
            }
        }
    }
}

fn neighbour(other: &RowAnswer, of: &Of<'_>) -> Markup {
    html! {
        li {
            a href=(table::event_address(of.view, of.links, of.archive, other)) { (crate::components::hour(other.time)) " " (action(other)) }
            " " (table::outcome(other.fields.get(&Field::Outcome).map(String::as_str).unwrap_or_default()))
        }
    }
}

fn is_same(row: &RowAnswer, other: &RowAnswer) -> bool {
    row.time == other.time && row.proof == other.proof && row.event.get() == other.event.get()
}

fn action(row: &RowAnswer) -> &str {
    row.fields.get(&Field::Action).map_or("an event", String::as_str)
}

/// Every place of the event with its value: to keep only it, to exclude it, or to make it a column.
fn places(row: &RowAnswer, of: &Of<'_>) -> Markup {
    let (found, has_more) = leaves(row.event.get(), MAX_PLACES);
    html! {
        section.card {
            details {
                summary { "Every place in it, to filter by" }
                div.table tabindex="0" role="region" aria-label="Places" {
                    table {
                        thead { tr { th scope="col" { "Place" } th scope="col" { "Value" } th scope="col" { "Events with it" } } }
                        tbody { @for leaf in &found { (place(leaf, of)) } }
                    }
                }
                @if has_more { p.hint { "The event has more places than the first " (number(MAX_PLACES as u64)) "; its JSON has all." } }
            }
        }
    }
}

fn place(leaf: &Leaf<'_>, of: &Of<'_>) -> Markup {
    let pointer = leaf.path.pointer();
    let value = written(leaf.token);
    let shown = value.as_deref().unwrap_or(leaf.token);
    let is_short = shown.chars().nth(MAX_FILTER_VALUE).is_none();
    let term = is_short.then(|| Term::is_at(leaf.path.clone(), value.as_deref()));
    let column = pointer.parse::<Column>().ok();
    html! {
        tr {
            th.mono scope="row" { (pointer) }
            td { (shown.chars().take(MAX_FILTER_VALUE).collect::<String>()) @if !is_short { "…" } }
            td.nowrap {
                @if let Some(address) = of.events_with(term.clone()) { a href=(address) { "keep only" span.hidden { " " (pointer) } } }
                " "
                @if let Some(address) = of.events_with(term.map(|term| !term)) { a href=(address) { "exclude" span.hidden { " " (pointer) } } }
                " "
                @if let Some(column) = column {
                    @let columns = Column::DEFAULT.into_iter().chain([column]).collect();
                    a href=(of.links.to(&View { columns, ..of.view.clone() })) { "as a column" span.hidden { ": " (pointer) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_named_by_its_place_or_by_its_text() {
        let of = |query: &str| request(&Form::parse(query.as_bytes()));
        let sealed = of("time=2023-07-10T12:00:00Z&place=42.17").unwrap();
        assert_eq!(sealed.place, EventPlace::Sealed(archive::part::PartNumber::new(42), 17));
        let hash = Sha256::of(b"{}");
        assert_eq!(
            of(&format!("time=2023-07-10T12:00:00Z&place={hash}")).unwrap().place,
            EventPlace::Text(hash)
        );
        for bad in [
            "",
            "time=now&place=1.1",
            "time=2023-07-10T12:00:00Z&place=1",
            "time=2023-07-10T12:00:00Z&place=1.x",
        ] {
            assert!(of(bad).is_none(), "{bad}");
        }
    }
}
