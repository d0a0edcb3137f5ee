//! The form that fills the filter text, and is filled by it: a field for each thing that people ask for.
//!
//! A field has the values of the one positive term about it, as the text has them: `ana,bob`, `console*`,
//! `10.0.0.0/8`. What the form has no field for (exclusions, places in the event) stays in the text.

use std::time::Duration;

use archive::fields::Field;
use archive::query::Span;
use archive::query::filter::{Filter, Term, Test};
use archive::time::Time;
use maud::{Markup, html};

use super::links::{LOG, Links};
use super::view::{View, without};
use crate::error::sentence;
use crate::form::Form;

const DAY: Duration = Duration::from_hours(24);

/// The fields of the form that have a text, with their labels. Categories come first, for whoever doesn't
/// know the names of actions.
const FIELDS: [(Field, &str); 7] = [
    (Field::Category, "Category"),
    (Field::Action, "Action"),
    (Field::Actor, "Actor"),
    (Field::Target, "Target"),
    (Field::Outcome, "Outcome"),
    (Field::Ip, "Address or net"),
    (Field::Session, "Session"),
];

/// An error of the form: the name of the field, and what is wrong.
pub(super) type FieldError = (&'static str, String);

/// Whether the query is of this form.
pub(super) fn is_sent(query: &Form) -> bool {
    query.has("refine")
}

/// The filter of the text with what was changed in the form.
///
/// # Errors
/// What is wrong in which field.
pub(super) fn apply(filter: &Filter, query: &Form) -> Result<Filter, Vec<FieldError>> {
    let (mut refined, mut errors) = (filter.clone(), Vec::new());
    for (field, _) in FIELDS {
        let name = field.as_str();
        let text = query.text(name);
        if text == value(filter, field) {
            continue;
        }
        let others = without(&refined, |term| term.field() == Some(field) && !term.is_negated());
        if text.is_empty() {
            refined = others;
            continue;
        }
        let with =
            parse(field, text).and_then(|term| others.with(term).map_err(|error| error.kind.to_string()));
        match with {
            Ok(filter) => refined = filter,
            Err(error) => errors.push((name, sentence(&error))),
        }
    }
    match time(filter, query) {
        Ok(Days::Unchanged) => {}
        Ok(Days::Any) => refined = without(&refined, is_time),
        Ok(Days::Within(span)) => {
            let others = without(&refined, is_time);
            let with = Term::during(span).and_then(|term| others.with(term).ok());
            refined = with.unwrap_or(refined);
        }
        Err(error) => errors.push(error),
    }
    if errors.is_empty() { Ok(refined) } else { Err(errors) }
}

/// The term of a text in the field. A text with blanks is one value.
fn parse(field: Field, text: &str) -> Result<Term, String> {
    let written = format!("{field}:{text}").parse::<Filter>();
    if let Ok(filter) = &written
        && let [term] = filter.terms()
    {
        return Ok(term.clone());
    }
    let spoken = Term::is(field, Some(text)).filter(|_| text.contains(char::is_whitespace));
    spoken.ok_or_else(|| match written {
        Err(error) => error.kind.to_string(),
        Ok(_) => "Write one value, or several with commas between them.".to_owned(),
    })
}

/// What the field of the form shows of a filter.
fn value(filter: &Filter, field: Field) -> String {
    let mut terms = filter.terms().iter().filter(|term| term.field() == Some(field) && !term.is_negated());
    match (terms.next(), terms.next()) {
        (Some(term), None) => {
            let text = term.to_string();
            text.strip_prefix(field.as_str())
                .and_then(|text| text.strip_prefix(':'))
                .unwrap_or(&text)
                .to_owned()
        }
        _ => String::new(),
    }
}

fn is_time(term: &Term) -> bool {
    matches!(term.test(), Test::Time(_)) && !term.is_negated()
}

/// The first and the last day that the form shows of a filter; empty where it has no bound.
fn days(filter: &Filter) -> (String, String) {
    let Span { from, to } = filter.span();
    let first = if from == Time::EPOCH { String::new() } else { from.date() };
    let last = if to == Time::LAST { String::new() } else { (to - Duration::from_millis(1)).date() };
    (first, last)
}

/// What the days of the form say.
enum Days {
    /// Nobody has changed them.
    Unchanged,
    /// Any time.
    Any,
    /// These days, the last one included.
    Within(Span),
}

/// The days of the form.
fn time(filter: &Filter, query: &Form) -> Result<Days, FieldError> {
    let (first, last) = (query.text("from"), query.text("to"));
    let (shown_first, shown_last) = days(filter);
    if (first, last) == (&*shown_first, &*shown_last) {
        return Ok(Days::Unchanged);
    }
    if first.is_empty() && last.is_empty() {
        return Ok(Days::Any);
    }
    let day = |name, text: &str| {
        let time = format!("{text}T00:00:00Z").parse::<Time>();
        time.map_err(|_| (name, "A date looks like 2026-11-20.".to_owned()))
    };
    let from = if first.is_empty() { Time::EPOCH } else { day("from", first)? };
    let to = if last.is_empty() { Time::LAST } else { day("to", last)? + DAY };
    if to <= from {
        return Err(("to", "The last day is before the first one.".to_owned()));
    }
    Ok(Days::Within(Span { from, to }))
}

/// The form, filled by the filter, or as it was sent if something is wrong in it. It is open if it was sent.
pub(super) fn form(view: &View, sent: Option<(&Form, &[FieldError])>, links: &Links) -> Markup {
    let (first, last) = days(&view.filter);
    let error = |name: &str| sent.and_then(|(_, errors)| errors.iter().find(|error| error.0 == name));
    let text = |name: &str, shown: String| sent.map_or(shown, |(form, _)| form.text(name).to_owned());
    html! {
        details.refine open[sent.is_some()] {
            summary { "Fill in a form instead" }
            form method="get" action=(LOG) aria-label="Filter by field" {
                (links.hidden(view, &[]))
                input type="hidden" name="refine" value="1";
                div.fields {
                    (day_field("from", "From", &text("from", first), error("from")))
                    (day_field("to", "To, included", &text("to", last), error("to")))
                    @for (field, label) in FIELDS {
                        @let name = field.as_str();
                        (text_field(field, label, &text(name, value(&view.filter, field)), error(name)))
                    }
                }
                div.actions {
                    button type="submit" { "Apply" }
                    span.hint { "Commas mean any of these, * any characters." }
                }
            }
        }
    }
}

fn day_field(name: &str, label: &str, value: &str, error: Option<&FieldError>) -> Markup {
    html! {
        div.field.wrong[error.is_some()] {
            label for={ "f-" (name) } { (label) }
            input id={ "f-" (name) } name=(name) type="date" value=(value)
                aria-describedby=[error.map(|_| format!("e-{name}"))] aria-invalid=[error.map(|_| "true")];
            @if let Some((_, why)) = error { p.error id={ "e-" (name) } { (why) } }
        }
    }
}

fn text_field(field: Field, label: &str, value: &str, error: Option<&FieldError>) -> Markup {
    let name = field.as_str();
    html! {
        div.field.wrong[error.is_some()] {
            label for={ "f-" (name) } { (label) }
            @if field == Field::Outcome && OUTCOMES.iter().any(|(outcome, _)| *outcome == value) {
                select id={ "f-" (name) } name=(name) {
                    @for (outcome, words) in OUTCOMES { option value=(outcome) selected[outcome == value] { (words) } }
                }
            } @else {
                input id={ "f-" (name) } name=(name) type="text" value=(value) autocapitalize="none" spellcheck="false"
                    aria-describedby=[error.map(|_| format!("e-{name}"))] aria-invalid=[error.map(|_| "true")];
            }
            @if let Some((_, why)) = error { p.error id={ "e-" (name) } { (why) } }
        }
    }
}

const OUTCOMES: [(&str, &str); 4] =
    [("", "any"), ("success", "success"), ("failure", "failure"), ("unknown", "unknown")];

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(filter: &str, form: &str) -> Result<String, Vec<FieldError>> {
        let filter: Filter = filter.parse().unwrap();
        apply(&filter, &Form::parse(form.as_bytes())).map(|filter| filter.to_string())
    }

    #[test]
    fn text_and_form_fill_each_other() {
        let filter = "action:Login* -actor:bot outcome:failure ip:10.0.0.0/8 time:2026-11-01..2026-11-20";
        let parsed: Filter = filter.parse().unwrap();
        let fields = FIELDS.map(|(field, _)| value(&parsed, field));
        assert_eq!(
            fields,
            ["", "login*", "", "", "failure", "10.0.0.0/8", ""].map(|text| {
                // Values keep their case.
                if text == "login*" { "Login*".to_owned() } else { text.to_owned() }
            })
        );
        assert_eq!(days(&parsed), ("2026-11-01".to_owned(), "2026-11-20".to_owned()));
        let unchanged = "action=Login*&outcome=failure&ip=10.0.0.0/8&from=2026-11-01&to=2026-11-20";
        assert_eq!(applied(filter, unchanged).unwrap(), filter, "what nobody changed stays as it was");
        let changed = "action=Login*&outcome=&ip=10.0.0.0/8&from=2026-11-01&to=2026-11-20&actor=Ana Ruiz";
        assert_eq!(
            applied(filter, changed).unwrap(),
            "action:Login* -actor:bot ip:10.0.0.0/8 time:2026-11-01..2026-11-20 actor:\"Ana Ruiz\""
        );
    }

    #[test]
    fn days_are_whole_and_a_removed_bound_is_none() {
        assert_eq!(applied("", "from=2026-11-01&to=").unwrap(), "time:2026-11-01..");
        assert_eq!(applied("", "from=2026-11-01&to=2026-11-01").unwrap(), "time:2026-11-01");
        assert_eq!(applied("time:2026-11-01..2026-11-20", "from=&to=").unwrap(), "");
    }

    #[test]
    fn an_error_is_beside_its_field_and_all_are_reported() {
        let errors = applied("", "from=2026-11-20&to=2026-11-01&ip=10.0.0.1/8&actor=ana,,").unwrap_err();
        let fields: Vec<_> = errors.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, ["actor", "ip", "to"]);
        assert!(errors.iter().any(|(_, why)| why.contains("10.0.0.0/8")), "{errors:?}");
        let date = applied("", "from=soon").unwrap_err();
        assert_eq!(date, [("from", "A date looks like 2026-11-20.".to_owned())]);
    }

    #[test]
    fn several_terms_about_a_field_stay_in_the_text() {
        let filter = "actor:a* actor:*b";
        assert_eq!(value(&filter.parse().unwrap(), Field::Actor), "");
        assert_eq!(applied(filter, "action=x").unwrap(), "actor:a* actor:*b action:x");
    }
}
