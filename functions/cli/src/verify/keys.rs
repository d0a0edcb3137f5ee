//! The vendor's keys: which are known, which are trusted, and how trust passes from one to the next.

use std::io::Read;

use domain::manifest::{KeyName, KeyRing, RingKey};
use domain::part::PartNumber;
use domain::time::Time;

use super::archive::Archive;
use super::finding::{Finding, Findings, Kind};
use super::listing::unnamed;

/// The keys that may have signed: those that the auditor pins, and those that lie in the archive.
#[derive(Debug)]
pub(crate) struct Candidates {
    ring: KeyRing,
    /// What is thought of each, by its place in the ring.
    standing: Vec<Standing>,
    /// Whether the auditor named any.
    pinned: bool,
}

/// What is thought of a key.
#[derive(Debug, Clone, Default)]
struct Standing {
    trusted: bool,
    /// The part with which it handed over to another.
    retired: Option<PartNumber>,
    /// Whether it signed the part before.
    current: bool,
    /// Whether the auditor named it.
    pinned: bool,
    /// Its file.
    file: Option<String>,
}

/// What the signatures of a note are, each by the place of the key that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signed {
    /// By this key.
    By(usize),
    /// By a key that names itself one of ours, and is not.
    Wrongly,
    /// By a key that is not known.
    Unknown,
}

impl Candidates {
    /// Reads the keys of an archive.
    pub(crate) fn read(
        archive: &dyn Archive,
        pins: &[RingKey],
        files: &[String],
        findings: &Findings,
    ) -> Self {
        let mut candidates =
            Self { ring: KeyRing::default(), standing: Vec::new(), pinned: !pins.is_empty() };
        for pin in pins {
            let standing = Standing { trusted: true, pinned: true, ..Standing::default() };
            candidates.add(pin.clone(), standing);
        }
        for name in files {
            match read_key(archive, name) {
                Some(key) => {
                    candidates.add(key, Standing { file: Some(name.clone()), ..Standing::default() });
                }
                None => findings.add(unnamed(name)),
            }
        }
        candidates
    }

    fn add(&mut self, key: RingKey, standing: Standing) {
        let place = self.ring.add(key);
        if place == self.standing.len() {
            self.standing.push(standing);
        } else if let Some(known) = self.standing.get_mut(place) {
            known.file = known.file.take().or(standing.file);
        }
    }

    /// The keys.
    pub(crate) const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// Judges the signatures of a part's note, in the order of the parts: `Err` is why it is not to be trusted.
    pub(crate) fn judge(
        &mut self,
        part: PartNumber,
        sealed: Time,
        name: &KeyName,
        signatures: &[Signed],
        findings: &Findings,
    ) -> Result<(), Finding> {
        if signatures.contains(&Signed::Wrongly) {
            return Err(Finding::new(
                Kind::SignatureInvalid,
                "a signature is not of the key that it names: text or signature was changed",
            ));
        }
        let signers: Vec<usize> = signatures
            .iter()
            .filter_map(|signed| if let Signed::By(place) = signed { Some(*place) } else { None })
            .filter(|place| self.ring.keys().get(*place).is_some_and(|known| known.key.name() == name))
            .collect();
        let anyone = self.standing.iter().any(|standing| standing.trusted);
        if !anyone && !self.pinned {
            self.trust_first(&signers, part, findings);
        }
        let trusted: Vec<usize> =
            signers.iter().copied().filter(|place| self.standing(*place).trusted).collect();
        let serving = trusted.iter().find(|place| self.standing(**place).retired.is_none()).copied();
        let Some(serving) = serving else {
            return Err(match trusted.first() {
                Some(_) => Finding::new(
                    Kind::KeyRetired,
                    "it is signed only by a key that had handed over to another one before",
                ),
                None => Finding::new(
                    Kind::SignatureUntrusted,
                    "no trusted key has signed it: it comes from somebody else",
                ),
            });
        };
        let valid = |place: usize| self.ring.keys().get(place).is_some_and(|known| known.is_valid_at(sealed));
        if !valid(serving) {
            return Err(Finding::new(
                Kind::KeyNotValid,
                format!("it was sealed at {sealed}, and its key was not valid then"),
            ));
        }
        self.pass_on(part, &signers, findings);
        Ok(())
    }

    /// Whether a trusted key is among these signatures, and none of them is wrong.
    pub(crate) fn trusts(&self, signatures: &[Signed]) -> bool {
        let by_trusted =
            |signed: &Signed| matches!(signed, Signed::By(place) if self.standing(*place).trusted);
        signatures.iter().any(by_trusted) && !signatures.contains(&Signed::Wrongly)
    }

    fn standing(&self, place: usize) -> Standing {
        self.standing.get(place).cloned().unwrap_or_default()
    }

    fn trust_first(&mut self, signers: &[usize], part: PartNumber, findings: &Findings) {
        for place in signers {
            if let Some(standing) = self.standing.get_mut(*place) {
                standing.trusted = true;
            }
        }
        if let Some(known) = signers.first().and_then(|place| self.ring.keys().get(*place)) {
            let detail = format!(
                "no --key was given, so the key that signed the first manifest is trusted: {}. Compare it with what the vendor told you out of band, and name it with --key.",
                known.key
            );
            findings.add(Finding::new(Kind::TrustOnFirstUse, detail).part(part));
        }
    }

    /// A key that signed the part before, and one beside it that did not: the one hands over to the other.
    fn pass_on(&mut self, part: PartNumber, signers: &[usize], findings: &Findings) {
        let old: Vec<usize> = signers.iter().copied().filter(|place| self.standing(*place).current).collect();
        let new: Vec<usize> =
            signers.iter().copied().filter(|place| !self.standing(*place).current).collect();
        let rotates = !old.is_empty() && !new.is_empty();
        for (place, standing) in self.standing.iter_mut().enumerate() {
            standing.current = if rotates { new.contains(&place) } else { signers.contains(&place) };
            standing.trusted |= rotates && new.contains(&place);
            if rotates && old.contains(&place) {
                standing.retired = Some(part);
            }
        }
        let key = new.first().and_then(|place| self.ring.keys().get(*place));
        if rotates && let Some(key) = key {
            let detail = format!("this part is signed by the old key and by the new one, {}", key.key);
            findings.add(Finding::new(Kind::KeyRotated, detail).part(part));
        }
    }

    /// Tells the keys in the archive that nobody vouched for.
    pub(crate) fn end(&self, findings: &Findings) {
        for standing in &self.standing {
            if let (false, Some(file)) = (standing.trusted || standing.pinned, &standing.file) {
                let detail = "nobody vouches for this key; what it signs is not trusted";
                findings.add(Finding::new(Kind::KeyUnvouched, detail).file(file));
            }
        }
    }
}

/// The key in a file, if the file is one and has the key's name.
fn read_key(archive: &dyn Archive, name: &str) -> Option<RingKey> {
    let mut bytes = Vec::new();
    archive.open(name).ok()?.take(4_096).read_to_end(&mut bytes).ok()?;
    let key: RingKey = std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?.parse().ok()?;
    (key.key.file_name() == name).then_some(key)
}
