//! Parses a manifest's text. The result is written again and compared with the input, so each manifest has
//! exactly one text: another notation of a number, an extra space or another line ending is rejected.

use std::str::FromStr;

use super::{ChainStart, Location, MAX_TEXT, Manifest, NO_PREVIOUS, Origin, Previous, VERSION};
use crate::note::{ManifestParseError, VerifierKey, excerpt};
use crate::part::{Compression, Encoding, Format, PartNumber, Window};
use crate::sha256::Sha256;
use crate::time::Time;

impl Manifest {
    /// Parses the text of a manifest.
    ///
    /// # Errors
    /// If it is not, byte for byte, the text of a manifest with consistent figures: the first wrong line, and
    /// why.
    pub fn parse(text: &str) -> Result<Self, ManifestParseError> {
        if text.len() > MAX_TEXT {
            return Err(ManifestParseError::new(1, format!("the text is longer than {MAX_TEXT} bytes")));
        }
        let manifest = read(&mut Lines { lines: text.split('\n'), number: 0 })?;
        check_consistent(&manifest)?;
        check_canonical(text, &manifest.text())?;
        Ok(manifest)
    }
}

/// Reads a text line by line.
struct Lines<'a> {
    lines: std::str::Split<'a, char>,
    number: usize,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> &'a str {
        self.number += 1;
        self.lines.next().unwrap_or_default()
    }

    /// The next line if it begins with this word; otherwise nothing is consumed.
    fn optional(&mut self, word: &str) -> Option<&'a str> {
        let line = self.lines.clone().next().filter(|line| line.split(' ').next() == Some(word));
        if line.is_some() { Some(self.next()) } else { None }
    }

    fn error(&self, reason: impl Into<String>) -> ManifestParseError {
        ManifestParseError::new(self.number, reason)
    }

    /// The words of the next line. Lower-case words of `form` are literal, the others are placeholders.
    fn words<const N: usize>(&mut self, form: &'static str) -> Result<[&'a str; N], ManifestParseError> {
        let line = self.next();
        let words: Vec<&str> = line.split(' ').collect();
        let wrong = || self.error(format!("`{}` is not `{form}`", excerpt(line)));
        let words: [&str; N] = words.try_into().map_err(|_| wrong())?;
        let fixed = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
        let fits = form.split(' ').zip(words).all(|(expected, word)| !fixed(expected) || expected == word);
        if fits { Ok(words) } else { Err(wrong()) }
    }

    fn value<T: FromStr>(&self, text: &str, what: &str) -> Result<T, ManifestParseError> {
        text.parse().map_err(|_| self.error(format!("`{}` is not {what}", excerpt(text))))
    }

    fn time(&self, text: &str) -> Result<Time, ManifestParseError> {
        self.value(text, "a time such as 2026-11-20T20:15:30.123Z")
    }

    fn count(&self, text: &str) -> Result<u64, ManifestParseError> {
        self.value(text, "a whole number")
    }

    fn sha256(&self, text: &str) -> Result<Sha256, ManifestParseError> {
        Sha256::try_from(text.to_owned())
            .map_err(|_| self.error(format!("`{}` is not 64 hexadecimal digits", excerpt(text))))
    }

    fn hash_and_size(&mut self, form: &'static str) -> Result<(Sha256, u64), ManifestParseError> {
        let [_, sha256, _, size] = self.words(form)?;
        Ok((self.sha256(sha256)?, self.count(size)?))
    }
}

fn read(lines: &mut Lines<'_>) -> Result<Manifest, ManifestParseError> {
    let line = lines.next();
    let origin: Origin = line.parse().map_err(|error| lines.error(format!("{error}")))?;
    let line = lines.next();
    if line != VERSION {
        return Err(lines.error(format!("`{}` is not `{VERSION}`", excerpt(line))));
    }
    let [_, part] = lines.words("part N")?;
    let part = PartNumber::new(lines.count(part)?);
    let [_, from, to] = lines.words("window TIME TIME")?;
    let window = Window { from: lines.time(from)?, to: lines.time(to)? };
    let [_, _kind] = lines.words("kind KIND")?;
    let [_, events, _, late, _, unreadable] = lines.words("events N late N unreadable N")?;
    let (events, late, unreadable) = (lines.count(events)?, lines.count(late)?, lines.count(unreadable)?);
    let times = match lines.words("times TIME TIME")? {
        [_, "-", "-"] => None,
        [_, first, last] => Some((lines.time(first)?, lines.time(last)?)),
    };
    let [_, _object] = lines.words("object NAME")?;
    let (sha256, size) = lines.hash_and_size("sha256 HASH size N")?;
    let (raw_sha256, raw_size) = lines.hash_and_size("raw-sha256 HASH size N")?;
    let [_, sealed] = lines.words("sealed TIME")?;
    let sealed = lines.time(sealed)?;
    let [_, url, region, account] = lines.words("destination URL REGION ACCOUNT")?;
    let (bucket, prefix) =
        url.strip_prefix("s3://")
            .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
            .ok_or_else(|| lines.error(format!("`{}` is not `s3://BUCKET/PREFIX`", excerpt(url))))?;
    let destination = Location {
        bucket: lines.value(bucket, "a bucket's name")?,
        prefix: lines.value(prefix, "a prefix")?,
        region: lines.value(region, "a region")?,
        account: lines.value(account, "an account of 12 digits")?,
    };
    let [_, format, compression, _, hours] = lines.words("settings FORMAT COMPRESSION hours N")?;
    let formats = Format::ALL.map(Format::as_str);
    let encoding = Encoding {
        format: Format::from_name(format)
            .ok_or_else(|| lines.error(format!("the format is neither {}", formats.join(" nor "))))?,
        compression: Compression::from_name(compression)
            .ok_or_else(|| lines.error("the compression is not none, gzip or zstd"))?,
    };
    let frequency = lines.value(hours, "a whole number of hours from 1 to 24")?;
    let [_, previous] = lines.words("previous HASH")?;
    let previous = match (part, lines.sha256(previous)?) {
        (part, NO_PREVIOUS) => Previous::Start(start(lines, part)?),
        (PartNumber::FIRST, _) => {
            return Err(lines.error("part 1 has no previous part, so `previous` must be 64 zeros"));
        }
        (_, sha256) => Previous::Manifest(sha256),
    };
    let successor = successor(lines, &origin)?;
    Ok(Manifest {
        origin,
        part,
        window,
        events,
        late,
        unreadable,
        times,
        sha256,
        size,
        raw_sha256,
        raw_size,
        sealed,
        destination,
        encoding,
        frequency,
        previous,
        successor,
    })
}

/// Parses the optional `successor` line: the key that signs from the next part on.
fn successor(lines: &mut Lines<'_>, origin: &Origin) -> Result<Option<VerifierKey>, ManifestParseError> {
    let Some(line) = lines.optional("successor") else { return Ok(None) };
    let key = line.strip_prefix("successor ").unwrap_or_default();
    let key: VerifierKey = key.parse().map_err(|error| lines.error(format!("{error}")))?;
    if *key.name() == origin.key_name() {
        return Ok(Some(key));
    }
    Err(lines.error(format!(
        "the successor is a key of {}, but the manifest is of {}",
        key.name(),
        origin.key_name()
    )))
}

fn start(lines: &mut Lines<'_>, part: PartNumber) -> Result<ChainStart, ManifestParseError> {
    let [_, reason, _time] = lines.words("start REASON TIME")?;
    let (starts, wrong): (&[ChainStart], _) = if part == PartNumber::FIRST {
        (
            &[ChainStart::Activation, ChainStart::StartFrom],
            "the reason of a start must be activation or start_from",
        )
    } else {
        (&[ChainStart::Upgrade], "the reason of a start after part 1 must be upgrade")
    };
    starts.iter().find(|start| start.as_str() == reason).copied().ok_or_else(|| lines.error(wrong))
}

/// Checks that a text is in its canonical form.
fn check_canonical(text: &str, canonical: &str) -> Result<(), ManifestParseError> {
    if text == canonical {
        return Ok(());
    }
    let mut expected = canonical.split_inclusive('\n');
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        match expected.next() {
            Some(canonical_line) if canonical_line == line => {}
            Some(canonical_line) if canonical_line.strip_suffix('\n') == Some(line) => {
                return Err(ManifestParseError::new(number, "it is truncated: the line has no newline"));
            }
            Some(canonical_line) => {
                let (line, canonical_line) =
                    (line.trim_end_matches('\n'), canonical_line.trim_end_matches('\n'));
                return Err(ManifestParseError::new(
                    number,
                    format!("`{}` must be `{}`", excerpt(line), excerpt(canonical_line)),
                ));
            }
            None => {
                let line = excerpt(line.trim_end_matches('\n'));
                return Err(ManifestParseError::new(number, format!("`{line}` is an extra line")));
            }
        }
    }
    Err(ManifestParseError::new(text.split_inclusive('\n').count() + 1, "a line is missing"))
}

/// Checks that the figures are consistent.
fn check_consistent(manifest: &Manifest) -> Result<(), ManifestParseError> {
    let Window { from, to } = manifest.window;
    let wrong = |line, reason: &str| Err(ManifestParseError::new(line, reason));
    if manifest.part < PartNumber::FIRST {
        return wrong(3, "parts are numbered from 1");
    }
    if to < from || to > from.next_midnight() {
        return wrong(4, "the window ends before it begins, or after the following midnight (UTC)");
    }
    if manifest.late > manifest.events || manifest.unreadable > manifest.events {
        return wrong(6, "more events are late or unreadable than there are");
    }
    if manifest.times.is_some_and(|(first, last)| last < first || manifest.events == 0) {
        return wrong(7, "the first event is later than the last, or there are times without events");
    }
    let same = manifest.sha256 == manifest.raw_sha256 && manifest.size == manifest.raw_size;
    if manifest.encoding.compression == Compression::None && !same {
        return wrong(10, "without compression both hashes and sizes must be equal");
    }
    Ok(())
}
