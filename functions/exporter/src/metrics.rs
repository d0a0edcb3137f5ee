//! The metrics of a run and of a batch.
//!
//! [`RequestStats`] observes the effects of a run and their answers, each request for itself: a part that is
//! put twice because S3 answered 503 is one delivery in the run's summary and one `PutUnavailable` here.

use std::time::Duration;

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::machine::{Answer, Effect, InternalErrorKind, Outcome, PutAnswer, Summary};
use protocol::metrics::{Metric, MetricRecord};

use crate::driver::OpenBucket;

/// The kind of request that an effect makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Build,
    Put { size: u64 },
    Other,
}

impl RequestKind {
    pub(crate) fn of(effect: &Effect<OpenBucket>) -> Self {
        match effect {
            Effect::Build(..) => Self::Build,
            Effect::Put(delivery) => Self::Put { size: delivery.part.size },
            _ => Self::Other,
        }
    }
}

/// The statistics of a run's requests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct RequestStats {
    bytes_delivered: u64,
    put_conflicts: u64,
    put_unavailable: u64,
    put_denied: u64,
    assume_denied: u64,
    read_duration: Duration,
    delivery_duration: Duration,
}

impl RequestStats {
    /// Counts the answer to an effect, which took `duration`.
    pub(crate) fn observe(&mut self, request: RequestKind, answer: &Answer<OpenBucket>, duration: Duration) {
        match request {
            RequestKind::Build => self.read_duration += duration,
            RequestKind::Put { .. } => self.delivery_duration += duration,
            RequestKind::Other => {}
        }
        match (request, answer) {
            (RequestKind::Put { size }, Answer::Put(Ok(PutAnswer::Written))) => self.bytes_delivered += size,
            (_, Answer::Put(Err(error)) | Answer::Opened(Err(error))) => self.count_error(error),
            _ => {}
        }
    }

    fn count_error(&mut self, error: &DeliveryError) {
        match (error.stage, error.kind) {
            (_, DeliveryErrorKind::Conflict) => self.put_conflicts += 1,
            (_, DeliveryErrorKind::Unavailable) => self.put_unavailable += 1,
            (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied) => self.assume_denied += 1,
            (_, DeliveryErrorKind::Denied | DeliveryErrorKind::KeyDenied) => self.put_denied += 1,
            _ => {}
        }
    }
}

/// A run and its measurements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MeasuredRun {
    pub(crate) outcome: Outcome,
    /// The connector's tenant, if the run got as far as reading it.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) requests: RequestStats,
    pub(crate) duration: Duration,
}

/// The metrics of a run.
pub(crate) fn run_metrics(at: Time, id: &ConnectorId, run: &MeasuredRun) -> MetricRecord {
    let MeasuredRun { outcome, tenant, requests: stats, duration } = run;
    let empty = Summary::default();
    let (summary, failure) = match outcome {
        Outcome::Completed(summary) => (summary, None),
        Outcome::Failed { error: failure, summary } => (summary, Some(failure.kind)),
        Outcome::Busy | Outcome::Inactive => (&empty, None),
    };
    let mut properties = vec![("connector.id", id.to_string())];
    properties.extend(tenant.as_ref().map(|tenant| ("tenant", tenant.to_string())));
    let metrics = vec![
        Metric::count("Runs", 1),
        Metric::flag("RunsFailed", failure.is_some()),
        Metric::flag("RunsBlocked", summary.blocked.is_some()),
        Metric::flag("RunsBusy", *outcome == Outcome::Busy),
        Metric::flag("RunsUnknown", *outcome == Outcome::Inactive),
        Metric::flag("TenantMismatches", failure == Some(InternalErrorKind::TenantMismatch)),
        Metric::flag("RunsUnsigned", failure == Some(InternalErrorKind::SigningFailed)),
        Metric::flag("RunsSourceChanged", failure == Some(InternalErrorKind::SourceChanged)),
        Metric::flag("ClockSkews", failure == Some(InternalErrorKind::ClockSkew)),
        Metric::count("PartsSealed", summary.sealed),
        Metric::count("PartsDelivered", summary.delivered),
        Metric::count("PartsExisted", summary.existed),
        Metric::count("EventsSealed", summary.events),
        Metric::count("LateEvents", summary.late),
        Metric::count("UnreadableItems", summary.unreadable),
        Metric::count("Heartbeats", summary.heartbeats),
        Metric::count("LostRaces", summary.lost_races),
        Metric::count("NoticesLost", summary.unpublished_notices),
        Metric::count("AssumeDenied", stats.assume_denied),
        Metric::count("PutDenied", stats.put_denied),
        Metric::count("PutConflicts", stats.put_conflicts),
        Metric::count("PutUnavailable", stats.put_unavailable),
        Metric::new("BytesDelivered", protocol::metrics::Unit::Bytes, stats.bytes_delivered),
        Metric::millis("RunDuration", *duration),
        Metric::millis("ReadDuration", stats.read_duration),
        Metric::millis("DeliveryDuration", stats.delivery_duration),
    ];
    MetricRecord { at, name: "metrics of a run", properties, metrics }
}

/// The metrics of a batch, besides those of its runs.
pub(crate) fn batch_metrics(at: Time, dropped: u64, panicked: u64) -> MetricRecord {
    let metrics = vec![Metric::count("MessagesDropped", dropped), Metric::count("RunsPanicked", panicked)];
    MetricRecord { at, name: "metrics of a batch", properties: Vec::new(), metrics }
}

#[cfg(test)]
mod tests {
    use protocol::delivery_error::DeliveryStage;
    use protocol::machine::InternalError;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn refused(stage: DeliveryStage, reason: DeliveryErrorKind) -> DeliveryError {
        DeliveryError { stage, kind: reason, code: String::new(), message: String::new() }
    }

    fn value_of(run: &MeasuredRun, name: &str) -> i64 {
        let record = run_metrics(Time::EPOCH, &ConnectorId::new(1), run);
        record.metrics.iter().find(|metric| metric.name == name).unwrap().value
    }

    fn run(outcome: Outcome) -> MeasuredRun {
        MeasuredRun { outcome, tenant: None, requests: RequestStats::default(), duration: SECOND }
    }

    #[test]
    fn each_request_is_counted_and_only_written_bytes_are_counted() {
        let mut stats = RequestStats::default();
        let put = RequestKind::Put { size: 10 };
        stats.observe(
            put,
            &Answer::Put(Err(refused(DeliveryStage::PutObject, DeliveryErrorKind::Unavailable))),
            SECOND,
        );
        stats.observe(
            put,
            &Answer::Put(Err(refused(DeliveryStage::PutObject, DeliveryErrorKind::Conflict))),
            SECOND,
        );
        stats.observe(put, &Answer::Put(Ok(PutAnswer::Exists)), SECOND);
        stats.observe(put, &Answer::Put(Ok(PutAnswer::Written)), SECOND);
        stats.observe(
            put,
            &Answer::Put(Err(refused(DeliveryStage::PutObject, DeliveryErrorKind::KeyDenied))),
            SECOND,
        );
        stats.observe(
            RequestKind::Other,
            &Answer::Opened(Err(refused(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied))),
            SECOND,
        );
        stats.observe(RequestKind::Build, &Answer::Done, SECOND);
        let right = RequestStats {
            bytes_delivered: 10,
            put_conflicts: 1,
            put_unavailable: 1,
            put_denied: 1,
            assume_denied: 1,
            read_duration: SECOND,
            delivery_duration: SECOND * 5,
        };
        assert_eq!(stats, right);
    }

    #[test]
    fn a_failed_run_reports_what_it_did_and_a_tenant_mismatch_is_counted() {
        let failure = InternalError::new(InternalErrorKind::TenantMismatch, "");
        let summary = Summary { sealed: 2, ..Summary::default() };
        let run = run(Outcome::Failed { error: failure, summary });
        let value = |name| value_of(&run, name);
        assert_eq!((value("RunsFailed"), value("TenantMismatches"), value("ClockSkews")), (1, 1, 0));
        assert_eq!((value("PartsSealed"), value("RunDuration")), (2, 1_000));
    }

    #[test]
    fn a_busy_or_inactive_run_is_counted_as_such() {
        let (busy, inactive) = (run(Outcome::Busy), run(Outcome::Inactive));
        assert_eq!(
            (value_of(&busy, "RunsBusy"), value_of(&busy, "RunsUnknown"), value_of(&busy, "Runs")),
            (1, 0, 1)
        );
        assert_eq!((value_of(&inactive, "RunsBusy"), value_of(&inactive, "RunsUnknown")), (0, 1));
    }

    #[test]
    fn every_metric_name_is_unique() {
        let mut names: Vec<&str> = [
            run_metrics(Time::EPOCH, &ConnectorId::new(1), &run(Outcome::Busy)),
            batch_metrics(Time::EPOCH, 0, 0),
        ]
        .iter()
        .flat_map(|record| record.metrics.iter().map(|metric| metric.name))
        .collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
