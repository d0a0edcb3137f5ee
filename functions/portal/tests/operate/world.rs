//! A portal on the fakes, and a browser without scripts.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use control::explorer::Explorer;
use control::onboarding::{MailMode, Onboarding};
use control::portal::{Credential, NewLink, PortalAccess};
use control::portal_events::PortalEvents;
use portal::{Brand, LogAccess};
use ports::{Connectors as _, Runs as _};
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Verb};
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::Mark;
use protocol::portal::{Abilities, LinkKind, LinkScope, Network, PortalToken};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeProber, SeededRng, explorer_records, onboarding};
use tests::fixtures::{self, at, tenant};
use tower::ServiceExt as _;

pub(crate) const NOW: &str = "2026-11-30T13:20:00Z";

pub(crate) struct World {
    pub(crate) ledger: FakeLedger,
    pub(crate) clock: FakeClock,
    pub(crate) prober: FakeProber,
    pub(crate) onboarding: Onboarding,
    pub(crate) access: PortalAccess,
    pub(crate) url: String,
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn location(&self) -> &str {
        self.headers.get("location").map_or("", |location| location.to_str().unwrap())
    }

    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at("https://audit.vendor.example")
    }

    pub(crate) fn at(url: &str) -> Self {
        let clock = FakeClock::at(fixtures::at(NOW));
        let (ledger, prober, bus) = (FakeLedger::with_clock(&clock), FakeProber::new(), FakeBus::default());
        let mut onboarding = onboarding(Arc::new(ledger.clone()), &prober, &bus, &clock);
        onboarding.mail_mode = MailMode::DoubleOptIn;
        let access = PortalAccess {
            links: Arc::new(ledger.clone()),
            clock: Arc::new(clock.clone()),
            rng: Arc::new(SeededRng::new(11)),
            url: url.parse().unwrap(),
            return_urls: vec!["https://app.vendor.example/audit".parse().unwrap()],
            budgets: onboarding.budgets,
            bus: Arc::new(bus.clone()),
            metrics: None,
        };
        Self { ledger, clock, prober, onboarding, access, url: url.to_owned() }
    }

    pub(crate) fn router(&self) -> Router {
        let branding = control::branding::Branding {
            name: "Northwind".parse().unwrap(),
            accent: "#1f5fc2".parse().unwrap(),
        };
        let log = LogAccess {
            explorer: Explorer::new(None),
            records: explorer_records(Arc::new(self.ledger.clone()), &self.clock),
            shown: PortalEvents::Off,
        };
        portal::router(self.onboarding.clone(), self.access.clone(), log, Brand { branding, logo: None })
    }

    pub(crate) fn operator() -> Caller {
        Caller::Operator { name: "arn:aws:iam::111111111111:user/Ops".into() }
    }

    /// The cookie of a person of a tenant, who may do everything.
    pub(crate) async fn person(&self, name: &str) -> String {
        self.session(LinkScope::Tenant { tenant: tenant(name) }, Abilities::all(), "Dana Ruiz").await
    }

    /// The cookie of an operator.
    pub(crate) async fn operators(&self) -> String {
        self.session(LinkScope::Operators, Abilities::all(), "Ops").await
    }

    pub(crate) async fn session(&self, scope: LinkScope, abilities: Abilities, name: &str) -> String {
        let new = NewLink {
            scope,
            kind: LinkKind::Redirect,
            abilities,
            addressee: name.parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let created = self.access.create(&Self::operator(), Credential::Iam, new).await.unwrap();
        self.redeem(&created.url).await
    }

    pub(crate) async fn redeem(&self, url: &str) -> String {
        let token: PortalToken = url.rsplit('/').next().unwrap().parse().unwrap();
        let network = Network::of("203.0.113.77".parse().unwrap());
        let (session, _) = self.access.redeem(&token, network).await.unwrap().unwrap();
        let name = if self.url.starts_with("https") { "__Host-auditferry" } else { "auditferry-local" };
        format!("{name}={}", session.expose())
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: String = {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.extend_pairs(fields);
            form.finish()
        };
        let request = Request::post(path)
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body));
        self.send(request.unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// A draft of a tenant.
    pub(crate) async fn draft(&self, name: &str) -> Connector {
        let connector = fixtures::connector(&tenant(name), at(NOW));
        let change = Change {
            version: 1,
            at: at(NOW),
            by: Self::operator(),
            what: Verb::Create,
            before: None,
            after: connector.clone(),
        };
        self.ledger.create(&connector, &change, &[]).await.unwrap();
        connector
    }

    /// An active connector, activated `hours` ago, with as many sealed files, of which the last `waiting` are
    /// not delivered.
    pub(crate) async fn active(&self, name: &str, bucket: &str, hours: u32, waiting: u32) -> Connector {
        let start = at("2026-11-30T13:00:00Z") - Duration::from_hours(hours.into());
        let mut connector = fixtures::connector(&tenant(name), start);
        connector.destination.s3_mut().unwrap().bucket = bucket.parse().unwrap();
        let (connector, cursor) = fixtures::activated(connector, start);
        let cursor = Cursor { next_run_at: at("2026-11-30T14:05:00Z"), ..cursor };
        self.ledger.insert(connector.clone(), cursor);
        for hour in 1..=hours {
            let seal = fixtures::seal(
                &connector,
                &self.ledger.cursor(&connector.id),
                start + Duration::from_hours(hour.into()),
                &fixtures::worker(),
            );
            self.ledger.seal(&seal).await.unwrap();
            if hour <= hours - waiting {
                let at = seal.part.sealed_at;
                let mark = Mark { part: seal.part, at, published_keys: None, unblock: false };
                self.ledger.mark(&mark).await.unwrap();
            }
        }
        connector
    }

    /// Blocks a connector: its bucket refuses.
    pub(crate) async fn block(&self, connector: &Connector, message: &str) {
        let error = DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Denied,
            code: "AccessDenied".into(),
            message: message.into(),
        };
        let diagnosis = connector.destination.s3().unwrap().diagnose(&error);
        let since = at("2026-11-30T08:06:00Z");
        let block = Block::new(&error, diagnosis, None, since, 0);
        self.ledger.block(&connector.id, &block).await.unwrap();
    }

    pub(crate) fn stored(&self, connector: &Connector) -> Connector {
        self.ledger.connector(&connector.id)
    }
}
