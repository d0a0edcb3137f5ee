//! Matches the existing objects with the expected ones: a merge of two sorted lists.

use std::io;
use std::sync::{Mutex, PoisonError};

use super::check::parse_part_number;
use super::finding::{Finding, Findings, Kind};
use super::listing::unnamed_file;
use super::sorter::{Sorted, Sorter};
use crate::manifest::Manifest;
use crate::part::PartNumber;

/// Finds the object of each manifest, and reports the objects that no manifest names.
#[derive(Debug)]
pub(crate) struct ObjectMatcher(Mutex<MatcherState>);

/// The first part with a manifest, for parts of versions that wrote none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FirstManifest {
    /// The first part with a manifest, if an earlier version without manifests created the parts before.
    pub(crate) part: Option<PartNumber>,
    /// Whether the requested range includes the parts before.
    pub(crate) covers_start: bool,
}

#[derive(Debug)]
struct MatcherState {
    first_manifest: FirstManifest,
    expected: Sorted,
    present: Sorted,
    /// The current object: its name, its size, and whether a manifest names it.
    object: Option<(String, u64, bool)>,
}

/// An object to read, with its manifest.
#[derive(Debug)]
pub(crate) struct Match {
    pub(crate) manifest: Manifest,
    /// Its size in the listing, in bytes.
    pub(crate) size: u64,
}

/// The next result of the match.
pub(crate) enum NextObject {
    /// An object to read.
    Match(Box<Match>),
    /// The object of this part is missing; that was reported.
    Missing(PartNumber),
    /// The end of both lists.
    End,
}

impl ObjectMatcher {
    /// Matches `expected`, from the chain, with `present`, from the listing.
    pub(crate) fn new(expected: Sorter, present: Sorter, first_manifest: FirstManifest) -> io::Result<Self> {
        let (expected, present) = (Sorted::new([expected])?, Sorted::new([present])?);
        let mut state = MatcherState { first_manifest, expected, present, object: None };
        state.advance()?;
        Ok(Self(Mutex::new(state)))
    }

    /// The next object. Missing and unnamed objects are reported on the way.
    pub(crate) fn next(&self, findings: &Findings) -> io::Result<NextObject> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next(findings)
    }
}

impl MatcherState {
    fn advance(&mut self) -> io::Result<()> {
        self.object = self.present.next()?.and_then(decode_object).map(|(name, size)| (name, size, false));
        Ok(())
    }

    fn next(&mut self, findings: &Findings) -> io::Result<NextObject> {
        loop {
            let Some(record) = self.expected.next()? else {
                while let Some((name, _, named)) = self.object.take() {
                    self.first_manifest.report_unnamed(findings, &name, named);
                    self.advance()?;
                }
                return Ok(NextObject::End);
            };
            let Some((manifest, content_required)) = decode_expected(record) else {
                return Err(io::Error::other("a temporary file is corrupt"));
            };
            let expected_name = manifest.object();
            while let Some((name, _, named)) = self.object.take_if(|(name, ..)| *name < expected_name) {
                self.first_manifest.report_unnamed(findings, &name, named);
                self.advance()?;
            }
            let size = match &mut self.object {
                Some((name, size, named)) if *name == expected_name => {
                    *named = true;
                    *size
                }
                _ if content_required => {
                    let detail = "the manifest names this object, but it is missing";
                    let finding =
                        Finding::new(Kind::ObjectMissing, detail).file(&expected_name).part(manifest.part);
                    findings.add(finding.since(manifest.window.from));
                    return Ok(NextObject::Missing(manifest.part));
                }
                _ => continue,
            };
            if content_required {
                return Ok(NextObject::Match(Box::new(Match { manifest, size })));
            }
        }
    }
}

impl FirstManifest {
    fn report_unnamed(self, findings: &Findings, name: &str, named: bool) {
        if named {
            return;
        }
        let number = part_number(name);
        if let Some(number) = number {
            findings.object_present(number);
        }
        if self.part.zip(number).is_none_or(|(first, number)| number >= first) {
            findings.add(unnamed_file(name));
        } else if self.covers_start {
            let detail = "its name is from a version without manifests, so nothing is proven about it";
            findings.add(Finding::new(Kind::BeforeManifests, detail).file(name));
        }
    }
}

/// The part number in an object's name.
fn part_number(name: &str) -> Option<PartNumber> {
    parse_part_number(name.rsplit('/').next()?.split('_').nth(2)?)
}

fn decode_object(record: &[u8]) -> Option<(String, u64)> {
    let (rest, size) = record.split_last_chunk::<8>()?;
    let name = rest.strip_suffix(&[0])?;
    Some((String::from_utf8_lossy(name).into_owned(), u64::from_be_bytes(*size)))
}

fn decode_expected(record: &[u8]) -> Option<(Manifest, bool)> {
    let zero = record.iter().position(|byte| *byte == 0)?;
    let (content_required, text) = record.get(zero + 1..)?.split_first()?;
    Some((Manifest::parse(std::str::from_utf8(text).ok()?).ok()?, *content_required == 1))
}
