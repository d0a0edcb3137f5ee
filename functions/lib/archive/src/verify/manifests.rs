//! Reads the manifests, several concurrently, and sorts them by part.

use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};
use std::sync::{Mutex, PoisonError};

use super::archive::Archive;
use super::back_references::trust_record;
use super::check::{Progress, VerifyOptions, parse_part_number};
use super::finding::Kind;
use super::keys::{KnownKey, KnownKeys, SignatureCheck};
use super::sorter::{Sorted, Sorter};
use crate::manifest::{Manifest, Origin};
use crate::note::{MAX_NOTE, SignedNote};
use crate::part::PartNumber;

/// Maximum number of different origins that are counted; an archive has one.
const MAX_ORIGINS: usize = 1_000;

/// In a record, instead of the number of signatures: the file is not a signed note.
const MALFORMED: u8 = 255;
/// The same: the file could not be read.
const UNREADABLE: u8 = 254;
/// In a record, instead of a key's index: an unknown key.
const UNKNOWN_KEY: u8 = 255;
/// The same: the signature is invalid for a known key.
const INVALID: u8 = 254;

/// The manifests of an archive, as records for the next passes.
#[derive(Debug)]
pub(crate) struct Manifests {
    /// One record per file, see [`ManifestRecord`].
    pub(crate) records: Vec<Sorter>,
    /// One record per readable manifest, for the passes that decide which keys are trusted.
    pub(crate) trust_records: Vec<Sorter>,
    /// Whether any of the files is a manifest.
    pub(crate) found: bool,
    /// The origin to verify.
    pub(crate) origin: Option<Origin>,
    /// The lowest part of it that a known key signed, and the indexes of those keys.
    pub(crate) first_signed: Option<FirstSigned>,
}

/// A part, and the indexes of the known keys that signed it.
type FirstSigned = (PartNumber, BTreeSet<usize>);

/// The statistics of the manifests of an origin.
#[derive(Debug, Default)]
struct OriginStats {
    /// The number with a signature of a key that the auditor named. Nobody else can increase it.
    pinned_count: u64,
    /// All manifests, signed by a named key or not.
    count: u64,
    /// The lowest part with a signature of a known key, and the signers.
    first_signed: Option<FirstSigned>,
}

impl OriginStats {
    fn add(&mut self, other: Self) {
        self.pinned_count += other.pinned_count;
        self.count += other.count;
        self.first_signed = match (self.first_signed.take(), other.first_signed) {
            (Some((a, mut signers)), Some((b, more))) if a == b => {
                signers.extend(more);
                Some((a, signers))
            }
            (Some(a), Some(b)) => Some(if a.0 < b.0 { a } else { b }),
            (a, b) => a.or(b),
        };
    }

    /// The statistics of one manifest.
    fn of(manifest: &Manifest, signed: &[SignatureCheck], known: &KnownKeys) -> Self {
        let mut signers: BTreeSet<usize> = signed
            .iter()
            .filter_map(|signed| if let SignatureCheck::Valid(index) = signed { Some(*index) } else { None })
            .filter(|index| {
                known.get(*index).is_some_and(|known| *known.key().name() == manifest.origin.key_name())
            })
            .collect();
        let pinned_count = u64::from(signers.iter().any(|index| known.is_pinned(*index)));
        // The successor signs together with the key that names it; that is not a second signer.
        if signers.len() > 1 {
            let successor = manifest.successor.as_ref();
            signers.retain(|index| known.get(*index).map(KnownKey::key) != successor);
        }
        let first = (!signers.is_empty()).then_some((manifest.part, signers));
        Self { pinned_count, count: 1, first_signed: first }
    }
}

/// A file among the manifests.
#[derive(Debug)]
pub(crate) struct ManifestRecord {
    /// Its part: from its text, or from its name if it is malformed.
    pub(crate) part: PartNumber,
    /// Its name relative to the prefix.
    pub(crate) name: String,
    /// The manifest, or why it can't be read.
    pub(crate) content: Result<Box<ParsedManifest>, (Kind, String)>,
}

/// A manifest that could be parsed.
#[derive(Debug)]
pub(crate) struct ParsedManifest {
    pub(crate) note: SignedNote,
    /// The manifest in it.
    pub(crate) manifest: Manifest,
    /// The checks of its signature lines.
    pub(crate) checks: Vec<SignatureCheck>,
}

/// Reads all manifest files, and selects the origin to verify.
///
/// # Errors
/// If a temporary file fails.
pub(crate) fn read(
    archive: &dyn Archive,
    names: Sorter,
    known: &KnownKeys,
    options: &VerifyOptions,
    progress: &Progress,
) -> io::Result<Manifests> {
    let names = Mutex::new(Sorted::new([names])?);
    let threads = archive.concurrency();
    let work = || {
        let mut notes = options.resources.sorter(4 * threads);
        let mut trust_records = options.resources.sorter(8 * threads);
        let mut origins: HashMap<Origin, OriginStats> = HashMap::new();
        loop {
            let name = {
                let mut names = names.lock().unwrap_or_else(PoisonError::into_inner);
                names.next()?.map(|name| String::from_utf8_lossy(name).into_owned())
            };
            let Some(name) = name else { return Ok((notes, trust_records, origins)) };
            match read_file(archive, &name) {
                Ok(bytes) => {
                    let (record, read) = encode(&name, &bytes, known);
                    notes.push(&record)?;
                    if let Some((trusted, origin, stats)) = read {
                        trust_records.push(&trusted)?;
                        let has_room = origins.len() < MAX_ORIGINS || stats.pinned_count > 0;
                        if has_room || origins.contains_key(&origin) {
                            origins.entry(origin).or_default().add(stats);
                        }
                    }
                }
                Err(error) => notes.push(&encode_unreadable(&name, &error))?,
            }
            Progress::add(&progress.manifests, 1);
        }
    };
    let results: Vec<io::Result<_>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked"))))
            .collect()
    });
    let (mut notes, mut trust_records) = (Vec::new(), Vec::new());
    let mut origins: HashMap<Origin, OriginStats> = HashMap::new();
    for result in results {
        let (of_notes, of_trust, stats) = result?;
        notes.push(of_notes);
        trust_records.push(of_trust);
        for (origin, stats) in stats {
            origins.entry(origin).or_default().add(stats);
        }
    }
    let found = !origins.is_empty();
    let (origin, first) = choose_origin(origins, options).unzip();
    Ok(Manifests { records: notes, trust_records, found, origin, first_signed: first.flatten() })
}

/// Chooses the requested origin, or the one with the most manifests signed by named keys, or else the one
/// with the most manifests.
fn choose_origin(
    origins: HashMap<Origin, OriginStats>,
    options: &VerifyOptions,
) -> Option<(Origin, Option<FirstSigned>)> {
    let is_requested =
        |origin: &Origin| options.connector.as_ref().is_none_or(|connector| *connector == origin.connector);
    let (origin, stats) =
        origins.into_iter().filter(|(origin, _)| is_requested(origin)).max_by(|(a, of_a), (b, of_b)| {
            (of_a.pinned_count, of_a.count).cmp(&(of_b.pinned_count, of_b.count)).then_with(|| b.cmp(a))
        })?;
    Some((origin, stats.first_signed))
}

/// The bytes of a file, at most as many as a note may have.
fn read_file(archive: &dyn Archive, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    archive.open(name)?.take(MAX_NOTE as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// For a readable note: its record for the trust passes, its origin, and its statistics.
type ParsedRecord = (Vec<u8>, Origin, OriginStats);

/// Encodes a record: part, length of the name, name, number of signatures and their checks, and the note's
/// bytes. The records of a part sort adjacently, the lower parts first. A malformed note has 255 signatures
/// and a reason instead.
fn encode(name: &str, bytes: &[u8], known: &KnownKeys) -> (Vec<u8>, Option<ParsedRecord>) {
    let read = SignedNote::parse(bytes).and_then(|note| Ok((Manifest::parse(note.text())?, note)));
    let part = match &read {
        Ok((manifest, _)) => manifest.part,
        Err(_) => part_from_name(name).unwrap_or(PartNumber::NONE),
    };
    let mut record = record_header(part, name);
    match read {
        Ok((manifest, note)) => {
            let signed: Vec<SignatureCheck> =
                note.signatures().iter().map(|signature| known.check_signature(&note, signature)).collect();
            record.push(u8::try_from(signed.len()).unwrap_or(MALFORMED));
            record.extend(signed.iter().map(|signed| encode_check(*signed)));
            record.extend_from_slice(bytes);
            let stats = OriginStats::of(&manifest, &signed, known);
            (record, Some((trust_record(&note, &manifest, &signed), manifest.origin, stats)))
        }
        Err(error) => {
            record.push(MALFORMED);
            record.extend_from_slice(error.to_string().as_bytes());
            (record, None)
        }
    }
}

/// Encodes the check of a signature line as a byte.
pub(super) fn encode_check(signed: SignatureCheck) -> u8 {
    match signed {
        SignatureCheck::Valid(index) => {
            u8::try_from(index).ok().filter(|index| *index < INVALID).unwrap_or(UNKNOWN_KEY)
        }
        SignatureCheck::Invalid => INVALID,
        SignatureCheck::UnknownKey => UNKNOWN_KEY,
    }
}

/// Decodes the check of a signature line.
pub(super) fn decode_check(byte: u8) -> SignatureCheck {
    match byte {
        UNKNOWN_KEY => SignatureCheck::UnknownKey,
        INVALID => SignatureCheck::Invalid,
        index => SignatureCheck::Valid(usize::from(index)),
    }
}

/// Encodes the record of a file that can't be read.
fn encode_unreadable(name: &str, error: &io::Error) -> Vec<u8> {
    let mut record = record_header(part_from_name(name).unwrap_or(PartNumber::NONE), name);
    record.push(UNREADABLE);
    record.extend_from_slice(format!("it can't be read: {error}").as_bytes());
    record
}

fn record_header(part: PartNumber, name: &str) -> Vec<u8> {
    let mut record = part.get().to_be_bytes().to_vec();
    record.extend_from_slice(&u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes());
    record.extend(name.bytes().take(usize::from(u16::MAX)));
    record
}

/// The part number in the name of a manifest file.
fn part_from_name(name: &str) -> Option<PartNumber> {
    let file = name.rsplit('/').next()?;
    parse_part_number(file.split('_').next()?)
}

impl ManifestRecord {
    /// Decodes a record; `None` if it is corrupt.
    pub(crate) fn decode(record: &[u8]) -> Option<Self> {
        let (part, rest) = record.split_first_chunk::<8>()?;
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (name, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (count, rest) = rest.split_first()?;
        let reason = || String::from_utf8_lossy(rest).into_owned();
        let content = if *count == MALFORMED {
            Err((Kind::ManifestMalformed, reason()))
        } else if *count == UNREADABLE {
            Err((Kind::NotRead, reason()))
        } else {
            let (signed, bytes) = rest.split_at_checked(usize::from(*count))?;
            let note = SignedNote::parse(bytes).ok()?;
            let manifest = Manifest::parse(note.text()).ok()?;
            Ok(Box::new(ParsedManifest {
                note,
                manifest,
                checks: signed.iter().map(|byte| decode_check(*byte)).collect(),
            }))
        };
        Some(Self {
            part: PartNumber::new(u64::from_be_bytes(*part)),
            name: String::from_utf8_lossy(name).into_owned(),
            content,
        })
    }
}
