//! A portal on the fakes with connectors of fourteen days, and a browser without scripts.

use std::sync::Arc;
use std::time::Duration;

use archive::part::{Part, PartKind};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use control::branding::Branding;
use control::explorer::Explorer;
use control::onboarding::Onboarding;
use control::portal::{Credential, NewLink, PortalAccess};
use control::portal_events::PortalEvents;
use portal::{Brand, LogAccess};
use ports::{Connectors as _, Runs as _};
use protocol::caller::Caller;
use protocol::connector::{Change, Connector, Verb};
use protocol::cursor::Cursor;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Mark, Seal};
use protocol::portal::{Abilities, LinkKind, LinkScope, Network, PortalToken};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeProber, SeededRng, explorer_records, onboarding};
use tests::fixtures::{self, at, tenant};
use tower::ServiceExt as _;

pub(crate) const NOW: &str = "2026-11-30T13:20:00Z";

pub(crate) struct World {
    pub(crate) ledger: FakeLedger,
    pub(crate) clock: FakeClock,
    pub(crate) onboarding: Onboarding,
    pub(crate) access: PortalAccess,
    is_local: bool,
}

/// What a browser got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.body.contains(text)
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self::at("https://audit.vendor.example")
    }

    pub(crate) fn at(url: &str) -> Self {
        let clock = FakeClock::at(at(NOW));
        let (ledger, prober, bus) = (FakeLedger::with_clock(&clock), FakeProber::new(), FakeBus::default());
        let onboarding = onboarding(Arc::new(ledger.clone()), &prober, &bus, &clock);
        let access = PortalAccess {
            links: Arc::new(ledger.clone()),
            bus: Arc::new(bus.clone()),
            metrics: None,
            clock: Arc::new(clock.clone()),
            rng: Arc::new(SeededRng::new(11)),
            url: url.parse().unwrap(),
            return_urls: Vec::new(),
            budgets: onboarding.budgets,
        };
        Self { ledger, clock, onboarding, access, is_local: url.starts_with("http:") }
    }

    pub(crate) fn router(&self) -> Router {
        let branding = Branding { name: "Northwind".parse().unwrap(), accent: "#1f5fc2".parse().unwrap() };
        let log = LogAccess {
            explorer: Explorer::new(None),
            records: explorer_records(Arc::new(self.ledger.clone()), &self.clock),
            shown: PortalEvents::Off,
        };
        portal::router(self.onboarding.clone(), self.access.clone(), log, Brand { branding, logo: None })
    }

    pub(crate) async fn session(&self, scope: LinkScope, abilities: Abilities, name: &str) -> String {
        let operator = Caller::Operator { name: "arn:aws:iam::111111111111:user/Ops".into() };
        let new = NewLink {
            scope,
            kind: LinkKind::Redirect,
            abilities,
            addressee: name.parse().unwrap(),
            return_url: None,
            validity: None,
        };
        let created = self.access.create(&operator, Credential::Iam, new).await.unwrap();
        let token: PortalToken = created.url.rsplit('/').next().unwrap().parse().unwrap();
        let network = Network::of("203.0.113.77".parse().unwrap());
        let (session, _) = self.access.redeem(&token, network).await.unwrap().unwrap();
        let name = if self.is_local { "auditferry-local" } else { "__Host-auditferry" };
        format!("{name}={}", session.expose())
    }

    /// The cookie of a person of a tenant, who may do everything.
    pub(crate) async fn person(&self, name: &str) -> String {
        self.session(LinkScope::Tenant { tenant: tenant(name) }, Abilities::all(), "Dana Ruiz").await
    }

    pub(crate) async fn operator(&self) -> String {
        self.session(LinkScope::Operators, Abilities::all(), "Ops").await
    }

    pub(crate) async fn get(&self, cookie: &str, path: &str) -> Answer {
        let request = Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap();
        let response = self.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    /// How many bytes the body has that a browser gets.
    pub(crate) async fn wire_bytes(&self, cookie: &str, path: &str) -> usize {
        let request = Request::get(path).header("cookie", cookie).header("accept-encoding", "gzip, br");
        let response = self.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        to_bytes(response.into_body(), usize::MAX).await.unwrap().len()
    }

    /// A draft, or a verified connector.
    pub(crate) async fn begun(&self, name: &str, is_verified: bool) -> Connector {
        let mut connector = fixtures::connector(&tenant(name), at(NOW));
        if is_verified {
            connector = fixtures::verified(connector, at(NOW));
        }
        let change = Change {
            version: connector.version,
            at: at(NOW),
            by: Caller::Tenant { tenant: tenant(name), name: "Dana Ruiz".into() },
            what: Verb::Create,
            before: None,
            after: connector.clone(),
        };
        self.ledger.create(&connector, &change, &[]).await.unwrap();
        connector
    }

    /// An active connector, activated `hours` ago, with a part an hour, of which the last `waiting` wait.
    pub(crate) async fn active(&self, name: &str, bucket: &str, hours: u32, waiting: u32) -> Connector {
        let start = at("2026-11-30T13:00:00Z") - Duration::from_hours(hours.into());
        let mut connector = fixtures::connector(&tenant(name), start);
        connector.destination.s3_mut().unwrap().bucket = bucket.parse().unwrap();
        let (connector, cursor) = fixtures::activated(connector, start);
        let cursor = Cursor { next_run_at: at("2026-11-30T14:05:00Z"), ..cursor };
        self.ledger.insert(connector.clone(), cursor);
        for hour in 1..=hours {
            let end = start + Duration::from_hours(hour.into());
            let cursor = self.ledger.cursor(&connector.id);
            let seal = fixtures::seal(&connector, &cursor, end, &fixtures::worker());
            let seal = Seal { part: as_in_life(seal.part, hour), ..seal };
            self.ledger.seal(&seal).await.unwrap();
            if hour <= hours - waiting {
                // A bucket that refused for an afternoon a week ago.
                let is_held = (hours > 200) && (hours - hour > 140) && (hours - hour < 147);
                let wait = if is_held { 5 * 3_600 } else { 40 };
                let at = seal.part.sealed_at + Duration::from_secs(wait);
                let mark = Mark { part: seal.part, at, published_keys: None, unblock: false };
                self.ledger.mark(&mark).await.unwrap();
            }
        }
        connector
    }

    /// Its bucket refuses since 08:06.
    pub(crate) async fn block(&self, connector: &Connector, message: &str) {
        let error = DeliveryError {
            stage: DeliveryStage::PutObject,
            kind: DeliveryErrorKind::Denied,
            code: message.into(),
            message: message.into(),
        };
        let diagnosis = connector.destination.s3().unwrap().diagnose(&error);
        let block = Block::new(&error, diagnosis, None, at("2026-11-30T08:06:00Z"), 0);
        let block = Block { attempts: 7, next_attempt: at("2026-11-30T13:41:00Z"), ..block };
        self.ledger.block(&connector.id, &block).await.unwrap();
    }
}

/// Busy in the day and quiet in the night, with some late events.
fn as_in_life(part: Part, hour: u32) -> Part {
    let of_day = part.window.from.since(part.window.from.floor(Duration::from_hours(24))).as_secs() / 3_600;
    let noise = u64::from(hour).wrapping_mul(2_654_435_761) % 97;
    let busy = [0, 0, 0, 0, 0, 2, 9, 60, 300, 900, 1_500, 1_900, 1_400, 2_100, 2_000, 1_700, 900, 300];
    let busy = busy.get(usize::try_from(of_day).unwrap()).copied().unwrap_or(4);
    let events = busy * (60 + noise) / 100;
    let late = if hour.is_multiple_of(47) && events > 3 { 3 } else { 0 };
    Part {
        kind: PartKind::of(events, late),
        events,
        late,
        unreadable: 0,
        size: 300 + events * 420,
        raw_size: 300 + events * 2_420,
        ..part
    }
}
