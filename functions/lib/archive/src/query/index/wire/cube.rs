//! The stored form of a cube.

use serde::{Deserialize, Serialize};

use super::super::cube::{Combination, Cube, hour_of};
use super::super::error::IndexError;
use super::require;
use crate::fields::Outcome;
use crate::time::Time;

const HOUR_MS: i64 = 3_600_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CubeWire {
    cut: bool,
    rows: Vec<Row>,
}

/// The counts of one triple.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    category: Option<String>,
    action: Option<String>,
    outcome: Outcome,
    /// Hours since 1970, the first one and then the distance to the one before.
    hours: Vec<i64>,
    events: Vec<u64>,
}

impl From<&Cube> for CubeWire {
    fn from(cube: &Cube) -> Self {
        let rows = cube.rows.iter().map(|(of, counts)| {
            let mut before = 0;
            let distance = |hour: &Time| {
                let hour = hour.millis() / HOUR_MS;
                hour - std::mem::replace(&mut before, hour)
            };
            let Combination { category, action, outcome } = of.clone();
            let hours = counts.keys().map(distance).collect();
            Row { category, action, outcome, hours, events: counts.values().copied().collect() }
        });
        Self { cut: cube.is_cut(), rows: rows.collect() }
    }
}

impl CubeWire {
    /// The cube, if its counts add up to so many events and their hours lie between these times.
    pub(super) fn check(self, events: u64, first: Time, last: Time) -> Result<Cube, IndexError> {
        if self.cut {
            require(self.rows.is_empty(), "a cube that was cut has rows")?;
            return Ok(Cube::cut());
        }
        let (mut cube, mut sum, mut cells, rows) = (Cube::default(), 0_u64, 0, self.rows.len());
        for Row { category, action, outcome, hours, events } in self.rows {
            require(hours.len() == events.len() && !hours.is_empty(), "a row of its cube has other hours")?;
            cells += hours.len();
            let (mut counts, mut hour) = (Vec::with_capacity(hours.len()), 0_i64);
            for (distance, events) in hours.into_iter().zip(events) {
                hour = hour.saturating_add(distance);
                let time = Time::from_millis(hour.saturating_mul(HOUR_MS));
                let within = time.filter(|time| *time >= hour_of(first) && *time <= last);
                require(within.is_some() && events > 0, "a count of its cube has another time")?;
                sum = sum.saturating_add(events);
                counts.push((within.unwrap_or(first), events));
            }
            cube.add_row(Combination { category, action, outcome }, counts);
        }
        require(sum == events, "its cube has other events")?;
        let is_whole = !cube.is_cut() && cube.rows.len() == rows && cube.cells().count() == cells;
        require(is_whole, "its cube is too large, or has something twice")?;
        Ok(cube)
    }
}
