//! A deployment on the sandbox with SES and the notifier's queue, and the notifier's process on it, which
//! uses the wall clock.

use std::sync::{Arc, Mutex};

use archive::names::ExternalId;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::IntoResponse as _;
use axum::response::Response;
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::contacts::{Consent, SecretId, Webhook, WebhookSecret};
use sandbox::wiring::Sandbox;
use serde_json::{Value, json};
use tests::fixtures;
use tests::lambda::{Function, environment_of};

pub(crate) use tests::lambda::sqs_event as batch;

/// Contained in a webhook's path and in its secret.
pub(crate) const CANARY: &str = "canary4f1d0c";
pub(crate) const SENDER: &str = "audit@vendor.example";

/// The requests to SES and SQS by path or operation: both listen on one port.
#[derive(Debug, Clone, Default)]
struct ReceivedRequests(Arc<Mutex<Vec<(String, Value)>>>);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) embedded: Sandbox,
    url: String,
    received: ReceivedRequests,
}

impl World {
    pub(crate) async fn start() -> Self {
        let (embedded, received) = (Sandbox::start(None, None).await.unwrap(), ReceivedRequests::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(received.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { embedded, url, received }
    }

    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let mut environment = environment_of(self.embedded.environment(), &["LEDGER_TABLE"]);
        environment.push(("AWS_ENDPOINT_URL_SQS", self.url.clone()));
        environment.push(("AWS_ENDPOINT_URL_SESV2", self.url.clone()));
        environment.push(("NOTICE_QUEUE_URL", format!("{}/111111111111/notices", self.url)));
        environment.push(("NOTIFY_SENDER", SENDER.to_owned()));
        environment.push(("VENDOR_DOMAIN", "vendor.example".to_owned()));
        environment.push(("PORTAL_URL", "https://audit.vendor.example".to_owned()));
        environment
    }

    /// An active connector with an address and a webhook, whose host name never resolves (RFC 2606).
    pub(crate) async fn connector(&self) -> Connector {
        let now = self.embedded.clock().now();
        let mut draft = fixtures::connector(&fixtures::tenant("acme"), now);
        draft.external_id = ExternalId::new(0x00ca_9a27_e07e_1d00, fixtures::unique_id());
        let (mut connector, cursor) = fixtures::activated(draft, now);
        connector.contacts.emails = vec!["security@acme.example".parse().unwrap()].try_into().unwrap();
        let (secret, url) = (SecretId::new(7), format!("https://hooks.acme.invalid/{CANARY}"));
        connector.contacts.webhook =
            Some(Webhook { url: url.parse().unwrap(), secret: secret.clone(), retiring: None });
        let connectors = self.embedded.connectors();
        fixtures::store(connectors.as_ref(), &connector, &cursor).await;
        assert!(connectors.store_secret(&connector.id, &secret, &webhook_secret()).await.unwrap());
        let by = Caller::Operator { name: "ops".into() };
        for address in connector.contacts.emails.iter() {
            let known = connectors.consent(&connector.tenant, address).await.unwrap();
            let known = known.unwrap_or_else(|| Consent::unknown(address.clone()));
            if let Some(confirmed) = known.confirm_by_contract(&by, now).unwrap() {
                assert!(connectors.store_consent(&connector.tenant, &confirmed).await.unwrap());
            }
        }
        connector
    }

    /// The mails that SES accepted.
    pub(crate) fn mails(&self) -> Vec<Value> {
        self.bodies_of("/v2/email/outbound-emails")
    }

    /// The messages that were sent to the queue.
    pub(crate) fn queued(&self) -> Vec<Value> {
        self.bodies_of("AmazonSQS.SendMessage")
    }

    fn bodies_of(&self, what: &str) -> Vec<Value> {
        let received = self.received.0.lock().unwrap();
        received.iter().filter(|(target, _)| target == what).map(|(_, body)| body.clone()).collect()
    }
}

pub(crate) fn webhook_secret() -> WebhookSecret {
    format!("whsec_{CANARY:A<32}").parse().unwrap()
}

async fn answer(
    State(received): State<ReceivedRequests>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let target = headers.get("x-amz-target").map(|target| target.to_str().unwrap().to_owned());
    let target = target.unwrap_or_else(|| uri.path().to_owned());
    received.0.lock().unwrap().push((target, serde_json::from_slice(&body).unwrap()));
    axum::Json(json!({ "MessageId": "1" })).into_response()
}

pub(crate) async fn notifier(environment: &[(&str, String)]) -> Function {
    Function::start(env!("CARGO_BIN_EXE_notifier"), environment).await
}
