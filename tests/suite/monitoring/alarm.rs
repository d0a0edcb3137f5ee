//! The alarms of `infra/alarms.yaml`, and how `CloudWatch` evaluates them.
//!
//! Source: Amazon `CloudWatch` user guide, "Evaluating an alarm" and "Configuring how alarms treat missing
//! data". `CloudWatch` also looks a little further back than the evaluated periods; here only those count.

use std::time::Duration;

use archive::time::Time;

use super::world::Point;

pub(crate) const ALARMS: &str = include_str!("../../../infra/alarms.yaml");

/// An alarm's state. There is no `INSUFFICIENT_DATA`: each alarm says how it treats missing data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Ok,
    Alarm,
}

/// An alarm of the template.
#[derive(Debug, Clone)]
pub(crate) struct Alarm {
    pub(crate) id: String,
    properties: Vec<(String, String)>,
}

pub(crate) fn all() -> Vec<Alarm> {
    let mut alarms: Vec<Alarm> = Vec::new();
    let mut blocks = ALARMS.split("    Type: AWS::CloudWatch::Alarm\n");
    let mut before = blocks.next().unwrap();
    for block in blocks {
        let id = before.trim_end().lines().last().unwrap().trim().trim_end_matches(':').to_owned();
        alarms.push(Alarm { id, properties: properties(block) });
        before = block;
    }
    alarms
}

/// The alarm of this name.
pub(crate) fn alarm(id: &str) -> Alarm {
    all().into_iter().find(|alarm| alarm.id == id).unwrap_or_else(|| panic!("no alarm {id}"))
}

/// `name: value` at the depth of properties; folded lines belong to the name above them.
fn properties(block: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    for line in block.lines().skip_while(|line| line.trim() != "Properties:").skip(1) {
        if let Some(folded) = line.strip_prefix("        ") {
            let (_, value) = found.last_mut().unwrap();
            *value = format!("{} {folded}", value.trim_start_matches(">-")).trim().to_owned();
        } else if let Some((name, value)) = line.strip_prefix("      ").and_then(|line| line.split_once(':'))
        {
            found.push((name.to_owned(), value.trim().trim_matches('"').to_owned()));
        } else {
            break;
        }
    }
    found
}

impl Alarm {
    /// Whether it watches the reader, which not every deployment has.
    pub(crate) fn is_of_reader(&self) -> bool {
        ["Reader", "Index"].iter().any(|prefix| self.id.starts_with(prefix))
    }

    pub(crate) fn get(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("{}: no {name}", self.id))
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> u64 {
        self.get(name).parse().unwrap()
    }

    pub(crate) fn is_custom_metric(&self) -> bool {
        self.get("Namespace") == aws::metrics::NAMESPACE
    }

    /// Its evaluation range: period times evaluation periods.
    pub(crate) fn evaluation_range(&self) -> Duration {
        Duration::from_secs(self.number("Period") * self.number("EvaluationPeriods"))
    }

    /// Its state at `now`, given these data points.
    pub(crate) fn state(&self, points: &[Point], now: Time) -> State {
        let period = Duration::from_secs(self.number("Period"));
        let periods = u32::try_from(self.number("EvaluationPeriods")).unwrap();
        let needed = self.find("DatapointsToAlarm").map_or(u64::from(periods), |n| n.parse().unwrap());
        let breaching = (0..periods).filter(|back| {
            let (from, to) = (now - period * (back + 1), now - period * *back);
            let values: Vec<i64> = points
                .iter()
                .filter(|point| from <= point.at && point.at < to)
                .map(|point| point.value)
                .collect();
            self.breaches(&values)
        });
        if breaching.count() as u64 >= needed { State::Alarm } else { State::Ok }
    }

    fn breaches(&self, values: &[i64]) -> bool {
        let statistic = match self.get("Statistic") {
            "Sum" => (!values.is_empty()).then(|| values.iter().sum()),
            "Maximum" => values.iter().max().copied(),
            "Minimum" => values.iter().min().copied(),
            other => panic!("{other}"),
        };
        let threshold: i64 = self.get("Threshold").parse().unwrap();
        match (statistic, self.get("ComparisonOperator"), self.get("TreatMissingData")) {
            (Some(value), "GreaterThanThreshold", _) => value > threshold,
            (Some(value), "LessThanThreshold", _) => value < threshold,
            (None, _, "breaching") => true,
            (None, _, "notBreaching") => false,
            other => panic!("{other:?}"),
        }
    }
}
