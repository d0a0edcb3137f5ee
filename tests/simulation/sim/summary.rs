//! The summary of many simulations, run on all threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::checker::CheckStats;
use super::fault::{Counts, Fault};
use super::run::{Report, simulate};

/// The sums of many simulations.
#[derive(Debug, Clone, Default)]
pub(crate) struct Total {
    pub(crate) seeds: u64,
    pub(crate) stats: CheckStats,
    pub(crate) faults: Counts,
    pub(crate) calls: u64,
    pub(crate) runs: u64,
    pub(crate) simulated: Duration,
    /// The seeds that failed, with their violations.
    pub(crate) failed: Vec<(u64, Vec<String>)>,
}

impl Total {
    fn add(&mut self, report: &Report) {
        self.seeds += 1;
        self.stats.add(&report.stats);
        self.faults.merge(&report.faults);
        self.calls += report.calls;
        self.runs += report.runs;
        self.simulated += report.simulated;
        if !report.violations.is_empty() {
            self.failed.push((report.seed, report.violations.clone()));
        }
    }

    /// The faults that occurred in no seed.
    pub(crate) fn unmet_faults(&self) -> Vec<&'static str> {
        Fault::ALL
            .iter()
            .filter(|fault| self.faults.of(**fault) == 0)
            .map(|fault| fault.description())
            .collect()
    }

    /// The report as a table: the counts, and how often each fault took effect.
    pub(crate) fn table(&self) -> String {
        let CheckStats { connectors, events, parts, heartbeats, lost, double, foreign } = self.stats;
        let hours = self.simulated.as_secs() / 3600;
        let mut lines = vec![
            format!("{:>12}  simulations, {} failed", self.seeds, self.failed.len()),
            format!("{hours:>12}  simulated hours"),
            format!("{:>12}  port calls", self.calls),
            format!("{:>12}  messages processed", self.runs),
            format!("{connectors:>12}  buckets compared with the table"),
            format!("{events:>12}  events delivered"),
            format!("{parts:>12}  files, {heartbeats} of them heartbeats"),
            format!("{lost:>12}  events lost"),
            format!("{double:>12}  events duplicated"),
            format!("{foreign:>12}  foreign events"),
            String::new(),
        ];
        let faults: u64 = Fault::ALL.iter().map(|fault| self.faults.of(*fault)).sum();
        lines.push(format!("{faults:>12}  faults of {} kinds:", Fault::ALL.len()));
        lines.extend(Fault::ALL.iter().map(|f| format!("{:>12}  {}", self.faults.of(*f), f.description())));
        lines.join("\n")
    }
}

/// Simulates the seeds from `first` on, on all threads but at least two. Stops at the first that fails. Calls
/// `progress` after each one.
pub(crate) fn simulate_many(first: u64, seeds: u64, progress: impl Fn(&Total) + Sync) -> Total {
    let next = AtomicU64::new(first);
    let stop = AtomicBool::new(false);
    let total = Mutex::new(Total::default());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + seeds || stop.load(Ordering::Relaxed) {
                        return;
                    }
                    let report = simulate(seed, None, false);
                    stop.fetch_or(!report.violations.is_empty(), Ordering::Relaxed);
                    let mut total = total.lock().expect("no thread panics while it holds the total");
                    total.add(&report);
                    progress(&total);
                }
            });
        }
    });
    total.into_inner().expect("no thread panics while it holds the total")
}
