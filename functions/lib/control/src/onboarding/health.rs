//! How one connector stands, for whoever wants to know whether the log arrives: its status, what waits, from
//! when on anything would be lost, and the timeline of the last days.

use archive::names::ConnectorId;
use archive::part::{Part, PartNumber};
use archive::time::Time;
use ports::PortError;
use protocol::caller::Caller;
use protocol::cursor::Cursor;
use protocol::health::{Health, Status};
use protocol::loss_forecast::LossForecast;
use protocol::timeline::{RecentParts, Timeline};

use super::{ConnectorView, Onboarding, OnboardingError};

/// How many part records one read of a timeline requests: those of 14 days of hourly windows, and some more.
const PAGE: u32 = 400;
/// The most reads of one timeline. What more parts than 800 hold is not shown.
const MAX_READS: usize = 2;

/// How a connector stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorHealth {
    /// Its status.
    pub status: Status,
    /// The newest delivered part.
    pub last: Option<Part>,
    /// What waits for delivery.
    pub waiting: Option<Waiting>,
    /// What would be lost and from when, if something keeps the connector from working; `None` if nothing
    /// does.
    pub loss: Option<LossForecast>,
}

/// The sealed parts that wait for delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub parts: u64,
    /// When the oldest was sealed.
    pub since: Time,
    /// The first instant of the oldest.
    pub from: Time,
}

impl Onboarding {
    /// How a connector that [`Self::read`] returned stands. One read, or none before the first seal.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn health(&self, view: &ConnectorView) -> Result<ConnectorHealth, PortError> {
        let ConnectorView { connector, cursor } = view;
        // The newest delivered part and the oldest one that waits have numbers that follow on each other.
        let around = match cursor.as_ref().filter(|cursor| cursor.next > PartNumber::FIRST) {
            Some(Cursor { delivered, .. }) => {
                self.connectors.history(&connector.id, Some(delivered.next().next()), 2).await?
            }
            None => Vec::new(),
        };
        let delivered = cursor.as_ref().map_or(PartNumber::NONE, |cursor| cursor.delivered);
        let oldest =
            around.iter().find(|part| part.number > delivered).map(|part| (part.sealed_at, part.window));
        let last = around.into_iter().find(|part| part.number == delivered);
        let now = self.clock.now();
        let status = Status::of(connector, cursor.as_ref(), last.as_ref(), self.timing, now);
        let waiting = oldest.filter(|_| status.undelivered_parts > 0).map(|(since, window)| Waiting {
            parts: status.undelivered_parts,
            since,
            from: window.from,
        });
        let loss = cursor.as_ref().and_then(|cursor| self.loss(&status, cursor));
        Ok(ConnectorHealth { status, last, waiting, loss })
    }

    /// What would be lost, if the connector can't work.
    fn loss(&self, status: &Status, cursor: &Cursor) -> Option<LossForecast> {
        let unsealed = || LossForecast::of_unsealed(cursor.watermark, self.event_retention);
        match (status.health, &status.block) {
            (_, Some(block)) => Some(LossForecast::of_block(block, cursor.watermark, self.event_retention)),
            // Disabled: nothing is sealed either.
            (None | Some(Health::Stale), None) => Some(unsealed()),
            (Some(_), None) if status.undelivered_parts > 0 => Some(LossForecast::Sealed),
            (Some(_), None) => None,
        }
    }

    /// The last days of a connector; `None` if it was never activated.
    ///
    /// # Errors
    /// As for [`Self::read`].
    pub async fn timeline(
        &self,
        caller: &Caller,
        id: &ConnectorId,
    ) -> Result<Option<Timeline>, OnboardingError> {
        let view = self.read(caller, id).await?;
        Ok(self.timeline_of(&view).await?)
    }

    /// The last days of a connector that [`Self::read`] returned; `None` if it was never activated.
    ///
    /// # Errors
    /// If the ledger fails.
    pub async fn timeline_of(&self, view: &ConnectorView) -> Result<Option<Timeline>, PortError> {
        let ConnectorView { connector, cursor } = view;
        let Some(cursor) = cursor else { return Ok(None) };
        let now = self.clock.now();
        let (parts, complete_after) = self.recent_parts(&connector.id, Timeline::start(now)).await?;
        let recent = RecentParts { parts: &parts, complete_after };
        Ok(Timeline::of(connector, cursor, recent, self.timing, now))
    }

    /// The newest parts, back to those that end at `after` if that takes no more than [`MAX_READS`] reads,
    /// and the time after which they are complete.
    async fn recent_parts(&self, id: &ConnectorId, after: Time) -> Result<(Vec<Part>, Time), PortError> {
        let mut parts: Vec<Part> = Vec::new();
        for _ in 0..MAX_READS {
            let before = parts.last().map(|part| part.number);
            let page = self.connectors.history(id, before, PAGE).await?;
            let is_last = u32::try_from(page.len()).is_ok_and(|read| read < PAGE);
            parts.extend(page);
            let oldest = parts.last().map_or(Time::EPOCH, |part| part.window.from);
            if is_last {
                return Ok((parts, Time::EPOCH));
            }
            if oldest <= after {
                return Ok((parts, after));
            }
        }
        let oldest = parts.last().map_or(Time::EPOCH, |part| part.window.from);
        Ok((parts, oldest))
    }
}
