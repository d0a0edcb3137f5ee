//! What is counted and measured of a run and of a batch.
//!
//! A [`Tally`] watches the effects of a run and their answers, each request for itself: a part that is put twice
//! because S3 answered 503 is one delivery in the run's summary and one `PutUnavailable` here.

use std::time::Duration;

use domain::fault::{DeliveryError, DeliveryErrorKind, DeliveryStage};
use domain::figures::{Figure, Record};
use domain::names::{ConnectorId, TenantId};
use domain::protocol::{Answer, Effect, InternalErrorKind, Outcome, PutAnswer, Summary};
use domain::time::Time;

/// What was asked of the world, as far as the tally cares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Build,
    Put { size: u64 },
    Other,
}

impl Asked {
    pub(crate) fn of(effect: &Effect) -> Self {
        match effect {
            Effect::Build(_) => Self::Build,
            Effect::Put(part) => Self::Put { size: part.size },
            _ => Self::Other,
        }
    }
}

/// What a run's requests came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Tally {
    bytes_delivered: u64,
    conflicts: u64,
    unavailable: u64,
    put_denied: u64,
    assume_denied: u64,
    reading: Duration,
    delivering: Duration,
}

impl Tally {
    /// Counts the answer to an effect, which took so long.
    pub(crate) fn saw(&mut self, asked: Asked, answer: &Answer, took: Duration) {
        match asked {
            Asked::Build => self.reading += took,
            Asked::Put { .. } => self.delivering += took,
            Asked::Other => {}
        }
        match (asked, answer) {
            (Asked::Put { size }, Answer::Put(Ok(PutAnswer::Written))) => self.bytes_delivered += size,
            (_, Answer::Put(Err(fault)) | Answer::Opened(Err(fault))) => self.refused(fault),
            _ => {}
        }
    }

    fn refused(&mut self, fault: &DeliveryError) {
        match (fault.stage, fault.kind) {
            (_, DeliveryErrorKind::Conflict) => self.conflicts += 1,
            (_, DeliveryErrorKind::Unavailable) => self.unavailable += 1,
            (DeliveryStage::AssumeRole, DeliveryErrorKind::Denied) => self.assume_denied += 1,
            (_, DeliveryErrorKind::Denied | DeliveryErrorKind::KeyDenied) => self.put_denied += 1,
            _ => {}
        }
    }
}

/// A run and what was measured of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Measured {
    pub(crate) outcome: Outcome,
    /// Whose connector it is, if the run came so far as to see it.
    pub(crate) tenant: Option<TenantId>,
    pub(crate) tally: Tally,
    pub(crate) took: Duration,
}

/// The figures of a run.
pub(crate) fn of_run(at: Time, id: &ConnectorId, run: &Measured) -> Record {
    let Measured { outcome, tenant, tally, took } = run;
    let nothing = Summary::default();
    let (summary, failure) = match outcome {
        Outcome::Completed(summary) => (summary, None),
        Outcome::Failed { error: failure, summary } => (summary, Some(failure.kind)),
        Outcome::Busy | Outcome::Inactive => (&nothing, None),
    };
    let mut about = vec![("connector.id", id.to_string())];
    about.extend(tenant.as_ref().map(|tenant| ("tenant", tenant.to_string())));
    let figures = vec![
        Figure::count("Runs", 1),
        Figure::flag("RunsFailed", failure.is_some()),
        Figure::flag("RunsBlocked", summary.blocked.is_some()),
        Figure::flag("RunsBusy", *outcome == Outcome::Busy),
        Figure::flag("RunsUnknown", *outcome == Outcome::Inactive),
        Figure::flag("TenantMismatches", failure == Some(InternalErrorKind::TenantMismatch)),
        Figure::flag("RunsUnsigned", failure == Some(InternalErrorKind::SigningFailed)),
        Figure::flag("RunsSourceChanged", failure == Some(InternalErrorKind::SourceChanged)),
        Figure::flag("ClockSkews", failure == Some(InternalErrorKind::ClockSkew)),
        Figure::count("PartsSealed", summary.sealed),
        Figure::count("PartsDelivered", summary.delivered),
        Figure::count("PartsExisted", summary.existed),
        Figure::count("EventsSealed", summary.events),
        Figure::count("LateEvents", summary.late),
        Figure::count("UnreadableItems", summary.unreadable),
        Figure::count("Heartbeats", summary.heartbeats),
        Figure::count("LostRaces", summary.lost_races),
        Figure::count("NoticesLost", summary.unpublished_notices),
        Figure::count("AssumeDenied", tally.assume_denied),
        Figure::count("PutDenied", tally.put_denied),
        Figure::count("PutConflicts", tally.conflicts),
        Figure::count("PutUnavailable", tally.unavailable),
        Figure::new("BytesDelivered", domain::figures::Unit::Bytes, tally.bytes_delivered),
        Figure::millis("RunDuration", *took),
        Figure::millis("ReadDuration", tally.reading),
        Figure::millis("DeliveryDuration", tally.delivering),
    ];
    Record { at, of: "metrics of a run", about, figures }
}

/// The figures of a batch beside those of its runs.
pub(crate) fn of_batch(at: Time, dropped: u64, panicked: u64) -> Record {
    let figures = vec![Figure::count("MessagesDropped", dropped), Figure::count("RunsPanicked", panicked)];
    Record { at, of: "metrics of a batch", about: Vec::new(), figures }
}

#[cfg(test)]
mod tests {
    use domain::fault::DeliveryStage;
    use domain::protocol::InternalError;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn refused(stage: DeliveryStage, reason: DeliveryErrorKind) -> DeliveryError {
        DeliveryError { stage, kind: reason, code: String::new(), message: String::new() }
    }

    fn told(run: &Measured, name: &str) -> i64 {
        let record = of_run(Time::EPOCH, &ConnectorId::new(1), run);
        record.figures.iter().find(|figure| figure.name == name).unwrap().value
    }

    fn run(outcome: Outcome) -> Measured {
        Measured { outcome, tenant: None, tally: Tally::default(), took: SECOND }
    }

    #[test]
    fn each_request_counts_for_itself_and_only_what_was_written_counts_as_bytes() {
        let mut tally = Tally::default();
        let put = Asked::Put { size: 10 };
        tally.saw(
            put,
            &Answer::Put(Err(refused(DeliveryStage::PutObject, DeliveryErrorKind::Unavailable))),
            SECOND,
        );
        tally.saw(
            put,
            &Answer::Put(Err(refused(DeliveryStage::PutObject, DeliveryErrorKind::Conflict))),
            SECOND,
        );
        tally.saw(put, &Answer::Put(Ok(PutAnswer::Exists)), SECOND);
        tally.saw(put, &Answer::Put(Ok(PutAnswer::Written)), SECOND);
        tally.saw(
            put,
            &Answer::Put(Err(refused(DeliveryStage::PutObject, DeliveryErrorKind::KeyDenied))),
            SECOND,
        );
        tally.saw(
            Asked::Other,
            &Answer::Opened(Err(refused(DeliveryStage::AssumeRole, DeliveryErrorKind::Denied))),
            SECOND,
        );
        tally.saw(Asked::Build, &Answer::Done, SECOND);
        let right = Tally {
            bytes_delivered: 10,
            conflicts: 1,
            unavailable: 1,
            put_denied: 1,
            assume_denied: 1,
            reading: SECOND,
            delivering: SECOND * 5,
        };
        assert_eq!(tally, right);
    }

    #[test]
    fn a_failed_run_tells_what_it_had_done_and_a_mismatch_of_tenants_is_told_as_such() {
        let failure = InternalError::new(InternalErrorKind::TenantMismatch, "");
        let summary = Summary { sealed: 2, ..Summary::default() };
        let run = run(Outcome::Failed { error: failure, summary });
        let told = |name| told(&run, name);
        assert_eq!((told("RunsFailed"), told("TenantMismatches"), told("ClockSkews")), (1, 1, 0));
        assert_eq!((told("PartsSealed"), told("RunDuration")), (2, 1_000));
    }

    #[test]
    fn a_run_that_was_none_is_counted_as_what_it_was() {
        let (busy, inactive) = (run(Outcome::Busy), run(Outcome::Inactive));
        assert_eq!((told(&busy, "RunsBusy"), told(&busy, "RunsUnknown"), told(&busy, "Runs")), (1, 0, 1));
        assert_eq!((told(&inactive, "RunsBusy"), told(&inactive, "RunsUnknown")), (0, 1));
    }

    #[test]
    fn every_name_stands_once() {
        let mut names: Vec<&str> =
            [of_run(Time::EPOCH, &ConnectorId::new(1), &run(Outcome::Busy)), of_batch(Time::EPOCH, 0, 0)]
                .iter()
                .flat_map(|record| record.figures.iter().map(|figure| figure.name))
                .collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }
}
