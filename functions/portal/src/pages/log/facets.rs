//! The values of fields, with how many events have each: to keep only them, or to exclude them.
//!
//! Most filters are answered by indexes at once. What takes longer is not waited for: the page comes without
//! it, and a script, or a click, gets it.

use std::time::Duration;

use archive::fields::Field;
use archive::query::filter::Term;
use axum::response::Response;
use control::explorer::{AskError, FacetsAnswer, FacetsRequest, ValueCount};
use control::portal_events::PortalEvents;
use futures_util::future::{Either, select};
use maud::{Markup, html};

use super::links::Links;
use super::view::{By, View};
use super::viewer::{Archive, Viewer};
use crate::components::{count, number};
use crate::error::{PageError, sentence};
use crate::layout::fragment;
use crate::tenant::Query;

/// How long a page waits for them.
const PATIENCE: Duration = Duration::from_millis(1_200);
/// How many values of each are shown.
const VALUES: u32 = 8;
/// How many more are shown on the way to a choice: all that one answer may have is too many for a page.
const MORE_VALUES: u32 = 40;
/// Categories come first, for whoever doesn't know the names of actions.
const FIELDS: [Field; 5] = [Field::Outcome, Field::Category, Field::Action, Field::Actor, Field::Ip];
/// What says nothing of persons.
const FIELDS_OF_COUNTS: [Field; 3] = [Field::Outcome, Field::Category, Field::Action];

/// By what a chart can be split.
pub(crate) const SPLITS: [By; 7] = [
    By::Field(Field::Outcome),
    By::Field(Field::Category),
    By::Field(Field::Action),
    By::Field(Field::Actor),
    By::Field(Field::Target),
    By::Field(Field::Ip),
    By::Nothing,
];
/// The same where only counts are shown.
pub(crate) const SPLITS_OF_COUNTS: [By; 4] =
    [By::Field(Field::Outcome), By::Field(Field::Category), By::Field(Field::Action), By::Nothing];

/// The facets of a page.
pub(crate) enum Facets {
    /// They are counted.
    Counted(Box<FacetsAnswer>),
    /// They take longer than a page waits.
    Later,
    /// They were refused, or the reader gave no answer.
    Refused(String),
}

/// Asks for them. Unless the page says that it waits, it does not wait long.
pub(crate) async fn ask(viewer: &Viewer, archive: &Archive, view: &View) -> Facets {
    let is_counts = viewer.shown == PortalEvents::Counts;
    let fields = if is_counts { FIELDS_OF_COUNTS.to_vec() } else { FIELDS.to_vec() };
    let limit = Some(if view.waits { MORE_VALUES } else { VALUES });
    let request = FacetsRequest { filter: view.filter.clone(), from: None, to: None, fields, limit };
    let asker = viewer.asker(archive);
    let answer = Box::pin(viewer.explorer.facets(&asker, request));
    let answer = if view.waits {
        answer.await
    } else {
        match select(answer, viewer.clock.sleep(PATIENCE)).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => return Facets::Later,
        }
    };
    match answer {
        Ok(answer) => Facets::Counted(Box::new(answer)),
        Err(AskError::Refused(refusal)) => Facets::Refused(sentence(&refusal.detail)),
        Err(AskError::Port(error)) => {
            tracing::warn!(cause = error.chain(), "facets could not be counted");
            Facets::Refused("They could not be counted just now.".to_owned())
        }
    }
}

/// The panel alone, for a script.
pub(crate) async fn show(viewer: Viewer, Query(query): Query) -> Result<Response, PageError> {
    let view = View { waits: true, ..View::parse(&query) };
    let archive = viewer.archive(view.connector.as_ref()).ok_or(PageError::NotFound)?;
    let facets = ask(&viewer, archive, &view).await;
    Ok(fragment(&panel(&facets, &view, &viewer.links())))
}

/// The panel.
pub(super) fn panel(facets: &Facets, view: &View, links: &Links) -> Markup {
    let waiting = View { waits: true, ..view.clone() };
    html! {
        section.card.facets aria-label="Values" data-load=[matches!(facets, Facets::Later).then(|| links.path(&waiting.address("/portal/log/facets")))] {
            @match facets {
                Facets::Refused(why) => p.quiet { (why) },
                Facets::Later => p.quiet { "Counting the values takes some seconds. " a href=(links.to(&waiting)) { "Count them" } },
                Facets::Counted(answer) => {
                    @if answer.total == 0 { p.quiet { "No event has any." } }
                    @for facet in &answer.facets {
                        @if !facet.values.is_empty() {
                            div.facet {
                                h2 { (label(facet.field)) }
                                ul {
                                    @let greatest = facet.values.iter().map(|value| value.events).max().unwrap_or(1);
                                    @for value in &facet.values { (entry(facet.field, value, greatest, view, links)) }
                                }
                                @if facet.others > 0 {
                                    p.hint {
                                        (number(facet.others)) " others, " (count(facet.different, "value"))
                                        @if !view.waits { ": " a href=(links.to(&waiting)) { "more" span.hidden { " values of " (facet.field) } } }
                                    }
                                }
                            }
                        }
                    }
                    @if let Some(to) = answer.lag.searched_to {
                        p.hint { "Counted back to " (crate::components::date_time(to)) "." }
                    }
                },
            }
        }
    }
}

/// A value: keeps only it, or excludes it.
fn entry(field: Field, value: &ValueCount, greatest: u64, view: &View, links: &Links) -> Markup {
    let term = Term::is(field, value.value.as_deref());
    let with =
        |term: Term| view.filter.clone().with(term).ok().map(|filter| links.to(&view.with_filter(filter)));
    let (keep, exclude) = (term.clone().and_then(with), term.and_then(|term| with(!term)));
    let none = format!("no {field}");
    let name = value.value.as_deref().unwrap_or(&none);
    let share = format!("{:.1}%", share(value.events, greatest));
    html! {
        li {
            @match keep {
                Some(address) => a.value href=(address) title=(name) { (name) },
                None => span.value title=(name) { (name) },
            }
            span.number { (number(value.events)) }
            @if let Some(address) = exclude {
                a.exclude href=(address) title="Exclude" { span aria-hidden="true" { "−" } span.hidden { "Exclude " (name) } }
            }
            svg aria-hidden="true" focusable="false" { rect width=(share) height="4" {} }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "it is a length on the screen")]
fn share(events: u64, greatest: u64) -> f64 {
    events as f64 / greatest.max(1) as f64 * 100.0
}

/// What people call a field.
pub(super) const fn label(field: Field) -> &'static str {
    match field {
        Field::Time => "Time",
        Field::Id => "ID",
        Field::Action => "Action",
        Field::Category => "Category",
        Field::Actor => "Actor",
        Field::Session => "Session",
        Field::Target => "Target",
        Field::Outcome => "Outcome",
        Field::Ip => "Address",
        Field::Tenant => "Tenant",
    }
}
