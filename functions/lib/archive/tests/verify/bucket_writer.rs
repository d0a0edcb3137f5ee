//! The power of anyone with write access to the bucket and without a private key of the vendor: any sequence
//! of changes to signature lines, key files, notes, objects, names; any text signed with other keys; replays
//! of genuine texts; forged tails. With a named key, no changed content is proven, nobody is accused, and no
//! key but the genuine ones is ever trusted. Without one nothing is proven.
//!
//! The short form runs with all tests. The long form, 100,000 cases:
//!
//! ```text
//! cargo test -p archive --test verify -- --ignored --nocapture in_100_000_cases
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use archive::manifest::Manifest;
use archive::note::{SignedNote, VerifierKey};
use archive::part::{Compression, Encoding, Format, MANIFEST_FOLDER, PartNumber};
use archive::sha256::Sha256;
use archive::time::Time;
use archive::verify::check::{Outcome, Verdict, VerifyOptions};
use archive::verify::finding::Kind;
use samples::archive::{Files, Sealed, Sealer, TestKey};

use crate::forger::Forger;
use crate::setup::{at, options, verify};
use crate::tampering::Rng;

/// A genuine archive, and the keys that signed it.
pub(crate) struct Genuine {
    pub(crate) sealer: Sealer,
    pub(crate) keys: Vec<TestKey>,
}

impl Genuine {
    /// A connector's first hours: `parts` parts, some of them heartbeats, in this compression. The key hands
    /// over in one part, in two, or in none.
    fn new(connector: u64, parts: u32, compression: Compression, rotations: &[u32]) -> Self {
        let mut sealer = Sealer::new(connector, at("2026-11-20T00:00:00Z"), 7);
        let mut keys = vec![TestKey::new(7)];
        sealer.encoding = Encoding { format: Format::Json, compression };
        for part in 1..=parts {
            if rotations.contains(&part) {
                let seed = 106 + u8::try_from(keys.len()).unwrap();
                sealer.rotate(seed);
                keys.push(TestKey::new(seed));
            }
            let from = sealer.watermark();
            let event = |number: u32| {
                let time = from + Duration::from_mins(1) * number;
                (time, format!(r#"{{"eventID":"{connector}-{part}-{number}","eventTime":"{time}"}}"#))
            };
            let events: Vec<_> = (0..part % 4).map(event).collect();
            sealer.seal(from + Duration::from_hours(1), &events);
        }
        Self { sealer, keys }
    }

    fn newest(&self) -> Sha256 {
        self.sealer.parts.last().unwrap().note.sha256()
    }

    /// The time of the copy: before the next part was due.
    fn as_of(&self) -> Time {
        self.sealer.watermark() + Duration::from_mins(30)
    }

    /// The parts in the requested range.
    fn parts_in_range(&self, options: &VerifyOptions) -> std::ops::RangeInclusive<u64> {
        let is_requested = |part: &&Sealed| {
            options.from.is_none_or(|from| part.manifest.window.to > from)
                && options.to.is_none_or(|to| part.manifest.window.from < to)
        };
        let mut requested =
            self.sealer.parts.iter().filter(is_requested).map(|part| part.manifest.part.get());
        let first = requested.next().unwrap_or(1);
        first..=requested.next_back().unwrap_or(first)
    }

    /// The first difference from the genuine archive in the verified parts: `None` if all texts of the
    /// chain's notes and all bytes of its objects are genuine.
    fn difference(&self, files: &Files, options: &VerifyOptions, outcome: &Outcome) -> Option<String> {
        let verified = outcome.chain.first_part?..=outcome.chain.last_part?;
        let requested = self.parts_in_range(options);
        let last = if options.to.is_some() { *requested.end() } else { *verified.end() };
        if verified != (*requested.start()..=last)
            || outcome.chain.manifests != verified.end() + 1 - verified.start()
        {
            return Some(format!(
                "parts {verified:?} of {requested:?}, {} manifests",
                outcome.chain.manifests
            ));
        }
        let mut texts = BTreeSet::new();
        for (_, bytes) in files.iter().filter(|(name, _)| name.starts_with(MANIFEST_FOLDER)) {
            if let Ok(note) = SignedNote::parse(bytes)
                && Manifest::parse(note.text()).is_ok_and(|manifest| {
                    manifest.origin == self.sealer.origin && verified.contains(&manifest.part.get())
                })
            {
                texts.insert(note.text().to_owned());
            }
        }
        let parts: Vec<&Sealed> =
            self.sealer.parts.iter().filter(|part| verified.contains(&part.manifest.part.get())).collect();
        let genuine: BTreeSet<String> = parts.iter().map(|part| part.note.text().to_owned()).collect();
        if texts != genuine {
            return Some("the texts differ".to_owned());
        }
        let changed = parts
            .iter()
            .map(|part| part.manifest.object())
            .find(|name| files.get(name) != self.sealer.files.get(name));
        changed.map(|name| format!("{name} differs"))
    }
}

/// The options of an auditor in one of the cases.
fn random_options(genuine: &Genuine, other: &Genuine, rng: &mut Rng) -> VerifyOptions {
    let keys = &genuine.keys;
    let pins = match rng.below(5) {
        0 => Vec::new(),
        1 => vec![keys[keys.len() - 1].ring_key()],
        2 => keys.iter().map(TestKey::ring_key).collect(),
        _ => vec![keys[0].ring_key()],
    };
    let connector = match rng.below(4) {
        0 => Some(genuine.sealer.origin.connector.clone()),
        1 => Some(other.sealer.origin.connector.clone()),
        _ => None,
    };
    let newest = match rng.below(4) {
        0 => Some(genuine.newest()),
        1 => Some(Sha256::new([3; 32])),
        _ => None,
    };
    // Sometimes only a range of time. Naming the newest manifest requires everything up to it.
    let boundary = |rng: &mut Rng| {
        let index = rng.below(genuine.sealer.parts.len());
        genuine.sealer.parts[index].manifest.window.from + Duration::from_mins(10)
    };
    let from = (rng.below(4) == 0).then(|| boundary(rng));
    let to = (newest.is_none() && rng.below(4) == 0).then(|| boundary(rng));
    let to = to.filter(|to| from.is_none_or(|from| from < *to));
    VerifyOptions { pins, connector, from, to, newest, as_of: genuine.as_of(), ..options() }
}

/// Runs `cases` cases, and prints the number of each verdict.
fn run_cases(cases: usize, seed: u64) {
    let archives: Vec<Genuine> = [
        (3, Compression::None, &[][..]),
        (5, Compression::Gzip, &[3]),
        (8, Compression::Zstd, &[2, 6]),
        (4, Compression::None, &[1]),
        (6, Compression::None, &[6]),
    ]
    .into_iter()
    .map(|(parts, compression, rotations)| Genuine::new(1, parts, compression, rotations))
    .collect();
    let other = Genuine::new(2, 4, Compression::None, &[2]);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for turn in 0..cases {
        let genuine = &archives[turn % archives.len()];
        let mut rng = Rng::new(seed.wrapping_mul(1 << 32) + turn as u64);
        let options = random_options(genuine, &other, &mut rng);
        // Two keys with the vendor's name, and one with another.
        let keys =
            vec![TestKey::new(200), TestKey::new(201), TestKey::named("forger.example/auditferry", 202)];
        let mut forger = Forger { rng, genuine, other: &other, files: genuine.sealer.files.clone(), keys };
        let acts: Vec<&str> = (0..=forger.below(4)).map(|_| forger.mutate()).collect();
        let outcome = verify(&forger.files, &options);
        let case = || format!("turn {turn} of seed {seed}, {acts:?}: {:#?}", outcome.findings);
        if options.pins.is_empty() {
            assert_ne!(outcome.verdict, Verdict::Proven, "without a key, {}", case());
        } else {
            let is_genuine =
                |key: &VerifierKey| genuine.keys.iter().chain(&other.keys).any(|one| one.public == *key);
            assert!(outcome.trusted.iter().all(is_genuine), "{:?}: {}", outcome.trusted, case());
            for kind in [Kind::Equivocation, Kind::KeyRetired, Kind::BoundaryMismatch, Kind::ChainBroken] {
                assert!(!outcome.counts.contains_key(&kind), "an accusation of {kind:?}, {}", case());
            }
        }
        if outcome.verdict == Verdict::Proven {
            let of = outcome.origin.as_ref().unwrap();
            let source = if *of == genuine.sealer.origin { genuine } else { &other };
            assert_eq!(source.sealer.origin, *of, "{}", case());
            assert_eq!(source.difference(&forger.files, &options, &outcome), None, "{}", case());
            if options.newest == Some(genuine.newest()) {
                assert_eq!(outcome.chain.last_part, Some(genuine.sealer.parts.len() as u64), "{}", case());
            }
            assert_ne!(options.newest, Some(Sha256::new([3; 32])), "{}", case());
        }
        let pins = if options.pins.is_empty() { "without a key" } else { "with a key" };
        *counts.entry(format!("{:?} {pins}", outcome.verdict)).or_default() += 1;
    }
    for (verdict, count) in &counts {
        eprintln!("{count:>7}  {verdict}");
    }
    eprintln!("{cases:>7}  cases, seed {seed}: no forgery is proven, and nobody is accused");
}

#[test]
fn no_tampering_without_the_vendors_key_is_ever_proven() {
    run_cases(4_000, 1);
}

#[test]
#[ignore = "the long form: 100,000 cases, some minutes"]
fn no_tampering_without_the_vendors_key_is_ever_proven_in_100_000_cases() {
    let seed = std::process::id();
    run_cases(100_000, seed.into());
}

/// The generator creates valid archives, and every auditor who names a key proves them.
#[test]
fn an_unchanged_archive_is_proven_to_everyone_who_names_a_key() {
    for (parts, rotations) in [(3, &[][..]), (5, &[3]), (8, &[2, 6]), (4, &[1]), (6, &[6])] {
        for compression in [Compression::None, Compression::Gzip, Compression::Zstd] {
            let genuine = Genuine::new(1, parts, compression, rotations);
            let with = |pins: Vec<_>| VerifyOptions { pins, as_of: genuine.as_of(), ..options() };
            let all: Vec<_> = genuine.keys.iter().map(TestKey::ring_key).collect();
            let newest = genuine.keys[genuine.keys.len() - 1].ring_key();
            for options in [with(vec![genuine.keys[0].ring_key()]), with(vec![newest]), with(all)] {
                let outcome = verify(&genuine.sealer.files, &options);
                assert_eq!(outcome.verdict, Verdict::Proven, "{:#?}", outcome.findings);
                assert_eq!(genuine.difference(&genuine.sealer.files, &options, &outcome), None);
            }
            assert_eq!(verify(&genuine.sealer.files, &with(Vec::new())).verdict, Verdict::Consistent);
            assert_eq!(genuine.sealer.parts.last().unwrap().manifest.part, PartNumber::new(parts.into()));
        }
    }
}
