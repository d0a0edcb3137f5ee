//! The portal's links and sessions over the fakes: who makes, redeems, hands on and revokes a link, and what
//! becomes of its session.

mod handing_on;
mod making;
mod redeeming;
mod revoking;
mod revoking_own;
mod sessions;

use std::sync::Arc;
use std::time::Duration;

use archive::time::Time;
use control::portal::{
    Activity, CreatedLink, Credential, NewHandOver, NewLink, PortalAccess, PortalError, SessionError, Visitor,
};
use ports::PortalLinks;
use protocol::caller::Caller;
use protocol::portal::{Abilities, Ability, LinkKind, LinkRefusal, LinkScope, Network, PortalToken};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeMetricsSink, portal_access};
use tests::fixtures::{at, tenant};

const URL: &str = "https://audit.vendor.example";
const APP: &str = "https://app.vendor.example/settings";

struct World {
    ledger: FakeLedger,
    bus: FakeBus,
    clock: FakeClock,
    metrics: FakeMetricsSink,
    access: PortalAccess,
}

impl World {
    fn new() -> Self {
        let ledger = FakeLedger::new();
        Self::over(ledger.clone(), ledger)
    }

    /// With another implementation of the port [`PortalLinks`].
    fn over(ledger: FakeLedger, links: impl PortalLinks + 'static) -> Self {
        let (bus, metrics, clock) =
            (FakeBus::new(), FakeMetricsSink::new(), FakeClock::at(at("2026-11-30T10:00:00Z")));
        let access = PortalAccess {
            metrics: Some(Arc::new(metrics.clone())),
            ..portal_access(Arc::new(links), &bus, &clock)
        };
        Self { ledger, bus, clock, metrics, access }
    }

    fn now(&self) -> Time {
        self.clock.wall()
    }

    async fn make(&self, new: NewLink) -> CreatedLink {
        self.access.create(&ops(), Credential::Token, new).await.unwrap()
    }

    /// A link for acme with all abilities.
    async fn link(&self) -> CreatedLink {
        self.make(invitation()).await
    }

    async fn redeem(&self, link: &CreatedLink) -> Result<PortalToken, LinkRefusal> {
        self.access.redeem(&token(link), network()).await.unwrap().map(|(session, _)| session)
    }

    /// The cookie and the person of a link that is redeemed now.
    async fn enter(&self, link: &CreatedLink) -> (PortalToken, Visitor) {
        let cookie = self.redeem(link).await.unwrap();
        let visitor = self.visit(&cookie).await.unwrap();
        (cookie, visitor)
    }

    async fn visit(&self, cookie: &PortalToken) -> Result<Visitor, SessionError> {
        self.access.authenticate(cookie, Activity::Person).await
    }

    async fn hand_on(&self, visitor: &Visitor, abilities: &[Ability]) -> Result<CreatedLink, PortalError> {
        let abilities = abilities.iter().copied().collect();
        let new = NewHandOver { abilities, addressee: "Ann Admin".parse().unwrap() };
        self.access.hand_over(visitor, new).await
    }

    /// The kinds of the notices about links.
    fn notices(&self) -> Vec<&'static str> {
        self.bus.published_links().iter().map(|notice| notice.fact.kind()).collect()
    }

    /// How often a metric was counted.
    fn counted(&self, name: &str) -> i64 {
        let records = self.metrics.records_after(0);
        let metrics = records.iter().flat_map(|record| &record.metrics);
        metrics.filter(|metric| metric.name == name).map(|metric| metric.value).sum()
    }
}

fn ops() -> Caller {
    Caller::Operator { name: "ops".into() }
}

fn acmes() -> Caller {
    Caller::Tenant { tenant: tenant("acme"), name: "ann".into() }
}

fn acme() -> LinkScope {
    LinkScope::Tenant { tenant: tenant("acme") }
}

fn network() -> Network {
    Network::of("203.0.113.77".parse().unwrap())
}

fn invitation() -> NewLink {
    NewLink {
        scope: acme(),
        kind: LinkKind::Invite,
        abilities: Abilities::all(),
        addressee: "Dana Ruiz".parse().unwrap(),
        return_url: None,
        validity: None,
    }
}

/// A link for the vendor's own people.
fn operators_link() -> NewLink {
    NewLink { scope: LinkScope::Operators, kind: LinkKind::Redirect, ..invitation() }
}

/// What the URL of a link opens it with.
fn token(link: &CreatedLink) -> PortalToken {
    link.url.strip_prefix(&format!("{URL}/portal/enter/")).unwrap().parse().unwrap()
}

const fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}
