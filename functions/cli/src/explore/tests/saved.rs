//! `events saved`, `events search --saved`, `events searches` and `events fields --set`.

use std::sync::Arc;

use ::tests::fakes::{FakeClock, FakeLedger, explorer_records};
use ::tests::fixtures::{at, tenant};
use archive::fields::Field;
use archive::query::counts::Interval;
use clap::Parser as _;
use ports::SearchLog as _;
use protocol::caller::Caller;
use protocol::exploration::{SearchKind, SearchRecord};

use super::{an_output, search_args};
use crate::args::{Cli, Command};
use crate::error::Exit;
use crate::events::args::EventsCommand;
use crate::explore::args::{CountsArgs, FieldsArgs};
use crate::explore::kept::Kept;
use crate::explore::saved_args::{SavedCommand, SearchesArgs};
use crate::explore::{applied, mapping, saved, searches};

fn parsed(args: &[&str]) -> Result<EventsCommand, String> {
    let all = ["auditferry", "events"].iter().chain(args).chain(&["--tenant", "acme"]);
    match Cli::try_parse_from(all).map_err(|error| error.to_string())?.command {
        Some(Command::Events(command)) => Ok(command),
        other => panic!("{other:?}"),
    }
}

fn saved_command(args: &[&str]) -> SavedCommand {
    match parsed(&[&["saved"], args].concat()).unwrap() {
        EventsCommand::Saved(command) => command,
        other => panic!("{other:?}"),
    }
}

fn counts_args(args: &[&str]) -> CountsArgs {
    match parsed(&[&["counts"], args].concat()).unwrap() {
        EventsCommand::Counts(args) => args,
        other => panic!("{other:?}"),
    }
}

fn fields_args(args: &[&str]) -> FieldsArgs {
    match parsed(&[&["fields"], args].concat()).unwrap() {
        EventsCommand::Fields(args) => args,
        other => panic!("{other:?}"),
    }
}

fn searches_args(args: &[&str]) -> SearchesArgs {
    match parsed(&[&["searches"], args].concat()).unwrap() {
        EventsCommand::Searches(args) => args,
        other => panic!("{other:?}"),
    }
}

/// An operator's records of acme, in an empty ledger.
fn kept() -> (Kept, FakeLedger, FakeClock) {
    let (ledger, clock) = (FakeLedger::new(), FakeClock::at(at("2026-11-20T20:15:30Z")));
    let kept = Kept {
        records: explorer_records(Arc::new(ledger.clone()), &clock),
        by: Caller::Operator { name: "ops".to_owned() }.into(),
        tenant: tenant("acme"),
        flags: " --tenant acme".to_owned(),
    };
    (kept, ledger, clock)
}

async fn run(kept: &Kept, args: &[&str]) -> Result<Exit, String> {
    let done = saved::run(kept, &saved_command(args), an_output()).await;
    done.map_err(|error| serde_json::to_string(&error).unwrap())
}

async fn table(kept: &Kept) -> String {
    saved::lines(&kept.records.list(&kept.by, &kept.tenant).await.unwrap(), &kept.flags).join("\n")
}

#[tokio::test]
async fn an_exploration_is_saved_listed_renamed_and_deleted_by_its_name_or_its_id() {
    let (kept, ..) = kept();
    assert!(table(&kept).await.contains("auditferry events saved save --tenant acme NAME FILTER"));
    let logins =
        ["save", "Logins", "outcome:failure", "--columns", "time,/a", "--interval", "day", "--by", "actor"];
    run(&kept, &logins).await.unwrap();
    run(&kept, &["save", "all"]).await.unwrap();
    run(&kept, &["rename", "Logins", "Failed logins"]).await.unwrap();
    insta::assert_snapshot!(table(&kept).await);
    let found = kept.find("Failed logins").await.unwrap();
    let chart = found.chart.as_ref().unwrap();
    assert_eq!(
        (chart.by(), found.columns.as_slice()),
        (Some("actor"), &["time".to_owned(), "/a".to_owned()][..])
    );
    assert_eq!(kept.find(found.id.as_str()).await.unwrap(), found);
    run(&kept, &["delete", found.id.as_str()]).await.unwrap();
    run(&kept, &["delete", "all"]).await.unwrap();
    assert!(table(&kept).await.starts_with("no exploration is saved"));
}

#[tokio::test]
async fn a_name_that_none_or_several_have_is_refused_with_what_to_do() {
    let (kept, ..) = kept();
    for _ in 0..2 {
        run(&kept, &["save", "twice"]).await.unwrap();
    }
    let error = run(&kept, &["delete", "twice"]).await.unwrap_err();
    assert!(error.contains("2 saved explorations") && error.matches("exp_").count() == 2, "{error}");
    for text in ["thrice", "exp_0000000000000000"] {
        let error = run(&kept, &["rename", text, "x"]).await.unwrap_err();
        assert!(error.contains(text) && error.contains("events saved list --tenant acme"), "{error}");
    }
}

#[tokio::test]
async fn a_search_uses_the_filter_and_columns_of_a_saved_exploration() {
    let (mut kept, ..) = kept();
    run(&kept, &["save", "x", "outcome:failure", "--columns", "actor,/a"]).await.unwrap();
    let applied = async |kept: &Kept, args: &[&str]| {
        let args = search_args(&[&["--saved", "x"], args].concat());
        let args = applied::to_search(kept, &args).await.unwrap();
        let columns: Vec<_> = args.form.columns.iter().map(ToString::to_string).collect();
        (args.which.filter.to_string(), columns.join(","), args.log.connector)
    };
    let filter = "outcome:failure".to_owned();
    assert_eq!(applied(&kept, &[]).await, (filter.clone(), "actor,/a".to_owned(), None));
    assert_eq!(applied(&kept, &["--csv", "--columns", "ip"]).await, (filter.clone(), "ip".to_owned(), None));
    assert_eq!(applied(&kept, &["--ndjson"]).await, (filter, String::new(), None));
    kept.tenant = tenant("globex");
    assert!(applied::to_search(&kept, &search_args(&["--saved", "x"])).await.is_err(), "another tenant's");
}

#[tokio::test]
async fn counts_use_the_filter_and_chart_of_a_saved_exploration() {
    let (kept, ..) = kept();
    run(&kept, &["save", "x", "outcome:failure", "--interval", "week", "--by", "actor"]).await.unwrap();
    run(&kept, &["save", "no chart", "outcome:failure"]).await.unwrap();
    let applied = async |args: &[&str]| {
        let args = applied::to_counts(&kept, &counts_args(args)).await.unwrap();
        (args.which.filter.to_string(), args.interval, args.by)
    };
    let filter = || "outcome:failure".to_owned();
    assert_eq!(applied(&["--saved", "x"]).await, (filter(), Some(Interval::Week), Some(Field::Actor)));
    let others = applied(&["--saved", "x", "--interval", "whole", "--by", "ip"]).await;
    assert_eq!(others, (filter(), Some(Interval::Whole), Some(Field::Ip)));
    assert_eq!(applied(&["--saved", "no chart"]).await, (filter(), None, None));
    assert_eq!(applied(&["actor:ana"]).await, ("actor:ana".to_owned(), None, None));
    // Two of one name: the error says which IDs there are.
    run(&kept, &["save", "x"]).await.unwrap();
    let error = applied::to_counts(&kept, &counts_args(&["--saved", "x"])).await.unwrap_err();
    let error = serde_json::to_string(&error).unwrap();
    assert!(error.contains("2 saved explorations") && error.matches("exp_").count() == 2, "{error}");
}

#[tokio::test]
async fn searches_say_who_asked_for_what() {
    let (kept, ledger, _) = kept();
    assert_eq!(searches::lines(&[]), ["nobody has searched this log"]);
    let people = [
        Caller::Tenant { tenant: tenant("acme"), name: "ann\u{1b}[2J".to_owned() },
        Caller::Operator { name: "ops".to_owned() },
    ];
    for (hour, by) in people.into_iter().enumerate() {
        let record = SearchRecord {
            tenant: tenant("acme"),
            connector: "con_0000000000000001".parse().unwrap(),
            by,
            kind: SearchKind::ALL[hour],
            filter: if hour == 0 { "actor:(hidden)" } else { "" }.parse().unwrap(),
            at: at(&format!("2026-11-20T1{hour}:00:00Z")),
        };
        ledger.record_search(&record).await.unwrap();
    }
    let page = kept.records.searches(&kept.by, &kept.tenant, None, 10).await.unwrap();
    insta::assert_snapshot!(searches::lines(&page.items).join("\n"));
    let done = searches::searches(&kept, &searches_args(&["--limit", "1"]), an_output()).await;
    assert_eq!(done.unwrap(), Exit::Done);
}

#[test]
fn a_mapping_is_given_as_it_is_or_in_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("fields.json");
    std::fs::write(&file, "{\"actor\":\"/who\"}\n").unwrap();
    let given = format!("@{}", file.display());
    assert_eq!(fields_args(&["--set", &given]).set, Some(given.clone()));
    assert_eq!(mapping::text(&given).unwrap(), "{\"actor\":\"/who\"}\n");
    assert_eq!(mapping::text("cloudtrail").unwrap(), "cloudtrail");
    let error = mapping::text("@/nothing/there").unwrap_err();
    assert!(serde_json::to_string(&error).unwrap().contains("/nothing/there"));
}

#[test]
fn the_grammar_of_what_is_kept() {
    assert!(
        matches!(saved_command(&["save", "--interval", "day", "x", "actor:ana"]), SavedCommand::Save(args)
        if args.filter.to_string() == "actor:ana")
    );
    for (args, problem) in [
        (&["saved", "save"][..], "NAME"),
        (&["saved", "save", ""], "is empty"),
        (&["saved", "save", "x", "acton:x"], "did you mean"),
        (&["saved", "save", "x", "--by", "actor"], "--interval"),
        (&["saved", "save", "x", "--interval", "whole"], "hour, day, week"),
        (&["saved", "save", "x", "--columns", "when"], "`when` is no column"),
        (&["saved", "rename", "x"], "NEW_NAME"),
        (&["saved", "list", "x"], "unexpected argument"),
        (&["saved", "list", "--connector", "con_0000000000000001"], "unexpected argument"),
        (&["saved", "rename", "x", "y", "--connector", "con_0000000000000001"], "unexpected argument"),
        (&["saved", "delete", "x", "--connector", "con_0000000000000001"], "unexpected argument"),
        (&["searches", "--connector", "con_0000000000000001"], "unexpected argument"),
        (&["search", "--saved", "x", "actor:ana"], "cannot be used with"),
        (&["searches", "--limit", "101"], "1..=100"),
        (&["searches", "--before", "now"], "wrong form"),
    ] {
        let error = parsed(args).unwrap_err();
        assert!(error.to_lowercase().contains(&problem.to_lowercase()), "{args:?}: {error}");
    }
}
