//! The watchdog: the state of all connectors of a deployment together.
//!
//! A [`Sweep`] goes through all connectors page by page, over as many ticks as it takes, and sums them up in
//! a [`Survey`]. A small deployment is swept in one tick, a large one within the hour. Each tick reports the
//! result ([`Sweep::metrics`]), so missing data always means that nobody is watching.

mod notification_state;
mod survey;

use std::time::Duration;

use archive::frequency::Frequency;
use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use serde::{Deserialize, Serialize};

use crate::connector::State;
use crate::cursor::Cursor;
use crate::metrics::{Metric, Unit};

pub use notification_state::{Condition, NotificationState, PendingNotification};
pub use survey::Survey;
use survey::earliest;

/// The least time between the starts of two sweeps, however often a tick comes. A little less than the usual
/// five minutes, so that a tick that comes early still sweeps.
const SWEEP_INTERVAL: Duration = Duration::from_secs(270);

/// A connector as the watchdog sees it, without its destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedConnector {
    /// The tenant that owns the connector.
    pub tenant: TenantId,
    /// The connector's ID.
    pub connector: ConnectorId,
    /// Draft, exporting, paused and so on: see [`State`].
    pub state: State,
    /// How often it exports.
    pub frequency: Frequency,
    /// When it was first activated.
    pub activated_at: Option<Time>,
    /// Its cursor, once activated.
    pub cursor: Option<Cursor>,
    /// When the oldest undelivered part was sealed.
    pub waiting_since: Option<Time>,
    /// The watchdog's last notice about it.
    pub last_notified: Option<NotificationState>,
}

/// A position in the order of the sweep: after this connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepCursor {
    /// The connector's tenant.
    pub tenant: TenantId,
    /// The connector's ID.
    pub connector: ConnectorId,
}

/// The state of the watchdog, stored from tick to tick.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sweep {
    /// Incremented with each store, so that of two concurrent ticks one wins.
    #[serde(rename = "kept")]
    pub version: u64,
    /// The sweep in progress, and the connector after which it continues.
    #[serde(rename = "under_way")]
    pub in_progress: Option<(Survey, Option<SweepCursor>)>,
    /// The last completed sweep.
    #[serde(rename = "last")]
    pub last_completed: Option<Survey>,
}

impl Sweep {
    /// The survey to continue with at `now`; `None` if it is too soon after the last one.
    pub fn resume(&mut self, now: Time) -> Option<(Survey, Option<SweepCursor>)> {
        let too_soon = |last: &Survey| now.since(last.started_at) < SWEEP_INTERVAL;
        match self.in_progress.take() {
            None if self.last_completed.as_ref().is_some_and(too_soon) => None,
            None => Some((Survey::new(now), None)),
            in_progress => in_progress,
        }
    }

    /// The metrics at `now`: the counts of the last completed sweep, and for each age the older of this
    /// sweep's and the last one's. `retention` is how long the source keeps an event.
    ///
    /// Before the first sweep is complete, it reports what that has found so far.
    #[must_use]
    pub fn metrics(&self, now: Time, retention: Option<Duration>) -> Vec<Metric> {
        let in_progress = self.in_progress.as_ref().map(|(survey, _)| survey);
        let Some(survey) = self.last_completed.as_ref().or(in_progress) else { return Vec::new() };
        let oldest = |of: fn(&Survey) -> Option<Time>| {
            earliest(of(survey), in_progress.and_then(of)).map_or(Duration::ZERO, |time| now.since(time))
        };
        let (states, blocked) = (survey.states, survey.blocked);
        let watermark_age = oldest(|survey| survey.oldest_watermark);
        let mut metrics = vec![
            Metric::count("ConnectorsDraft", states.draft),
            Metric::count("ConnectorsReady", states.ready),
            Metric::count("ConnectorsActive", states.active),
            Metric::count("ConnectorsPaused", states.paused),
            Metric::count("ConnectorsDisabled", states.disabled),
            Metric::count("ConnectorsStale", survey.stale),
            Metric::count("ConnectorsBlocked", blocked.total()),
            Metric::count("BlockedByRole", blocked.role),
            Metric::count("BlockedByAccess", blocked.access),
            Metric::count("BlockedByKey", blocked.key),
            Metric::count("BlockedByBucket", blocked.bucket),
            Metric::count("BlockedByOutage", blocked.unavailable),
            Metric::count("BlockedByUs", blocked.internal),
            Metric::count("UndeliveredParts", survey.undelivered_parts),
            Metric::seconds("OldestWatermarkAge", watermark_age),
            Metric::seconds("OldestUndeliveredAge", oldest(|survey| survey.oldest_undelivered)),
            Metric::seconds("LongestOverdue", oldest(|survey| survey.longest_overdue)),
            Metric::seconds("SweepAge", now.since(survey.started_at)),
        ];
        metrics
            .extend(retention.into_iter().flat_map(|retention| retention_margin(retention, watermark_age)));
        metrics
    }
}

/// How much of the source's retention is left for events that are not sealed. Rounded down, so the margin is
/// never overstated; negative once events have expired.
fn retention_margin(retention: Duration, watermark_age: Duration) -> [Metric; 2] {
    let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
    let left = seconds(retention).saturating_sub(seconds(watermark_age));
    let percent = left.saturating_mul(100).div_euclid(seconds(retention).max(1));
    [
        Metric::new("RetentionMarginHours", Unit::None, left.div_euclid(3_600)),
        Metric::new("RetentionMarginPercent", Unit::Percent, percent),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Timing;

    const TIMING: Timing = Timing { settle: Duration::from_mins(5), look_back: Duration::from_hours(1) };

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn active(watermark: &str) -> WatchedConnector {
        let start = at("2026-11-01T00:00:00Z");
        WatchedConnector {
            tenant: "acme".parse().unwrap(),
            connector: ConnectorId::new(1),
            state: State::Active,
            frequency: Frequency::HOURLY,
            activated_at: Some(start),
            cursor: Some(Cursor::new(at(watermark), start, start)),
            waiting_since: None,
            last_notified: None,
        }
    }

    fn surveyed(started_at: &str, watermarks: &[&str]) -> Survey {
        let mut survey = Survey::new(at(started_at));
        for watermark in watermarks {
            survey.add(&active(watermark), TIMING, at(started_at));
        }
        survey
    }

    fn metric_value(sweep: &Sweep, now: &str, retention: Option<Duration>, name: &str) -> Option<i64> {
        let metrics = sweep.metrics(at(now), retention);
        metrics.iter().find(|metric| metric.name == name).map(|metric| metric.value)
    }

    #[test]
    fn a_sweep_resumes_where_it_stopped_and_the_next_begins_five_minutes_after_its_start() {
        let mut sweep = Sweep::default();
        let (first, cursor) = sweep.resume(at("2026-11-20T20:00:00Z")).unwrap();
        assert_eq!((first.started_at, cursor), (at("2026-11-20T20:00:00Z"), None));
        let cursor = SweepCursor { tenant: "acme".parse().unwrap(), connector: ConnectorId::new(7) };
        sweep.in_progress = Some((first.clone(), Some(cursor.clone())));
        assert_eq!(sweep.resume(at("2026-11-20T20:05:00Z")), Some((first.clone(), Some(cursor))));
        sweep.last_completed = Some(first);
        assert_eq!(sweep.resume(at("2026-11-20T20:04:29.999Z")), None, "ticks every minute");
        assert!(sweep.resume(at("2026-11-20T20:04:30Z")).is_some(), "an early tick");
    }

    #[test]
    fn ages_of_a_sweep_in_progress_are_reported_at_once_and_its_counts_at_its_end() {
        let last = surveyed("2026-11-20T20:10:00Z", &["2026-11-20T20:00:00Z", "2026-11-20T20:00:00Z"]);
        let now = surveyed("2026-11-20T20:15:00Z", &["2026-11-20T10:00:00Z"]);
        let sweep = Sweep { last_completed: Some(last), in_progress: Some((now, None)), ..Sweep::default() };
        let metric_value = |name| metric_value(&sweep, "2026-11-20T20:15:00Z", None, name);
        assert_eq!(metric_value("ConnectorsActive"), Some(2));
        assert_eq!(metric_value("ConnectorsStale"), Some(0));
        assert_eq!(metric_value("OldestWatermarkAge"), Some(10 * 3_600 + 15 * 60));
        // It was due at 11:00 and expected by 11:20.
        assert_eq!(metric_value("LongestOverdue"), Some(8 * 3_600 + 55 * 60));
        assert_eq!(metric_value("SweepAge"), Some(5 * 60));
    }

    #[test]
    fn the_retention_margin_is_retention_less_the_unsealed_age_and_can_be_negative() {
        let sweep = Sweep {
            last_completed: Some(surveyed("2026-11-20T20:10:00Z", &["2026-11-19T20:00:00Z"])),
            ..Sweep::default()
        };
        let margin = |days: u64, name| {
            let retention = Some(Duration::from_hours(24 * days));
            metric_value(&sweep, "2026-11-20T20:10:00Z", retention, name)
        };
        let hours = |days| margin(days, "RetentionMarginHours");
        assert_eq!((hours(30), hours(1)), (Some(720 - 25), Some(-1)));
        let percent = |days| margin(days, "RetentionMarginPercent");
        assert_eq!((percent(30), percent(2), percent(1)), (Some(96), Some(49), Some(-1)));
        assert_eq!(metric_value(&sweep, "2026-11-20T20:10:00Z", None, "RetentionMarginHours"), None);
    }

    #[test]
    fn an_empty_deployment_reports_metrics_but_not_before_the_first_read() {
        assert_eq!(Sweep::default().metrics(Time::EPOCH, None), []);
        let sweep = Sweep { last_completed: Some(surveyed("2026-11-20T20:00:00Z", &[])), ..Sweep::default() };
        let metrics = sweep.metrics(at("2026-11-20T20:00:00Z"), Some(Duration::from_hours(48)));
        assert!(metrics.iter().all(|metric| metric.value == 0 || metric.name.starts_with("RetentionMargin")));
        assert_eq!(metrics.len(), 20);
    }

    #[test]
    fn a_sweep_round_trips_through_its_stored_form() {
        let cursor = SweepCursor { tenant: "acme".parse().unwrap(), connector: ConnectorId::new(7) };
        let survey = surveyed("2026-11-20T20:00:00Z", &["2026-11-20T10:00:00Z"]);
        let sweep = Sweep {
            version: 7,
            in_progress: Some((survey.clone(), Some(cursor))),
            last_completed: Some(survey),
        };
        let text = serde_json::to_string(&sweep).unwrap();
        assert_eq!(serde_json::from_str::<Sweep>(&text).unwrap(), sweep);
    }
}
