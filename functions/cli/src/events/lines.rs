//! A file of events, read line by line: plain or gzip, by its first bytes and not by its name.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, BufRead, BufReader, Read};

use adapters::source::NewEvent;
use flate2::bufread::MultiGzDecoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::parse::{Fields, LONGEST};

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = &[0xef, 0xbb, 0xbf];

/// What a line is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    /// An event to be imported.
    Event(NewEvent),
    /// An event that an earlier line has already brought, byte for byte.
    Repeated,
    /// Not to be imported.
    Bad(BadLine),
}

/// A line that can't be imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct BadLine {
    /// Its number, from 1.
    pub(crate) line: u64,
    /// Why.
    pub(crate) reason: String,
}

/// The lines of a file, blank ones left out.
pub(crate) struct Lines {
    input: Box<dyn BufRead + Send>,
    fields: Fields,
    number: u64,
    /// Digests of the keys so far, each with its line and the digest of its event: two lines with one key would
    /// overwrite each other.
    seen: HashMap<[u8; 16], (u64, [u8; 16])>,
}

impl Lines {
    /// The lines of what `input` reads.
    ///
    /// # Errors
    /// If it can't be read.
    pub(crate) fn new(input: impl Read + Send + 'static, fields: Fields) -> io::Result<Self> {
        let mut plain = BufReader::with_capacity(1 << 16, input);
        let input: Box<dyn BufRead + Send> = if plain.fill_buf()?.starts_with(GZIP) {
            Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(plain)))
        } else {
            Box::new(plain)
        };
        Ok(Self { input, fields, number: 0, seen: HashMap::new() })
    }

    /// The next line that is not blank; `None` at the end.
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            // One byte more than may be imported is enough to see that it may not.
            let most = LONGEST as u64 + 2;
            if self.input.by_ref().take(most).read_until(b'\n', &mut bytes)? == 0 {
                return Ok(None);
            }
            self.number += 1;
            if bytes.len() as u64 == most && !bytes.ends_with(b"\n") {
                self.input.skip_until(b'\n')?;
            }
            let start = if self.number == 1 { bytes.strip_prefix(BYTE_ORDER_MARK) } else { None };
            let line = start.unwrap_or(&bytes).trim_ascii_end();
            if !line.trim_ascii_start().is_empty() {
                let line = self.fields.event(line);
                return Ok(Some(self.judge(line)));
            }
        }
    }

    fn judge(&mut self, event: Result<NewEvent, String>) -> Line {
        let line = self.number;
        let event = match event {
            Ok(event) => event,
            Err(reason) => return Line::Bad(BadLine { line, reason }),
        };
        let body = digest(&event.body);
        match self.seen.entry(digest(&event.sort_key())) {
            Entry::Vacant(place) => {
                place.insert((line, body));
                Line::Event(event)
            }
            Entry::Occupied(place) => match *place.get() {
                (_, first) if first == body => Line::Repeated,
                (first, _) => {
                    let reason = format!("it has the time and ID of line {first}, but is another event");
                    Line::Bad(BadLine { line, reason })
                }
            },
        }
    }
}

impl Iterator for Lines {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<io::Result<Line>> {
        self.next_line().transpose()
    }
}

fn digest(text: &str) -> [u8; 16] {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn lines(text: &[u8]) -> Vec<Line> {
        let fields = Fields { time: "t".into(), id: "id".into() };
        Lines::new(io::Cursor::new(text.to_vec()), fields).unwrap().map(Result::unwrap).collect()
    }

    fn event(id: &str) -> String {
        format!(r#"{{"t":"2023-07-10T11:42:18Z","id":"{id}"}}"#)
    }

    #[test]
    fn plain_and_gzip_are_told_apart_by_their_bytes() {
        let text = format!("\u{feff}{}\r\n\n  \n{}", event("a"), event("b"));
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let found = lines(text.as_bytes());
        assert_eq!(found.len(), 2);
        assert!(matches!(found.first(), Some(Line::Event(first)) if first.body == event("a")));
        assert_eq!(lines(&gzip.finish().unwrap()), found);
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_the_rest_goes_on() {
        let long = "x".repeat(LONGEST * 2);
        let text = format!("\n{}\nnonsense\n{long}\n{}\n", event("a"), event("b"));
        let found = lines(text.as_bytes());
        let bad: Vec<u64> = found
            .iter()
            .filter_map(|line| if let Line::Bad(bad) = line { Some(bad.line) } else { None })
            .collect();
        assert_eq!((found.len(), bad), (4, vec![3, 4]));
    }

    #[test]
    fn one_key_twice_is_no_news_or_no_import() {
        let other = event("a").replace('}', ",\"x\":1}");
        let text = format!("{}\n{}\n{other}\n{}\n", event("a"), event("a"), event("a"));
        let found = lines(text.as_bytes());
        let Some(Line::Bad(bad)) = found.get(2) else { panic!("{found:?}") };
        assert!(bad.line == 3 && bad.reason.contains("line 1"), "{bad:?}");
        assert_eq!((found.get(1), found.get(3)), (Some(&Line::Repeated), Some(&Line::Repeated)));
    }
}
