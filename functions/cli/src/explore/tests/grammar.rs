//! The options of all questions.

use archive::query::filter::{MAX_CHARACTERS, MAX_PATHS, MAX_TERMS, MAX_VALUES};
use archive::query::row::Order;
use control::explorer::{USUAL_FACET_VALUES, USUAL_ROWS};

use super::{parsed, search_args};
use crate::args::Command;
use crate::events::args::EventsCommand;
use crate::explore::help;
use crate::explore::search::MAX_PAGES;
use crate::table::grouped;

#[test]
fn the_grammar_of_the_questions() {
    let args = search_args(&["--limit", "7", "--order", "oldest", "--", "-actor:ci-* ip:10.0.0.0/8"]);
    assert_eq!((args.which.filter.to_string().as_str(), args.limit), ("-actor:ci-* ip:10.0.0.0/8", 7));
    assert_eq!(args.order, Order::Oldest);
    assert_eq!(
        search_args(&["--from", "2026-11-20"]).which.from.unwrap().to_string(),
        "2026-11-20T00:00:00.000Z"
    );
    assert_eq!(search_args(&["--cursor", "c1"]).cursor.as_deref(), Some("c1"));
    assert!(search_args(&[]).which.filter.terms().is_empty());
    for (args, problem) in [
        (&["events", "search", "acton:x"][..], "did you mean"),
        (&["events", "search", "--limit", "0"], "0"),
        (&["events", "search", "--limit", "5", "--all"], "cannot be used with"),
        (&["events", "search", "--csv", "--ndjson"], "cannot be used with"),
        (&["events", "search", "--json", "--csv"], "cannot be used with"),
        (&["events", "search", "--exact-cells"], "--csv"),
        (&["events", "search", "--columns", "time,when"], "`when` is no column"),
        (&["events", "search", "--order", "up"], "newest, oldest"),
        (&["events", "search", "--from", "yesterday"], "such as 2026-11-20T08:00:00Z"),
        (&["events", "search", "--to", "2026-11-20..2026-11-21"], "such as 2026-11-20T08:00:00Z"),
        (&["events", "counts", "--saved", "x", "actor:ana"], "cannot be used with"),
        (&["events", "search", "a", "b"], "unexpected argument"),
        (&["events", "counts", "--by", "id"], "action, category, actor"),
        (&["events", "counts", "--interval", "minute"], "hour, day, week, whole"),
        (&["events", "facets", "--fields", "actor,time"], "action, category, actor"),
        (&["events", "facets", "--limit", "1001"], "1..=1000"),
        (&["events", "fields", "action:x"], "unexpected argument"),
        (&["index", "rebuild", "--from-part", "0"], "0"),
    ] {
        let error = parsed(args).unwrap_err();
        assert!(error.to_lowercase().contains(&problem.to_lowercase()), "{args:?}: {error}");
    }
}

#[test]
fn an_unknown_option_is_no_filter() {
    for args in [
        &["events", "search", "--verbose"][..],
        &["events", "search", "--al"],
        &["events", "search", "-actor:ana"],
        &["events", "counts", "--hourly"],
        &["events", "facets", "-x"],
        &["events", "saved", "save", "x", "--all"],
    ] {
        let error = parsed(args).unwrap_err();
        assert!(error.contains("unexpected argument '-"), "{args:?}: {error}");
    }
    assert_eq!(search_args(&["--", "-actor:ana"]).which.filter.to_string(), "-actor:ana");
}

#[test]
fn as_many_are_shown_as_by_the_api() {
    assert_eq!(search_args(&[]).limit, u64::from(USUAL_ROWS));
    match parsed(&["events", "facets"]).unwrap() {
        Command::Events(EventsCommand::Facets(args)) => assert_eq!(args.limit, USUAL_FACET_VALUES),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_help_names_the_limits() {
    let limits = format!(
        "{} characters, {MAX_TERMS} terms, {MAX_VALUES} values in a term and {MAX_PATHS} different JSON Pointers",
        grouped(MAX_CHARACTERS as u64)
    );
    assert!(help::SEARCH.contains(&limits), "{limits}");
    assert!(help::SEARCH.contains(&format!("after {MAX_PAGES} requests")));
    assert!(help::SEARCH.contains("There is no OR") && help::SEARCH.contains("no receipt"));
}
