//! A reader in memory: it records what it is asked, and answers for any tenant.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use control::explorer::{Answer, Ask, ExplorerRefusal, ExplorerRequest, RefusalCode};
use ports::{PortError, ReaderClient};
use serde_json::{Value, json};

use crate::broken::Broken;

/// The connector of all answers.
const CONNECTOR: &str = "con_00000000000000ee";
/// The ID of all downloads.
pub(crate) const DOWNLOAD: &str = "dwn_0000000000000000000000000001";

#[derive(Clone, Default)]
pub(crate) struct FakeReader {
    asked: Arc<Mutex<Vec<ExplorerRequest>>>,
    mood: Arc<Mutex<Mood>>,
}

/// How it answers.
#[derive(Clone, Default)]
enum Mood {
    #[default]
    Answers,
    /// Downloads are large.
    IsSlow,
    Refuses(RefusalCode, &'static str),
    Fails(Broken),
    /// With an answer to another question.
    Misunderstands,
}

impl FakeReader {
    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<ExplorerRequest> {
        self.asked.lock().unwrap().clone()
    }

    /// The newest request.
    pub(crate) fn last(&self) -> ExplorerRequest {
        self.asked().pop().expect("it was asked")
    }

    pub(crate) fn refuse(&self, code: RefusalCode, detail: &'static str) {
        self.set(Mood::Refuses(code, detail));
    }

    pub(crate) fn fail(&self, broken: Broken) {
        self.set(Mood::Fails(broken));
    }

    pub(crate) fn be_slow(&self) {
        self.set(Mood::IsSlow);
    }

    pub(crate) fn misunderstand(&self) {
        self.set(Mood::Misunderstands);
    }

    pub(crate) fn answer(&self) {
        self.set(Mood::Answers);
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }
}

#[async_trait]
impl ReaderClient for FakeReader {
    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        let request: ExplorerRequest = serde_json::from_slice(&request).unwrap();
        self.asked.lock().unwrap().push(request.clone());
        let mood = self.mood.lock().unwrap().clone();
        let answer = match mood {
            Mood::Answers => answer(&request, true),
            Mood::IsSlow => answer(&request, false),
            Mood::Refuses(code, detail) => {
                let refusal = ExplorerRefusal { code, detail: detail.to_owned() };
                serde_json::to_value(Answer::Refused(refusal)).unwrap()
            }
            Mood::Fails(broken) => return broken.fail(),
            Mood::Misunderstands => {
                json!({"rebuilt": {"connector": CONNECTOR, "made": 1, "present": 0, "gone": 0}})
            }
        };
        // It is what the reader may answer.
        let bytes = serde_json::to_vec(&answer).unwrap();
        serde_json::from_slice::<Answer>(&bytes).unwrap();
        Ok(bytes)
    }
}

/// The name of a person of this tenant, who is in every answer that may name one.
pub(crate) fn person(tenant: &str) -> String {
    format!("ana@{tenant}.example")
}

fn lag() -> Value {
    json!({
        "connector": CONNECTOR,
        "complete_to": "2026-11-20T20:00:00.000Z",
        "read_to": "2026-11-20T20:15:30.000Z",
        "searched_to": "2026-11-01T00:00:00.000Z",
        "kept_from": "2026-08-22T00:00:00.000Z",
        "missing": [{"part": 7, "events": 3, "why": "gone"}],
        "cost": {"days": 1, "indexes": 2, "blocks": 3, "bytes": 4},
    })
}

fn answer(request: &ExplorerRequest, is_made: bool) -> Value {
    let person = person(request.tenant.as_str());
    match &request.ask {
        Ask::Rows(_) => json!({"rows": {
            "lag": lag(),
            "rows": [
                {
                    "time": "2026-11-20T20:15:00.000Z",
                    "fields": {"actor": person, "action": "ConsoleLogin"},
                    "event": {"who": person, "n": 1.50},
                    "proof": {"state": "unsealed", "signed": false, "late": false},
                },
                {
                    "time": "2026-11-20T19:15:00.000Z",
                    "fields": {},
                    "event": {},
                    "proof": {
                        "state": "delivered",
                        "part": 42,
                        "position": 0,
                        "window": {"from": "2026-11-20T19:00:00.000Z", "to": "2026-11-20T20:00:00.000Z"},
                        "name": "events/x.json",
                        "signed": true,
                        "late": true,
                    },
                },
            ],
            "next_cursor": "eyJzIjp9",
        }}),
        Ask::Counts(counts) => json!({"counts": {
            "lag": lag(),
            "interval": counts.interval,
            "total": 3,
            "unsealed": 1,
            "let_go": 0,
            "sealing": counts.sealing.then(|| json!({
                "parts": 24,
                "signed": 24,
                "delivered": 23,
                "quiet": 20,
                "late": 1,
                "intervals": [
                    {"start": "2026-11-20T00:00:00.000Z", "state": "waiting", "parts": 24, "events": 3},
                ],
            })),
            "counts": [
                {"start": "2026-11-20T00:00:00.000Z", "value": null, "events": 1},
                {"start": "2026-11-20T00:00:00.000Z", "value": person, "events": 2},
            ],
        }}),
        Ask::Facets(facets) => json!({"facets": {
            "lag": lag(),
            "total": 3,
            "facets": facets.fields.iter().map(|field| json!({
                "field": field,
                "values": [{"value": person, "events": 2}, {"value": null, "events": 1}],
                "different": 1,
                "others": 0,
            })).collect::<Vec<_>>(),
        }}),
        Ask::Fields => json!({"fields": {
            "lag": lag(),
            "source": "guessed",
            "preset": "cloudtrail",
            "events": 3,
            "fields": [{"field": "actor", "paths": ["/who"], "events": 3, "examples": [person]}],
            "unmapped": [{"value": "n", "events": 3}],
        }}),
        Ask::Download(_) | Ask::DownloadStatus(_) => json!({"download": download(request, is_made)}),
        Ask::Event(_) | Ask::Rebuild(_) => panic!("the API asks for no single event, and no indexes"),
    }
}

fn download(request: &ExplorerRequest, is_made: bool) -> Value {
    let state = if is_made { "ready" } else { "running" };
    let mut download = json!({"id": DOWNLOAD, "state": state, "kept_until": "2026-11-21T20:15:30.000Z"});
    if is_made {
        download["url"] = json!(format!("https://staging.example/{}", person(request.tenant.as_str())));
        download["receipt"] = json!({
            "tenant": request.tenant,
            "connector": CONNECTOR,
            "filter": "actor:*",
            "from": "2026-11-01T00:00:00.000Z",
            "to": "2026-11-20T00:00:00.000Z",
            "order": "newest",
            "format": "csv",
            "columns": ["actor", "/who"],
            "cells": "safe",
            "mapping": "0123456789abcdef",
            "rows": 2,
            "whole": true,
            "unsealed_rows": 1,
            "parts": [{"number": 42, "sha256": "ab".repeat(32), "rows": 1}],
            "size": 100,
            "sha256": "cd".repeat(32),
            "made_at": "2026-11-20T20:15:30.000Z",
        });
    }
    download
}
