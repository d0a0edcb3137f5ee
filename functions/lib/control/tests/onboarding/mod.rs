//! The operations of the API and the command line, over the fakes: who may use them, what they store and
//! publish, and what happens to concurrent changes of one connector.

mod asking;
mod budgets;
mod changing;
mod creating;
mod overview;
mod racing;
mod reading;
mod trying;
mod verifying;

use std::sync::Arc;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, IdempotencyKey};
use archive::part::Encoding;
use control::onboarding::{NewConnector, Onboarding, OnboardingError};
use ports::{Connectors, SaveAnswer, Saved};
use protocol::caller::Caller;
use protocol::connector::{Connector, Shards, State, Verb};
use protocol::notice::{Changed, Fact, Open};
use tests::fakes::{FakeBus, FakeClock, FakeLedger, FakeProber, FakePublicUrlChecker, onboarding};
use tests::fixtures::{self, at, tenant};

const OPERATOR: Caller = Caller::System;

struct World {
    ledger: FakeLedger,
    prober: FakeProber,
    bus: FakeBus,
    clock: FakeClock,
    onboarding: Onboarding,
}

impl World {
    fn new() -> Self {
        let ledger = FakeLedger::new();
        Self::over(ledger.clone(), ledger)
    }

    /// With another implementation of the port [`Connectors`].
    fn over(ledger: FakeLedger, connectors: impl Connectors + 'static) -> Self {
        let (prober, bus) = (FakeProber::new(), FakeBus::new());
        let clock = FakeClock::at(at("2026-11-20T20:15:30.123Z"));
        let onboarding = onboarding(Arc::new(connectors), &prober, &bus, &clock);
        Self { ledger, prober, bus, clock, onboarding }
    }

    /// A new connector with a destination of its own.
    async fn connected(&self) -> ConnectorId {
        self.onboarding.create(&OPERATOR, new_connector()).await.unwrap().id
    }

    async fn active(&self) -> ConnectorId {
        let id = self.connected().await;
        self.onboarding.activate(&OPERATOR, &id, None, |_| ()).await.unwrap();
        id
    }

    fn state(&self, id: &ConnectorId) -> State {
        self.ledger.connector(id).state
    }

    /// The kinds of change on record, newest first.
    async fn recorded(&self, id: &ConnectorId) -> Vec<Verb> {
        let changes = self.ledger.changes(id, None, 100).await.unwrap();
        changes.into_iter().map(|change| change.what).collect()
    }

    /// The kinds of change published on the bus, in order.
    fn published_verbs(&self) -> Vec<Verb> {
        let notices = self.bus.published().into_iter();
        notices
            .filter_map(|notice| match notice.fact {
                Fact::Changed(Changed { what: Open::Known(what), .. }) => Some(what),
                _ => None,
            })
            .collect()
    }
}

fn acme() -> Caller {
    Caller::Tenant { tenant: tenant("acme"), name: "ann".into() }
}

fn stranger() -> Caller {
    Caller::Tenant { tenant: tenant("globex"), name: "bob".into() }
}

/// A request for a new connector of `acme`, with a destination that no other test has.
fn new_connector() -> NewConnector {
    NewConnector {
        tenant: tenant("acme"),
        shards: Shards::ONE,
        frequency: Frequency::HOURLY,
        encoding: Encoding::default(),
        start_from: None,
        destination: fixtures::connector(&tenant("acme"), at("2026-11-20T20:00:00Z")).destination,
        idempotency_key: None,
    }
}

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

fn is_not_found<T>(answer: Result<T, OnboardingError>) -> bool {
    matches!(answer, Err(OnboardingError::NotFound(_)))
}

/// A concurrent writer's change of a connector, with its next version.
async fn changed_by_another(ledger: &FakeLedger, id: &ConnectorId, change: impl FnOnce(&mut Connector)) {
    let before = ledger.connector(id);
    let mut after = before.clone();
    change(&mut after);
    after.version = before.version + 1;
    let saved = ledger.save(&fixtures::change(&before, &after), None, &[]).await.unwrap();
    assert_eq!(saved, SaveAnswer::Saved(Saved::Stored));
}

#[tokio::test]
async fn a_link_to_an_unreadable_template_comes_with_a_warning() {
    const URL: &str = "https://templates.s3.eu-central-1.amazonaws.com/auditferry/customer-role.yaml";
    for (denied, warnings) in [(None, 0), (Some("it answered 403"), 1)] {
        let mut world = World::new();
        let id = world.connected().await;
        let bucket = FakePublicUrlChecker::new();
        denied.into_iter().for_each(|why| bucket.deny(why));
        world.onboarding.public_urls = Some(Arc::new(bucket.clone()));
        world.onboarding.vendor.template_url = Some(URL.to_owned());
        let setup = world.onboarding.setup(&OPERATOR, &id).await.unwrap();
        assert_eq!((setup.warnings.len(), bucket.requests()), (warnings, vec![URL.to_owned()]));
        assert!(setup.quick_create_url.is_some());
        for warning in setup.warnings {
            assert!(warning.contains(URL) && warning.contains("it answered 403"), "{warning}");
        }
        // Without a link there is nothing to check.
        world.onboarding.vendor.template_url = None;
        assert_eq!(world.onboarding.setup(&OPERATOR, &id).await.unwrap().warnings, [""; 0]);
        assert_eq!(bucket.requests().len(), 1);
    }
}
