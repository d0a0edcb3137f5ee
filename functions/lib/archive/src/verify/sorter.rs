//! Sorts more records than fit in memory: what exceeds the budget is written, in sorted runs, to temporary
//! files, and is merged from there. So a verification needs the same memory for a day and for ten years.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::resources::{NewTempFile, TempFile};

/// The number of runs of a level that are merged into one of the next level, which bounds the number of open
/// files.
const FAN_IN: usize = 16;

/// A limit on the temporary files of several sorters together.
#[derive(Debug)]
pub(crate) struct DiskQuota {
    bytes: u64,
    reserved: AtomicU64,
}

impl DiskQuota {
    /// A limit in bytes of records. While runs are merged, the records of one sorter exist twice.
    pub(crate) const fn new(bytes: u64) -> Self {
        Self { bytes, reserved: AtomicU64::new(0) }
    }

    /// The limit in bytes.
    pub(crate) const fn limit(&self) -> u64 {
        self.bytes
    }

    fn reserve(&self, more: u64) -> io::Result<()> {
        if self.reserved.fetch_add(more, Ordering::Relaxed).saturating_add(more) > self.bytes {
            let detail = format!("temporary files would take more than {} bytes", self.bytes);
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, detail));
        }
        Ok(())
    }
}

/// Collects records, in any order.
pub(crate) struct Sorter {
    budget: usize,
    new_file: NewTempFile,
    quota: Option<Arc<DiskQuota>>,
    bytes: Vec<u8>,
    /// The start and end of each record in `bytes`.
    spans: Vec<(u32, u32)>,
    /// Sorted runs, and how often each was merged.
    runs: Vec<(u32, Box<dyn TempFile>)>,
}

impl std::fmt::Debug for Sorter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sorter({} records in memory, {} runs)", self.spans.len(), self.runs.len())
    }
}

impl Sorter {
    /// A sorter with an approximate memory budget in bytes.
    pub(crate) fn new(budget: usize, new_file: NewTempFile) -> Self {
        let budget = budget.min(1 << 30);
        Self { budget, new_file, quota: None, bytes: Vec::new(), spans: Vec::new(), runs: Vec::new() }
    }

    /// The same sorter with a limit on its temporary files.
    pub(crate) fn with_quota(self, quota: Arc<DiskQuota>) -> Self {
        Self { quota: Some(quota), ..self }
    }

    /// Adds a record; spills to a temporary file if the memory budget is reached.
    ///
    /// # Errors
    /// If a temporary file can't be written; of kind `QuotaExceeded` if the limit is reached.
    pub(crate) fn push(&mut self, record: &[u8]) -> io::Result<()> {
        let needed = self.bytes.len() + record.len() + 8 * (self.spans.len() + 1);
        if needed > self.budget && !self.spans.is_empty() {
            self.spill()?;
        }
        let offset = |length: usize| u32::try_from(length).map_err(io::Error::other);
        let begin = offset(self.bytes.len())?;
        self.bytes.extend_from_slice(record);
        self.spans.push((begin, offset(self.bytes.len())?));
        Ok(())
    }

    fn spill(&mut self) -> io::Result<()> {
        if let Some(quota) = &self.quota {
            // Each record is preceded by its length.
            quota.reserve((self.bytes.len() + 4 * self.spans.len()) as u64)?;
        }
        let mut run = BufWriter::with_capacity(1 << 16, (self.new_file)()?);
        sort(&self.bytes, &mut self.spans);
        for span in &self.spans {
            write(&mut run, record(&self.bytes, *span))?;
        }
        self.bytes.clear();
        self.spans.clear();
        self.runs.push((0, rewound(run)?));
        let mut level = 0;
        while self.runs.iter().filter(|(of, _)| *of == level).count() >= FAN_IN {
            self.merge_level(level)?;
            level += 1;
        }
        Ok(())
    }

    fn merge_level(&mut self, level: u32) -> io::Result<()> {
        let (merge, keep) = std::mem::take(&mut self.runs).into_iter().partition(|(of, _)| *of == level);
        self.runs = keep;
        let mut merged = Sorted::of(merge, Vec::new())?;
        let mut run = BufWriter::with_capacity(1 << 16, (self.new_file)()?);
        while let Some(record) = merged.next()? {
            write(&mut run, record)?;
        }
        self.runs.push((level + 1, rewound(run)?));
        Ok(())
    }
}

/// All records of several sorters, in order.
pub(crate) struct Sorted {
    sources: Vec<Source>,
    heap: BinaryHeap<Reverse<(Vec<u8>, usize)>>,
    current: Option<(Vec<u8>, usize)>,
}

impl std::fmt::Debug for Sorted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sorted({} sources)", self.sources.len())
    }
}

impl Sorted {
    /// Merges the records of several sorters.
    ///
    /// # Errors
    /// If a temporary file can't be read.
    pub(crate) fn new(sorters: impl IntoIterator<Item = Sorter>) -> io::Result<Self> {
        let (mut runs, mut in_memory) = (Vec::new(), Vec::new());
        for mut sorter in sorters {
            sort(&sorter.bytes, &mut sorter.spans);
            runs.append(&mut sorter.runs);
            in_memory.push(Source::Memory { bytes: sorter.bytes, spans: sorter.spans.into_iter() });
        }
        Self::of(runs, in_memory)
    }

    fn of(runs: Vec<(u32, Box<dyn TempFile>)>, mut sources: Vec<Source>) -> io::Result<Self> {
        for (_, run) in runs {
            sources.push(Source::Run(BufReader::with_capacity(1 << 16, run)));
        }
        let mut merged = Self { sources, heap: BinaryHeap::new(), current: None };
        for index in 0..merged.sources.len() {
            merged.refill(index, Vec::new())?;
        }
        Ok(merged)
    }

    /// Returns the next record, or `None` at the end.
    ///
    /// # Errors
    /// If a temporary file can't be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        if let Some((buffer, index)) = self.current.take() {
            self.refill(index, buffer)?;
        }
        self.current = self.heap.pop().map(|Reverse(smallest)| smallest);
        Ok(self.current.as_ref().map(|(record, _)| record.as_slice()))
    }

    fn refill(&mut self, index: usize, mut buffer: Vec<u8>) -> io::Result<()> {
        let Some(source) = self.sources.get_mut(index) else { return Ok(()) };
        buffer.clear();
        if source.read(&mut buffer)? {
            self.heap.push(Reverse((buffer, index)));
        }
        Ok(())
    }
}

enum Source {
    Memory { bytes: Vec<u8>, spans: std::vec::IntoIter<(u32, u32)> },
    Run(BufReader<Box<dyn TempFile>>),
}

impl Source {
    fn read(&mut self, into: &mut Vec<u8>) -> io::Result<bool> {
        match self {
            Self::Memory { bytes, spans } => {
                let Some(span) = spans.next() else { return Ok(false) };
                into.extend_from_slice(record(bytes, span));
                Ok(true)
            }
            Self::Run(run) => {
                let mut length = [0; 4];
                match run.read_exact(&mut length) {
                    Ok(()) => {}
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
                    Err(error) => return Err(error),
                }
                let length = u64::from(u32::from_be_bytes(length));
                run.take(length).read_to_end(into)?;
                Ok(true)
            }
        }
    }
}

fn record(bytes: &[u8], (begin, end): (u32, u32)) -> &[u8] {
    bytes.get(begin as usize..end as usize).unwrap_or_default()
}

fn sort(bytes: &[u8], spans: &mut [(u32, u32)]) {
    spans.sort_unstable_by(|a, b| record(bytes, *a).cmp(record(bytes, *b)));
}

fn write(run: &mut impl Write, record: &[u8]) -> io::Result<()> {
    let length = u32::try_from(record.len()).map_err(io::Error::other)?;
    run.write_all(&length.to_be_bytes())?;
    run.write_all(record)
}

fn rewound(run: BufWriter<Box<dyn TempFile>>) -> io::Result<Box<dyn TempFile>> {
    let mut run = run.into_inner().map_err(io::IntoInnerError::into_error)?;
    run.rewind()?;
    Ok(run)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, SeekFrom};

    use super::*;

    fn sorter(budget: usize) -> Sorter {
        Sorter::new(budget, || Ok(Box::new(Cursor::new(Vec::new()))))
    }

    #[test]
    fn records_beyond_the_memory_budget_are_sorted_too() {
        // With a few bytes of memory every other record is spilled, and runs are merged over several levels.
        let mut sorters = [sorter(64), sorter(1 << 20)];
        let mut expected = Vec::new();
        let mut number = 7u64;
        for turn in 0..5_000u64 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let record = format!("{:x}", number >> (turn % 60)).into_bytes();
            sorters[usize::from(turn % 3 == 0)].push(&record).unwrap();
            expected.push(record);
        }
        assert!(sorters[0].runs.len() < 4 * FAN_IN && !sorters[0].runs.is_empty());
        expected.sort();
        let mut sorted = Sorted::new(sorters).unwrap();
        for record in expected {
            assert_eq!(sorted.next().unwrap(), Some(record.as_slice()));
        }
        assert_eq!(sorted.next().unwrap(), None);
    }

    #[test]
    fn temporary_files_stay_within_their_quota() {
        let quota = Arc::new(DiskQuota::new(1_000));
        let mut sorters = [(); 2].map(|()| sorter(64).with_quota(Arc::clone(&quota)));
        let pushed: io::Result<()> =
            (0..1_000u32).try_for_each(|turn| sorters[turn as usize % 2].push(&turn.to_be_bytes()));
        assert_eq!(pushed.unwrap_err().kind(), io::ErrorKind::QuotaExceeded);
        let runs = sorters.iter_mut().flat_map(|sorter| &mut sorter.runs);
        let written: u64 = runs.map(|(_, run)| run.seek(SeekFrom::End(0)).unwrap()).sum();
        assert!((800..=1_000).contains(&written), "{written}");
    }
}
