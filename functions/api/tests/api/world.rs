//! The router on in-memory ports, and requests as different callers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use api::{GatewayAuthenticator, Identity, router};
use archive::names::ConnectorId;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::Request;
use control::budget::Budgets;
use control::explorer::Explorer;
use control::explorer_records::ExplorerRecords;
use control::onboarding::{MailMode, Onboarding};
use control::portal::PortalAccess;
use control::setup::Vendor;
use ports::Runs as _;
use ports::{Connectors, Validity};
use protocol::machine::Mark;
use serde_json::{Value, json};
use tests::fakes::{
    FakeBus, FakeClock, FakeLedger, FakeProber, FakePublicUrlChecker, FakeSigner, explorer_records,
};
use tests::fixtures::{self, at};
use tower::ServiceExt as _;

use crate::broken::Broken;
use crate::contract;
use crate::reader::FakeReader;

pub(crate) const OPERATOR_ARN: &str = "arn:aws:iam::111111111111:user/Admin";

/// The caller of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TestCaller {
    Operator,
    /// An operator with a token instead of a signature.
    OperatorToken,
    Tenant(&'static str),
    Anonymous,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApiResponse {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Value,
}

impl ApiResponse {
    /// The code of a problem.
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The pointers of its errors.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap()).collect()
    }
}

pub(crate) struct World {
    router: Router,
    onboarding: Onboarding,
    portal: Option<PortalAccess>,
    explorer: Explorer,
    records: ExplorerRecords,
    pub(crate) reader: FakeReader,
    pub(crate) ledger: FakeLedger,
    pub(crate) prober: FakeProber,
    pub(crate) bus: FakeBus,
    pub(crate) clock: FakeClock,
    /// The published customer template.
    pub(crate) published: FakePublicUrlChecker,
    /// All requests and responses: method, path of the document, status, code of a problem.
    exchanges: Mutex<Vec<(String, String, u16, String)>>,
    /// The ID of each response.
    request_ids: Mutex<BTreeSet<String>>,
}

impl World {
    pub(crate) fn new() -> Self {
        let ledger = FakeLedger::new();
        let since = Validity { from: Some(at("2026-01-01T00:00:00Z")), until: None };
        Self::with_connectors(ledger.clone(), Arc::new(ledger), FakeSigner::new(1).valid(since))
    }

    /// With a sender and a portal.
    pub(crate) fn with_confirmation_mails(budgets: Budgets) -> Self {
        Self::with_budgets(budgets).edited(|onboarding| onboarding.mail_mode = MailMode::DoubleOptIn)
    }

    /// With another port for connectors than the ledger, and with this key.
    pub(crate) fn with_connectors(
        ledger: FakeLedger,
        connectors: Arc<dyn Connectors>,
        key: impl ports::Signer + 'static,
    ) -> Self {
        let (prober, bus, published) = (FakeProber::new(), FakeBus::new(), FakePublicUrlChecker::new());
        let clock = FakeClock::at(at("2026-11-20T20:15:30Z"));
        let defaults = tests::fakes::onboarding(connectors, &prober, &bus, &clock);
        let onboarding = Onboarding {
            vendor: Vendor {
                template_url: Some("https://example.s3.amazonaws.com/customer-role.yaml".into()),
                ..defaults.vendor
            },
            signing: Some(tests::fakes::signing(key)),
            public_urls: Some(Arc::new(published.clone())),
            ..defaults
        };
        let portal = tests::fakes::portal_access(Arc::new(ledger.clone()), &bus, &clock);
        let records = explorer_records(Arc::new(ledger.clone()), &clock);
        let world =
            Self { records, ledger, prober, bus, clock, published, ..Self::with_onboarding(onboarding) };
        world.with_portal(Some(portal))
    }

    pub(crate) fn with_budgets(budgets: Budgets) -> Self {
        let ledger = FakeLedger::new();
        let world = Self::with_connectors(ledger.clone(), Arc::new(ledger), FakeSigner::new(1));
        world.edited(|onboarding| onboarding.budgets = budgets)
    }

    fn edited(self, edit: impl FnOnce(&mut Onboarding)) -> Self {
        let mut onboarding = self.onboarding.clone();
        edit(&mut onboarding);
        Self { onboarding, ..self }.routed()
    }

    /// With other links to the portal, or without a portal.
    pub(crate) fn with_portal(self, portal: Option<PortalAccess>) -> Self {
        Self { portal, ..self }.routed()
    }

    /// With another reader of events, or without one.
    pub(crate) fn with_explorer(self, explorer: Explorer) -> Self {
        Self { explorer, ..self }.routed()
    }

    fn routed(self) -> Self {
        let (onboarding, portal, explorer) =
            (self.onboarding.clone(), self.portal.clone(), self.explorer.clone());
        let records = ExplorerRecords {
            connectors: Arc::clone(&onboarding.connectors),
            budgets: onboarding.budgets,
            ..self.records.clone()
        };
        Self { router: router(onboarding, portal, explorer, records, Arc::new(gateway())), ..self }
    }

    /// With links in a ledger that always fails.
    pub(crate) fn with_broken_portal(self, broken: Broken) -> Self {
        let portal = tests::fakes::portal_access(Arc::new(broken), &self.bus, &self.clock);
        self.with_portal(Some(portal))
    }

    /// With explorations, searches and mappings in a ledger that always fails.
    pub(crate) fn with_broken_records(self, broken: Broken) -> Self {
        let broken = Arc::new(broken);
        let (saved, searches) = (Arc::clone(&broken) as _, Arc::clone(&broken) as _);
        let records = ExplorerRecords { saved, searches, mappings: broken, ..self.records.clone() };
        Self { records, ..self }.routed()
    }

    /// On other domain functions, without the fakes.
    pub(crate) fn with_onboarding(onboarding: Onboarding) -> Self {
        let (ledger, prober, bus) = (FakeLedger::new(), FakeProber::new(), FakeBus::new());
        let clock = FakeClock::at(onboarding.clock.now());
        let reader = FakeReader::default();
        let explorer = Explorer::new(Some(Arc::new(reader.clone())));
        let records = explorer_records(Arc::new(ledger.clone()), &clock);
        let router = router(onboarding.clone(), None, explorer.clone(), records.clone(), Arc::new(gateway()));
        let published = FakePublicUrlChecker::new();
        Self {
            router,
            onboarding,
            portal: None,
            explorer,
            records,
            reader,
            ledger,
            prober,
            bus,
            clock,
            published,
            exchanges: Mutex::default(),
            request_ids: Mutex::default(),
        }
    }

    /// Sends a request unchanged, and validates the response against the document.
    pub(crate) async fn send(&self, who: TestCaller, mut request: Request<Body>) -> ApiResponse {
        let identity = match who {
            TestCaller::Operator => Some(Identity::Iam { arn: OPERATOR_ARN.into() }),
            TestCaller::OperatorToken => {
                let claims = [("sub", "ops"), ("scope", "auditferry/operator")];
                let claims = claims.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
                Some(Identity::Jwt { claims })
            }
            TestCaller::Tenant(tenant) => {
                let claims = [("sub", format!("admin@{tenant}.example")), ("tenant_id", tenant.to_owned())];
                Some(Identity::Jwt { claims: claims.map(|(name, value)| (name.to_owned(), value)).into() })
            }
            TestCaller::Anonymous => None,
        };
        identity.map(|identity| request.extensions_mut().insert(identity));
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        let mut headers: BTreeMap<_, _> = response.headers().iter().map(header).collect();
        // Two equal responses differ only in this ID.
        let id = headers.remove("x-request-id").expect("every response has an ID");
        assert!(self.request_ids.lock().unwrap().insert(id), "the ID is unique");
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        assert_eq!(headers.get("cache-control").map(String::as_str), Some("no-store"));
        let answer = ApiResponse { status, headers, body };
        if let Some(operation) = contract::operation(&method, &path) {
            operation.assert_response(status, &answer.headers, &answer.body);
            let seen = (method, operation.path.clone(), status, answer.code().to_owned());
            self.exchanges.lock().unwrap().push(seen);
        }
        answer
    }

    /// Sends a request, with or without a JSON body.
    pub(crate) async fn request(
        &self,
        who: TestCaller,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> ApiResponse {
        self.request_with_headers(who, method, path, &[], body).await
    }

    /// Sends a request with headers.
    pub(crate) async fn request_with_headers(
        &self,
        who: TestCaller,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Value>,
    ) -> ApiResponse {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let bytes = body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let answer = self.send(who, request.body(bytes).unwrap()).await;
        if let (200..300, Some(operation)) = (answer.status, contract::operation(method, path)) {
            operation.assert_request(body.map(|body| filled_in(who, method, path, body)).as_ref());
        }
        answer
    }

    /// Creates a connector with a destination of its own, and returns its path.
    pub(crate) async fn connected(&self, tenant: &'static str) -> String {
        let destination = destination(fixtures::unique_id());
        let body = json!({"tenant": tenant, "destination": destination});
        let created = self.request(TestCaller::Operator, "POST", "/v1/connectors", Some(body)).await;
        assert_eq!(created.status, 201, "{created:?}");
        created.headers["location"].clone()
    }

    /// Creates and activates a connector.
    pub(crate) async fn active(&self, tenant: &'static str) -> String {
        let path = self.connected(tenant).await;
        let activated = self.post(&path, "activate").await;
        assert_eq!(activated.status, 200, "{activated:?}");
        path
    }

    /// An action, requested by an operator.
    pub(crate) async fn post(&self, path: &str, verb: &str) -> ApiResponse {
        self.request(TestCaller::Operator, "POST", &format!("{path}/{verb}"), None).await
    }

    /// Makes a link, and returns its ID.
    pub(crate) async fn portal_link(&self, body: Value) -> String {
        let made = self.request(TestCaller::Operator, "POST", "/v1/portal-links", Some(body)).await;
        assert_eq!(made.status, 201, "{made:?}");
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// A GET by an operator.
    pub(crate) async fn get(&self, path: &str) -> ApiResponse {
        self.request(TestCaller::Operator, "GET", path, None).await
    }

    /// Seals one part of one hour, and marks it as delivered if `delivered`.
    pub(crate) async fn export(&self, path: &str, delivered: bool) {
        let id = id_in(path);
        let (connector, cursor) = (self.ledger.connector(&id), self.ledger.cursor(&id));
        let to = connector.window_schedule().unwrap().window(cursor.watermark, None).to;
        let seal = fixtures::seal(&connector, &cursor, to, &fixtures::worker());
        self.ledger.seal(&seal).await.unwrap();
        if delivered {
            self.ledger
                .mark(&Mark { part: seal.part, at: to, published_keys: None, unblock: false })
                .await
                .unwrap();
        }
    }

    /// All requests and responses: method, path of the document, status, code of a problem.
    pub(crate) fn exchanges(&self) -> Vec<(String, String, u16, String)> {
        self.exchanges.lock().unwrap().clone()
    }
}

fn gateway() -> GatewayAuthenticator {
    GatewayAuthenticator { tenant_claim: "tenant_id".into(), operator_scope: "auditferry/operator".into() }
}

/// The connector ID in a path.
pub(crate) fn id_in(path: &str) -> ConnectorId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// A destination that no other test uses.
pub(crate) fn destination(seed: u64) -> Value {
    let account = 200_000_000_000 + seed;
    json!({
        "role": format!("arn:aws:iam::{account}:role/auditferry/AuditferryDelivery"),
        "bucket": format!("audit-log-of-{account}"),
        "region": "eu-central-1",
        "prefix": "auditferry",
    })
}

/// Adds the tenant that a tenant's caller may omit for a new connector, as the document says.
fn filled_in(who: TestCaller, method: &str, path: &str, mut body: Value) -> Value {
    if let (TestCaller::Tenant(tenant), "POST", "/v1/connectors") = (who, method, path)
        && let Some(fields) = body.as_object_mut()
    {
        fields.entry("tenant").or_insert_with(|| tenant.into());
    }
    body
}
