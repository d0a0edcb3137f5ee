//! The running costs, computed from requests that are counted on the wire, and compared with the table of
//! infra/README.md. A change that adds a request, a metric or an alarm shows its cost there.
//!
//! Counted: requests of a run to S3, KMS and the event bus; metrics and alarms. Assumed: capacity units of
//! DynamoDB, Lambda time and log size, which no stand-in measures as AWS does.

use std::collections::BTreeMap;

use tests::proxy::Service;

use crate::monitoring::{alarm, consistency::emitted};
use crate::requests::{HOUR, deployment, new_requests, run_once};

const OPERATIONS: &str = include_str!("../../infra/README.md");
const TENANTS: [f64; 3] = [10.0, 1_000.0, 10_000.0];
/// Runs of an hourly connector in a month of 30 days.
const RUNS: f64 = 720.0;

/// List prices of us-east-1 in US dollars, as far as we know them. Source: the services' pricing pages.
mod price {
    pub(super) const METRIC: f64 = 0.30;
    pub(super) const ALARM: f64 = 0.10;
    pub(super) const S3_PUT: f64 = 0.005 / 1e3;
    pub(super) const S3_GET: f64 = 0.0004 / 1e3;
    /// Per tag and month.
    pub(super) const S3_TAG: f64 = 0.01 / 1e4;
    /// With an asymmetric key; it has no free tier.
    pub(super) const KMS_SIGN: f64 = 0.15 / 1e4;
    pub(super) const KMS_KEY: f64 = 1.0;
    pub(super) const WRITE_UNIT: f64 = 0.625 / 1e6;
    pub(super) const READ_UNIT: f64 = 0.125 / 1e6;
    pub(super) const EVENT: f64 = 1.0 / 1e6;
    pub(super) const SQS: f64 = 0.4 / 1e6;
    /// Per GB of logs.
    pub(super) const LOGS: f64 = 0.5;
    /// Per GB-second on arm64.
    pub(super) const LAMBDA: f64 = 0.000_013_333_4;
}

/// The requests of a run over an hour with events, once the key is published; the first run also puts the
/// key.
#[derive(Debug)]
struct RunRequests {
    put: f64,
    tag: f64,
    get: f64,
    sign: f64,
    event: f64,
}

async fn measured_run() -> RunRequests {
    let mut world = deployment(2).await;
    run_once(&world, &world.exporter()).await;
    world.advance(HOUR);
    for service in [Service::S3, Service::EventBridge] {
        new_requests(&world, service);
    }
    world.signatures();
    assert_eq!(run_once(&world, &world.exporter()).await.heartbeats, 0);
    let s3 = new_requests(&world, Service::S3);
    let count = |text: &str| f64::from(u32::try_from(s3.iter().filter(|one| *one == text).count()).unwrap());
    // The customer pays for requests to its bucket.
    let theirs = count("PUT part") + count("PUT manifest");
    let run = RunRequests {
        put: count("PUT staged"),
        tag: count("PUT staged?tagging"),
        get: count("GET staged"),
        sign: f64::from(u32::try_from(world.signatures()).unwrap()),
        event: f64::from(u32::try_from(new_requests(&world, Service::EventBridge).len()).unwrap()),
    };
    assert_eq!(run.put + run.tag + run.get + theirs, f64::from(u32::try_from(s3.len()).unwrap()), "{s3:?}");
    run
}

/// The rows of the table, in dollars for 10, 1,000 and 10,000 tenants.
async fn rows() -> Vec<(String, [f64; 3])> {
    let run = measured_run().await;
    // Those of the reader exist only in a deployment that has one.
    let alarms = alarm::all().iter().filter(|alarm| !alarm.is_of_reader()).count();
    let metrics = emitted().await.len();
    let of = |count: usize| f64::from(u32::try_from(count).unwrap());
    // Two queues are polled by five pollers each, every 20 seconds; a tick takes half a second of 512 MB.
    let fixed = of(metrics) * price::METRIC
        + of(alarms) * price::ALARM
        + 2.0 * 5.0 * 3.0 * 60.0 * RUNS * price::SQS
        + 12.0 * RUNS * 0.25 * price::LAMBDA;
    let each = |of_a_run: f64| TENANTS.map(|tenants| tenants * RUNS * of_a_run);
    let ticks = 12.0 * RUNS;
    vec![
        (format!("metrics ({metrics}), alarms ({alarms}), polling, ticks"), [fixed; 3]),
        ("watchdog".into(), TENANTS.map(|tenants| ticks * (2.0 + 0.6 * tenants) * price::READ_UNIT)),
        ("runs: DynamoDB".into(), each(16.0 * price::WRITE_UNIT + 4.0 * price::READ_UNIT)),
        ("runs: staging requests".into(), each(run.put * price::S3_PUT + run.get * price::S3_GET)),
        (
            "runs: tags of delivered files".into(),
            // While they are staged: 90 days.
            each(run.tag * (price::S3_PUT + 3.0 * price::S3_TAG)),
        ),
        (
            "signatures, and the key".into(),
            each(run.sign * price::KMS_SIGN).map(|signatures| signatures + price::KMS_KEY),
        ),
        (
            "runs: Lambda, queue, bus, logs".into(),
            // A request to the bus has two events: the notice, and the announcement of its part.
            each(price::LAMBDA + 2.0 * run.event * price::EVENT + 3.0 * price::SQS + 4e-6 * price::LOGS),
        ),
        ("sweeping the staging bucket".into(), each((price::S3_PUT + 25.0 * price::S3_GET) / 24.0)),
    ]
}

/// In the table's format: whole dollars, or tenths below one.
fn rounded(dollars: f64) -> String {
    match dollars {
        few if few < 0.05 => "0".to_owned(),
        some if some < 0.95 => format!("{some:.1}"),
        many => format!("{many:.0}"),
    }
}

/// The cells of each row of the table of costs, by name.
fn table() -> BTreeMap<String, Vec<String>> {
    let (_, costs) = OPERATIONS.split_once("## What it costs").unwrap();
    let lines =
        costs.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let cells = lines.map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace("**", "")));
    cells.map(|mut cells| (cells.next().unwrap(), cells.collect())).collect()
}

#[tokio::test]
async fn the_table_of_costs_follows_from_the_requests_that_are_counted() {
    let mut rows = rows().await;
    let all = |n: usize| rows.iter().map(|(_, dollars)| dollars[n]).sum();
    rows.push(("all but the events themselves".into(), [all(0), all(1), all(2)]));
    let (written_there, mut wrong) = (table(), Vec::new());
    for (name, dollars) in &rows {
        let cells = dollars.map(rounded);
        if written_there.get(name).is_none_or(|there| there != &cells) {
            wrong.push(format!("| {name} | {} |", cells.join(" | ")));
        }
    }
    assert!(
        wrong.is_empty(),
        "infra/README.md, \"What it costs\", must have these rows:\n{}",
        wrong.join("\n")
    );
    // Header, separator, and the row of the events.
    assert_eq!(written_there.len(), rows.len() + 3, "a row that is not computed: {written_there:#?}");
}

#[tokio::test]
async fn the_text_below_the_table_says_what_is_counted() {
    let RunRequests { put, tag, get, sign, event } = measured_run().await;
    assert_eq!((put, tag, get, sign, event), (2.0, 1.0, 2.0, 1.0, 1.0), "say so in the text below the table");
    for text in ["stages two objects", "reads two", "tags one", "signs once", "one event"] {
        assert!(OPERATIONS.contains(text), "{text}");
    }
}
