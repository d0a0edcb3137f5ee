//! Decides which texts are trusted through the chain. `previous` is a signed hash of a text: trusting a text
//! implies trust in the text that it names, and so on back to the first, regardless of their signers. So the
//! newest key alone is enough for a chain that began years and keys ago.
//!
//! Two passes over short records, one forwards to collect the keys and one backwards to follow the hashes, so
//! that memory does not grow with the archive.

use std::io;

use super::keys::{KnownKeys, SignatureCheck};
use super::manifests::{decode_check, encode_check};
use super::resources::Resources;
use super::sorter::{Sorted, Sorter};
use super::trust::{Signatures, TrustByOrigin};
use crate::manifest::{Manifest, Previous};
use crate::note::{NoteSignature, SignedNote, VerifierKey};
use crate::part::PartNumber;
use crate::time::Time;

/// What the passes need of a manifest's text.
#[derive(Debug)]
struct TrustRecord {
    origin: String,
    part: PartNumber,
    sha256: [u8; 32],
    previous: Option<[u8; 32]>,
    sealed: Time,
    checks: Vec<SignatureCheck>,
    successor: Option<VerifierKey>,
    /// Set only if a signature line is not by a known key.
    note: Option<SignedNote>,
}

/// Encodes a text for the passes: the texts of a chain sort adjacently, the lower parts first.
pub(crate) fn trust_record(note: &SignedNote, manifest: &Manifest, signed: &[SignatureCheck]) -> Vec<u8> {
    let origin = manifest.origin.to_string();
    let mut record = Vec::with_capacity(origin.len() + 128);
    text(&mut record, &origin);
    record.extend_from_slice(&manifest.part.get().to_be_bytes());
    record.extend_from_slice(note.sha256().bytes());
    match manifest.previous {
        Previous::Manifest(previous) => {
            record.push(1);
            record.extend_from_slice(previous.bytes());
        }
        Previous::Start(_) => record.push(0),
    }
    record.extend_from_slice(&manifest.sealed.millis().to_be_bytes());
    text(&mut record, &manifest.successor.as_ref().map(ToString::to_string).unwrap_or_default());
    record.push(u8::try_from(signed.len()).unwrap_or(u8::MAX));
    record.extend(signed.iter().map(|signed| encode_check(*signed)));
    if signed.iter().any(|signed| !matches!(signed, SignatureCheck::Valid(_))) {
        record.extend_from_slice(&note.bytes());
    }
    record
}

fn text(record: &mut Vec<u8>, text: &str) {
    record.extend_from_slice(&u16::try_from(text.len()).unwrap_or(u16::MAX).to_be_bytes());
    record.extend_from_slice(text.as_bytes());
}

impl TrustRecord {
    fn decode(record: &[u8]) -> Option<Self> {
        let (origin, rest) = read_text(record)?;
        let (part, rest) = rest.split_first_chunk::<8>()?;
        let (sha256, rest) = rest.split_first_chunk::<32>()?;
        let (previous, rest) = match rest.split_first()? {
            (1, rest) => rest.split_first_chunk::<32>().map(|(previous, rest)| (Some(*previous), rest))?,
            (_, rest) => (None, rest),
        };
        let (sealed, rest) = rest.split_first_chunk::<8>()?;
        let (successor, rest) = read_text(rest)?;
        let (count, rest) = rest.split_first()?;
        let (signed, note) = rest.split_at_checked(usize::from(*count))?;
        Some(Self {
            origin: origin.to_owned(),
            part: PartNumber::new(u64::from_be_bytes(*part)),
            sha256: *sha256,
            previous,
            sealed: Time::from_millis(i64::from_be_bytes(*sealed))?,
            checks: signed.iter().map(|byte| decode_check(*byte)).collect(),
            successor: if successor.is_empty() { None } else { Some(successor.parse().ok()?) },
            note: if note.is_empty() { None } else { Some(SignedNote::parse(note).ok()?) },
        })
    }
}

fn read_text(record: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = record.split_first_chunk::<2>()?;
    let (text, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    Some((std::str::from_utf8(text).ok()?, rest))
}

/// The result of the passes: the trusted keys of each chain, and the chained texts.
#[derive(Debug)]
pub(crate) struct TrustResolution {
    /// The trusted keys of each chain.
    pub(crate) trusts: TrustByOrigin,
    /// Part and SHA-256 of each chained text, which a trusted text of the next part names, the lower parts
    /// first.
    pub(crate) texts: Sorter,
}

/// Follows the keys forwards and the hashes backwards.
///
/// # Errors
/// If a temporary file fails.
pub(crate) fn resolve_trust(
    claims: Vec<Sorter>,
    known: &KnownKeys,
    mut trusts: TrustByOrigin,
    resources: &Resources,
) -> io::Result<TrustResolution> {
    let damaged = || io::Error::other("a temporary file is corrupt");
    let mut claims = Sorted::new(claims)?;
    let mut backwards = resources.sorter(8);
    while let Some(record) = claims.next()? {
        let claim = TrustRecord::decode(record).ok_or_else(damaged)?;
        let signatures =
            Signatures { origin: &claim.origin, checks: &claim.checks, note: claim.note.as_ref() };
        let trust = trusts.for_origin(&claim.origin);
        let signers = trust.signers(known, signatures);
        let is_signed = trust.is_signed(&signers, claim.part, claim.sealed);
        if let Some(successor) = &claim.successor {
            trusts.hand_over(&claim.origin, &signers, (claim.part, claim.sealed), successor);
        }
        backwards.push(&BackwardStep::encode(&claim, is_signed))?;
    }
    Ok(TrustResolution { trusts, texts: chained_texts(backwards, resources.sorter(8))? })
}

/// A text of the backward pass.
struct BackwardStep<'a> {
    origin: &'a str,
    part: PartNumber,
    sha256: [u8; 32],
    is_signed: bool,
    previous: Option<[u8; 32]>,
}

impl<'a> BackwardStep<'a> {
    /// Encodes a text so that those of a chain sort adjacently, the higher parts first.
    fn encode(claim: &TrustRecord, is_signed: bool) -> Vec<u8> {
        let mut record = Vec::with_capacity(claim.origin.len() + 80);
        text(&mut record, &claim.origin);
        record.extend_from_slice(&(u64::MAX - claim.part.get()).to_be_bytes());
        record.extend_from_slice(&claim.sha256);
        record.push(u8::from(is_signed));
        record.extend_from_slice(claim.previous.as_ref().map_or(&[][..], |previous| previous.as_slice()));
        record
    }

    fn decode(record: &'a [u8]) -> Option<Self> {
        let (origin, rest) = read_text(record)?;
        let (part, rest) = rest.split_first_chunk::<8>()?;
        let (sha256, rest) = rest.split_first_chunk::<32>()?;
        let (is_signed, previous) = rest.split_first()?;
        Some(Self {
            origin,
            part: PartNumber::new(u64::MAX - u64::from_be_bytes(*part)),
            sha256: *sha256,
            is_signed: *is_signed == 1,
            previous: previous.try_into().ok(),
        })
    }
}

/// Collects in `texts` those that are named by a text of the next part that is signed by a trusted key, or
/// is itself chained.
fn chained_texts(backwards: Sorter, mut texts: Sorter) -> io::Result<Sorter> {
    let mut backwards = Sorted::new([backwards])?;
    let (mut origin, mut part) = (String::new(), PartNumber::NONE);
    // The texts that the next part names, and those that this part names. There are as many as accepted texts
    // of a part, so only the holder of a trusted key can add to them.
    let (mut from_above, mut names): (Vec<[u8; 32]>, Vec<[u8; 32]>) = (Vec::new(), Vec::new());
    while let Some(record) = backwards.next()? {
        let step =
            BackwardStep::decode(record).ok_or_else(|| io::Error::other("a temporary file is corrupt"))?;
        if step.origin != origin || step.part != part {
            let follows = step.origin == origin && step.part.next() == part;
            let above = std::mem::take(&mut names);
            from_above = if follows { above } else { Vec::new() };
            step.origin.clone_into(&mut origin);
            part = step.part;
        }
        let is_chained = from_above.contains(&step.sha256);
        if is_chained {
            texts.push(&[&part.get().to_be_bytes()[..], &step.sha256].concat())?;
        }
        if let Some(previous) = step.previous
            && (is_chained || step.is_signed)
            && !names.contains(&previous)
        {
            names.push(previous);
        }
    }
    Ok(texts)
}

/// Reads the chained texts in step with the chain, part by part.
#[derive(Debug)]
pub(crate) struct ChainedTexts {
    texts: Sorted,
    /// The next text, already read.
    next: Option<(PartNumber, [u8; 32])>,
    part: PartNumber,
    of_part: Vec<[u8; 32]>,
}

impl ChainedTexts {
    /// Starts at the lowest part.
    ///
    /// # Errors
    /// If a temporary file fails.
    pub(crate) fn new(texts: Sorter) -> io::Result<Self> {
        let mut texts =
            Self { texts: Sorted::new([texts])?, next: None, part: PartNumber::NONE, of_part: Vec::new() };
        texts.advance()?;
        Ok(texts)
    }

    fn advance(&mut self) -> io::Result<()> {
        self.next = self.texts.next()?.and_then(|record| {
            let (part, sha256) = record.split_first_chunk::<8>()?;
            Some((PartNumber::new(u64::from_be_bytes(*part)), sha256.try_into().ok()?))
        });
        Ok(())
    }

    /// Whether a text of that part is chained. To be called in the order of the parts.
    ///
    /// # Errors
    /// If a temporary file fails.
    pub(crate) fn has(&mut self, part: PartNumber, sha256: &[u8; 32]) -> io::Result<bool> {
        if part != self.part {
            self.part = part;
            self.of_part.clear();
            while let Some((of, text)) = self.next.filter(|(of, _)| *of <= part) {
                if of == part {
                    self.of_part.push(text);
                }
                self.advance()?;
            }
        }
        Ok(self.of_part.contains(sha256))
    }
}

/// The number of ignored signature lines of a note: invalid ones, and repeated ones of the same key.
pub(crate) fn ignored_lines(signatures: &[NoteSignature], signed: &[SignatureCheck]) -> usize {
    let repeated = |(index, signature): (usize, &NoteSignature)| {
        signatures.iter().take(index).any(|earlier| {
            earlier.id == signature.id && earlier.name == signature.name && earlier.bytes == signature.bytes
        })
    };
    let invalid = signed.iter().filter(|signed| **signed == SignatureCheck::Invalid).count();
    invalid + signatures.iter().enumerate().filter(|at| repeated(*at)).count()
}
