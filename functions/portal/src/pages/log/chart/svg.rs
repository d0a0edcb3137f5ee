//! The drawing. Horizontal places are shares of the width, vertical ones pixels, so that it fits any screen
//! without scaling its texts.

use std::fmt::Write as _;

use control::explorer::SealState;
use maud::{Markup, PreEscaped, html};

use super::Place;
use super::scale::Scale;
use super::slots::{Chart, Series, Slot};
use super::words::{seal_words, series_name, title};
use crate::components::number;
use crate::pages::log::interval;
use crate::pages::log::view::Selected;

/// The height of the plot, and of what is above it for the number at the peak.
const HEIGHT: f64 = 180.0;
const ABOVE: f64 = 18.0;
/// The most labels below.
const LABELS: usize = 12;
/// The share of an interval that its bar takes.
const BAR: f64 = 0.72;

/// Where the intervals are, in shares of the width.
struct Places {
    width: f64,
}

#[expect(clippy::cast_precision_loss, reason = "they are positions on the screen")]
impl Places {
    fn of(chart: &Chart) -> Self {
        Self { width: 100.0 / chart.slots.len().max(1) as f64 }
    }

    fn start(&self, index: usize) -> f64 {
        self.width * index as f64
    }

    fn middle(&self, index: usize) -> f64 {
        self.width * (index as f64 + 0.5)
    }
}

/// The numbers beside the plot.
pub(super) fn axis(scale: Scale, x: &str) -> Markup {
    html! {
        svg focusable="false" {
            @for tick in scale.ticks() {
                text x=(x) y=(format!("{:.1}", y(scale.share(tick)) + 4.0)) { (short(tick)) }
            }
        }
    }
}

/// Bars, line, labels and, below, how each interval is sealed.
pub(super) fn plot(place: Place<'_>) -> Markup {
    let chart = place.chart;
    let scales = (chart.bars_scale(), chart.line_scale());
    let mut svg = String::from("<svg class=drawing aria-hidden=true focusable=false>");
    for tick in scales.0.ticks() {
        let y = y(scales.0.share(tick));
        let _ = write!(svg, "<line class=grid x1=0 x2=100% y1={y:.1} y2={y:.1} />");
    }
    for (index, slot) in chart.slots.iter().enumerate() {
        bar(&mut svg, place, scales.0, (index, slot));
    }
    line(&mut svg, place, scales.1);
    labels(&mut svg, chart);
    svg.push_str("</svg>");
    html! { (PreEscaped(svg)) }
}

/// One interval: its bar, and below how it is sealed. Addresses and titles are escaped by maud.
fn bar(svg: &mut String, place: Place<'_>, scale: Scale, (index, slot): (usize, &Slot)) {
    let chart = place.chart;
    let Places { width, .. } = Places::of(chart);
    let x = Places::of(chart).start(index);
    if is_selected(place, slot, None) {
        let _ =
            write!(svg, "<rect class=band x={x:.3}% width={width:.3}% y=0 height={:.0} />", ABOVE + HEIGHT);
    }
    if !slot.is_counted {
        let _ = write!(svg, "<rect class=uncounted x={x:.3}% width={width:.3}% y={ABOVE} height={HEIGHT} />");
    } else if slot.bars > 0 {
        let name = series_name(chart.by, chart.bars.value());
        let top = y(scale.share(slot.bars));
        let class = if is_selected(place, slot, Some(&chart.bars)) { "bar sel" } else { "bar" };
        let (bar_x, bar_width, height) =
            (x + width * (1.0 - BAR) / 2.0, width * BAR, (ABOVE + HEIGHT - top).max(1.0));
        let shape = format!(
            "<rect class=\"{class}\" x={bar_x:.3}% width={bar_width:.3}% y={top:.1} height={height:.1} />"
        );
        link(svg, place, slot, &chart.bars, &title(chart.interval, slot, slot.bars, &name), &shape);
    }
    if let Some(state) = slot.state() {
        let words = format!("{}: {}", interval::words(chart.interval, slot.start), seal_words(state));
        let markup = html! { title { (words) } }.into_string();
        let (y, class) = (ABOVE + HEIGHT + 6.0, seal_class(state));
        let _ = write!(
            svg,
            "<g>{markup}<rect class=\"seal {class}\" x={x:.3}% width={width:.3}% y={y} height=8 />"
        );
        if let Some(mark) = seal_mark(state) {
            let _ = write!(svg, "<text class=m x={:.3}% y={:.0}>{mark}</text>", x + width / 2.0, y + 9.0);
        }
        svg.push_str("</g>");
    }
}

/// The second series: points, with lines between them.
fn line(svg: &mut String, place: Place<'_>, scale: Scale) {
    let chart = place.chart;
    let Some(series) = &chart.line else { return };
    let at = |(index, slot): (usize, &Slot)| (Places::of(chart).middle(index), y(scale.share(slot.line)));
    let points: Vec<_> = chart.slots.iter().enumerate().map(at).collect();
    for (slots, ends) in chart.slots.windows(2).zip(points.windows(2)) {
        if let ([(x1, y1), (x2, y2)], true) = (ends, slots.iter().all(|slot| slot.is_counted)) {
            let _ = write!(svg, "<line class=line x1={x1:.3}% y1={y1:.1} x2={x2:.3}% y2={y2:.1} />");
        }
    }
    let name = series_name(chart.by, series.value());
    let peak = chart.slots.iter().map(|slot| slot.line).max().unwrap_or_default();
    let mut has_peak = peak == 0;
    for (slot, (x, y)) in chart.slots.iter().zip(points).filter(|(slot, _)| slot.line > 0) {
        let class = if is_selected(place, slot, Some(series)) { "point sel" } else { "point" };
        let radius = if chart.slots.len() > 60 { 2.5 } else { 4.0 };
        let shape = format!("<circle class=\"{class}\" cx={x:.3}% cy={y:.1} r={radius} />");
        link(svg, place, slot, series, &title(chart.interval, slot, slot.line, &name), &shape);
        if slot.line == peak && !has_peak {
            has_peak = true;
            let anchor = if x < 6.0 {
                " class=\"peak start\""
            } else if x > 94.0 {
                " class=\"peak end\""
            } else {
                " class=peak"
            };
            let _ = write!(svg, "<text{anchor} x={x:.3}% y={:.1}>{}</text>", y - 9.0, number(peak));
        }
    }
}

/// A shape that selects its rows.
fn link(svg: &mut String, place: Place<'_>, slot: &Slot, series: &Series, title: &str, shape: &str) {
    let address = format!(
        "{}#rows",
        place.to(&place.view.with_selected(selection(place.chart, slot, series), place.chart.interval))
    );
    let markup = html! { a href=(address) tabindex="-1" { title { (title) } (PreEscaped(shape)) } };
    svg.push_str(&markup.into_string());
}

/// The selection of a bar or point.
pub(super) fn selection(chart: &Chart, slot: &Slot, series: &Series) -> Selected {
    let value = chart.by.field().map(|_| series.address().to_owned());
    Selected { at: slot.start, value }
}

/// Whether the interval is selected; with a series, whether that one is.
fn is_selected(place: Place<'_>, slot: &Slot, series: Option<&Series>) -> bool {
    place.view.selected.as_ref().is_some_and(|selected| {
        place.chart.interval.start(selected.at) == slot.start
            && series.is_none_or(|series| selected.value.as_deref().is_none_or(|of| of == series.address()))
    })
}

/// Some of the intervals' names; every other one is left out on a narrow screen.
fn labels(svg: &mut String, chart: &Chart) {
    let every = chart.slots.len().div_ceil(LABELS).max(1);
    for (shown, (index, slot)) in chart.slots.iter().enumerate().step_by(every).enumerate() {
        let class = if shown % 3 == 0 { "label" } else { "label more" };
        let (x, y) = (Places::of(chart).middle(index), ABOVE + HEIGHT + 32.0);
        let _ = write!(
            svg,
            "<text class=\"{class}\" x={x:.3}% y={y:.0}>{}</text>",
            interval::label(chart.interval, slot.start)
        );
    }
}

/// The looks below the bars, each with its words: no state depends on its colour alone.
pub(super) fn strip_legend(chart: &Chart) -> Markup {
    let has = |state: SealState| chart.slots.iter().any(|slot| slot.state() == Some(state));
    let states = [
        SealState::Delivered,
        SealState::Quiet,
        SealState::Unsealed,
        SealState::Waiting,
        SealState::Unsigned,
        SealState::Missing,
        SealState::Gap,
    ];
    html! {
        ul.legend.seals {
            @for state in states.into_iter().filter(|state| has(*state)) {
                li {
                    svg aria-hidden="true" focusable="false" {
                        rect class={ "seal " (seal_class(state)) } width="100%" y="4" height="8" {}
                        @if let Some(mark) = seal_mark(state) { text.m x="50%" y="13" { (mark) } }
                    }
                    (seal_words(state))
                }
            }
            @if chart.slots.iter().any(|slot| !slot.is_counted) {
                li { svg aria-hidden="true" focusable="false" { rect.uncounted width="100%" height="16" {} } "not counted" }
            }
        }
    }
}

const fn seal_class(state: SealState) -> &'static str {
    match state {
        SealState::Quiet => "quiet-hour",
        SealState::Delivered => "delivered",
        SealState::Unsealed => "unsealed",
        SealState::Waiting | SealState::Unsigned => "waiting-hour",
        SealState::Missing => "missing",
        SealState::Gap => "gap",
    }
}

const fn seal_mark(state: SealState) -> Option<&'static str> {
    match state {
        SealState::Missing => Some("✕"),
        SealState::Gap => Some("?"),
        SealState::Waiting => Some("…"),
        SealState::Unsigned => Some("!"),
        SealState::Quiet | SealState::Delivered | SealState::Unsealed => None,
    }
}

/// Where a share of the scale is, in pixels from the top.
fn y(share: f64) -> f64 {
    ABOVE + HEIGHT * (1.0 - share)
}

/// A number at a tick: `400`, `1.5k`, `2M`.
fn short(number: u64) -> String {
    let (unit, letter) = match number {
        0..1_000 => return number.to_string(),
        1_000..1_000_000 => (1_000, 'k'),
        1_000_000..1_000_000_000 => (1_000_000, 'M'),
        _ => (1_000_000_000, 'G'),
    };
    match number % unit * 10 / unit {
        0 => format!("{}{letter}", number / unit),
        tenth => format!("{}.{tenth}{letter}", number / unit),
    }
}
