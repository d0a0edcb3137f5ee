//! Answers with counts and facets.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use archive::fields::Field;
use archive::part::PartNumber;
use archive::query::counts::{Count, Counts, Interval};
use archive::query::facets::Facets;
use archive::query::filter::Filter;
use archive::query::row::Order;
use archive::query::search::{Budget, Collect, Found, Looking, Reach, Search};
use archive::query::{Span, normalize};
use archive::time::Time;
use control::explorer::{
    COUNTED_FIELDS, CountsAnswer, CountsRequest, ExplorerError, Facet, FacetsAnswer, FacetsRequest, Lag,
    MAX_FACET_VALUES, USUAL_FACET_VALUES, ValueCount,
};
use futures_util::TryFutureExt as _;
use futures_util::future::try_join;

use crate::context::Reader;
use crate::fetch::run;
use crate::lag::{NOT_INDEXED, lag};
use crate::mapping::invalid;
use crate::opened::Opened;
use crate::sealing::read_sealing;
use crate::span::span_of;

/// The most counts of one answer.
const MAX_COUNTS: usize = 20_000;
/// The most fields of one request for facets.
const MAX_FIELDS: usize = COUNTED_FIELDS.len();

impl Reader {
    pub(crate) async fn counts(
        &self,
        opened: &Opened,
        request: &CountsRequest,
    ) -> Result<CountsAnswer, ExplorerError> {
        if matches!(request.by, Some(Field::Time | Field::Id)) {
            return Err(invalid(
                "counts are by action, actor, category, ip, outcome, session, target or tenant",
            ));
        }
        let span = span_of(request.from, request.to)?;
        let counts = || Counts::new(request.interval, request.by);
        let is_one = request.interval == Interval::Whole;
        let searched = self.search(opened, &request.filter, span, counts, is_one);
        let sealing = async {
            let span = span.intersect(request.filter.span());
            if request.sealing { read_sealing(opened, span).await.map(Some) } else { Ok(None) }
        };
        let ((found, mut lag), parts) = try_join(searched, sealing.map_err(ExplorerError::from)).await?;
        let (unsealed, let_go) = of_table(&found.in_table, lag.complete_to);
        let complete_from = found.collector.complete_from(found.reach);
        let counts = found.collector.counts(found.reach);
        let counts = by_spelling(counts.map_err(|error| ExplorerError::TooMuch(error.to_string()))?);
        let total = counts.iter().map(|count| count.events).sum();
        if counts.len() > MAX_COUNTS {
            return Err(ExplorerError::TooMuch(format!(
                "there are {} counts, and an answer has at most {MAX_COUNTS}; use a longer interval, a shorter \
                 span or a filter",
                counts.len()
            )));
        }
        if complete_from.is_some() {
            lag.searched_to = complete_from;
        }
        // A part without an index is there; it was not searched yet.
        let missing = lag.missing.iter().filter(|missing| missing.why != NOT_INDEXED);
        let missing: BTreeSet<PartNumber> = missing.map(|missing| missing.part).collect();
        let sealing = parts.map(|parts| parts.sealing(opened, request.interval, &missing, lag.read_to));
        Ok(CountsAnswer { lag, interval: request.interval, total, unsealed, let_go, counts, sealing })
    }

    pub(crate) async fn facets(
        &self,
        opened: &Opened,
        request: &FacetsRequest,
    ) -> Result<FacetsAnswer, ExplorerError> {
        let limit = request.limit.unwrap_or(USUAL_FACET_VALUES);
        if !(1..=MAX_FACET_VALUES).contains(&limit) {
            return Err(invalid(format!("limit must be from 1 to {MAX_FACET_VALUES}")));
        }
        if request.fields.is_empty() || request.fields.len() > MAX_FIELDS {
            return Err(invalid(format!("name from 1 to {MAX_FIELDS} fields")));
        }
        if request.fields.iter().any(|field| matches!(field, Field::Time | Field::Id)) {
            return Err(invalid("time and id have no facets: nearly every event has another one"));
        }
        let span = span_of(request.from, request.to)?;
        let facets = || Facets::new(&request.fields);
        let (found, lag) = self.search(opened, &request.filter, span, facets, true).await?;
        let reach = found.reach;
        let mut facets = Vec::new();
        let mut total = 0;
        for (field, counts) in request.fields.iter().zip(found.collector.0) {
            total = counts.total();
            let counts = counts.counts(reach).map_err(|error| ExplorerError::TooMuch(error.to_string()))?;
            facets.push(facet(*field, counts, limit));
        }
        Ok(FacetsAnswer { lag, total, facets })
    }

    /// Searches the newest events first. If the budget ends it and the whole span is one count, what is later
    /// than its end is counted again alone: the last blocks have events from before it.
    async fn search<C: Collect>(
        &self,
        opened: &Opened,
        filter: &Filter,
        span: Span,
        collector: impl Fn() -> C,
        is_one: bool,
    ) -> Result<(Found<C>, Lag), ExplorerError> {
        let snapshot = self.snapshot(opened);
        let planned = self.plan(opened, snapshot, span.intersect(filter.span())).await?;
        let looking =
            Looking { filter: filter.clone(), span, order: Order::Newest, budget: Budget::INTERACTIVE };
        let search = Search::new(&looking, &opened.mapping.fields, planned.scope.clone(), collector());
        let searched = run(opened, search).await?;
        let lag = lag(opened, snapshot, &planned, &searched);
        let Reach::Until(end) = searched.found.reach else { return Ok((searched.found, lag)) };
        if !is_one {
            return Ok((searched.found, lag));
        }
        let later = Span { from: span.from.max(end + Duration::from_millis(1)), ..span };
        let looking = Looking { span: later, budget: Budget::NONE, ..looking };
        let search = Search::new(&looking, &opened.mapping.fields, planned.scope, collector());
        let counted = run(opened, search).await?.found;
        if counted.reach != Reach::Whole {
            let detail = "there are too many events for one request; use a shorter span or a filter";
            return Err(ExplorerError::TooMuch(detail.to_owned()));
        }
        Ok((Found { reach: Reach::Until(end), ..counted }, lag))
    }
}

/// How many events that were found in the table are not sealed yet, and how many are let go: those that were
/// written before the watermark.
fn of_table(in_table: &BTreeMap<Time, u64>, watermark: Time) -> (u64, u64) {
    let sum = |(unsealed, let_go), (from, events): (&Time, &u64)| {
        if *from >= watermark { (unsealed + events, let_go) } else { (unsealed, let_go + events) }
    };
    in_table.iter().fold((0, 0), sum)
}

/// Counts values together that a filter does not distinguish, by their most frequent spelling: the rows of a
/// value add up to its count.
fn by_spelling(counts: Vec<Count>) -> Vec<Count> {
    let mut spellings = BTreeMap::<String, BTreeMap<&str, u64>>::new();
    for count in &counts {
        if let Some(value) = &count.value {
            *spellings.entry(normalize(value).into_owned()).or_default().entry(value).or_default() +=
                count.events;
        }
    }
    let most_frequent = |of: BTreeMap<&str, u64>| {
        let most = of.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(a.0)));
        most.map(|(value, _)| value.to_owned()).unwrap_or_default()
    };
    let spellings: BTreeMap<String, String> =
        spellings.into_iter().map(|(normal, of)| (normal, most_frequent(of))).collect();
    let mut merged = BTreeMap::<(Time, Option<String>), u64>::new();
    for Count { start, value, events } in counts {
        let value = value.map(|value| spellings.get(&*normalize(&value)).cloned().unwrap_or(value));
        *merged.entry((start, value)).or_default() += events;
    }
    merged.into_iter().map(|((start, value), events)| Count { start, value, events }).collect()
}

/// The most frequent values, at most `limit`.
fn facet(field: Field, counts: Vec<Count>, limit: u32) -> Facet {
    let counts = by_spelling(counts).into_iter();
    let mut values: Vec<_> =
        counts.map(|count| ValueCount { value: count.value, events: count.events }).collect();
    values.sort_by(|a, b| b.events.cmp(&a.events).then_with(|| a.value.cmp(&b.value)));
    let different = u64::try_from(values.iter().filter(|value| value.value.is_some()).count());
    let rest = values.split_off(values.len().min(usize::try_from(limit).unwrap_or(usize::MAX)));
    Facet {
        field,
        values,
        different: different.unwrap_or(u64::MAX),
        others: rest.iter().map(|value| value.events).sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_a_filter_does_not_distinguish_count_together_by_their_most_frequent_spelling() {
        let count = |hour: i64, value: Option<&str>, events| Count {
            start: Time::from_millis(hour * 3_600_000).unwrap(),
            value: value.map(str::to_owned),
            events,
        };
        let counts = vec![
            count(0, None, 1),
            count(0, Some("Ana"), 2),
            count(0, Some("ana"), 1),
            count(1, Some("ANA"), 4),
            count(1, Some("bob"), 1),
        ];
        let expected =
            [count(0, None, 1), count(0, Some("ANA"), 3), count(1, Some("ANA"), 4), count(1, Some("bob"), 1)];
        assert_eq!(by_spelling(counts), expected);
    }
}
