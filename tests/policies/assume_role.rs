//! The real requests of the exporter to STS, and the real setup of a customer: the policy tests take both
//! from here, so that no copy of them can drift.
//!
//! Reads a JSON array of destinations, each with its `external_id`, from standard input. For each it has the
//! real adapter assume the role at an STS that records the request and refuses it. With `acts_as`, the
//! exporter's role, it does so as the API does: it first assumes the exporter's role. Prints a JSON array
//! with, for each, `{"sent": "<form>", "setup": {..}}`, or `{"refused": "<why>"}` if we refuse such
//! a destination. With `reads` instead (`role`, `bucket`, `connector`, `tenant`, `shards`) the reader assumes
//! its data role.
//!
//! `cargo run -p tests --example assume_role`

use std::io::Read as _;
use std::sync::{Arc, Mutex};

use archive::names::{ConnectorId, ExternalId};
use archive::part::PartNumber;
use archive::time::Time;
use aws::clients::{ClientFactory, Endpoints};
use aws::clock::SystemClock;
use aws::dynamodb::events::EventsTable;
use aws::reader::StsReaderSessions;
use aws::s3::customers::StsCustomers;
use aws::settings::S3Settings;
use aws::sts::assumed_role::sts_as_role;
use aws_credential_types::Credentials;
use axum::Router;
use axum::http::StatusCode;
use control::setup::{Vendor, setup};
use ports::{Customers as _, ReaderSessions as _};
use protocol::connector::{Connector, S3Destination};
use serde_json::{Value, json};
use tests::fixtures;

/// The bodies of the received requests.
type Sent = Arc<Mutex<Vec<String>>>;

const REFUSAL: &str = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
    <Message>recorded</Message></Error></ErrorResponse>";

#[tokio::main]
async fn main() {
    let mut input = String::new();
    std::io::stdin().read_to_string(&mut input).expect("standard input is text");
    let destinations: Vec<Value> = serde_json::from_str(&input).expect("standard input is a JSON array");

    let sent = Sent::default();
    let sts = listen(sent.clone()).await;
    let mut answers = Vec::new();
    for destination in destinations {
        if let Some(reads) = destination.get("reads") {
            read(&sts, reads).await;
            let sent = sent.lock().unwrap().pop().expect("the adapter called STS");
            answers.push(json!({ "sent": sent }));
            continue;
        }
        let customers = customers(&sts, destination.get("acts_as").and_then(Value::as_str));
        answers.push(match connector(destination) {
            Ok(connector) => {
                let answer = customers.open(&connector, PartNumber::FIRST).await;
                assert!(answer.is_err(), "this STS refuses every request");
                let sent = sent.lock().unwrap().pop().expect("the adapter called STS");
                json!({ "sent": sent, "setup": setup(&connector, &vendor(&connector)) })
            }
            Err(why) => json!({ "refused": why }),
        });
    }
    println!("{}", Value::from(answers));
}

/// A connector with this destination, or why it is refused.
fn connector(json: Value) -> Result<Connector, String> {
    let external_id = json.get("external_id").and_then(Value::as_str).unwrap_or_default();
    let external_id: ExternalId = external_id.parse().map_err(|why| format!("{why}"))?;
    let destination: S3Destination = serde_json::from_value(json).map_err(|why| why.to_string())?;
    let tenant = "acme".parse().unwrap();
    Ok(Connector {
        external_id,
        destination: destination.into(),
        ..fixtures::connector(&tenant, Time::EPOCH)
    })
}

/// The vendor, in the connector's partition.
fn vendor(of: &Connector) -> Vendor {
    Vendor { partition: of.destination.s3().unwrap().role.partition().to_owned(), ..fixtures::vendor() }
}

/// Opens a session of the reader, which this STS refuses.
async fn read(url: &str, reads: &Value) {
    let text = |name: &str| reads[name].as_str().expect("a text");
    let number = |name: &str| reads[name].as_u64().expect("a number");
    let tenant = text("tenant").parse().expect("a tenant");
    let connector = Connector {
        id: ConnectorId::new(number("connector")),
        shards: u8::try_from(number("shards")).unwrap().try_into().expect("a number of shards"),
        ..fixtures::connector(&tenant, Time::EPOCH)
    };
    let services = services(url);
    let sessions = StsReaderSessions::new(
        services.sts(),
        services.sessions(),
        text("role").parse().expect("a role"),
        text("bucket").to_owned(),
        EventsTable::default_layout("events"),
        Arc::new(SystemClock::new()),
    );
    assert!(sessions.open(&connector).await.is_err(), "this STS refuses every request");
}

/// The adapter with an STS at `url`, acting as this role if one is given; the keys are never checked.
fn customers(url: &str, acts_as: Option<&str>) -> StsCustomers {
    let clients = services(url).all();
    let acting = acts_as.map(|role| sts_as_role(&clients.sts, &role.parse().expect("a role")));
    StsCustomers::new(acting.unwrap_or(clients.sts), clients.customers)
}

fn services(url: &str) -> ClientFactory {
    let endpoints = Endpoints {
        dynamodb: url.to_owned(),
        events: None,
        kms: None,
        s3: url.to_owned(),
        ses: None,
        sqs: None,
        sts: url.to_owned(),
    };
    let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "tests");
    ClientFactory::at(&endpoints, "eu-central-1", keys, S3Settings { force_path_style: true })
}

/// An STS on a port of its own; returns its address.
async fn listen(sent: Sent) -> String {
    let answer = move |body: String| async move {
        sent.lock().unwrap().push(body);
        (StatusCode::FORBIDDEN, REFUSAL)
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it has an address"));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    url
}
