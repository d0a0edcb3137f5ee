//! The three things that invoke the function: its queue, its schedule, and somebody with a question.

use std::sync::Arc;
use std::time::Duration;

use archive::names::{ConnectorId, TenantId};
use archive::part::PartNumber;
use async_trait::async_trait;
use aws::sqs_batch;
use aws_lambda_events::event::sqs::SqsEvent;
use control::explorer::{Answer, ExplorerRefusal, ExplorerRequest, Proof, RefusalCode};
use ports::{PortError, ReaderClient};
use protocol::exploration::DownloadId;
use protocol::notice::PartSealed;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::context::Reader;

/// How many roll-ups a sweep makes for one connector at a time.
const SWEEP_DAYS: usize = 4;
/// When a sweep begins with no more connectors: the function has 300 seconds.
const SWEEP_TIME: Duration = Duration::from_secs(200);

/// The alias of the function by which the portal invokes it. Whoever may invoke the alias alone asks with a
/// session, and can pose as nobody: the service says by which name a function was invoked (AWS Lambda
/// developer guide, "Lambda context object").
const SESSIONS_ALIAS: &str = "sessions";

/// By which name the function was invoked: what it believes follows from who may use that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrance {
    /// By its own: the queue, the schedule, the API, and operators.
    Function,
    /// By the alias for questions of sessions.
    Sessions,
}

impl Entrance {
    /// The entrance of an invocation by this ARN.
    #[must_use]
    pub fn of(invoked_arn: &str) -> Self {
        match invoked_arn.rsplit(':').next() {
            Some(SESSIONS_ALIAS) => Self::Sessions,
            _ => Self::Function,
        }
    }

    /// Whether it takes this.
    const fn takes(self, invocation: &Invocation) -> bool {
        match (self, invocation) {
            (Self::Function, _) => true,
            (Self::Sessions, Invocation::Question(request)) => matches!(request.by, Proof::Session(_)),
            (Self::Sessions, _) => false,
        }
    }
}

/// What the function was invoked for.
#[derive(Debug)]
pub enum Invocation {
    /// Messages of the queue: each one's ID, and its job.
    Jobs(Vec<(String, Job)>),
    /// The schedule: look for parts without an index.
    Sweep,
    /// A question.
    Question(Box<ExplorerRequest>),
    /// None of these.
    Malformed(String),
}

/// A job of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Make the index of a part.
    Index {
        /// The part's connector.
        connector: ConnectorId,
        /// The part's number.
        part: PartNumber,
    },
    /// Make a download.
    Download {
        /// Whose it is.
        tenant: TenantId,
        /// Its ID.
        id: DownloadId,
    },
}

/// A message of the queue: a notice of the bus, of which only connector and part are read, or a job of ours.
#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Notice {
        #[serde(rename = "detail-type")]
        kind: String,
        detail: Subject,
    },
    Job(Job),
}

#[derive(Deserialize)]
struct Subject {
    connector: ConnectorId,
    part: PartNumber,
}

impl Invocation {
    /// Reads the payload of an invocation. A message of the queue that is no job is dropped: it would only
    /// come back unchanged.
    #[must_use]
    pub fn read(payload: Value) -> Self {
        if payload.get("Records").is_some() {
            return match SqsEvent::deserialize(payload) {
                Ok(batch) => Self::Jobs(jobs(batch)),
                Err(error) => Self::Malformed(error.to_string()),
            };
        }
        if payload.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event") {
            return Self::Sweep;
        }
        match ExplorerRequest::deserialize(payload) {
            Ok(request) => Self::Question(Box::new(request)),
            Err(error) => Self::Malformed(error.to_string()),
        }
    }
}

fn jobs(batch: SqsEvent) -> Vec<(String, Job)> {
    let messages: Vec<(String, Message)> = sqs_batch::messages(batch, |id, error| {
        tracing::error!(message.id = id, %error, "dropped a message that is no job");
    });
    let job = |(id, message): (String, Message)| match message {
        Message::Job(job) => Some((id, job)),
        Message::Notice { kind, detail: Subject { connector, part } } if kind == PartSealed::KIND => {
            Some((id, Job::Index { connector, part }))
        }
        Message::Notice { kind, .. } => {
            tracing::error!(message.id = id, kind, "dropped a message of an unknown kind");
            None
        }
    };
    messages.into_iter().filter_map(job).collect()
}

/// Does what the function was invoked for, and returns the function's response: for the queue the messages
/// that failed, for the schedule nothing, and otherwise an [`Answer`]. It is the text itself: an event in it
/// keeps each byte, which a [`Value`] would not.
///
/// # Errors
/// If a sweep failed or a question has no answer because a port failed.
pub async fn handle(
    reader: Arc<Reader>,
    entrance: Entrance,
    invocation: Invocation,
) -> Result<Box<RawValue>, PortError> {
    if !entrance.takes(&invocation) {
        let detail = "only a question of a session may be asked here".to_owned();
        let refusal = ExplorerRefusal { code: RefusalCode::Forbidden, detail };
        return to_raw_value(&Answer::Refused(refusal)).map_err(written);
    }
    match invocation {
        Invocation::Jobs(jobs) => to_raw_value(&sqs_batch::response(run_all(reader, jobs).await)),
        Invocation::Sweep => to_raw_value(&reader.sweep().await?),
        Invocation::Question(request) => to_raw_value(&reader.answer(&request).await?),
        Invocation::Malformed(detail) => to_raw_value(&malformed(detail)),
    }
    .map_err(written)
}

fn written(error: serde_json::Error) -> PortError {
    PortError::bug("writing a response", error)
}

fn malformed(detail: String) -> Answer {
    Answer::Refused(ExplorerRefusal { code: RefusalCode::Invalid, detail })
}

/// In process: on the embedded stack, and where the command line has what the function has.
#[async_trait]
impl ReaderClient for Reader {
    async fn ask(&self, request: Vec<u8>) -> Result<Vec<u8>, PortError> {
        let answer = match serde_json::from_slice::<ExplorerRequest>(&request) {
            Ok(request) => self.answer(&request).await?,
            Err(error) => malformed(error.to_string()),
        };
        serde_json::to_vec(&answer).map_err(written)
    }
}

impl Reader {
    async fn run(&self, job: Job) -> Result<(), PortError> {
        match job {
            Job::Index { connector, part } => self.index_part(&connector, part).await.map(drop),
            Job::Download { tenant, id } => self.make_download(&tenant, &id).await,
        }
    }

    /// Makes what is missing of the connectors' indexes, some days of each. It begins with any of them and
    /// ends in time, so what is left is made by one of the next sweeps, whichever connectors come first.
    ///
    /// # Errors
    /// If the connectors can't be listed. What fails for one connector is logged and fails no other.
    pub async fn sweep(&self) -> Result<(), PortError> {
        let end = self.clock.now() + SWEEP_TIME;
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = self.connectors.scan(after.as_ref()).await?;
            ids.extend(page.items.into_iter().map(|connector| connector.id));
            let Some(next) = page.next else { break };
            after = Some(next);
        }
        let random = usize::try_from(self.rng.next_u64() >> 32).unwrap_or_default();
        let first = random % ids.len().max(1);
        ids.rotate_left(first);
        for (swept, id) in ids.iter().enumerate() {
            if self.clock.now() >= end {
                tracing::info!(swept, connectors = ids.len(), "the next sweeps make the other indexes");
                break;
            }
            if let Err(error) = self.index_missing(id, SWEEP_DAYS).await {
                let error = error.chain();
                tracing::error!(connector.id = %id, error, "failed to make missing indexes");
            }
        }
        Ok(())
    }
}

/// Runs the jobs at once, and returns the IDs of the messages whose jobs failed.
async fn run_all(reader: Arc<Reader>, jobs: Vec<(String, Job)>) -> Vec<String> {
    let jobs = jobs.into_iter().map(|(id, job)| {
        let reader = Arc::clone(&reader);
        (id, async move { reader.run(job).await })
    });
    let mut failed = Vec::new();
    sqs_batch::run_each(jobs, |id, ended| {
        let error = match ended {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.chain(),
            Err(error) => error.to_string(),
        };
        tracing::error!(message.id = id, error, "failed to do a job");
        failed.push(id);
    })
    .await;
    failed
}

#[cfg(test)]
mod tests {
    use archive::time::Time;
    use protocol::caller::Caller;
    use serde_json::json;

    use super::*;

    fn notice(kind: &str, connector: &str, part: u64) -> Value {
        let detail = json!({"id": "x", "tenant": "acme", "connector": connector, "part": part});
        json!({"version": "0", "source": "auditferry", "detail-type": kind, "detail": detail})
    }

    fn batch(bodies: &[Value]) -> Value {
        let record =
            |(id, body): (usize, &Value)| json!({"messageId": format!("m{id}"), "body": body.to_string()});
        json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
    }

    #[test]
    fn a_sealed_part_is_a_job_and_anything_else_in_the_queue_is_dropped() {
        let connector = ConnectorId::new(7);
        let download = Job::Download { tenant: "acme".parse().unwrap(), id: DownloadId::new(Time::EPOCH, 3) };
        let read = Invocation::read(batch(&[
            notice(PartSealed::KIND, &connector.to_string(), 42),
            notice("ExportDelivered", &connector.to_string(), 1),
            json!("x"),
            notice(PartSealed::KIND, "acme", 1),
            serde_json::to_value(&download).unwrap(),
        ]));
        let Invocation::Jobs(jobs) = read else { panic!("{read:?}") };
        let index = Job::Index { connector, part: PartNumber::new(42) };
        assert_eq!(jobs, [("m0".to_owned(), index), ("m4".to_owned(), download)]);
    }

    #[test]
    fn through_the_alias_nobody_poses_as_a_caller_and_no_job_is_done() {
        let arn = "arn:aws:lambda:eu-central-1:111111111111:function:Reader";
        assert_eq!(
            (Entrance::of(arn), Entrance::of(&format!("{arn}:sessions"))),
            (Entrance::Function, Entrance::Sessions)
        );
        let question = |by: Value| Invocation::read(json!({"by": by, "tenant": "acme", "ask": "fields"}));
        assert!(Entrance::Sessions.takes(&question(json!({"session": "a.b"}))));
        let operator =
            question(serde_json::to_value(Proof::Caller(Caller::Operator { name: "ops".into() })).unwrap());
        assert!(matches!(operator, Invocation::Question(_)), "{operator:?}");
        for other in
            [operator, Invocation::Sweep, Invocation::Jobs(Vec::new()), Invocation::Malformed(String::new())]
        {
            assert!(!Entrance::Sessions.takes(&other) && Entrance::Function.takes(&other), "{other:?}");
        }
    }

    #[test]
    fn the_schedule_is_a_sweep_and_a_request_is_a_question() {
        let tick = json!({"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}});
        assert!(matches!(Invocation::read(tick), Invocation::Sweep));
        let by = json!({"session": "a.b"});
        let request = json!({"by": by, "tenant": "acme", "ask": "fields"});
        let read = Invocation::read(request);
        assert!(matches!(read, Invocation::Question(_)), "{read:?}");
        for bad in [json!(null), json!({}), json!({"Records": 1}), json!({"by": {"session": "a.b"}})] {
            assert!(matches!(Invocation::read(bad.clone()), Invocation::Malformed(_)), "{bad}");
        }
    }
}
