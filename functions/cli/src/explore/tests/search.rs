//! `events search`: what it asks, and what it prints.

use archive::query::row::Order;
use control::explorer::Ask;
use serde_json::json;

use super::{a_lag, all_states, an_output, in_part, login, page, printed, reader, search_args};
use crate::explore::search::PrintError;
use crate::explore::{lag, search};

#[tokio::test]
async fn a_search_prints_a_table_with_the_proof_of_each_event() {
    let reader = reader([all_states()]);
    let (text, found) = printed(&reader, &["action:ConsoleLogin", "--from", "2026-08-01T00:00:00Z"]).await;
    insta::assert_snapshot!(text);
    assert_eq!(
        search::notes(&found, Order::Newest, ""),
        ["Complete to 2026-11-20T13:00:00.000Z; newer events are not sealed yet."]
    );
    let Some(Ask::Rows(rows)) = reader.asked().pop() else { panic!("rows") };
    assert_eq!((rows.filter.to_string().as_str(), rows.limit), ("action:ConsoleLogin", Some(50)));
    assert_eq!((rows.from.unwrap().to_string().as_str(), rows.to), ("2026-08-01T00:00:00.000Z", None));
}

#[tokio::test]
async fn other_columns_are_fields_and_json_pointers() {
    let (text, _) = printed(&reader([all_states()]), &["--columns", "actor,/userAgent,/nothing,/n"]).await;
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn csv_has_part_position_and_event_and_no_formula_unless_it_is_asked_for() {
    let args = ["--csv", "--columns", "time,actor,/userAgent"];
    let (safe, _) = printed(&reader([all_states()]), &args).await;
    insta::assert_snapshot!(safe.replace("\r\n", "$\n"));
    let (exact, _) = printed(&reader([all_states()]), &[&args[..], &["--exact-cells"]].concat()).await;
    assert_eq!(
        exact,
        safe.replace("\"'-1+1\"", "-1+1").replace("\"'=cmd|' /C calc'!A1\"", "=cmd|' /C calc'!A1")
    );
    let empty = page(&[], None, &a_lag());
    assert_eq!(printed(&reader([empty]), &args).await.0, "time,actor,/userAgent,part,position,event\r\n");
}

#[tokio::test]
async fn ndjson_is_the_events_as_they_were_exported() {
    let (text, _) = printed(&reader([all_states()]), &["--ndjson"]).await;
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with("{\"n\":1.5,") && text.contains("\\u001b[2Jeve\\n"), "{text}");
}

#[tokio::test]
async fn pages_are_followed_until_there_are_enough_rows() {
    let row = || (login("2026-11-20T12:04:00.000Z", "ana", "failure"), in_part("delivered", 42, false));
    let pages = |next: Option<&str>| page(&[row(), row()], next, &a_lag());
    let all = reader([pages(Some("one")), pages(Some("two")), pages(None)]);
    let (text, found) = printed(&all, &["--all"]).await;
    assert_eq!((text.lines().count(), found.rows, found.next), (7, 6, None), "one heading");
    let asked = all.asked().into_iter().map(|ask| match ask {
        Ask::Rows(rows) => (rows.cursor, rows.limit.unwrap()),
        other => panic!("{other:?}"),
    });
    let cursors = [None, Some("one"), Some("two")].map(|cursor| (cursor.map(str::to_owned), 200));
    assert_eq!(asked.collect::<Vec<_>>(), cursors);
    let some = reader([pages(Some("one")), pages(Some("two"))]);
    let (_, found) = printed(&some, &["--limit", "4"]).await;
    assert_eq!((found.rows, some.asked().len()), (4, 2));
    let notes = search::notes(&found, Order::Newest, "");
    assert_eq!(notes.last().unwrap(), "More events match: repeat with a greater --limit, or with --all.");
    // What --json has printed as the next cursor is where another call goes on.
    let rest = reader([pages(None)]);
    printed(&rest, &["--cursor", "two"]).await;
    assert!(matches!(rest.asked().as_slice(), [Ask::Rows(rows)] if rows.cursor.as_deref() == Some("two")));
    // A value that is on no page doesn't keep somebody waiting for hours.
    let rare = reader((0..21).map(|_| page(&[], Some("next"), &a_lag())));
    let (text, _) = printed(&rare, &[]).await;
    assert_eq!((text.as_str(), rare.asked().len()), ("no event matches\n", 20));
}

#[tokio::test]
async fn what_was_not_searched_is_said_in_sentences() {
    let mut first = a_lag();
    first["missing"] = json!([{"part": 7, "events": 1, "why": "gone"}]);
    let mut last = a_lag();
    last["unsealed_from"] = "2026-11-20T13:01:00.000Z".into();
    last["searched_to"] = "2026-11-02T00:00:00.000Z".into();
    last["not_indexed_before"] = "2026-10-01T00:00:00.000Z".into();
    last["let_go_before"] = "2026-08-22T00:00:00.000Z".into();
    last["missing"] = (7..14).map(|part| json!({"part": part, "events": 1200, "why": "altered"})).collect();
    let pages = || [page(&[], Some("one"), &first), page(&[], Some("two"), &last)];
    let searched = |order: &'static str| {
        let mut pages = pages().to_vec();
        pages.extend((0..18).map(|_| page(&[], Some("next"), &last)));
        let reader = reader(pages);
        async move { printed(&reader, &["--order", order]).await.1 }
    };
    let newest = search::notes(&searched("newest").await, Order::Newest, " --tenant acme");
    insta::assert_snapshot!(newest.join("\n"));
    let oldest = search::notes(&searched("oldest").await, Order::Oldest, "");
    let end =
        "Searched up to 2026-11-02T00:00:00.000Z; repeat with --from 2026-11-02T00:00:00.000Z to go on.";
    assert_eq!(oldest.last().unwrap(), end);
    let lag = serde_json::from_value(last).unwrap();
    assert!(lag::counted_from(&lag).unwrap().starts_with("Counted back to 2026-11-02"));
}

#[tokio::test]
async fn a_refusal_is_an_error_with_a_remedy_and_an_exit_code() {
    for (code, exit, remedy) in [
        ("not_found", 1, "auditferry connector list"),
        ("forbidden", 1, "operators"),
        ("not_shown", 1, "PortalEvents"),
        ("invalid", 2, "--connector"),
        ("too_much", 1, "--from"),
    ] {
        let reader = reader([json!({"refused": {"code": code, "detail": "no"}})]);
        let mut out = Vec::new();
        let refused = search::print(&reader.log(), &search_args(&[]), an_output(), &mut out).await;
        let Err(PrintError::Ask(error)) = refused else { panic!("{refused:?}") };
        let error = crate::error::CliError::from(error);
        let text = serde_json::to_value(&error).unwrap();
        assert_eq!(text["message"], "no");
        assert!(text["remedy"].as_str().unwrap().contains(remedy), "{text}");
        assert_eq!(std::process::ExitCode::from(error.exit()), std::process::ExitCode::from(exit), "{code}");
    }
}
