//! The numbers of a chart: for each interval the bar, the point, and how it is sealed.

use std::collections::BTreeMap;

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

/// A chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Chart {
    pub(crate) interval: Interval,
    pub(crate) by: By,
    /// The value of the bars; `None` is what has no value.
    pub(crate) bars: Option<String>,
    /// The value of the line, if there is one.
    pub(crate) line: Option<Option<String>>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) bars_total: u64,
    pub(crate) line_total: u64,
    /// The events that are neither.
    pub(crate) others: u64,
    /// The values, the most frequent first.
    pub(crate) values: Vec<(Option<String>, u64)>,
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
        let mut values: Vec<_> = totals.iter().map(|(value, events)| (value.map(str::to_owned), *events)).collect();
        values.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let (bars, line) = series(view, &values);
        let total = |value: &Option<String>| totals.get(&value.as_deref()).copied().unwrap_or_default();
        let (bars_total, line_total) = (total(&bars), line.as_ref().map_or(0, total));
        let sealed = answer.sealing.iter().flat_map(|sealing| &sealing.intervals);
        let sealed: BTreeMap<Time, SealedInterval> = sealed.map(|sealed| (sealed.start, *sealed)).collect();
        let lag = &answer.lag;
        let counted_from = [lag.searched_to, lag.not_indexed_before].into_iter().flatten().max();
        let slots = starts(answer.interval, span).into_iter().map(|start| {
            let of = |value: &Option<String>| of_slot.get(&(start, value.as_deref())).copied().unwrap_or_default();
            Slot {
                start,
                bars: of(&bars),
                line: line.as_ref().map_or(0, of),
                is_counted: counted_from.is_none_or(|from| start >= from),
                sealed: sealed.get(&start).copied(),
            }
        });
        let slots = slots.collect();
        values.truncate(MOST_VALUES);
        let others = answer.total.saturating_sub(bars_total + line_total);
        Self { interval: answer.interval, by: view.by, bars, line, slots, bars_total, line_total, others, values }
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
        Some(place.to(&place.view.with_filter(filter)))
    }

    /// The address of all but this interval.
    pub(super) fn exclude(&self, place: Place<'_>, slot: &Slot) -> Option<String> {
        let term = Term::during(span_of(self.interval, slot.start))?;
        let filter = place.view.filter.clone().with(!term).ok()?;
        Some(place.to(&place.view.with_filter(filter)))
    }
}

/// The value of the bars and that of the line: the chosen ones, or of outcomes failures as the line, and else
/// the two most frequent values.
fn series(view: &ChartView, values: &[(Option<String>, u64)]) -> (Option<String>, Option<Option<String>>) {
    let chosen = |text: &Option<String>| text.clone().map(|text| Some(text).filter(|text| !text.is_empty()));
    let Some(field) = view.by.field() else { return (None, None) };
    let failure = || Some("failure".to_owned());
    let usual_line = (field == Field::Outcome).then(failure);
    let line = chosen(&view.line).or(usual_line);
    let mut frequent = values.iter().map(|(value, _)| value.clone());
    let bars = chosen(&view.bars).or_else(|| frequent.by_ref().find(|value| line.as_ref() != Some(value)));
    let bars = bars.unwrap_or_else(|| (field == Field::Outcome).then(|| "success".to_owned()));
    let mut frequent = values.iter().map(|(value, _)| value.clone());
    let line = line.or_else(|| frequent.find(|value| *value != bars));
    (bars, line)
}

impl Slot {
    /// How it is sealed, if it was asked for and anything of it is exported.
    pub(super) fn state(&self) -> Option<SealState> {
        self.sealed.map(|sealed| sealed.state)
    }
}
