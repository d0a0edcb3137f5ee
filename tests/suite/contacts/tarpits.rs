//! Webhooks that accept a connection and never answer: how 500 of one tenant affect another tenant's notice,
//! under the deployment's limits and with a standard queue.
//!
//! Time is simulated. The queue delivers messages in the order in which they became due, ten at most to each
//! of as many concurrent batches as the template allows. A batch ends with its slowest message.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use archive::names::{ConnectorId, TenantId, WebhookUrl};
use archive::time::Time;
use async_trait::async_trait;
use ports::{DelayQueue, NotificationStore, PortError, WebhookClient, WebhookResponse};
use protocol::connector::Connector;
use protocol::notification::{ContactKey, NotificationHistory, SignedRequest};
use tests::fakes::{FakeClock, FakeLedger};

use super::world::{World, blocked};

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// A number of the notifier's event source, or its time limit in seconds.
fn limit(name: &str) -> usize {
    let notifier = TEMPLATE.split_once("\n  Notifier:\n").unwrap().1;
    let value = notifier.split_once(&format!("{name}: ")).unwrap().1;
    value.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
}

/// Completes at this time of the simulated clock.
struct SleepUntil(FakeClock, Time);

/// A batch in flight.
type Batch<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

impl Future for SleepUntil {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0.wall() >= self.1 {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Hosts, each with its own response time; a request is abandoned after its timeout.
#[derive(Clone)]
struct Hosts {
    clock: FakeClock,
    /// The response time of a tarpit.
    tarpit_delay: Duration,
    sent: Arc<Mutex<Vec<(Time, String)>>>,
    /// The number of requests in flight to tarpits, and its maximum.
    in_flight: Arc<Mutex<(usize, usize)>>,
}

#[async_trait]
impl WebhookClient for Hosts {
    async fn post(&self, to: &WebhookUrl, _: &SignedRequest, timeout: Duration) -> WebhookResponse {
        let host = to.host();
        let is_tarpit = host.starts_with("tarpit");
        let takes = if is_tarpit { self.tarpit_delay } else { Duration::from_millis(100) };
        if is_tarpit {
            let mut under_way = self.in_flight.lock().unwrap();
            under_way.0 += 1;
            under_way.1 = under_way.1.max(under_way.0);
        }
        let now = self.clock.wall();
        SleepUntil(self.clock.clone(), now + takes.min(timeout)).await;
        if is_tarpit {
            self.in_flight.lock().unwrap().0 -= 1;
        }
        if takes > timeout {
            return WebhookResponse::TimedOut;
        }
        self.sent.lock().unwrap().push((self.clock.wall(), host));
        WebhookResponse::Accepted
    }
}

#[derive(Clone)]
struct Sqs {
    clock: FakeClock,
    messages: Arc<Mutex<Vec<(Time, String)>>>,
    sends: Arc<Mutex<usize>>,
}

impl Sqs {
    fn send_at(&self, at: Time, message: String) {
        self.messages.lock().unwrap().push((at, message));
    }

    /// Up to `most` of the due messages, the longest due first.
    fn receive(&self, limit: usize) -> Vec<String> {
        let mut messages = self.messages.lock().unwrap();
        messages.sort_by_key(|(at, _)| *at);
        let due = messages.iter().take_while(|(at, _)| *at <= self.clock.wall()).count();
        messages.drain(..due.min(limit)).map(|(_, message)| message).collect()
    }

    fn len(&self) -> usize {
        self.messages.lock().unwrap().len()
    }
}

#[async_trait]
impl DelayQueue for Sqs {
    async fn send_after(&self, message: &str, delay: Duration, _: &TenantId) -> Result<(), PortError> {
        *self.sends.lock().unwrap() += 1;
        // SQS delays are whole seconds.
        self.send_at(self.clock.wall() + Duration::from_secs(delay.as_secs()), message.to_owned());
        Ok(())
    }
}

/// A deployment with these hosts and this queue.
struct Simulation {
    world: World,
    hosts: Hosts,
    sqs: Sqs,
}

impl Simulation {
    fn new(slow: Duration) -> Self {
        let mut world = World::new();
        let clock = world.clock.clone();
        let hosts = Hosts {
            clock: clock.clone(),
            tarpit_delay: slow,
            sent: Arc::default(),
            in_flight: Arc::default(),
        };
        let sqs = Sqs { clock, messages: Arc::default(), sends: Arc::default() };
        world.notifier.webhooks = Arc::new(hosts.clone());
        world.notifier.queue = Arc::new(sqs.clone());
        Self { world, hosts, sqs }
    }

    /// A connector of this tenant whose only contact is a webhook at this host.
    async fn connector(&self, of: &str, host: &str) -> Connector {
        let connector = self.world.connector(of).await;
        self.world.ledger.change(&connector.id, |connector| {
            connector.contacts.emails = protocol::contacts::Addresses::default();
            let webhook = connector.contacts.webhook.as_mut().unwrap();
            webhook.url = format!("https://{host}/").parse().unwrap();
        });
        self.world.ledger.connector(&connector.id)
    }

    /// Sends a notice of a block to the queue, due now.
    fn enqueue_blocked(&self, connector: &Connector) {
        let now = self.world.clock.wall();
        self.sqs.send_at(now, self.world.event(&blocked(connector, now)));
    }

    /// Runs the deployment for `span`, in steps of `step`. A batch takes at least one step.
    async fn advance(&self, span: Duration, step: Duration) {
        let (batch, at_once) = (limit("BatchSize"), limit("MaximumConcurrency"));
        let timeout = Duration::from_secs(limit("Timeout") as u64);
        let end = self.world.clock.wall() + span;
        let mut batches: Vec<(Time, Batch<'_>)> = Vec::new();
        // Batches in flight at the end may finish: a dropped batch would be a dead process.
        while self.world.clock.wall() < end || !batches.is_empty() {
            while batches.len() < at_once && self.world.clock.wall() < end {
                let bodies = self.sqs.receive(batch);
                if bodies.is_empty() {
                    break;
                }
                let run = Box::pin(async move { assert_eq!(self.world.handle(&bodies).await, [""; 0]) });
                batches.push((self.world.clock.wall(), run));
            }
            // The messages are tasks of the runtime, which run at each yield.
            for _ in 0..4 {
                let mut context = Context::from_waker(Waker::noop());
                batches.retain_mut(|(_, run)| run.as_mut().poll(&mut context).is_pending());
                tokio::task::yield_now().await;
            }
            for (begun, _) in &batches {
                assert!(self.world.clock.wall().since(*begun) < timeout, "a batch was killed");
            }
            self.world.clock.advance(step);
        }
    }

    /// How long after `since` this host first accepted a notice. `None` if it has not.
    fn delivery_delay(&self, host: &str, since: Time) -> Option<Duration> {
        let sent = self.hosts.sent.lock().unwrap();
        sent.iter().filter(|(at, one)| one == host && *at >= since).map(|(at, _)| at.since(since)).min()
    }
}

const STEP: Duration = Duration::from_millis(200);
const MAX_DELAY: Duration = Duration::from_secs(30);
const NEVER: Duration = Duration::from_hours(1);

/// 500 notices of one tenant at once, to so many hosts that never answer. After them, every ten seconds for
/// five minutes and between their retries, one notice of another tenant.
async fn assert_another_tenants_notices_arrive(hosts: usize) {
    let run = Simulation::new(NEVER);
    let mut tarpits = Vec::new();
    for n in 0..500 {
        tarpits.push(run.connector("mallory", &format!("tarpit{}.mallory.example", n % hosts)).await);
    }
    for tarpit in &tarpits {
        run.enqueue_blocked(tarpit);
    }
    for round in 0..30 {
        let host = format!("hooks{round}.globex.example");
        let globex = run.connector("globex", &host).await;
        let since = run.world.clock.wall();
        run.enqueue_blocked(&globex);
        run.advance(Duration::from_secs(10), STEP).await;
        if run.delivery_delay(&host, since).is_none() {
            run.advance(MAX_DELAY - Duration::from_secs(10), STEP).await;
        }
        let delay = run.delivery_delay(&host, since);
        assert!(delay.is_some_and(|delay| delay <= MAX_DELAY), "round {round}, {hosts} hosts: {delay:?}");
    }
    let peak = run.hosts.in_flight.lock().unwrap().1;
    assert!(peak <= 12, "{peak} requests to tarpits were in flight at once");
}

#[tokio::test]
async fn five_hundred_tarpits_of_one_tenant_delay_nobody_elses_notice_by_thirty_seconds() {
    assert_another_tenants_notices_arrive(500).await;
}

#[tokio::test]
async fn five_hundred_notices_to_a_few_tarpits_delay_nobody_elses_notice_either() {
    assert_another_tenants_notices_arrive(4).await;
}

/// A ledger without shares, in which each webhook is awaited for ten seconds: the notifier as it was.
struct WithoutShares(FakeLedger);

#[async_trait]
impl NotificationStore for WithoutShares {
    async fn notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
    ) -> Result<Option<NotificationHistory>, PortError> {
        self.0.notification_history(connector, contact).await
    }

    async fn store_notification_history(
        &self,
        connector: (&TenantId, &ConnectorId),
        contact: &ContactKey,
        notified: &NotificationHistory,
    ) -> Result<bool, PortError> {
        self.0.store_notification_history(connector, contact, notified).await
    }

    async fn spend_time(&self, _: &TenantId, _: Duration, now: Time) -> Result<Time, PortError> {
        Ok(now)
    }

    async fn refund_time(&self, _: &TenantId, _: Duration) -> Result<(), PortError> {
        Ok(())
    }

    async fn slow_until(&self, _: &TenantId, _: &str) -> Result<Option<Time>, PortError> {
        Ok(Some(Time::LAST))
    }

    async fn store_slow_until(&self, _: &TenantId, _: &str, _: Option<Time>) -> Result<(), PortError> {
        Ok(())
    }
}

/// Shows that the tests above can fail.
#[tokio::test]
async fn without_shares_the_notice_takes_more_than_thirty_seconds() {
    let mut run = Simulation::new(NEVER);
    run.world.notifier.state = Arc::new(WithoutShares(run.world.ledger.clone()));
    for n in 0..500 {
        run.enqueue_blocked(&run.connector("mallory", &format!("tarpit{n}.mallory.example")).await);
    }
    let (globex, since) = (run.connector("globex", "hooks.globex.example").await, run.world.clock.wall());
    run.enqueue_blocked(&globex);
    run.advance(MAX_DELAY, STEP).await;
    assert_eq!(run.delivery_delay("hooks.globex.example", since), None);
}

/// The tenant's own webhooks: each that answers, quickly or within the promised ten seconds, is notified all
/// the same.
#[tokio::test]
async fn a_tenants_own_notices_arrive_after_its_tarpits_and_slow_answers_are_awaited() {
    let run = Simulation::new(Duration::from_secs(9));
    let mut connectors = Vec::new();
    for n in 0..20 {
        connectors.push(run.connector("acme", &format!("tarpit{n}.acme.example")).await);
    }
    connectors.push(run.connector("acme", "hooks.acme.example").await);
    let since = run.world.clock.wall();
    for connector in &connectors {
        run.enqueue_blocked(connector);
    }
    run.advance(Duration::from_mins(1), STEP).await;
    assert!(run.delivery_delay("hooks.acme.example", since).is_some(), "after 20 slow ones of its own");
    run.advance(Duration::from_mins(20), STEP).await;
    for n in 0..20 {
        assert!(
            run.delivery_delay(&format!("tarpit{n}.acme.example"), since).is_some(),
            "{n} answers within ten seconds"
        );
    }
    // It is known to be slow, so the next request waits for it at once.
    run.world.clock.advance(Duration::from_hours(1));
    let (before, since) = (*run.sqs.sends.lock().unwrap(), run.world.clock.wall());
    let again = run.connector("acme", "tarpit3.acme.example").await;
    run.enqueue_blocked(&again);
    run.advance(Duration::from_secs(15), STEP).await;
    assert!(run.delivery_delay("tarpit3.acme.example", since).is_some());
    assert_eq!(*run.sqs.sends.lock().unwrap(), before, "no attempt was abandoned");
}

#[tokio::test]
async fn many_fast_webhooks_of_one_tenant_do_not_delay_each_other() {
    let run = Simulation::new(NEVER);
    let mut connectors = Vec::new();
    for n in 0..100 {
        connectors.push(run.connector("acme", &format!("hooks{n}.acme.example")).await);
    }
    let since = run.world.clock.wall();
    for connector in &connectors {
        run.enqueue_blocked(connector);
    }
    run.advance(Duration::from_mins(4), STEP).await;
    assert!((0..100).all(|n| run.delivery_delay(&format!("hooks{n}.acme.example"), since).is_some()));
}

/// No message loops forever, and none is abandoned without an attempt.
#[tokio::test]
async fn each_tarpit_is_tried_abandoned_after_a_day_and_costs_a_bounded_number_of_messages() {
    let run = Simulation::new(NEVER);
    let mut connectors = Vec::new();
    for n in 0..40 {
        connectors.push(run.connector("mallory", &format!("tarpit{n}.mallory.example")).await);
    }
    for connector in &connectors {
        run.enqueue_blocked(connector);
    }
    run.advance(Duration::from_hours(26), Duration::from_secs(20)).await;
    assert_eq!((run.sqs.len(), run.world.count("ContactsUnreached")), (0, 40));
    let sends = *run.sqs.sends.lock().unwrap();
    assert!(sends < 40 * 150, "{sends} messages for 40 notices");
}
