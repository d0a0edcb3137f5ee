//! The power of anyone with write access to the bucket and without a private key of the vendor: any sequence
//! of changes to signature lines, key files, notes, objects, names; any text signed with other keys; replays
//! of genuine texts; forged tails. With a named key, no changed content is proven, nobody is accused, and no
//! key but the genuine ones is ever trusted. Without one nothing is proven.
//!
//! The short form runs with all tests. The long form, 100,000 cases:
//!
//! ```text
//! cargo test -p auditferry -- --ignored --nocapture in_100_000_cases
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use archive::manifest::Manifest;
use archive::note::{KEY_FOLDER, NoteSignature, SignedNote, VerifierKey};
use archive::part::{Compression, Encoding, Format, MANIFEST_FOLDER, PartNumber};
use archive::sha256::Sha256;
use tests::archive::{Sealed, forge, forge_all, note_of, resign, sha256, sign};

use super::tampering::Rng;
use super::*;

/// A genuine archive, and the keys that signed it.
struct Genuine {
    sealer: Sealer,
    keys: Vec<TestKey>,
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

/// A forger who mutates an archive.
struct Forger<'a> {
    rng: Rng,
    genuine: &'a Genuine,
    /// Another connector of the same vendor.
    other: &'a Genuine,
    files: Files,
    keys: Vec<TestKey>,
}

impl Forger<'_> {
    fn below(&mut self, end: usize) -> usize {
        self.rng.below(end)
    }

    fn part(&mut self) -> Sealed {
        let index = self.below(self.genuine.sealer.parts.len());
        self.genuine.sealer.parts[index].clone()
    }

    fn key(&mut self) -> TestKey {
        let index = self.below(self.keys.len());
        self.keys[index].clone()
    }

    /// A random file below a folder, if there is one.
    fn file(&mut self, folder: &str) -> Option<String> {
        let names: Vec<String> = self.files.keys().filter(|name| name.starts_with(folder)).cloned().collect();
        (!names.is_empty()).then(|| names[self.rng.below(names.len())].clone())
    }

    fn put_note(&mut self, manifest: &Manifest, note: &SignedNote) {
        self.files.insert(manifest.name(note.sha256()), note.bytes());
    }

    /// Changes the signature lines of an existing note.
    fn lines(&mut self) {
        let Some(name) = self.file("manifests/date=") else { return };
        let Ok(note) = SignedNote::parse(&self.files[&name]) else { return };
        let mut lines = note.signatures().to_vec();
        let at = self.below(lines.len());
        match self.below(7) {
            0 => lines.push(self.key().sign(note.text())),
            1 => lines.insert(0, self.key().sign(note.text())),
            2 => lines.push(lines[at].clone()),
            3 => lines[at].bytes[3] ^= 1,
            4 => lines.rotate_left(at),
            5 if lines.len() > 1 => drop(lines.remove(at)),
            _ => {
                let stolen = lines[at].clone();
                let bytes = vec![u8::try_from(at).unwrap(); 64];
                lines.insert(0, NoteSignature { bytes, ..stolen });
            }
        }
        if self.below(4) == 0 {
            lines = vec![self.key().sign(note.text())];
        }
        if let Ok(note) = SignedNote::new(note.text().to_owned(), lines) {
            self.files.insert(name, note.bytes());
        }
    }

    /// Adds, removes, replaces or renames a key file.
    fn key_file(&mut self) {
        let key = self.key();
        let line = format!("{}\n", key.ring_key()).into_bytes();
        match (self.below(4), self.file(KEY_FOLDER)) {
            (0, Some(name)) => drop(self.files.remove(&name)),
            (1, Some(name)) => drop(self.files.insert(name, line)),
            (2, Some(name)) => {
                let bytes = self.files.remove(&name).unwrap();
                self.files.insert(key.public.file_name(), bytes);
            }
            _ => drop(self.files.insert(key.public.file_name(), line)),
        }
    }

    /// Adds, removes, replaces, swaps or renames a file.
    fn any_file(&mut self) {
        let folder = ["events/", "manifests/date=", ""][self.below(3)];
        let (Some(name), Some(second)) = (self.file(folder), self.file(folder)) else { return };
        match self.below(7) {
            0 => drop(self.files.remove(&name)),
            1 => {
                let (byte, bit) = (self.rng.next(), self.below(8));
                let bytes = self.files.get_mut(&name).unwrap();
                if !bytes.is_empty() {
                    let byte = usize::try_from(byte % bytes.len() as u64).unwrap();
                    bytes[byte] ^= 1 << bit;
                }
            }
            2 => {
                let (one, two) = (self.files[&name].clone(), self.files[&second].clone());
                self.files.insert(name, two);
                self.files.insert(second, one);
            }
            3 => {
                let bytes = self.files[&second].clone();
                self.files.insert(name, bytes);
            }
            4 => {
                let bytes = self.files.remove(&name).unwrap();
                self.files.insert(name.replace("0000000000", "0000000001"), bytes);
            }
            5 => {
                let bytes = self.files[&name].clone();
                self.files.insert(name.replace("date=2026-11-20", "date=2026-11-21"), bytes);
            }
            _ => drop(self.files.insert(format!("{name}x"), b"[\n1\n]\n".to_vec())),
        }
    }

    /// Replays a genuine file of the other connector, or of this one.
    fn replay(&mut self) {
        let source = if self.below(2) == 0 { self.other } else { self.genuine };
        let index = self.below(source.sealer.parts.len());
        let sealed = &source.sealer.parts[index];
        let (note, object) = (note_of(sealed), sealed.manifest.object());
        match self.below(4) {
            0 => drop(self.files.insert(note.clone(), source.sealer.files[&note].clone())),
            1 => drop(self.files.insert(object.clone(), source.sealer.files[&object].clone())),
            2 => self.files.extend(source.sealer.files.clone()),
            _ => {
                let mine = self.part();
                self.files.insert(note_of(&mine), source.sealer.files[&note].clone());
            }
        }
    }

    /// Signs another text of a part: other numbers, another successor, another position in the chain, another
    /// object.
    fn text(&mut self) {
        let sealed = self.part();
        let (key, successor) = (self.key(), self.key());
        let mut manifest = sealed.manifest.clone();
        match self.below(7) {
            5 => {
                // A window of another hour with the same part number.
                let span = Duration::from_hours(self.rng.below(12) as u64);
                manifest.window.from = at("2026-11-20T00:00:00Z") + span;
                manifest.window.to = manifest.window.from + Duration::from_hours(1);
            }
            0 => manifest.successor = Some(successor.public),
            1 => manifest.successor = None,
            2 => manifest.events += 1,
            3 => manifest.part = manifest.part.next(),
            4 => manifest.origin.connector = ConnectorId::new(9),
            _ => {
                let bytes = b"[\n{\"forged\":true}\n]\n".to_vec();
                manifest.encoding.compression = Compression::None;
                (manifest.sha256, manifest.size) = (sha256(&bytes), bytes.len() as u64);
                (manifest.raw_sha256, manifest.raw_size) = (manifest.sha256, manifest.size);
                self.files.insert(manifest.object(), bytes);
            }
        }
        let mut lines = vec![key.sign(&manifest.text())];
        if self.below(2) == 0 {
            // The vendor's own lines, which belong to another text now.
            lines.splice(0..0, sealed.note.signatures().iter().cloned());
        }
        if self.below(2) == 0 {
            self.files.remove(&note_of(&sealed));
        }
        // A manifest with a successor of another name is malformed.
        if let Ok(note) = SignedNote::new(manifest.text(), lines) {
            self.put_note(&manifest, &note);
        }
    }

    /// Forges the parts after a part, or everything, or signs the same texts again.
    fn tail(&mut self) {
        let (parts, key) = (&self.genuine.sealer.parts, self.keys[self.rng.below(self.keys.len())].clone());
        let from = self.rng.below(parts.len()) as u64 + 1;
        match self.rng.below(5) {
            0 => forge(&mut self.files, parts, from, &key, false),
            1 => forge(&mut self.files, parts, from, &key, true),
            2 => forge_all(&mut self.files, parts, &[key]),
            3 => {
                let successor = self.genuine.keys[0].clone();
                let hand_over = |part| (vec![key.clone()], (part == from).then(|| successor.clone()));
                drop(resign(&mut self.files, parts, hand_over));
            }
            _ => {
                // The same texts, signed by somebody else from here on.
                for sealed in parts.iter().filter(|sealed| sealed.manifest.part.get() >= from) {
                    let note = sign(sealed.note.text().to_owned(), std::slice::from_ref(&key));
                    self.files.insert(note_of(sealed), note.bytes());
                }
            }
        }
    }

    /// Removes the end or the beginning.
    fn cut(&mut self) {
        let (index, end) = (self.below(self.genuine.sealer.parts.len()), self.below(3) > 0);
        for (number, sealed) in self.genuine.sealer.parts.iter().enumerate() {
            if (number >= index) == end {
                self.files.remove(&note_of(sealed));
                self.files.remove(&sealed.manifest.object());
            }
        }
    }

    fn mutate(&mut self) -> &'static str {
        match self.below(14) {
            0..=3 => {
                self.lines();
                "lines"
            }
            4..=5 => {
                self.key_file();
                "key file"
            }
            6..=7 => {
                self.any_file();
                "file"
            }
            8 => {
                self.replay();
                "replay"
            }
            9..=10 => {
                self.text();
                "text"
            }
            11..=12 => {
                self.tail();
                "tail"
            }
            _ => {
                self.cut();
                "cut"
            }
        }
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
