//! Time, processor time and memory of this process, as Linux counts them.

use std::path::Path;
use std::time::Instant;

/// A moment.
#[derive(Debug, Clone, Copy)]
pub struct Meter {
    started: Instant,
    processor_ms: u64,
}

impl Meter {
    #[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub fn start() -> Self {
        Self { started: Instant::now(), processor_ms: processor_ms() }
    }

    /// Milliseconds since then.
    pub fn ms(&self) -> f64 {
        self.started.elapsed().as_secs_f64() * 1e3
    }

    /// Milliseconds of processor time since then, of the thread that asks. What other programs do on this
    /// machine does not change them.
    pub fn processor_ms(&self) -> u64 {
        processor_ms() - self.processor_ms
    }
}

/// User and system time of this thread; Linux counts them in hundredths of a second (proc(5), stat).
fn processor_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("Linux");
    let (_, fields) = stat.rsplit_once(')').expect("the name of the program");
    let numbers: Vec<u64> = fields.split_whitespace().skip(11).take(2).map(|n| n.parse().unwrap()).collect();
    numbers.iter().sum::<u64>() * 10
}

/// A size of this process in MB: `VmHWM` is the largest so far, `VmRSS` the present one.
pub fn memory_mb(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a size");
    let kb: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number");
    kb / 1024.0
}

/// The value below which this share of them is; the greatest for 1.
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = ((sorted.len() as f64 * share).ceil() as usize).clamp(1, sorted.len());
    sorted[place - 1]
}

/// The files below a folder, with their sizes.
pub fn sizes(folder: &Path) -> Vec<(std::path::PathBuf, u64)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() {
            found.extend(sizes(&entry.path()));
        } else {
            found.push((entry.path(), about.len()));
        }
    }
    found
}
