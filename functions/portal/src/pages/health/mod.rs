//! Health: the first line says whether the log arrives, the second what waits and what would be lost. Then a
//! card for each connector, those in trouble first.
//!
//! A script asks `live` for news. As long as nothing has changed, the answer is empty and costs a read or two
//! of each connector; it never extends the session.

mod block;
pub(crate) mod card;
mod headline;

use std::fmt::Write as _;

use archive::sha256::Sha256;
use archive::time::Time;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use control::onboarding::{ConnectorHealth, ConnectorView};
use maud::{Markup, html};
use ports::ConnectorFilter;
use protocol::connector::State as Stage;
use protocol::health::Health;
use protocol::portal::Ability;
use protocol::timeline::Timeline;

use crate::Portal;
use crate::address::{encode, of_connector};
use crate::connector_state::{name, state_badge};
use crate::error::PageError;
use crate::layout::{ApiTwin, Section, fragment};
use crate::tenant::{OfTenant, Query};
use card::{Card, Heading};
use headline::Headline;

/// The most connectors on the page; a tenant has a few.
const MAX_CONNECTORS: u32 = 100;
/// How many connectors have their timeline here. That of the others is on their own pages, so that this one
/// stays small.
const MAX_TIMELINES: usize = 2;

/// A connector of the page.
struct Entry {
    view: ConnectorView,
    health: ConnectorHealth,
    timeline: Option<Timeline>,
}

/// The first page.
pub(crate) async fn show(State(portal): State<Portal>, of: OfTenant) -> Result<Response, PageError> {
    let mut entries = entries(&portal, &of).await?;
    add_timelines(&portal, &mut entries).await?;
    let headline = Headline::of(&entries, portal.onboarding.clock.now());
    // A script says here what the first line has become.
    let body = html! {
        p.hidden role="status" data-live-status {}
        (live(&portal, &of, &entries, &headline))
    };
    let path = format!("/v1/connectors?tenant={}", encode(of.tenant.as_str()));
    let layout = of.layout(&portal).section(Section::Health).twin(ApiTwin::get(path));
    Ok(layout.page(&headline.title, &body))
}

/// The same without its frame, if something has changed since the state that the script names; else nothing.
pub(crate) async fn news(
    State(portal): State<Portal>,
    of: OfTenant,
    Query(query): Query,
) -> Result<Response, PageError> {
    let mut entries = entries(&portal, &of).await?;
    if query.text("seen") == fingerprint(&entries) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    add_timelines(&portal, &mut entries).await?;
    let headline = Headline::of(&entries, portal.onboarding.clock.now());
    Ok(fragment(&live(&portal, &of, &entries, &headline)))
}

/// The tenant's connectors, those in trouble first.
async fn entries(portal: &Portal, of: &OfTenant) -> Result<Vec<Entry>, PageError> {
    let (onboarding, caller) = (&portal.onboarding, of.visitor.caller());
    let filter = ConnectorFilter { tenant: Some(&of.tenant), ..ConnectorFilter::default() };
    let mut entries = Vec::new();
    for connector in onboarding.list(&caller, filter, None, MAX_CONNECTORS).await? {
        // The list may be older than a deletion.
        let view = onboarding.read(&caller, &connector.id).await?;
        if view.connector.state != Stage::Deleted {
            let health = onboarding.health(&view).await?;
            entries.push(Entry { view, health, timeline: None });
        }
    }
    entries.sort_by_key(|entry| (rank(entry), entry.view.connector.created_at));
    Ok(entries)
}

/// Up to where the bucket has everything.
fn complete_to(health: &ConnectorHealth) -> Option<Time> {
    health.waiting.map(|waiting| waiting.from).or(health.status.sealed_to)
}

async fn add_timelines(portal: &Portal, entries: &mut [Entry]) -> Result<(), PageError> {
    let active = entries.iter_mut().filter(|entry| entry.view.cursor.is_some());
    for entry in active.take(MAX_TIMELINES) {
        entry.timeline = portal.onboarding.timeline_of(&entry.view).await?;
    }
    Ok(())
}

fn rank(entry: &Entry) -> u8 {
    match (entry.view.connector.state, entry.health.status.health) {
        (_, Some(Health::Blocked)) => 0,
        (_, Some(Health::Stale)) => 1,
        (Stage::Paused, _) => 2,
        (Stage::Ready, _) => 3,
        (Stage::Draft, _) => 4,
        (Stage::Active, _) => 5,
        (Stage::Disabled | Stage::Deleted, _) => 6,
    }
}

/// A short text that changes with what the page shows.
fn fingerprint(entries: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { view: ConnectorView { connector, .. }, health, .. } in entries {
        let status = &health.status;
        let attempts = status.block.as_ref().map(|block| (block.attempts, block.since));
        let _ = writeln!(
            text,
            "{} {} {:?} {} {} {:?} {:?}",
            connector.id,
            connector.version,
            status.health,
            status.sealed_parts,
            status.delivered_parts,
            status.next_run_at,
            attempts
        );
    }
    Sha256::of(text.as_bytes()).short()
}

/// The part of the page that the script replaces.
fn live(portal: &Portal, of: &OfTenant, entries: &[Entry], headline: &Headline) -> Markup {
    let news = of.path(&format!("/portal/health/live?seen={}", fingerprint(entries)));
    let new = of.path("/portal/connectors/new");
    let may_set_up = of.visitor.has(Ability::SetUp);
    html! {
        div data-live=(news) {
            div.head {
                h1 { (headline.title) }
                p.quiet {
                    (headline.detail)
                    @if let Some(place) = &headline.place { " " a href={ "#" (place) } { "Go to it" } }
                }
                @if entries.is_empty() && may_set_up {
                    p.actions { a.button.primary href=(new) { "Connect a bucket" } }
                }
            }
            div.stack {
                @if entries.is_empty() { (first_steps(may_set_up)) }
                @for entry in entries {
                    @if entry.view.cursor.is_some() {
                        (Card {
                            portal,
                            visitor: &of.visitor,
                            view: &entry.view,
                            health: &entry.health,
                            timeline: entry.timeline.as_ref(),
                            heading: Heading::Card,
                        }.markup())
                    } @else {
                        (draft(entry, may_set_up))
                    }
                }
            }
        }
    }
}

/// What was begun and not activated yet.
fn draft(entry: &Entry, may_set_up: bool) -> Markup {
    let connector = &entry.view.connector;
    let go_on = match connector.state {
        Stage::Ready => "The connection works. Activate it, and the first file comes at the next full hour.",
        Stage::Draft if connector.destination.is_none() => "The role in your AWS account comes next.",
        Stage::Draft => "The bucket is named. The connection check comes next.",
        _ => "It was never activated.",
    };
    html! {
        section.card id=(connector.id) {
            header {
                h2 { (name(connector)) " " (state_badge(connector, &entry.health.status)) }
                @if may_set_up && matches!(connector.state, Stage::Draft | Stage::Ready) {
                    div.actions { a.button.primary href=(of_connector(&connector.id, "connect")) { "Go on" span.hidden { " with " (name(connector)) } } }
                }
            }
            p { (go_on) }
        }
    }
}

/// The empty page says what the portal is for and what comes next.
fn first_steps(may_set_up: bool) -> Markup {
    html! {
        section.card {
            h2 { "How your audit log gets into your own bucket" }
            ol.steps {
                li { "You create a role in your AWS account that may write to one folder of one bucket. A link fills in everything." }
                li { "We verify it in front of you: every step with its result, and what to do if one fails." }
                li { "From then on each window of your log arrives as a signed file, quiet ones too. This page says whether it does." }
            }
            @if !may_set_up { p.hint { "Your link does not allow you to connect a bucket. Ask whoever sent it for one that does." } }
        }
    }
}
