//! A deployment of the notifier in simulated time: hosts with their response times, the queue, and the
//! function's concurrent batches.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use archive::names::{TenantId, WebhookUrl};
use archive::time::Time;
use async_trait::async_trait;
use ports::{DelayQueue, PortError, WebhookClient, WebhookResponse};
use protocol::connector::Connector;
use protocol::notification::SignedRequest;
use tests::fakes::FakeClock;

use crate::contacts::world::{World, blocked};

const TEMPLATE: &str = include_str!("../../../../template.yaml");

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
pub(super) struct Hosts {
    pub(super) clock: FakeClock,
    /// The response time of a tarpit.
    pub(super) tarpit_delay: Duration,
    pub(super) sent: Arc<Mutex<Vec<(Time, String)>>>,
    /// The number of requests in flight to tarpits, and its maximum.
    pub(super) in_flight: Arc<Mutex<(usize, usize)>>,
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
pub(super) struct Sqs {
    pub(super) clock: FakeClock,
    pub(super) messages: Arc<Mutex<Vec<(Time, String)>>>,
    pub(super) sends: Arc<Mutex<usize>>,
}

impl Sqs {
    pub(super) fn send_at(&self, at: Time, message: String) {
        self.messages.lock().unwrap().push((at, message));
    }

    /// Up to `most` of the due messages, the longest due first.
    pub(super) fn receive(&self, limit: usize) -> Vec<String> {
        let mut messages = self.messages.lock().unwrap();
        messages.sort_by_key(|(at, _)| *at);
        let due = messages.iter().take_while(|(at, _)| *at <= self.clock.wall()).count();
        messages.drain(..due.min(limit)).map(|(_, message)| message).collect()
    }

    pub(super) fn len(&self) -> usize {
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
pub(super) struct Simulation {
    pub(super) world: World,
    pub(super) hosts: Hosts,
    pub(super) sqs: Sqs,
}

impl Simulation {
    pub(super) fn new(slow: Duration) -> Self {
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
    pub(super) async fn connector(&self, of: &str, host: &str) -> Connector {
        let connector = self.world.connector(of).await;
        self.world.ledger.change(&connector.id, |connector| {
            connector.contacts.emails = protocol::contacts::Addresses::default();
            let webhook = connector.contacts.webhook.as_mut().unwrap();
            webhook.url = format!("https://{host}/").parse().unwrap();
        });
        self.world.ledger.connector(&connector.id)
    }

    /// Sends a notice of a block to the queue, due now.
    pub(super) fn enqueue_blocked(&self, connector: &Connector) {
        let now = self.world.clock.wall();
        self.sqs.send_at(now, self.world.event(&blocked(connector, now)));
    }

    /// Runs the deployment for `span`, in steps of `step`. A batch takes at least one step.
    pub(super) async fn advance(&self, span: Duration, step: Duration) {
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
    pub(super) fn delivery_delay(&self, host: &str, since: Time) -> Option<Duration> {
        let sent = self.hosts.sent.lock().unwrap();
        sent.iter().filter(|(at, one)| one == host && *at >= since).map(|(at, _)| at.since(since)).min()
    }
}
