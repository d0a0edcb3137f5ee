//! The chart as a table: the same numbers, each a link to its rows.

use maud::{Markup, html};

use super::Place;
use super::slots::{Series, Slot};
use super::svg::selection;
use super::words::{seal_words, series_name};
use crate::components::number;
use crate::pages::log::interval;

pub(super) fn table(place: Place<'_>) -> Markup {
    let chart = place.chart;
    html! {
        div.table tabindex="0" role="region" aria-label="The chart as a table" {
            table {
                caption { "Each number leads to its events." }
                thead { tr {
                    th scope="col" { (capitalized(interval::name(chart.interval))) }
                    th.number scope="col" { (series_name(chart.by, chart.bars.value())) }
                    @if let Some(line) = &chart.line { th.number scope="col" { (series_name(chart.by, line.value())) } }
                    th scope="col" { "Sealed" }
                    th scope="col" { "Filter" }
                } }
                tbody { @for slot in chart.slots.iter().rev() {
                    tr {
                        th scope="row" { (interval::words(chart.interval, slot.start)) }
                        td.number { (cell(place, slot, slot.bars, &chart.bars)) }
                        @if let Some(line) = &chart.line { td.number { (cell(place, slot, slot.line, line)) } }
                        td { @if let Some(state) = slot.state() { (seal_words(state)) } }
                        td.nowrap {
                            @let words = interval::words(chart.interval, slot.start);
                            @if let Some(address) = chart.keep_only(place, slot) { a href=(address) { "keep only" span.hidden { " " (words) } } }
                            " "
                            @if let Some(address) = chart.exclude(place, slot) { a href=(address) { "exclude" span.hidden { " " (words) } } }
                        }
                    }
                } }
            }
        }
    }
}

fn cell(place: Place<'_>, slot: &Slot, events: u64, series: &Series) -> Markup {
    let selected = place.view.with_selected(selection(place.chart, slot, series), place.chart.interval);
    html! {
        @if !slot.is_counted { "not counted" }
        @else if events == 0 { "0" }
        @else { a href={ (place.to(&selected)) "#rows" } { (number(events)) } }
    }
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
