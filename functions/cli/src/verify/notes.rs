//! Reads the manifests, several at once, and sorts them by part.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use domain::manifest::{KeyRing, MAX_NOTE, Manifest, Origin, SignedNote};
use domain::part::PartNumber;

use super::archive::Archive;
use super::check::{Ask, Progress, part_of};
use super::finding::Kind;
use super::keys::Signed;
use super::sorter::{Sorted, Sorter};

/// So many different origins are counted; an archive has one.
const MOST_ORIGINS: usize = 1_000;

/// In a record, in place of the number of signatures: the file is no note.
const MALFORMED: u8 = 255;
/// The same: the file could not be read.
const UNREAD: u8 = 254;
/// In a record, in place of a key: none that is known.
const UNKNOWN: u8 = 255;
/// The same: a key that is known, and did not make the signature.
const WRONGLY: u8 = 254;

/// The manifests of an archive.
#[derive(Debug)]
pub(crate) struct Notes {
    /// A record each, see [`Record`].
    pub(crate) records: Vec<Sorter>,
    /// The origin that is verified.
    pub(crate) origin: Option<Origin>,
    /// Whether any file among them is a manifest at all.
    pub(crate) any: bool,
}

/// What is known of a file among the manifests.
#[derive(Debug)]
pub(crate) struct Record {
    /// Which part it is of: what it says, or what its name says if it is malformed.
    pub(crate) part: PartNumber,
    /// Its name.
    pub(crate) name: String,
    /// The note, and whose its signatures are; or what is the matter with it.
    pub(crate) content: Result<Box<Link>, (Kind, String)>,
}

/// A note that could be read.
#[derive(Debug)]
pub(crate) struct Link {
    /// The note.
    pub(crate) note: SignedNote,
    /// What it says.
    pub(crate) manifest: Manifest,
    /// Whose its signatures are.
    pub(crate) signed: Vec<Signed>,
}

/// Reads all manifests.
///
/// # Errors
/// If a temporary file fails.
pub(crate) fn read(
    archive: &dyn Archive,
    names: Sorter,
    ring: &KeyRing,
    ask: &Ask,
    progress: &Progress,
) -> io::Result<Notes> {
    let names = Mutex::new(Sorted::new([names])?);
    let threads = archive.at_once();
    let work = || {
        let mut notes = Sorter::new(ask.memory / 2 / threads);
        let mut origins: HashMap<Origin, u64> = HashMap::new();
        loop {
            let name = {
                let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
                names.next()?.map(|name| String::from_utf8_lossy(name).into_owned())
            };
            let Some(name) = name else { return Ok((notes, origins)) };
            match file(archive, &name) {
                Ok(bytes) => {
                    let (record, origin) = encode(&name, &bytes, ring);
                    notes.push(&record)?;
                    if let Some(origin) = origin
                        && (origins.len() < MOST_ORIGINS || origins.contains_key(&origin))
                    {
                        *origins.entry(origin).or_default() += 1;
                    }
                }
                Err(error) => notes.push(&unread(&name, &error))?,
            }
            Progress::add(&progress.manifests, 1);
        }
    };
    let results: Vec<io::Result<_>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread failed"))))
            .collect()
    });
    let mut notes = Vec::new();
    let mut origins: HashMap<Origin, u64> = HashMap::new();
    for result in results {
        let (sorter, counted) = result?;
        notes.push(sorter);
        for (origin, count) in counted {
            *origins.entry(origin).or_default() += count;
        }
    }
    let any = !origins.is_empty();
    Ok(Notes { records: notes, origin: choose(origins, ask), any })
}

/// The origin that is asked for, or the one of most manifests.
fn choose(origins: HashMap<Origin, u64>, ask: &Ask) -> Option<Origin> {
    let asked =
        |origin: &Origin| ask.connector.as_ref().is_none_or(|connector| *connector == origin.connector);
    let mut origins: Vec<(u64, Origin)> = origins
        .into_iter()
        .filter(|(origin, _)| asked(origin))
        .map(|(origin, count)| (count, origin))
        .collect();
    origins.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    origins.into_iter().next().map(|(_, origin)| origin)
}

/// The bytes of a note, and not more than a note may have.
fn file(archive: &dyn Archive, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.open(name)?.take(MAX_NOTE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A record: part, length of the name, name, number of signatures and whose they are, and the note's bytes. A part's
/// records lie side by side, the lower parts first. A malformed note has 255 signatures and a reason instead.
fn encode(name: &str, bytes: &[u8], ring: &KeyRing) -> (Vec<u8>, Option<Origin>) {
    let read = SignedNote::parse(bytes).and_then(|note| Ok((Manifest::parse(note.text())?, note)));
    let part = match &read {
        Ok((manifest, _)) => manifest.part,
        Err(_) => part_in(name).unwrap_or(PartNumber::NONE),
    };
    let mut record = head(part, name);
    match read {
        Ok((manifest, note)) => {
            let signatures = note.signatures();
            record.push(u8::try_from(signatures.len()).unwrap_or(MALFORMED));
            record.extend(signatures.iter().map(|signature| match ring.signer(&note, signature) {
                Some(Some(place)) => u8::try_from(place).unwrap_or(UNKNOWN),
                Some(None) => WRONGLY,
                None => UNKNOWN,
            }));
            record.extend_from_slice(bytes);
            (record, Some(manifest.origin))
        }
        Err(error) => {
            record.push(MALFORMED);
            record.extend_from_slice(error.to_string().as_bytes());
            (record, None)
        }
    }
}

/// The record of a file that can't be read.
fn unread(name: &str, error: &io::Error) -> Vec<u8> {
    let mut record = head(part_in(name).unwrap_or(PartNumber::NONE), name);
    record.push(UNREAD);
    record.extend_from_slice(format!("it can't be read: {error}").as_bytes());
    record
}

fn head(part: PartNumber, name: &str) -> Vec<u8> {
    let mut record = part.get().to_be_bytes().to_vec();
    record.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    record.extend(name.bytes().take(usize::from(u16::MAX)));
    record
}

/// The part that the name of a manifest's file tells.
fn part_in(name: &str) -> Option<PartNumber> {
    let file = name.rsplit('/').next()?;
    part_of(file.split('_').next()?)
}

impl Record {
    /// Reads a record back.
    pub(crate) fn decode(record: &[u8]) -> Option<Self> {
        let (part, rest) = record.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (count, rest) = rest.split_first()?;
        let reason = || String::from_utf8_lossy(rest).into_owned();
        let content = if *count == MALFORMED {
            Err((Kind::ManifestMalformed, reason()))
        } else if *count == UNREAD {
            Err((Kind::NotRead, reason()))
        } else {
            let (signed, bytes) = rest.split_at_checked(usize::from(*count))?;
            let note = SignedNote::parse(bytes).ok()?;
            let manifest = Manifest::parse(note.text()).ok()?;
            let signed = signed.iter().map(|place| match place {
                &UNKNOWN => Signed::Unknown,
                &WRONGLY => Signed::Wrongly,
                place => Signed::By(usize::from(*place)),
            });
            Ok(Box::new(Link { note, manifest, signed: signed.collect() }))
        };
        Some(Self {
            part: PartNumber::new(u64::from_be_bytes(*part)),
            name: String::from_utf8_lossy(name).into_owned(),
            content,
        })
    }
}
