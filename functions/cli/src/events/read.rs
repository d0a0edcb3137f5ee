//! Reads the files one after the other in a thread of its own, and hands over what it finds in batches. Its memory does
//! not grow with the input.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use domain::import::{Piece, Splitter};
use tokio::sync::mpsc::Sender;

use super::found::{At, Bad, BadFile, Batch};
use super::inputs::{Input, Source};
use super::judge::{Judge, Verdict};
use super::open::{CHUNK, CannotOpen, name, open};
use super::recent::Recent;

/// Nobody listens any more.
struct Gone;

pub(super) struct Reading {
    judge: Judge,
    recent: Recent,
    /// How many bytes of all files are read.
    read: Arc<AtomicU64>,
    hand_over: Sender<Batch>,
    batch: Batch,
}

impl Reading {
    pub(super) fn new(judge: Judge, read: Arc<AtomicU64>, hand_over: Sender<Batch>) -> Self {
        Self { judge, recent: Recent::default(), read, hand_over, batch: Batch::default() }
    }

    /// Reads all files to their ends, or until nobody listens.
    pub(super) fn run(mut self, files: &[Input]) {
        for (number, input) in files.iter().enumerate() {
            if self.file(number, input).is_err() {
                return;
            }
        }
        // What is counted beside the events counts too.
        let _ = self.hand_over.blocking_send(self.batch);
    }

    fn file(&mut self, number: usize, input: &Input) -> Result<(), Gone> {
        let mut opened = match open(&input.source, &self.read) {
            Ok(opened) => opened,
            Err(error) => return self.bad_file(number, cannot_open(error, input)),
        };
        let mut splitter = Splitter::default();
        let mut chunk = vec![0; CHUNK];
        loop {
            let read = match opened.text.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => {
                    // What was read before is imported; the element that it broke off in is not one.
                    let at = splitter.place();
                    let what = opened.compression.map_or("", name);
                    let reason = broken(&error, what);
                    let message = format!(
                        "can't be read on behind line {}, byte {} of its text: {reason}",
                        at.line, at.byte
                    );
                    let remedy =
                        "Get the file again and import it again: what is imported already stays as it is.";
                    return self.bad_file(number, (message, remedy.to_owned()));
                }
                Ok(0) => break,
                Ok(read) => read,
            };
            splitter.feed(chunk.get(..read).unwrap_or_default());
            self.pieces(number, &mut splitter)?;
            // A writer that is slow, or waits itself, is not waited for with what is here.
            if splitter.is_drained() {
                self.flush()?;
            }
        }
        splitter.end();
        self.pieces(number, &mut splitter)
    }

    fn pieces(&mut self, file: usize, splitter: &mut Splitter) -> Result<(), Gone> {
        while let Some(piece) = splitter.next_piece() {
            match piece {
                Piece::Object { text, place, is_item } => {
                    let verdict = self.judge.judge(text, is_item);
                    self.take(verdict, At { file, place, last_line: place.line });
                }
                Piece::Bad(bad) => {
                    let at = At { file, place: bad.place, last_line: bad.last_line };
                    self.batch.bad.push(Bad { at, reason: bad.reason });
                }
            }
            if self.batch.is_full() {
                self.flush()?;
            }
        }
        Ok(())
    }

    fn take(&mut self, verdict: Verdict, at: At) {
        match verdict {
            Verdict::Event { event, unreadable } => match self.recent.other(&event, at) {
                None => self.batch.push(event, at, unreadable),
                Some(first) => {
                    let place = if first.file == at.file { "" } else { " of an earlier file" };
                    let reason = format!(
                        "it has the time and ID of line {}{place}, but is another event",
                        first.place.line
                    );
                    self.batch.bad.push(Bad { at, reason });
                }
            },
            Verdict::Heartbeat => self.batch.heartbeats += 1,
            Verdict::Foreign(partition) => {
                self.batch.foreign += 1;
                self.batch.first_foreign.get_or_insert(partition);
            }
            Verdict::Bad { reason, guess } => {
                self.batch.bad.push(Bad { at, reason });
                if self.batch.guess.is_none() {
                    self.batch.guess = guess;
                }
            }
        }
    }

    fn bad_file(&mut self, file: usize, (reason, remedy): (String, String)) -> Result<(), Gone> {
        self.batch.bad_files.push(BadFile { file, reason, remedy });
        self.flush()
    }

    fn flush(&mut self) -> Result<(), Gone> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.hand_over.blocking_send(std::mem::take(&mut self.batch)).map_err(|_| Gone)
    }
}

fn cannot_open(error: CannotOpen, input: &Input) -> (String, String) {
    match error {
        CannotOpen::Empty if input.source == Source::Stdin => {
            ("is empty".into(), "See whether the command before it failed.".into())
        }
        CannotOpen::Empty => ("is empty".into(), "Get the file again, or leave it out.".into()),
        CannotOpen::Other { what, remedy } => {
            (format!("is {what}, not JSON"), remedy.replace("FILE", &input.name))
        }
        CannotOpen::Io(error) => (
            format!("can't be read on from its start: {}", broken(&error, "compressed")),
            "Check that it is whole and that you may read it, then try again.".into(),
        ),
    }
}

/// What a failed reading means.
fn broken(error: &io::Error, what: &str) -> String {
    match (error.kind(), what) {
        (io::ErrorKind::UnexpectedEof, what) => format!("its {what} data is cut off"),
        (io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other, what)
            if !what.is_empty() =>
        {
            format!("its {what} data is damaged ({error})")
        }
        _ => error.to_string(),
    }
}
