//! The card of a connector that exports or did: its state, its figures, what waits, its block, its timeline.

use archive::frequency::Frequency;
use archive::part::Part;
use control::onboarding::{ConnectorHealth, ConnectorView};
use control::portal::Visitor;
use maud::{Markup, html};
use protocol::connector::{Connector, State};
use protocol::health::{Health, Status};
use protocol::portal::Ability;
use protocol::timeline::{CellState, Timeline};

use super::block::block;
use super::complete_to;
use crate::Portal;
use crate::address::{of_connector, of_part};
use crate::components::{Tone, count, date_time, mark, number, size};
use crate::connector_state::{name, state_badge};
use crate::frequency::every;
use crate::pages::operate::actions::keyed;
use crate::pages::timeline;

/// A card and what it shows.
pub(crate) struct Card<'a> {
    pub(crate) portal: &'a Portal,
    pub(crate) visitor: &'a Visitor,
    pub(crate) view: &'a ConnectorView,
    pub(crate) health: &'a ConnectorHealth,
    pub(crate) timeline: Option<&'a Timeline>,
    pub(crate) heading: Heading,
}

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heading {
    /// Among others: it has its name, which leads to the connector's page.
    Card,
    /// On the connector's own page, which has the name on top.
    Page,
}

impl Card<'_> {
    pub(crate) fn markup(&self) -> Markup {
        let (connector, status) = (&self.view.connector, &self.health.status);
        let tone = match status.health {
            Some(Health::Blocked | Health::Stale) => "bad",
            _ => "",
        };
        html! {
            section.card.(tone) id=(connector.id) aria-label=[(self.heading == Heading::Page).then_some("Health")] {
                @if self.heading == Heading::Card { (self.header()) }
                @if let Some(problem) = &status.block { (block(self, problem)) }
                (self.facts())
                (self.waiting())
                @if let Some(timeline) = self.timeline {
                    (timeline::figure(&connector.id, timeline, connector.frequency == Frequency::HOURLY))
                } @else if self.heading == Heading::Card {
                    p { a href=(of_connector(&connector.id, "")) { "The last 14 days of " (name(connector)) } }
                }
            }
        }
    }

    fn header(&self) -> Markup {
        let (connector, status) = (&self.view.connector, &self.health.status);
        html! {
            header {
                div {
                    h2 {
                        a href=(of_connector(&connector.id, "")) { (name(connector)) }
                        " " (state_badge(connector, status))
                    }
                    p.quiet { (settings_in_short(connector)) }
                }
                (self.actions())
            }
        }
    }

    fn actions(&self) -> Markup {
        let (connector, status) = (&self.view.connector, &self.health.status);
        html! {
            div.actions {
                @if self.visitor.has(Ability::Operate) {
                    @if connector.state == State::Active && status.block.is_none() {
                        (keyed(connector, status, "run", "Send now", ""))
                    }
                    a.button href=(of_connector(&connector.id, "settings")) { "Settings" }
                }
            }
        }
    }

    fn facts(&self) -> Markup {
        let (connector, status) = (&self.view.connector, &self.health.status);
        let has_gap = self.timeline.is_some_and(|it| it.cells().any(|cell| cell.state == CellState::Gap));
        html! {
            dl.facts.big {
                div { dt { "Last file" } dd { (last_file(connector, self.health.last.as_ref())) } }
                div { dt { "Next file" } dd { (next_file(connector, status)) } }
                div { dt { "Complete up to" } dd { @if let Some(to) = complete_to(self.health) { (date_time(to)) } @else { "–" } } }
                div {
                    dt { "Signed chain" }
                    dd {
                        a href=(of_connector(&connector.id, "exports")) { (number(status.delivered_parts)) " of " (number(status.sealed_parts)) }
                        " "
                        @if has_gap { small { (mark(Tone::Bad)) " a file is missing" } }
                        @else if status.sealed_parts > 0 { small { (mark(Tone::Good)) " no gap" } }
                    }
                }
            }
        }
    }

    /// What waits, why, and from which time events would be lost.
    fn waiting(&self) -> Markup {
        let (connector, status) = (&self.view.connector, &self.health.status);
        let text = match (connector.state, status.health) {
            (State::Disabled, _) => {
                "It is disabled: nothing is read and nothing is delivered. Everything is kept for 30 days from then."
            }
            (_, Some(Health::Stale)) => "A file is due and not there yet. The vendor is notified.",
            (State::Paused, _) => "It is paused: your events are sealed on schedule, and their files wait.",
            _ => "",
        };
        let loss = self.health.loss.map(protocol::loss_forecast::Loss::from);
        html! {
            @if self.health.waiting.is_some() || loss.is_some() || !text.is_empty() {
                div.waiting {
                    @if !text.is_empty() { p { (text) } }
                    @if let Some(waiting) = self.health.waiting {
                        p {
                            a href=(of_connector(&connector.id, "exports?kind=waiting")) { (count(waiting.parts, "file")) }
                            @if waiting.parts == 1 { " waits" } @else { " wait" }
                            " since " (date_time(waiting.since)) ", with events from " (date_time(waiting.from)) " on."
                        }
                    }
                    @if let Some(loss) = &loss {
                        p.quiet {
                            @match loss.lost_from {
                                None => (loss.why),
                                Some(from) => {
                                    strong { "From " (date_time(from)) " on events would be lost" }
                                    " if nobody fixes it: what is in no file yet expires in the vendor's table then."
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `every hour · JSON, gzip · eu-central-1`.
pub(crate) fn settings_in_short(connector: &Connector) -> String {
    let region = connector.destination.s3().map(|to| format!(" · {}", to.region)).unwrap_or_default();
    format!("{} · {}{region}", every(connector.frequency), encoding(connector))
}

/// `JSON`, `NDJSON, gzip`.
pub(crate) fn encoding(connector: &Connector) -> String {
    let format = connector.encoding.format.as_str().to_uppercase();
    match connector.encoding.compression {
        archive::part::Compression::None => format,
        compression => format!("{format}, {}", compression.as_str()),
    }
}

fn last_file(connector: &Connector, last: Option<&Part>) -> Markup {
    let Some(part) = last else { return html! { "none yet" } };
    html! {
        a href=(of_part(&connector.id, part.number)) {
            (date_time(part.delivered_at.unwrap_or(part.sealed_at)))
        }
        small.line {
            @if part.events == 0 { "quiet, " } @else { (count(part.events, "event")) ", " }
            (size(part.size))
        }
    }
}

fn next_file(connector: &Connector, status: &Status) -> Markup {
    html! {
        @match (connector.state, status.next_run_at) {
            (State::Active, Some(next)) if status.block.is_none() => (date_time(next)),
            (State::Active, _) => "after the fix",
            (State::Paused, _) => "after the pause",
            _ => "none",
        }
    }
}
