//! Holds what is there against what must be there: two sorted lists, side by side.

use std::io;
use std::sync::{Mutex, PoisonError};

use domain::manifest::Manifest;
use domain::part::PartNumber;

use super::check::part_of;
use super::finding::{Finding, Findings, Kind};
use super::listing::unnamed;
use super::sorter::{Sorted, Sorter};

/// Finds for each manifest its object, and names the objects that no manifest has.
#[derive(Debug)]
pub(crate) struct Matches(Mutex<Sides>);

/// Where the manifests begin.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Earliest {
    /// The first part that has one, if a version that wrote none made those before.
    pub(crate) part: Option<PartNumber>,
    /// Whether those before were asked for, too.
    pub(crate) asked_for_all: bool,
}

#[derive(Debug)]
struct Sides {
    earliest: Earliest,
    expected: Sorted,
    present: Sorted,
    /// The object at hand: its name, its size, and whether a manifest names it.
    object: Option<(String, u64, bool)>,
}

/// An object to look into.
#[derive(Debug)]
pub(crate) struct Match {
    /// What it must be.
    pub(crate) manifest: Manifest,
    /// Its size as it was listed.
    pub(crate) size: u64,
}

/// What comes next.
pub(crate) enum Next {
    /// An object to look into.
    Match(Box<Match>),
    /// A manifest's object is not there.
    Missing,
    /// Nothing more.
    End,
}

impl Matches {
    /// `expected` and `present` as chain and listing made them.
    pub(crate) fn new(expected: Sorter, present: Sorter, earliest: Earliest) -> io::Result<Self> {
        let (expected, present) = (Sorted::new([expected])?, Sorted::new([present])?);
        let mut sides = Sides { earliest, expected, present, object: None };
        sides.advance()?;
        Ok(Self(Mutex::new(sides)))
    }

    /// The next object; what is found on the way is told.
    pub(crate) fn next(&self, findings: &Findings) -> io::Result<Next> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).next(findings)
    }
}

impl Sides {
    fn advance(&mut self) -> io::Result<()> {
        self.object = self.present.next()?.and_then(object).map(|(name, size)| (name, size, false));
        Ok(())
    }

    fn next(&mut self, findings: &Findings) -> io::Result<Next> {
        loop {
            let Some(record) = self.expected.next()? else {
                while let Some((name, _, named)) = self.object.take() {
                    self.earliest.tell(findings, &name, named);
                    self.advance()?;
                }
                return Ok(Next::End);
            };
            let Some((manifest, look_into)) = expectation(record) else {
                return Err(io::Error::other("a temporary file was damaged"));
            };
            let wanted = manifest.object();
            while let Some((name, _, named)) = self.object.take_if(|(name, ..)| *name < wanted) {
                self.earliest.tell(findings, &name, named);
                self.advance()?;
            }
            let size = match &mut self.object {
                Some((name, size, named)) if *name == wanted => {
                    *named = true;
                    *size
                }
                _ if look_into => {
                    let detail = "the manifest names this object, and it is not here";
                    let finding = Finding::new(Kind::ObjectMissing, detail).file(&wanted).part(manifest.part);
                    findings.add(finding.since(manifest.window.from));
                    return Ok(Next::Missing);
                }
                _ => continue,
            };
            if look_into {
                return Ok(Next::Match(Box::new(Match { manifest, size })));
            }
        }
    }
}

impl Earliest {
    fn tell(self, findings: &Findings, name: &str, named: bool) {
        if named {
            return;
        }
        let number = number(name);
        if let Some(number) = number {
            findings.present(number);
        }
        if self.part.zip(number).is_none_or(|(first, number)| number >= first) {
            findings.add(unnamed(name));
        } else if self.asked_for_all {
            let detail = "by its name a file of a version that wrote no manifests: nothing is proven of it";
            findings.add(Finding::new(Kind::BeforeManifests, detail).file(name));
        }
    }
}

/// The part's number in an object's name.
fn number(name: &str) -> Option<PartNumber> {
    part_of(name.rsplit('/').next()?.split('_').nth(2)?)
}

fn object(record: &[u8]) -> Option<(String, u64)> {
    let (rest, size) = record.split_last_chunk::<8>()?;
    let name = rest.strip_suffix(&[0])?;
    Some((String::from_utf8_lossy(name).into_owned(), u64::from_be_bytes(*size)))
}

fn expectation(record: &[u8]) -> Option<(Manifest, bool)> {
    let zero = record.iter().position(|byte| *byte == 0)?;
    let (look_into, text) = record.get(zero + 1..)?.split_first()?;
    Some((Manifest::parse(std::str::from_utf8(text).ok()?).ok()?, *look_into == 1))
}
