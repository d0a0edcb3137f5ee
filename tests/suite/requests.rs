//! The requests of a run to each service, recorded on the wire: a change that adds one shows here, and the
//! cost of a thousand exports follows from it (tests/bench/README.md, "An export without events").

use std::sync::Arc;
use std::time::Duration;

use archive::note::KEY_FOLDER;
use archive::part::MANIFEST_FOLDER;
use exporter::{Exporter, export};
use protocol::machine::{Outcome, Summary};
use tests::proxy::Service;

use crate::wire::world::{LIMIT, World};

pub(crate) const HOUR: Duration = Duration::from_hours(1);

/// A deployment with one connector, whose first window is closed and settled, and without faults.
pub(crate) async fn deployment(events: usize) -> World {
    let mut world = World::start(1, &[]).await;
    world.populate(1, events).await;
    world.advance(HOUR / 2);
    world
}

/// One run of the connector, and its summary. Only the source keeps state from an earlier run of the process.
pub(crate) async fn run_once(world: &World, process: &Exporter) -> Summary {
    let (connector, _) = &world.connectors[0];
    let mut exporter = world.exporter();
    exporter.ports.source = Arc::clone(&process.ports.source);
    let outcome = export(&exporter, &connector.id, world.now() + LIMIT).await;
    let Outcome::Completed(summary) = outcome else { panic!("{outcome:?}") };
    assert_eq!((summary.sealed, summary.delivered, summary.more), (1, 1, false));
    summary
}

/// The requests to a service since the last call; those to S3 as the method and the kind of object.
pub(crate) fn new_requests(world: &World, service: Service) -> Vec<String> {
    let proxy = world.proxies.iter().find(|proxy| proxy.service() == service).unwrap();
    proxy
        .take_forwarded()
        .iter()
        .map(|request| if service == Service::S3 { request_kind(request) } else { request.clone() })
        .collect()
}

fn request_kind(request: &str) -> String {
    let (method, path) = request.split_once(' ').unwrap();
    let folders = [
        ("/vendor-staging/", "staged"),
        (KEY_FOLDER, "key"),
        (MANIFEST_FOLDER, "manifest"),
        ("events/", "part"),
    ];
    let kind = folders.iter().find(|(folder, _)| path.contains(folder)).map_or(path, |(_, kind)| *kind);
    let tags = if path.ends_with("?tagging") { "?tagging" } else { "" };
    format!("{method} {kind}{tags}")
}

/// The identity of the table, requested once a minute by a process.
const PER_PROCESS: &str = "DescribeTable events";
/// Lease; settings and cursor; one page of events; seal; mark the part; mark the cursor and release the
/// lease.
const DYNAMODB_REQUESTS: [&str; 6] = [
    "UpdateItem ledger",
    "Query ledger",
    "Query events",
    "TransactWriteItems",
    "UpdateItem ledger",
    "UpdateItem ledger",
];

#[tokio::test]
async fn an_export_without_events_makes_ten_requests_and_the_first_one_also_puts_the_key() {
    let mut world = deployment(0).await;
    let exporter = world.exporter();
    for first in [true, false, false] {
        assert_eq!(run_once(&world, &exporter).await.heartbeats, 1);
        let of_process = first.then_some(PER_PROCESS.to_owned());
        let expected: Vec<_> =
            of_process.into_iter().chain(DYNAMODB_REQUESTS.map(ToOwned::to_owned)).collect();
        assert_eq!(new_requests(&world, Service::DynamoDb), expected);
        assert_eq!(new_requests(&world, Service::Sts), ["AssumeRole"]);
        let put = if first {
            ["PUT part", "PUT key", "PUT manifest"].as_slice()
        } else {
            &["PUT part", "PUT manifest"]
        };
        assert_eq!(new_requests(&world, Service::S3), put);
        assert_eq!(new_requests(&world, Service::EventBridge), ["PutEvents"]);
        assert_eq!(new_requests(&world, Service::Sqs), [""; 0]);
        world.advance(HOUR);
    }
}

/// With events, the ledger is queried for the parts that may contain them already, after the first page.
#[tokio::test]
async fn an_export_with_events_asks_which_of_them_are_sealed() {
    let mut world = deployment(2).await;
    let exporter = world.exporter();
    for first in [true, false] {
        assert_eq!(run_once(&world, &exporter).await.events, 1);
        let mut expected = DYNAMODB_REQUESTS.to_vec();
        expected.insert(3, "Query ledger");
        if first {
            expected.insert(0, PER_PROCESS);
        }
        assert_eq!(new_requests(&world, Service::DynamoDb), expected);
        world.advance(HOUR);
    }
}
