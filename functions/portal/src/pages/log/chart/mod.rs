//! The chart: one value as bars and another as a line, each with its own scale; below each interval how it is
//! sealed. Every number is a link to its rows.
//!
//! Bars and points are hidden from assistive technology and the tab key, as the cells of the timeline are:
//! the table below has the same numbers as links.

mod scale;
mod slots;
mod svg;
mod table;
mod words;

use archive::query::counts::Interval;
use control::explorer::CountsAnswer;
use maud::{Markup, html};

use super::interval;
use super::links::{LOG, Links};
use super::view::{By, ChartView, View};
use crate::components::number;
pub(crate) use slots::Chart;
use slots::Series;
pub(crate) use words::series_name;

/// The intervals to choose from.
const INTERVALS: [Interval; 3] = [Interval::Hour, Interval::Day, Interval::Week];

/// What every part of the chart needs to make its links.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) view: &'a View,
    pub(crate) chart: &'a Chart,
    pub(crate) links: &'a Links,
    /// Whether it is a copy of a bucket: nothing is kept of what is searched there.
    pub(crate) is_offline: bool,
}

impl Place<'_> {
    /// The address of a state of this page.
    pub(crate) fn to(&self, view: &View) -> String {
        self.links.to(view)
    }
}

/// The figure.
pub(crate) fn figure(place: Place<'_>, answer: &CountsAnswer, fields: &[By]) -> Markup {
    let chart = place.chart;
    html! {
        figure.card.chart aria-labelledby="chart-title" {
            header {
                h2 #chart-title { "Events by " (interval::name(chart.interval)) @if let Some(by) = chart.by.field() { " and " (by) } }
                (intervals(place))
            }
            @if chart.slots.is_empty() {
                p { "Nothing was exported in this time." }
            } @else {
                (legend(chart))
                div.plot {
                    div.scale aria-hidden="true" { (svg::axis(chart.bars_scale(), "100%")) }
                    (svg::plot(place))
                    div.scale.right aria-hidden="true" { @if chart.line.is_some() { (svg::axis(chart.line_scale(), "0")) } }
                }
                (svg::strip_legend(chart))
            }
            figcaption.hint { (words::summary(chart, answer)) }
            (selection(place))
            details {
                summary { "As a table" }
                (table::table(place))
            }
            (form(place, fields))
        }
    }
}

fn intervals(place: Place<'_>) -> Markup {
    html! {
        nav.choices aria-label="Interval" {
            @for interval in INTERVALS {
                @let view = place.view.with_chart(ChartView { interval: Some(interval), ..place.view.chart.clone() });
                a href=(place.to(&view)) aria-current=[(interval == place.chart.interval).then_some("true")] { (interval::name(interval)) }
            }
        }
    }
}

fn legend(chart: &Chart) -> Markup {
    let name = |series: &Series| series_name(chart.by, series.value());
    html! {
        ul.legend {
            li { svg aria-hidden="true" focusable="false" { rect.bar width="100%" height="12" y="2" {} } (name(&chart.bars)) ": " (number(chart.bars_total)) ", left scale" }
            @if let Some(line) = &chart.line {
                li {
                    svg aria-hidden="true" focusable="false" { line.line x1="0" x2="100%" y1="8" y2="8" {} circle.point cx="50%" cy="8" r="3" {} }
                    (name(line)) ": " (number(chart.line_total)) ", right scale"
                }
            }
            @if chart.others > 0 { li.quiet { (number(chart.others)) " others are not drawn" } }
        }
    }
}

/// What is selected, and what can be done with it.
fn selection(place: Place<'_>) -> Markup {
    let selected = place.view.selected.as_ref();
    let slot = selected.and_then(|selected| place.chart.slot(selected.at));
    html! {
        @if let Some(slot) = slot {
            p.selection role="status" {
                strong { (interval::words(place.chart.interval, slot.start)) } " is selected: "
                @if let Some(address) = place.chart.keep_only(place, slot) { a href=(address) { "keep only" } " · " }
                @if let Some(address) = place.chart.exclude(place, slot) { a href=(address) { "exclude" } " · " }
                a href=(place.to(&place.view.first_page())) { "select nothing" }
            }
        }
    }
}

/// Which values are drawn.
fn form(place: Place<'_>, fields: &[By]) -> Markup {
    let chart = place.chart;
    html! {
        details.choose {
            summary { "Choose what is drawn" }
            form method="get" action=(LOG) aria-label="Chart" {
                (place.links.hidden(place.view, &["by", "bars", "line"]))
                input type="hidden" name="was" value=(chart.by.as_str());
                div.fields {
                    div.field {
                        label for="by" { "Split by" }
                        select id="by" name="by" {
                            @for by in fields { option value=(by.as_str()) selected[*by == chart.by] { (by.as_str()) } }
                        }
                    }
                    @if chart.by != By::Nothing {
                        (value_field(chart, "bars", "Bars", Some(&chart.bars)))
                        (value_field(chart, "line", "Line", chart.line.as_ref()))
                    }
                }
                div.actions { button type="submit" { "Draw" } }
            }
        }
    }
}

fn value_field(chart: &Chart, name: &str, label: &str, chosen: Option<&Series>) -> Markup {
    html! {
        div.field {
            label for=(name) { (label) }
            select id=(name) name=(name) {
                @if let Some(missing) = chosen.filter(|chosen| chart.values.iter().all(|(series, _)| series != *chosen)) {
                    option value=(missing.address()) selected { (series_name(chart.by, missing.value())) " (0)" }
                }
                @for (series, events) in &chart.values {
                    option value=(series.address()) selected[chosen == Some(series)] {
                        (series_name(chart.by, series.value())) " (" (number(*events)) ")"
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
