//! What the commands ask, and what they print, with a reader in memory.

mod answers;
mod grammar;
mod saved;
mod search;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use clap::Parser as _;
use control::explorer::{Ask, Asker, Explorer, ExplorerRequest, Proof};
use ports::{PortError, ReaderClient};
use protocol::caller::Caller;
use serde_json::{Value, json};

use super::Log;
use super::args::{IndexCommand, RebuildArgs, SearchArgs};
use super::search::{Found, print};
use crate::args::{Cli, Command};
use crate::events::args::EventsCommand;
use crate::output::Output;

/// A reader that has these answers.
#[derive(Clone, Default)]
struct FakeReader {
    answers: Arc<Mutex<VecDeque<Value>>>,
    asked: Arc<Mutex<Vec<ExplorerRequest>>>,
}

#[async_trait]
impl ReaderClient for FakeReader {
    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        self.asked.lock().unwrap().push(serde_json::from_slice(&request).unwrap());
        let answer = self.answers.lock().unwrap().pop_front().expect("another answer");
        Ok(serde_json::to_vec(&answer).unwrap())
    }
}

fn reader(answers: impl IntoIterator<Item = Value>) -> FakeReader {
    FakeReader { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..FakeReader::default() }
}

impl FakeReader {
    fn log(&self) -> Log {
        let by = Proof::Caller(Caller::Operator { name: "ops".to_owned() });
        let asker = Asker { by, tenant: "acme".parse().unwrap(), connector: None };
        let explorer = Explorer::new(Some(Arc::new(self.clone())));
        Log { explorer, asker, flags: " --tenant acme".to_owned() }
    }

    fn asked(&self) -> Vec<Ask> {
        self.asked.lock().unwrap().iter().map(|request| request.ask.clone()).collect()
    }
}

fn parsed(args: &[&str]) -> Result<Command, String> {
    let (command, options) = args.split_at(2);
    let args = ["auditferry"].iter().chain(command).chain(&["--tenant", "acme"]).chain(options);
    Cli::try_parse_from(args).map(|cli| cli.command.unwrap()).map_err(|error| error.to_string())
}

fn search_args(args: &[&str]) -> SearchArgs {
    match parsed(&[&["events", "search"], args].concat()) {
        Ok(Command::Events(EventsCommand::Search(args))) => args,
        other => panic!("{other:?}"),
    }
}

fn rebuild_args(args: &[&str]) -> RebuildArgs {
    match parsed(&[&["index", "rebuild"], args].concat()) {
        Ok(Command::Index(IndexCommand::Rebuild(args))) => args,
        other => panic!("{other:?}"),
    }
}

fn an_output() -> Output {
    Output::new(false, None)
}

async fn printed(reader: &FakeReader, args: &[&str]) -> (String, Found) {
    let mut out = Vec::new();
    let found = print(&reader.log(), &search_args(args), an_output(), &mut out).await.unwrap();
    (String::from_utf8(out).unwrap(), found)
}

fn a_lag() -> Value {
    json!({
        "connector": "con_00000000000000ee",
        "complete_to": "2026-11-20T13:00:00.000Z",
        "read_to": "2026-11-20T13:05:00.000Z",
        "cost": {"days": 0, "indexes": 0, "blocks": 0, "bytes": 0},
    })
}

/// A page of these events, each with its proof.
fn page(rows: &[(Value, Value)], next: Option<&str>, lag: &Value) -> Value {
    let rows = rows.iter().map(|(fields, proof)| {
        let mut fields = fields.clone();
        let event = json!({"userAgent": "=cmd|' /C calc'!A1", "of": fields["actor"], "n": 1.50});
        let time = fields.as_object_mut().unwrap().remove("time").unwrap();
        json!({"time": time, "fields": fields, "event": event, "proof": proof})
    });
    let rows: Vec<Value> = rows.collect();
    let mut page = json!({"rows": {"lag": lag, "rows": rows}});
    if let Some(next) = next {
        page["rows"]["next_cursor"] = next.into();
    }
    page
}

fn login(time: &str, actor: &str, outcome: &str) -> Value {
    json!({"time": time, "action": "ConsoleLogin", "actor": actor, "outcome": outcome, "ip": "192.0.2.7"})
}

fn in_part(state: &str, part: u64, late: bool) -> Value {
    json!({
        "state": state, "part": part, "position": 3, "name": "events/x.json", "signed": true, "late": late,
        "window": {"from": "2026-11-20T12:00:00.000Z", "to": "2026-11-20T13:00:00.000Z"},
    })
}

fn in_table(state: &str) -> Value {
    json!({"state": state, "signed": false, "late": false})
}

fn all_states() -> Value {
    let rows = [
        (login("2026-11-20T13:04:00.000Z", "ana", "failure"), in_table("unsealed")),
        (login("2026-11-20T12:04:00.000Z", "bob, the \"builder\"", "success"), in_part("sealed", 43, false)),
        (login("2026-11-20T11:04:00.000Z", "-1+1", "failure"), in_part("delivered", 42, true)),
        (login("2026-08-20T11:04:00.000Z", "\u{1b}[2Jeve\n", "unknown"), in_table("let_go")),
    ];
    page(&rows, None, &a_lag())
}
