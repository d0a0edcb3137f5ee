//! A portal on the fakes with a reader that remembers each question and answers with made-up events.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use control::explorer::{Ask, Explorer, ExplorerRequest};
use control::portal::{Credential, NewLink, PortalAccess};
use control::portal_events::PortalEvents;
use portal::{Brand, LogAccess};
use ports::{Connectors as _, PortError, ReaderClient};
use protocol::caller::Caller;
use protocol::connector::Connector;
use protocol::portal::{Abilities, LinkKind, LinkScope, Network, PortalToken};
use serde_json::{Value, json};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeProber, explorer_records, onboarding, portal_access};
use tests::fixtures::{self, at, tenant};
use tower::ServiceExt as _;

const NOW: &str = "2026-11-20T20:15:30Z";

/// The reader: it knows nothing but what a test gives it.
#[derive(Clone, Default)]
pub(crate) struct FakeReader {
    asked: Arc<Mutex<Vec<ExplorerRequest>>>,
    /// What it answers in place of the made-up events.
    refusal: Arc<Mutex<Option<Value>>>,
    /// What it answers to counts by the values of a field.
    refused_splits: Arc<Mutex<Option<String>>>,
    /// What is added to how current its answers are.
    lag: Arc<Mutex<Value>>,
}

impl FakeReader {
    pub(crate) fn asked(&self) -> Vec<ExplorerRequest> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn refuse(&self, code: &str, detail: &str) {
        let refusal = json!({"refused": {"code": code, "detail": detail}});
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    pub(crate) fn refuse_splits(&self, detail: &str) {
        *self.refused_splits.lock().unwrap_or_else(PoisonError::into_inner) = Some(detail.to_owned());
    }

    pub(crate) fn add_to_lag(&self, lag: Value) {
        *self.lag.lock().unwrap_or_else(PoisonError::into_inner) = lag;
    }

    fn lag(&self, connector: &Value) -> Value {
        let mut lag = json!({
            "connector": connector,
            "complete_to": "2026-11-20T20:00:00.000Z",
            "read_to": NOW,
            "cost": {"days": 1, "indexes": 2, "blocks": 3, "bytes": 4},
        });
        let added = self.lag.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (name, value) in added.as_object().into_iter().flatten() {
            lag[name] = value.clone();
        }
        lag
    }
}

#[async_trait]
impl ReaderClient for FakeReader {
    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        let request: ExplorerRequest = serde_json::from_slice(&request).unwrap();
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let lag = self.lag(&serde_json::to_value(&request.connector).unwrap());
        let of_splits = self.refused_splits.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_split = matches!(&request.ask, Ask::Counts(counts) if counts.by.is_some());
        let of_splits = of_splits.filter(|_| is_split);
        let of_splits = of_splits.map(|detail| json!({"refused": {"code": "too_much", "detail": detail}}));
        let answer = refusal.or(of_splits).unwrap_or_else(|| answer(&request.ask, &lag));
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        // As it was written, which a value of JSON would not keep.
        Ok(answer.to_string().replace("\"n\":1.5", "\"n\":1.50").into_bytes())
    }
}

/// The event of every answer. Its texts look like markup.
fn row() -> Value {
    json!({
        "time": "2026-11-20T19:15:00.000Z",
        "fields": {"actor": "ana<b>", "action": "user.login", "outcome": "failure", "ip": "192.0.2.7"},
        "event": {"who": "ana<b>", "n": 1.5},
        "proof": {
            "state": "delivered",
            "part": 42,
            "position": 7,
            "window": {"from": "2026-11-20T19:00:00.000Z", "to": "2026-11-20T20:00:00.000Z"},
            "name": "events/x.json",
            "signed": true,
            "late": true,
        },
    })
}

fn answer(ask: &Ask, lag: &Value) -> Value {
    match ask {
        Ask::Rows(_) => json!({"rows": {"lag": lag, "rows": [row()], "next_cursor": "next"}}),
        Ask::Event(_) => json!({"event": {"lag": lag, "row": row()}}),
        Ask::Counts(counts) => json!({"counts": {
            "lag": lag,
            "interval": counts.interval,
            "total": 3,
            "unsealed": 1,
            "let_go": 0,
            "counts": [{"start": "2026-11-20T00:00:00.000Z", "value": "failure", "events": 3}],
            "sealing": {"parts": 2, "signed": 2, "delivered": 2, "quiet": 1, "late": 0, "intervals": []},
        }}),
        Ask::Facets(facets) => json!({"facets": {
            "lag": lag,
            "total": 3,
            "facets": facets.fields.iter().map(|field| json!({
                "field": field,
                "values": [{"value": "x", "events": 2}, {"value": null, "events": 1}],
                "different": 1,
                "others": 0,
            })).collect::<Vec<_>>(),
        }}),
        Ask::Download(_) | Ask::DownloadStatus(_) => json!({"download": {
            "id": "dwn_0123456789ab0123456789abcdef",
            "state": "running",
            "kept_until": "2026-11-21T20:15:30.000Z",
        }}),
        Ask::Fields | Ask::Rebuild(_) => panic!("no page asks this"),
    }
}

pub(crate) struct World {
    pub(crate) reader: FakeReader,
    access: PortalAccess,
    ledger: FakeLedger,
    clock: FakeClock,
    shown: PortalEvents,
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

impl World {
    /// A deployment that shows this of events, with a connector of acme that exports.
    pub(crate) async fn new(shown: PortalEvents) -> (Self, Connector) {
        let clock = FakeClock::at(at(NOW));
        let (ledger, bus) = (FakeLedger::with_clock(&clock), FakeBus::default());
        let access = portal_access(Arc::new(ledger.clone()), &bus, &clock);
        let world = Self { reader: FakeReader::default(), access, ledger, clock, shown };
        let connector = world.exporting("acme").await;
        (world, connector)
    }

    /// Another connector that exports.
    pub(crate) async fn exporting(&self, name: &str) -> Connector {
        let connector = fixtures::connector(&tenant(name), at("2026-11-01T00:00:00Z"));
        let (connector, cursor) =
            fixtures::activated(fixtures::verified(connector, at(NOW)), at("2026-11-01T00:00:00Z"));
        self.ledger.insert(connector.clone(), cursor);
        assert!(self.ledger.get(&connector.id).await.unwrap().is_some());
        connector
    }

    fn router(&self) -> Router {
        let branding = control::branding::Branding {
            name: "Northwind".parse().unwrap(),
            accent: "#1f5fc2".parse().unwrap(),
        };
        let onboarding =
            onboarding(Arc::new(self.ledger.clone()), &FakeProber::new(), &FakeBus::default(), &self.clock);
        let log = LogAccess {
            explorer: Explorer::new(Some(Arc::new(self.reader.clone()))),
            records: explorer_records(Arc::new(self.ledger.clone()), &self.clock),
            shown: self.shown,
        };
        portal::router(onboarding, self.access.clone(), log, Brand { branding, logo: None })
    }

    /// The cookie of a person of acme with these abilities.
    pub(crate) async fn person(&self, abilities: Abilities) -> String {
        self.session(LinkScope::Tenant { tenant: tenant("acme") }, abilities).await
    }

    pub(crate) async fn session(&self, scope: LinkScope, abilities: Abilities) -> String {
        let operator = Caller::Operator { name: "arn:aws:iam::111111111111:user/Ops".into() };
        let new = NewLink {
            scope,
            kind: LinkKind::Redirect,
            abilities,
            addressee: "Dana Ruiz".parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let created = self.access.create(&operator, Credential::Iam, new).await.unwrap();
        let token: PortalToken = created.url.rsplit('/').next().unwrap().parse().unwrap();
        let network = Network::of("203.0.113.77".parse().unwrap());
        let (session, _) = self.access.redeem(&token, network).await.unwrap().unwrap();
        format!("__Host-auditferry={}", session.expose())
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        self.send(request).await
    }

    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router().oneshot(request).await.unwrap();
        let location = response.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status, location: location.unwrap_or_default(), body }
    }
}
