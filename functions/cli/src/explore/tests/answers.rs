//! Counts, facets, fields and indexes: what is printed, and what is asked again.

use archive::part::PartNumber;
use control::explorer::Ask;
use serde_json::{Value, json};

use super::{a_lag, an_output, parsed, reader, rebuild_args};
use crate::args::Command;
use crate::error::Exit;
use crate::events::args::EventsCommand;
use crate::explore::{counts, facets, fields, rebuild};

#[tokio::test]
async fn counts_facets_and_fields_are_tables() {
    let Ok(Command::Events(EventsCommand::Counts(by_actor))) =
        parsed(&["events", "counts", "--by", "actor", "--interval", "hour"])
    else {
        panic!("counts")
    };
    let count = |value: Value, events: u64| json!({"start": "2026-11-20T12:00:00.000Z", "value": value, "events": events});
    let answer = json!({"lag": a_lag(), "interval": "hour", "total": 1_235, "counts": [
        count(Value::Null, 1), count("\u{1b}[2Jeve".into(), 1_234),
    ]});
    let counted = serde_json::from_value(answer).unwrap();
    let mut text = counts::lines(&counted, &by_actor);
    let whole = serde_json::from_value(json!({"lag": a_lag(), "interval": "whole", "total": 1, "counts": [
        count(Value::Null, 1),
    ]}));
    let mut all = by_actor.clone();
    all.by = None;
    text.extend(counts::lines(&whole.unwrap(), &all));
    let answer = json!({"lag": a_lag(), "total": 12, "facets": [
        {"field": "actor", "values": [{"value": "ana", "events": 9}, {"value": null, "events": 1}], "different": 3, "others": 2},
        {"field": "ip", "values": [], "different": 0, "others": 0},
    ]});
    text.extend(facets::lines(&serde_json::from_value(answer).unwrap()));
    let answer = json!({
        "lag": a_lag(), "source": "guessed", "preset": "cloudtrail", "events": 12,
        "fields": [
            {"field": "actor", "paths": ["/userIdentity/arn", "/who"], "events": 11, "examples": ["ana", "\u{1b}[2J"]},
            {"field": "ip", "paths": [], "events": 0, "examples": []},
        ],
        "unmapped": [{"value": "a/b", "events": 12}],
    });
    text.extend(fields::lines(&serde_json::from_value(answer).unwrap()));
    insta::assert_snapshot!(text.join("\n"));
}

#[tokio::test]
async fn indexes_are_asked_for_until_all_are_made() {
    let answer = |made: u64, next: Option<u64>| {
        let mut answer = json!({"connector": "con_00000000000000ee", "newest": 2_160, "made": made, "present": 1, "gone": 0});
        if let Some(next) = next {
            answer["next"] = next.into();
        }
        json!({"rebuilt": answer})
    };
    let reader = reader([answer(1_000, Some(1_001)), answer(500, Some(2_000)), answer(160, None)]);
    let rebuilt = rebuild::rebuild_all(&reader.log(), &rebuild_args(&["--all"]), |_, _| ()).await.unwrap();
    assert_eq!(rebuild::lines(&rebuilt), ["con_00000000000000ee: 1,660 indexes made, 3 were there"]);
    let asked = reader.asked().into_iter().map(|ask| match ask {
        Ask::Rebuild(request) => (request.from_part.map(PartNumber::get), request.all),
        other => panic!("{other:?}"),
    });
    assert_eq!(asked.collect::<Vec<_>>(), [(None, true), (Some(1_001), true), (Some(2_000), true)]);
}

#[tokio::test]
async fn parts_that_differ_from_what_was_signed_are_named_and_the_exit_code_is_1() {
    let answer = |altered: &[u64], next: Option<u64>| {
        json!({"rebuilt": {
            "connector": "con_00000000000000ee", "made": 1, "present": 0, "gone": 0, "altered": altered, "next": next,
        }})
    };
    for (pages, said) in [
        (vec![answer(&[3], Some(5)), answer(&[7], None)], "2 parts differ from what was signed: 3, 7"),
        (vec![answer(&[], Some(5)), answer(&[7], None)], "1 part differs from what was signed: 7"),
    ] {
        let (once, again) = (reader(pages.clone()), reader(pages));
        let rebuilt = rebuild::rebuild_all(&once.log(), &rebuild_args(&[]), |_, _| ()).await.unwrap();
        assert_eq!(rebuild::lines(&rebuilt).last().unwrap(), said);
        let exit = rebuild::rebuild(&again.log(), &rebuild_args(&[]), an_output()).await.unwrap();
        assert_eq!(exit, Exit::Failed);
    }
}

#[test]
fn values_and_pointers_are_whole_so_that_they_can_be_filters() {
    let long = "x".repeat(300);
    let answer = json!({"lag": a_lag(), "total": 9, "facets": [
        {"field": "actor", "values": [{"value": long, "events": 9}], "different": 1, "others": 0},
    ]});
    let lines = facets::lines(&serde_json::from_value(answer).unwrap());
    assert!(lines.contains(&format!("{long}  9")), "{lines:?}");
    let answer = json!({
        "lag": a_lag(), "source": "guessed", "events": 9,
        "fields": [{"field": "actor", "paths": ["/who", format!("/{long}")], "events": 9, "examples": []}],
        "unmapped": [],
    });
    let lines = fields::lines(&serde_json::from_value(answer).unwrap());
    assert!(lines.iter().any(|line| line.ends_with(&format!("/who, /{long}"))), "{lines:?}");
}

#[tokio::test]
async fn a_reader_that_does_not_advance_is_not_asked_for_ever() {
    let answer = json!({"rebuilt": {"connector": "con_00000000000000ee", "made": 0, "present": 0, "gone": 0, "next": 5}});
    let reader = reader([answer.clone(), answer]);
    let stuck = rebuild::rebuild_all(&reader.log(), &rebuild_args(&["--from-part", "4"]), |_, _| ()).await;
    assert!(stuck.is_err() && reader.asked().len() == 2);
}
