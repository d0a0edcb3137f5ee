//! Asks all questions, in a process that has nothing but the reader: the stand-ins are in another one, so
//! this one's memory is what a function of AWS Lambda would need.

use std::path::Path;
use std::sync::Arc;

use archive::fields::Preset;
use archive::names::TenantId;
use async_trait::async_trait;
use aws::clients::{Clients, Endpoints};
use aws::clock::{SystemClock, SystemRng};
use aws::dynamodb::events::EventsTable;
use aws::dynamodb::ledger::{ClockOffset, DynamoLedger};
use aws::reader::OwnReaderSessions;
use aws::settings::S3Settings;
use aws_credential_types::Credentials;
use control::explorer::{Answer, ExplorerRequest, Proof};
use control::portal::Sessions;
use control::portal_events::PortalEvents;
use ports::{Clock, DownloadQueue, PortError};
use protocol::caller::Caller;
use protocol::exploration::DownloadId;
use reader::Reader;
use sandbox::wiring::{EVENTS_TABLE, LEDGER_TABLE, REGION, STAGING_BUCKET};
use serde::{Deserialize, Serialize};

use crate::counted::{Asked, CountedLedger, CountedSessions, Counters};
use crate::meter::{Meter, memory_mb, percentile};
use crate::questions::{KINDS, asked_at, ids};
use crate::truth::Truth;

/// What asking has shown.
#[derive(Debug, Serialize, Deserialize)]
pub struct Asking {
    pub kinds: Vec<KindResult>,
    /// Before the first question, and at most.
    pub memory_before_mb: f64,
    pub memory_mb: f64,
    /// The whole chart by day and outcome: beginning, outcome, events. Another program must find the same.
    pub chart: Vec<(String, String, u64)>,
    /// The IDs of the needle, likewise.
    pub needle: Vec<String>,
}

/// What one kind of question has shown.
#[derive(Debug, Serialize, Deserialize)]
pub struct KindResult {
    pub name: String,
    pub times: u64,
    pub limit_ms: Option<f64>,
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub max_ms: f64,
    /// Of the reader's processor time, on average.
    pub processor_ms: f64,
    /// What one question costs on average.
    pub asked: Asked,
    pub usd: f64,
    /// How many answers said that their budget ended them.
    pub cut: u64,
}

/// The addresses and keys of the stand-ins, from [`sandbox::wiring::Sandbox::environment`].
#[derive(Debug)]
pub struct StandIns {
    pub dynamodb: String,
    pub s3: String,
    pub sts: String,
    pub key: String,
    pub secret: String,
}

/// No question asks for a download.
#[derive(Debug)]
struct NoQueue;

#[async_trait]
impl DownloadQueue for NoQueue {
    async fn send_download(&self, _: &TenantId, _: &DownloadId) -> Result<(), PortError> {
        panic!("no question asks for a download")
    }
}

/// The reader on these stand-ins.
pub fn reader(at: &StandIns, counters: &Counters) -> Reader {
    let endpoints = Endpoints {
        dynamodb: at.dynamodb.clone(),
        events: None,
        kms: None,
        s3: at.s3.clone(),
        ses: None,
        sqs: None,
        sts: at.sts.clone(),
    };
    let keys = Credentials::new(&at.key, &at.secret, None, None, "bench");
    let clients = Clients::at(&endpoints, REGION, keys, S3Settings { force_path_style: true });
    let offset = asked_at().millis() - SystemClock::new().now().millis();
    let ledger =
        DynamoLedger::new(clients.dynamodb.clone(), LEDGER_TABLE.to_owned(), ClockOffset::millis(offset));
    let layout = EventsTable::default_layout(EVENTS_TABLE);
    let sessions =
        OwnReaderSessions::new(clients.s3.clone(), clients.dynamodb, STAGING_BUCKET.to_owned(), layout);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::with_offset(offset));
    let counted = Arc::new(CountedLedger { inner: ledger.clone(), counters: counters.clone() });
    let ledger = Arc::new(ledger);
    Reader {
        connectors: Arc::clone(&counted) as _,
        portal: Sessions { links: Arc::clone(&ledger) as _, clock: Arc::clone(&clock) },
        sessions: Arc::new(CountedSessions { inner: sessions, counters: counters.clone() }),
        mappings: counted,
        searches: Arc::clone(&ledger) as _,
        downloads: ledger,
        queue: Arc::new(NoQueue),
        clock,
        rng: Arc::new(SystemRng),
        worker: tests::fixtures::worker(),
        at_once: reader::AT_ONCE,
        shown: PortalEvents::Events,
        fields: Some(Preset::Cloudtrail.fields()),
        staging_retention: Some(std::time::Duration::from_hours(90 * 24)),
        event_retention: None,
        events_end: None,
    }
}

/// Asks each kind of question so many times. Panics at a wrong answer.
pub async fn ask(at: &StandIns, truth: &Path, times: u64, only: Option<&str>) -> Asking {
    let truth = std::fs::read(truth).expect("what the archive contains");
    let truth: Truth = serde_json::from_slice(&truth).expect("what the archive contains");
    let counters = Counters::default();
    let reader = reader(at, &counters);
    let memory_before_mb = memory_mb("VmRSS");
    let mut asking =
        Asking { kinds: Vec::new(), memory_before_mb, memory_mb: 0.0, chart: Vec::new(), needle: Vec::new() };
    for kind in KINDS.iter().filter(|kind| only.is_none_or(|only| kind.name.contains(only))) {
        let times = if kind.limit_ms.is_some() { times } else { times.div_ceil(10) };
        let (mut took, mut processor_ms, mut cut) = (Vec::new(), 0, 0);
        let before = counters.asked();
        for number in 0..times {
            let (ask, check) = (kind.ask)(&truth, number);
            let by = Proof::Caller(Caller::Operator { name: "bench".to_owned() });
            let connector = Some(truth.connector.clone());
            let tenant = tests::fixtures::tenant(crate::TENANT);
            let request = ExplorerRequest { by, tenant, connector, ask };
            let meter = Meter::start();
            let answer = reader.answer(&request).await.expect("an answer");
            // The answer travels as JSON.
            let bytes = serde_json::to_vec(&answer).expect("JSON");
            took.push(meter.ms());
            processor_ms += meter.processor_ms();
            if let Err(why) = check(&answer) {
                panic!("{}, question {number}: {why}", kind.name);
            }
            cut += u64::from(String::from_utf8_lossy(&bytes).contains("\"searched_to\""));
            if number == 0 {
                asking.keep(kind.name, &answer);
            }
        }
        let asked = counters.asked().since(before).each(times);
        took.sort_by(f64::total_cmp);
        eprintln!(
            "{}: {:.0} ms, {:.0} ms of processor",
            kind.name,
            percentile(&took, 0.5),
            processor_ms as f64 / times as f64
        );
        asking.kinds.push(KindResult {
            name: kind.name.to_owned(),
            times,
            limit_ms: kind.limit_ms,
            p50_ms: percentile(&took, 0.5),
            p95_ms: percentile(&took, 0.95),
            max_ms: percentile(&took, 1.0),
            processor_ms: processor_ms as f64 / times as f64,
            asked,
            usd: asked.usd(),
            cut,
        });
    }
    asking.memory_mb = memory_mb("VmHWM");
    asking
}

impl Asking {
    /// Keeps the answers that another program must find too.
    fn keep(&mut self, name: &str, answer: &Answer) {
        match answer {
            Answer::Counts(counts) if name == "chart: 90 days by day and outcome" => {
                let counts = counts.counts.iter();
                self.chart = counts
                    .map(|count| (count.start.date(), count.value.clone().unwrap_or_default(), count.events))
                    .collect();
            }
            Answer::Rows(_) if name.starts_with("needle: an actor") => self.needle = ids(answer),
            _ => {}
        }
    }
}
