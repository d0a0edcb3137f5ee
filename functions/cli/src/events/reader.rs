//! Reads the files one after the other in a separate thread, and sends entries in batches. Its memory does
//! not grow with the input.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use archive::import::{Element, Splitter};
use tokio::sync::mpsc::Sender;

use super::batch::{Batch, FailedFile, InputSpan, Rejection};
use super::classifier::{Classification, Classifier};
use super::inputs::{Input, Source};
use super::open::{CHUNK, OpenError, compression_name, open};
use super::recent_keys::RecentKeys;

/// The receiver of the batches is closed.
struct ReceiverClosed;

pub(super) struct Reader {
    classifier: Classifier,
    recent: RecentKeys,
    /// The number of bytes read from all files.
    read: Arc<AtomicU64>,
    batches: Sender<Batch>,
    batch: Batch,
}

impl Reader {
    pub(super) fn new(classifier: Classifier, read: Arc<AtomicU64>, batches: Sender<Batch>) -> Self {
        Self { classifier, recent: RecentKeys::default(), read, batches, batch: Batch::default() }
    }

    /// Reads all files to their ends, or until the receiver is closed.
    pub(super) fn run(mut self, files: &[Input]) {
        for (number, input) in files.iter().enumerate() {
            if self.file(number, input).is_err() {
                return;
            }
        }
        // The last batch may contain only counts.
        let _ = self.batches.blocking_send(self.batch);
    }

    fn file(&mut self, number: usize, input: &Input) -> Result<(), ReceiverClosed> {
        let mut opened = match open(&input.source, &self.read) {
            Ok(opened) => opened,
            Err(error) => return self.fail_file(number, describe_open_error(error, input)),
        };
        let mut splitter = Splitter::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = match opened.text.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    // Complete entries before the error are imported; the truncated one is not.
                    let at = splitter.position();
                    let what = opened.compression.map_or("", compression_name);
                    let reason = describe_read_error(&error, what);
                    let message = format!(
                        "can't be read after line {}, byte {} of its text: {reason}",
                        at.line, at.byte
                    );
                    let remedy = "Get the file again and repeat the import: imported events stay unchanged.";
                    return self.fail_file(number, (message, remedy.to_owned()));
                }
                Ok(0) => break,
                Ok(read) => read,
            };
            splitter.feed(chunk.get(..read).unwrap_or_default());
            self.drain(number, &mut splitter)?;
            // Complete entries are sent now, since the writer may be slow, or may wait for them.
            if splitter.is_drained() {
                self.flush()?;
            }
        }
        splitter.finish();
        self.drain(number, &mut splitter)
    }

    fn drain(&mut self, file: usize, splitter: &mut Splitter) -> Result<(), ReceiverClosed> {
        while let Some(element) = splitter.next_element() {
            match element {
                Element::Object { text, position: start, is_item } => {
                    let classification = self.classifier.classify(text, is_item);
                    self.add(classification, InputSpan { file, start, last_line: start.line });
                }
                Element::Invalid(invalid) => {
                    let at = InputSpan { file, start: invalid.position, last_line: invalid.last_line };
                    self.batch.rejections.push(Rejection { at, reason: invalid.reason });
                }
            }
            if self.batch.is_full() {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn add(&mut self, classification: Classification, at: InputSpan) {
        match classification {
            Classification::Event { event, unreadable } => match self.recent.find_conflict(&event, at) {
                None => self.batch.push(event, at, unreadable),
                Some(first) => {
                    let file = if first.file == at.file { "" } else { " of an earlier file" };
                    let reason = format!(
                        "it has the same time and ID as line {}{file}, but is a different event",
                        first.start.line
                    );
                    self.batch.rejections.push(Rejection { at, reason });
                }
            },
            Classification::Heartbeat => self.batch.heartbeats += 1,
            Classification::Foreign(partition) => {
                self.batch.foreign += 1;
                self.batch.first_foreign.get_or_insert(partition);
            }
            Classification::Rejected { reason, guess } => {
                self.batch.rejections.push(Rejection { at, reason });
                if self.batch.guess.is_none() {
                    self.batch.guess = guess;
                }
            }
        }
    }

    fn fail_file(&mut self, file: usize, (reason, remedy): (String, String)) -> Result<(), ReceiverClosed> {
        self.batch.failed_files.push(FailedFile { file, reason, remedy });
        self.flush()
    }

    fn flush(&mut self) -> Result<(), ReceiverClosed> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.batches.blocking_send(std::mem::take(&mut self.batch)).map_err(|_| ReceiverClosed)
    }
}

fn describe_open_error(error: OpenError, input: &Input) -> (String, String) {
    match error {
        OpenError::Empty if input.source == Source::Stdin => {
            ("is empty".into(), "Check whether the command before the pipe failed.".into())
        }
        OpenError::Empty => ("is empty".into(), "Get the file again, or leave it out.".into()),
        OpenError::Other { what, remedy } => {
            (format!("is {what}, not JSON"), remedy.replace("FILE", &input.name))
        }
        OpenError::Io(error) => (
            format!("can't be read from its start: {}", describe_read_error(&error, "compressed")),
            "Check that it is complete and that you have read access, then try again.".into(),
        ),
    }
}

/// Describes a read error.
fn describe_read_error(error: &io::Error, what: &str) -> String {
    match (error.kind(), what) {
        (io::ErrorKind::UnexpectedEof, what) => format!("its {what} data is truncated"),
        (io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other, what)
            if !what.is_empty() =>
        {
            format!("its {what} data is damaged ({error})")
        }
        _ => error.to_string(),
    }
}
