//! A generator of tampered archives. Every case must be detected with the right findings.
//!
//! The short form runs with all tests. The long form, 20,000 cases:
//!
//! ```text
//! cargo test --release -p archive --test verify -- --ignored --nocapture tampering
//! ```

use std::collections::BTreeMap;
use std::io::Read;

use archive::manifest::Manifest;
use archive::note::RingKey;
use archive::part::{Compression, PartNumber};
use archive::sha256::Sha256;
use archive::verify::check::{Verdict, VerifyOptions};
use archive::verify::finding::{Kind, Severity};
use samples::archive::{Files, Sealed, Sealer, TestKey, file, resealed, sample_archive};

use crate::setup::{pinned_options, sample, verify};
use crate::tamper_files::OF_FILES;
use crate::tamper_signatures::OF_SIGNATURES;
use crate::tamper_vendor::BY_THE_VENDOR;

/// Pseudo-random numbers, the same for the same seed (`splitmix64`).
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }
}

/// A tampered archive, and the expected findings: one of these kinds, in this part if there is one.
struct Case {
    files: Files,
    options: VerifyOptions,
    expected: &'static [Kind],
    part: Option<u64>,
}

/// The archive to tamper with.
pub(crate) struct TamperContext<'a> {
    pub(crate) archive: &'a Sealer,
    /// Another connector of the same vendor, whose key signs both.
    pub(crate) other: &'a Sealer,
    pub(crate) rng: Rng,
    pub(crate) files: Files,
    pub(crate) options: VerifyOptions,
}

/// Tampers, and returns the expected findings: one of these kinds, in this part if one is named.
pub(crate) type Tamper = fn(&mut TamperContext<'_>) -> (&'static [Kind], Option<u64>);

impl TamperContext<'_> {
    /// A part of the sample, with its index.
    pub(crate) fn part(&mut self) -> (usize, Sealed) {
        let index = self.rng.below(self.archive.parts.len());
        (index, self.archive.parts[index].clone())
    }

    /// A part that is not the last.
    pub(crate) fn inner(&mut self) -> (usize, Sealed) {
        let index = self.rng.below(self.archive.parts.len() - 1);
        (index, self.archive.parts[index].clone())
    }

    /// A key that no archive names.
    pub(crate) fn stranger(&mut self) -> TestKey {
        TestKey::new(200 + u8::try_from(self.rng.below(50)).unwrap())
    }

    pub(crate) fn object(&mut self, sealed: &Sealed) -> &mut Vec<u8> {
        self.files.get_mut(&sealed.manifest.object()).unwrap()
    }

    pub(crate) fn note(&mut self, sealed: &Sealed) -> &mut Vec<u8> {
        self.files.get_mut(&note_name(sealed)).unwrap()
    }

    /// Flips a bit among the first `first` bytes of a file.
    pub(crate) fn flip(&mut self, name: &str, first: usize) {
        let bytes = self.files.get_mut(name).unwrap();
        let (index, bit) = (self.rng.below(bytes.len().min(first)), self.rng.below(8));
        bytes[index] ^= 1 << bit;
    }

    /// Replaces the manifest of a part by another one, signed by these keys.
    pub(crate) fn reseal(
        &mut self,
        sealed: &Sealed,
        keys: &[TestKey],
        edit: impl FnOnce(&mut Manifest),
    ) -> Sealed {
        resealed(&mut self.files, sealed, keys, edit)
    }

    /// Replaces the object of a part, sealed again with these keys.
    pub(crate) fn replace(&mut self, sealed: &Sealed, keys: &[TestKey], lines: &[String]) {
        let (bytes, encoded) = file(sealed.manifest.encoding, lines.iter().map(String::as_str));
        self.files.remove(&sealed.manifest.object());
        let new = self.reseal(sealed, keys, |manifest| {
            (manifest.sha256, manifest.size) = (encoded.sha256, encoded.size);
            (manifest.raw_sha256, manifest.raw_size) = (encoded.raw_sha256, encoded.raw_size);
        });
        self.files.insert(new.manifest.object(), bytes);
    }

    /// The events of a part.
    pub(crate) fn lines(&self, sealed: &Sealed) -> Vec<String> {
        let bytes = &self.files[&sealed.manifest.object()];
        let mut unpacked: Box<dyn Read> = match sealed.manifest.encoding.compression {
            Compression::None => Box::new(&bytes[..]),
            Compression::Gzip => Box::new(flate2::read::GzDecoder::new(&bytes[..])),
            Compression::Zstd => Box::new(zstd::Decoder::new(&bytes[..]).unwrap()),
        };
        let mut text = String::new();
        unpacked.read_to_string(&mut text).unwrap();
        let events = text.lines().filter(|line| !matches!(*line, "[" | "]"));
        events.map(|line| line.strip_suffix(',').unwrap_or(line).to_owned()).collect()
    }
}

/// The name of a part's note.
pub(crate) fn note_name(sealed: &Sealed) -> String {
    sealed.manifest.name(sealed.note.sha256())
}

/// The number of the part at that index of the sample.
pub(crate) fn nth(index: usize) -> u64 {
    u64::try_from(index).unwrap() + 1
}

/// All ways of tampering.
fn tampers() -> Vec<(&'static str, Tamper)> {
    let all = [OF_SIGNATURES, OF_FILES, BY_THE_VENDOR].concat();
    assert_eq!(all.len(), 41);
    all
}

/// Runs `cases` cases, each kind in turn; `seed` varies them.
fn run_cases(cases: usize, seed: u64) {
    let (archive, other) = (sample(), sample_archive(2, 7));
    let newest = archive.parts[13].note.sha256();
    let tampers = tampers();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for turn in 0..cases {
        let (name, tampering) = tampers[turn % tampers.len()];
        let mut context = TamperContext {
            archive: &archive,
            other: &other,
            rng: Rng(seed.wrapping_mul(1 << 32) + turn as u64),
            files: archive.files.clone(),
            options: VerifyOptions { newest: Some(newest), ..pinned_options() },
        };
        let (expected, part) = tampering(&mut context);
        let TamperContext { files, options, .. } = context;
        let case = Case { files, options, expected, part };
        check_detected(&case).unwrap_or_else(|found| panic!("{name}, turn {turn} of seed {seed}: {found}"));
        *counts.entry(name).or_default() += 1;
    }
    for (name, count) in &counts {
        eprintln!("{count:>6}  {name}");
    }
    eprintln!("{cases:>6}  cases, all detected and named");
}

/// Checks that a case has the expected finding.
fn check_detected(case: &Case) -> Result<(), String> {
    let outcome = verify(&case.files, &case.options);
    let named = outcome
        .findings
        .iter()
        .any(|found| case.expected.contains(&found.kind) && (case.part.is_none() || found.part == case.part));
    // Tampering without effect on texts and objects is reported and does not affect the verdict.
    let gravest = case.expected.iter().map(|kind| kind.severity()).min();
    let verdict = match gravest {
        Some(Severity::Note) => Verdict::Proven,
        Some(Severity::Incomplete) => Verdict::Incomplete,
        _ => Verdict::Violated,
    };
    if named && outcome.verdict == verdict {
        return Ok(());
    }
    Err(format!(
        "{:?} in part {:?} was expected, and {:?} found: {:#?}",
        case.expected, case.part, outcome.verdict, outcome.findings
    ))
}

#[test]
fn tampering_is_detected_and_reported() {
    run_cases(tampers().len() * 12, 1);
}

#[test]
#[ignore = "the long form: 20,000 cases, a minute with --release"]
fn tampering_is_detected_and_reported_in_20_000_cases() {
    let seed = std::process::id();
    eprintln!("seed {seed}");
    run_cases(20_000, seed.into());
}

/// Without tampering there is no finding.
#[test]
fn an_archive_without_tampering_is_proven() {
    let archive = sample();
    let newest: Sha256 = archive.parts[13].note.sha256();
    let pins: Vec<RingKey> = vec![TestKey::new(7).ring_key()];
    let outcome = verify(&archive.files, &VerifyOptions { newest: Some(newest), pins, ..pinned_options() });
    assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
    assert_eq!(archive.parts[13].manifest.part, PartNumber::new(14));
}
