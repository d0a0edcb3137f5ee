//! Contacts: webhooks and addresses that record what was sent, and the notifier's queue, whose messages wait
//! until they are due.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive::names::{EmailAddress, TenantId, WebhookUrl};
use archive::time::Time;
use async_trait::async_trait;
use ports::Clock as _;
use ports::{DelayQueue, MAX_DELAY, MailOutcome, Mailer, PortError, WebhookClient, WebhookResponse};
use protocol::contacts::Mail;
use protocol::notification::SignedRequest;

use super::{FakeClock, locked};
use crate::fault_injection::{Outage, Outages};

/// All webhooks. Each accepts a request unless a test sets another response.
#[derive(Debug, Clone, Default)]
pub struct FakeWebhookClient {
    shared: Arc<Mutex<Webhooks>>,
}

#[derive(Debug, Default)]
struct Webhooks {
    sent: Vec<(WebhookUrl, SignedRequest)>,
    responses: BTreeMap<WebhookUrl, WebhookResponse>,
}

impl FakeWebhookClient {
    /// A client that has sent nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets this webhook's response from now on.
    pub fn respond_with(&self, url: &WebhookUrl, response: WebhookResponse) {
        locked(&self.shared).responses.insert(url.clone(), response);
    }

    /// All requests, in order, whatever the response.
    #[must_use]
    pub fn sent(&self) -> Vec<(WebhookUrl, SignedRequest)> {
        locked(&self.shared).sent.clone()
    }
}

#[async_trait]
impl WebhookClient for FakeWebhookClient {
    async fn post(&self, to: &WebhookUrl, message: &SignedRequest, _: Duration) -> WebhookResponse {
        let mut shared = locked(&self.shared);
        shared.sent.push((to.clone(), message.clone()));
        shared.responses.get(to).cloned().unwrap_or(WebhookResponse::Accepted)
    }
}

/// A fake mail service.
#[derive(Debug, Clone, Default)]
pub struct FakeMailer {
    shared: Arc<Mutex<Mails>>,
}

#[derive(Debug, Default)]
struct Mails {
    sent: Vec<(EmailAddress, Mail)>,
    outages: Outages,
}

impl FakeMailer {
    /// A service that has sent nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// All accepted mails, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<(EmailAddress, Mail)> {
        locked(&self.shared).sent.clone()
    }

    /// The next `calls` calls meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }
}

#[async_trait]
impl Mailer for FakeMailer {
    async fn send(&self, to: &EmailAddress, mail: &Mail) -> MailOutcome {
        let what = "sending a mail";
        let mut shared = locked(&self.shared);
        let outage = shared.outages.take();
        if matches!(outage, None | Some(Outage::ResponseLost)) {
            shared.sent.push((to.clone(), mail.clone()));
        }
        let source = format!("{outage:?}").into();
        match outage {
            None => MailOutcome::Accepted,
            Some(Outage::Denied | Outage::EntriesDenied) => {
                MailOutcome::Rejected(PortError::Denied { what, source })
            }
            Some(Outage::ResponseLost) => MailOutcome::Unknown(PortError::Transient { what, source }),
            Some(_) => MailOutcome::Rejected(PortError::Transient { what, source }),
        }
    }
}

/// The notifier's own queue.
#[derive(Debug, Clone)]
pub struct FakeDelayQueue {
    clock: FakeClock,
    shared: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<(Time, String)>,
    outages: Outages,
}

impl FakeDelayQueue {
    /// An empty queue, whose messages wait by this clock.
    #[must_use]
    pub fn new(clock: &FakeClock) -> Self {
        Self { clock: clock.clone(), shared: Arc::default() }
    }

    /// Takes the messages that are due.
    #[must_use]
    pub fn receive_due(&self) -> Vec<String> {
        let now = self.clock.now();
        let mut shared = locked(&self.shared);
        let (due, waiting) = std::mem::take(&mut shared.messages).into_iter().partition(|(at, _)| *at <= now);
        shared.messages = waiting;
        let due: VecDeque<(Time, String)> = due;
        due.into_iter().map(|(_, message)| message).collect()
    }

    /// All messages that wait.
    #[must_use]
    pub fn waiting(&self) -> Vec<String> {
        locked(&self.shared).messages.iter().map(|(_, message)| message.clone()).collect()
    }

    /// The next `calls` calls meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }
}

#[async_trait]
impl DelayQueue for FakeDelayQueue {
    async fn send_after(&self, message: &str, delay: Duration, _: &TenantId) -> Result<(), PortError> {
        assert!(delay <= MAX_DELAY, "SQS would refuse {delay:?}");
        let mut shared = locked(&self.shared);
        let outage = shared.outages.take();
        if matches!(outage, None | Some(Outage::ResponseLost)) {
            shared.messages.push_back((self.clock.now() + delay, message.to_owned()));
        }
        match outage {
            None => Ok(()),
            Some(outage) => {
                let source = format!("{outage:?}").into();
                Err(PortError::Transient { what: "sending to the notice queue", source })
            }
        }
    }
}
