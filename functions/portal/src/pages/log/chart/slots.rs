//! The numbers of a chart: for each interval the bar, the point, and how it is sealed.

use std::collections::{BTreeMap, BTreeSet};

use archive::fields::Field;
use archive::query::Span;
use archive::query::counts::Interval;
use archive::query::filter::Term;
use archive::time::Time;
use control::explorer::{CountsAnswer, SealState, SealedInterval};

use super::Place;
use super::scale::Scale;
use crate::pages::log::interval::{span_of, starts};
use crate::pages::log::view::{By, ChartView, narrowed};

/// The most values to choose from.
const MOST_VALUES: usize = 30;

/// What a series counts: a value, or what has none.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Series(Option<String>);

impl Series {
    /// The series that an address names. An empty text is what has no value.
    fn of_address(text: &str) -> Self {
        Self(Some(text.to_owned()).filter(|text| !text.is_empty()))
    }

    /// Its name in an address.
    pub(super) fn address(&self) -> &str {
        self.value().unwrap_or_default()
    }

    /// The value; `None` is what has none.
    pub(crate) fn value(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// A chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) interval: Interval,
    pub(crate) by: By,
    /// What the bars count.
    pub(crate) bars: Series,
    /// What the line counts, if there is one.
    pub(crate) line: Option<Series>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) bars_total: u64,
    pub(crate) line_total: u64,
    /// The events of its intervals that are neither.
    pub(crate) others: u64,
    /// The events that are in no interval: before or behind the chart, or where not all was counted.
    pub(crate) outside: u64,
    /// The values, the most frequent first.
    pub(crate) values: Vec<(Series, u64)>,
}

/// An interval of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    pub(crate) start: Time,
    pub(crate) bars: u64,
    pub(crate) line: u64,
    /// Whether it was counted as a whole: what was not searched has no number.
    pub(crate) is_counted: bool,
    pub(crate) sealed: Option<SealedInterval>,
}

impl Chart {
    /// The chart of an answer over a span.
    pub(crate) fn new(view: &ChartView, span: Span, answer: &CountsAnswer) -> Self {
        let mut totals = BTreeMap::<Option<&str>, u64>::new();
        let mut of_slot = BTreeMap::<(Time, Option<&str>), u64>::new();
        for count in &answer.counts {
            *totals.entry(count.value.as_deref()).or_default() += count.events;
            *of_slot.entry((count.start, count.value.as_deref())).or_default() += count.events;
        }
        let series_of = |value: Option<&str>| Series(value.map(str::to_owned));
        let mut values: Vec<_> = totals.iter().map(|(value, events)| (series_of(*value), *events)).collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let (bars, line) = series(view, &values);
        let sealed = answer.sealing.iter().flat_map(|sealing| &sealing.intervals);
        let sealed: BTreeMap<Time, SealedInterval> = sealed.map(|sealed| (sealed.start, *sealed)).collect();
        let lag = &answer.lag;
        let counted_from = [lag.searched_to, lag.not_indexed_before].into_iter().flatten().max();
        let slots = starts(answer.interval, span).into_iter().map(|start| {
            let is_counted = counted_from.is_none_or(|from| start >= from);
            let of = |series: &Series| {
                let events = of_slot.get(&(start, series.value())).filter(|_| is_counted);
                events.copied().unwrap_or_default()
            };
            let (bars, line) = (of(&bars), line.as_ref().map_or(0, of));
            Slot { start, bars, line, is_counted, sealed: sealed.get(&start).copied() }
        });
        let slots: Vec<Slot> = slots.collect();
        let counted: BTreeSet<Time> =
            slots.iter().filter(|slot| slot.is_counted).map(|slot| slot.start).collect();
        let within: u64 =
            of_slot.iter().filter(|((start, _), _)| counted.contains(start)).map(|(_, events)| events).sum();
        let (bars_total, line_total) =
            (slots.iter().map(|slot| slot.bars).sum(), slots.iter().map(|slot| slot.line).sum());
        values.truncate(MOST_VALUES);
        Self {
            interval: answer.interval,
            by: view.by,
            bars,
            line,
            slots,
            bars_total,
            line_total,
            others: within.saturating_sub(bars_total + line_total),
            outside: answer.total.saturating_sub(within),
            values,
        }
    }

    pub(super) fn bars_scale(&self) -> Scale {
        Scale::of(self.slots.iter().map(|slot| slot.bars).max().unwrap_or_default())
    }

    pub(super) fn line_scale(&self) -> Scale {
        Scale::of(self.slots.iter().map(|slot| slot.line).max().unwrap_or_default())
    }

    /// The interval that contains this time.
    pub(crate) fn slot(&self, time: Time) -> Option<&Slot> {
        let start = self.interval.start(time);
        self.slots.iter().find(|slot| slot.start == start)
    }

    /// The address of this interval alone; `None` if the filter can't say it.
    pub(super) fn keep_only(&self, place: Place<'_>, slot: &Slot) -> Option<String> {
        let filter = narrowed(&place.view.filter, span_of(self.interval, slot.start))?;
        let mut view = place.view.with_filter(filter);
        // A day is shown by hours: one bar would say nothing.
        view.chart.interval = None;
        Some(place.to(&view))
    }

    /// The address of all but this interval.
    pub(super) fn exclude(&self, place: Place<'_>, slot: &Slot) -> Option<String> {
        let term = Term::during(span_of(self.interval, slot.start))?;
        let filter = place.view.filter.clone().with(!term).ok()?;
        Some(place.to(&place.view.with_filter(filter)))
    }
}

/// What is drawn as bars and as the line: the chosen ones, or of outcomes failures as the line, and else the
/// two most frequent values.
fn series(view: &ChartView, values: &[(Series, u64)]) -> (Series, Option<Series>) {
    let Some(field) = view.by.field() else { return (Series(None), None) };
    let chosen = |text: &Option<String>| text.as_deref().map(Series::of_address);
    let of_outcome = |value: &str| (field == Field::Outcome).then(|| Series(Some(value.to_owned())));
    let most_frequent = |but: Option<&Series>| {
        let mut others = values.iter().map(|(series, _)| series).filter(|series| Some(*series) != but);
        others.next().cloned()
    };
    let line = chosen(&view.line).or_else(|| of_outcome("failure"));
    let bars = chosen(&view.bars).or_else(|| most_frequent(line.as_ref()));
    let bars = bars.or_else(|| of_outcome("success")).unwrap_or(Series(None));
    // The same twice would count each event twice.
    let line = line.filter(|line| *line != bars).or_else(|| most_frequent(Some(&bars)));
    (bars, line)
}

impl Slot {
    /// How it is sealed, if it was asked for and anything of it is exported.
    pub(super) fn state(&self) -> Option<SealState> {
        self.sealed.map(|sealed| sealed.state)
    }
}
