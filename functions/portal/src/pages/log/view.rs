//! What a page of the log shows, as its address says: the address is the whole state, so it can be shared.

use archive::fields::Field;
use archive::names::ConnectorId;
use archive::query::Span;
use archive::query::counts::Interval;
use archive::query::filter::{Filter, FilterError, Term, Test};
use archive::query::output::Column;
use archive::query::row::Order;
use archive::time::Time;
use control::explorer::COUNTED_FIELDS;

use super::interval::span_of;
use crate::form::Form;

/// The state of a page of the log. What an address says and no page can show is left out; a filter that is
/// none is kept as it was typed, with its error.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct View {
    pub(crate) connector: Option<ConnectorId>,
    pub(crate) filter: Filter,
    /// A text that is no filter, and why.
    pub(crate) wrong: Option<(String, FilterError)>,
    pub(crate) chart: ChartView,
    /// The bar or point whose rows are shown.
    pub(crate) selected: Option<Selected>,
    /// The columns; empty for the usual ones.
    pub(crate) columns: Vec<Column>,
    /// Columns that are none, as they were typed.
    pub(crate) wrong_columns: Vec<String>,
    pub(crate) order: Order,
    /// The page of rows.
    pub(crate) cursor: Option<String>,
    /// Wait for the facets, however long they take.
    pub(crate) waits: bool,
}

/// What the chart shows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct ChartView {
    /// `None`: what fits the span.
    pub(crate) interval: Option<Interval>,
    /// Split by this.
    pub(crate) by: By,
    /// The value that is drawn as bars, and the one that is drawn as a line; `None` for the usual ones. An
    /// empty text is what has no value.
    pub(crate) bars: Option<String>,
    pub(crate) line: Option<String>,
}

/// By what a chart is split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The values of this field.
    Field(Field),
    /// Nothing: all events are bars.
    Nothing,
}

impl Default for By {
    fn default() -> Self {
        Self::Field(Field::Outcome)
    }
}

impl By {
    const NOTHING: &str = "nothing";

    pub(crate) const fn field(self) -> Option<Field> {
        match self {
            Self::Field(field) => Some(field),
            Self::Nothing => None,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Field(field) => field.as_str(),
            Self::Nothing => Self::NOTHING,
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text == Self::NOTHING {
            return Some(Self::Nothing);
        }
        Field::from_name(text).filter(|field| COUNTED_FIELDS.contains(field)).map(Self::Field)
    }
}

/// A bar, a point, or a whole interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Selected {
    /// The beginning of its interval.
    pub(crate) at: Time,
    /// Its value; `None` for the whole interval. An empty text is what has no value.
    pub(crate) value: Option<String>,
}

impl View {
    pub(crate) fn parse(query: &Form) -> Self {
        let text = query.text("filter");
        let (filter, wrong) = match text.parse() {
            Ok(filter) => (filter, None),
            Err(error) => (Filter::default(), Some((text.to_owned(), error))),
        };
        let (columns, wrong_columns) = columns(query);
        let value = |name: &str| query.has(name).then(|| query.raw(name).to_owned());
        // Of another field the values are others.
        let is_other_split = query.has("was") && query.text("was") != query.text("by");
        let series = |name: &str| value(name).filter(|_| !is_other_split);
        Self {
            connector: query.text("connector").parse().ok(),
            filter,
            wrong,
            chart: ChartView {
                interval: interval(query.text("interval")),
                by: By::parse(query.text("by")).unwrap_or_default(),
                bars: series("bars"),
                line: series("line"),
            },
            selected: instant(query.text("at")).map(|at| Selected { at, value: value("of") }),
            columns,
            wrong_columns,
            order: if query.text("order") == Order::Oldest.as_str() { Order::Oldest } else { Order::Newest },
            cursor: Some(query.text("cursor")).filter(|cursor| !cursor.is_empty()).map(str::to_owned),
            waits: query.has("wait"),
        }
    }

    /// The same with another filter: nothing is selected, and the first page is shown.
    pub(crate) fn with_filter(&self, filter: Filter) -> Self {
        Self { filter, wrong: None, ..self.first_page() }
    }

    /// The same with this bar of a chart selected. The interval belongs to it: the usual one changes with the
    /// time.
    pub(crate) fn with_selected(&self, selected: Selected, interval: Interval) -> Self {
        let chart = ChartView { interval: Some(interval), ..self.chart.clone() };
        Self { selected: Some(selected), cursor: None, chart, ..self.clone() }
    }

    /// The same with another chart.
    pub(crate) fn with_chart(&self, chart: ChartView) -> Self {
        Self { chart, ..self.first_page() }
    }

    /// The first page with nothing selected.
    pub(crate) fn first_page(&self) -> Self {
        Self { selected: None, cursor: None, waits: false, ..self.clone() }
    }

    /// Which rows are shown: those of the filter, and of what is selected in the chart, which has this
    /// interval. `None` if no filter says that: then nothing can be selected.
    pub(crate) fn rows_filter(&self, interval: Interval) -> Option<Filter> {
        let Some(Selected { at, value }) = &self.selected else { return Some(self.filter.clone()) };
        let narrowed = narrowed(&self.filter, span_of(interval, *at))?;
        match (value, self.chart.by.field()) {
            (Some(value), Some(field)) => narrowed.with(Term::is(field, Some(value))?).ok(),
            _ => Some(narrowed),
        }
    }

    /// The columns that are shown.
    pub(crate) fn shown_columns(&self) -> &[Column] {
        if self.columns.is_empty() { &Column::DEFAULT } else { &self.columns }
    }

    /// The query of this state, with nothing in it that is as usual.
    pub(crate) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in self.pairs() {
            query.append_pair(name, &value);
        }
        query.finish()
    }

    /// The address of a page with this state.
    pub(crate) fn address(&self, path: &str) -> String {
        match self.query() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }

    /// Names and values, for an address or for the hidden fields of a form.
    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        pairs.extend(self.connector.as_ref().map(|id| ("connector", id.to_string())));
        let filter = match &self.wrong {
            Some((text, _)) => text.clone(),
            None => self.filter.to_string(),
        };
        if !filter.is_empty() {
            pairs.push(("filter", filter));
        }
        let ChartView { interval, by, bars, line } = &self.chart;
        pairs.extend(interval.map(|interval| ("interval", interval.as_str().to_owned())));
        if *by != By::default() {
            pairs.push(("by", by.as_str().to_owned()));
        }
        pairs.extend(bars.clone().map(|bars| ("bars", bars)));
        pairs.extend(line.clone().map(|line| ("line", line)));
        pairs.extend(self.columns.iter().map(|column| ("column", column.to_string())));
        if self.order == Order::Oldest {
            pairs.push(("order", self.order.as_str().to_owned()));
        }
        if let Some(Selected { at, value }) = &self.selected {
            pairs.push(("at", at.to_string()));
            pairs.extend(value.clone().map(|value| ("of", value)));
        }
        pairs.extend(self.cursor.clone().map(|cursor| ("cursor", cursor)));
        if self.waits {
            pairs.push(("wait", "1".to_owned()));
        }
        pairs
    }
}

/// The filter within this span alone; `None` if it leaves nothing, or the filter is full.
pub(crate) fn narrowed(filter: &Filter, span: Span) -> Option<Filter> {
    let term = Term::during(filter.span().intersect(span))?;
    without(filter, |term| matches!(term.test(), Test::Time(_)) && !term.is_negated()).with(term).ok()
}

/// The filter without these terms.
pub(crate) fn without(filter: &Filter, is_left_out: impl Fn(&Term) -> bool) -> Filter {
    let kept = filter.terms().iter().filter(|term| !is_left_out(term)).cloned();
    // A part of a filter is never too long.
    kept.fold(Filter::default(), |kept, term| kept.clone().with(term).unwrap_or(kept))
}

fn interval(text: &str) -> Option<Interval> {
    Interval::ALL.into_iter().find(|interval| *interval != Interval::Whole && interval.as_str() == text)
}

/// A time as addresses have it.
fn instant(text: &str) -> Option<Time> {
    text.parse().ok()
}

/// The columns of an address, of checkboxes, and of a text with one a line.
fn columns(query: &Form) -> (Vec<Column>, Vec<String>) {
    let (mut columns, mut wrong) = (Vec::new(), Vec::new());
    let lines = query.all("columns").flat_map(str::lines);
    for text in query.all("column").chain(lines).map(str::trim).filter(|text| !text.is_empty()) {
        match text.parse::<Column>() {
            Ok(column) if columns.contains(&column) => {}
            Ok(column) if columns.len() < MAX_COLUMNS => columns.push(column),
            _ => wrong.push(text.to_owned()),
        }
    }
    if columns == Column::DEFAULT {
        columns.clear();
    }
    (columns, wrong)
}

/// The most columns of a table.
const MAX_COLUMNS: usize = 50;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn view(query: &str) -> View {
        View::parse(&Form::parse(query.as_bytes()))
    }

    #[test]
    fn an_address_is_the_whole_state_and_says_nothing_that_is_as_usual() {
        let usual = view("");
        assert_eq!(usual.address("/portal/log"), "/portal/log");
        let query = "filter=action%3AConsoleLogin&interval=day&by=actor&bars=ana&line=&column=time&\
                     column=%2FuserAgent&order=oldest&at=2023-07-10T00%3A00%3A00.000Z&of=ana&cursor=x";
        let parsed = view(query);
        assert_eq!(parsed.query(), query);
        assert_eq!(parsed.chart.line.as_deref(), Some(""), "events without a value have a line too");
        let default = "column=time&column=action&column=actor&column=target&column=outcome&column=ip";
        assert_eq!(view(default).query(), "");
    }

    #[test]
    fn what_can_t_be_shown_is_left_out_and_a_wrong_filter_is_kept_with_its_error() {
        let parsed = view("filter=acton%3Ax&by=id&interval=whole&at=now&order=up&column=nothing&connector=x");
        let (text, error) = parsed.wrong.clone().unwrap();
        assert_eq!(text, "acton:x");
        assert!(error.to_string().contains("action"), "{error}");
        assert_eq!(parsed.wrong_columns, ["nothing"]);
        assert_eq!(View { wrong: None, wrong_columns: Vec::new(), ..parsed }, View::default());
    }

    #[test]
    fn the_rows_of_a_bar_are_those_of_its_interval_and_value() {
        let parsed = view(
            "filter=action%3ALogin+time%3A2023-07-01..2023-07-31&by=outcome&at=2023-07-10T00%3A00%3A00Z&of=failure",
        );
        assert_eq!(
            parsed.rows_filter(Interval::Day).unwrap().to_string(),
            "action:Login time:2023-07-10 outcome:failure"
        );
        let whole =
            View { selected: Some(Selected { value: None, ..parsed.selected.clone().unwrap() }), ..parsed };
        assert_eq!(
            whole.rows_filter(Interval::Hour).unwrap().to_string(),
            "action:Login time:2023-07-10..2023-07-10T01:00Z"
        );
    }

    proptest! {
        #[test]
        fn any_state_survives_its_address(
            filter in prop::sample::select(vec!["", "actor:ana", "-ip:10.0.0.0/8 \"a & b=c\""]),
            bars in prop::option::of("[ -~]{0,9}"), of in prop::option::of("[ -~é]{0,9}"),
            by in prop::sample::select(vec![By::Nothing, By::Field(Field::Ip), By::default()]),
        ) {
            let state = View {
                filter: filter.parse().unwrap(),
                chart: ChartView { interval: Some(Interval::Week), by, bars, line: None },
                selected: Some(Selected { at: "2023-07-10T00:00:00Z".parse().unwrap(), value: of }),
                ..View::default()
            };
            prop_assert_eq!(view(&state.query()), state);
        }
    }
}
