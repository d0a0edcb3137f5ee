//! Whole archives: an intact one is changed as the input says, file by file and line by line, and verified
//! with the vendor's key. Anyone who can write below the prefix can do all of that. Nothing panics, no key
//! but the vendor's is trusted, nobody is accused of equivocation, and only genuine texts and objects are
//! proven.
#![no_main]

use std::io::{self, Cursor, Read};
use std::sync::LazyLock;

use archive::note::SignedNote;
use archive::verify::archive::{Archive, Entry, EntryKind};
use archive::verify::check::{Progress, Verdict, VerifyOptions, check};
use archive::verify::events::Fields;
use archive::verify::finding::Kind;
use archive::verify::resources::Resources;
use libfuzzer_sys::fuzz_target;
use samples::archive::{Files, Sealer, TestKey, note_of, sample_archive};

static SAMPLE: LazyLock<Sealer> = LazyLock::new(|| sample_archive(1, 7));
static OTHER: LazyLock<Sealer> = LazyLock::new(|| sample_archive(2, 7));

struct Memory<'a>(&'a Files);

impl Archive for Memory<'_> {
    fn list(&self, each: &mut dyn FnMut(Entry) -> io::Result<()>) -> io::Result<()> {
        for (name, bytes) in self.0 {
            each(Entry { name: name.clone(), kind: EntryKind::File(bytes.len() as u64) })?;
        }
        Ok(())
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(bytes.as_slice()))
    }

    fn open_range(&self, name: &str, offset: u64, length: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let bytes = self.0.get(name).ok_or(io::ErrorKind::NotFound)?;
        let from = usize::try_from(offset).map_or(bytes.len(), |offset| offset.min(bytes.len()));
        Ok(Box::new(bytes[from..].take(length)))
    }

    fn concurrency(&self) -> usize {
        1
    }
}

/// Applies one change: which kind, to which file, with which bytes.
fn change(files: &mut Files, [what, which, at, value]: [u8; 4], rest: &[u8]) {
    let Some(name) = files.keys().nth(usize::from(which) % files.len().max(1)).cloned() else { return };
    let forger = TestKey::new(200 + value % 4);
    let parse_note = |files: &Files| SignedNote::parse(&files[&name]).ok();
    match what % 10 {
        0 => drop(files.remove(&name)),
        1 => {
            let bytes = files.get_mut(&name).expect("a file");
            if !bytes.is_empty() {
                let at = usize::from(at) * bytes.len() / 256;
                bytes[at] ^= value;
            }
        }
        2 => drop(files.insert(name, rest.to_vec())),
        3 => drop(files.insert(String::from_utf8_lossy(rest).into_owned(), files[&name].clone())),
        4 => {
            let other = OTHER.files.iter().nth(usize::from(at) % OTHER.files.len()).expect("a file");
            files.insert(other.0.clone(), other.1.clone());
        }
        5 => drop(files.insert(forger.public.file_name(), format!("{}\n", forger.ring_key()).into_bytes())),
        6..=8 => {
            let Some(note) = parse_note(files) else { return };
            let mut lines = note.signatures().to_vec();
            match what % 10 {
                6 => lines.push(forger.sign(note.text())),
                7 => lines = vec![forger.sign(note.text())],
                _ => {
                    let line = lines[usize::from(at) % lines.len()].clone();
                    lines.insert(0, line);
                    lines[0].bytes.truncate(usize::from(value));
                }
            }
            if let Ok(note) = SignedNote::new(note.text().to_owned(), lines) {
                files.insert(name, note.bytes());
            }
        }
        _ => {
            let from = u64::from(at) % SAMPLE.parts.len() as u64 + 1;
            samples::archive::forge(files, &SAMPLE.parts, from, &forger, value > 127);
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut files = SAMPLE.files.clone();
    let (chunks, rest) = bytes.split_at(bytes.len().min(16) / 4 * 4);
    for chunk in chunks.chunks_exact(4) {
        change(&mut files, [chunk[0], chunk[1], chunk[2], chunk[3]], rest);
    }
    let options = VerifyOptions {
        pins: vec![TestKey::new(if bytes.len() % 2 == 0 { 7 } else { 107 }).ring_key()],
        connector: None,
        from: None,
        to: None,
        newest: None,
        boundaries: Vec::new(),
        location: None,
        as_of: SAMPLE.watermark(),
        fields: Fields::default(),
        resources: Resources {
            memory: 1 << 20,
            threads: 2,
            min_temp_bytes: 1 << 20,
            new_temp_file: || Ok(Box::new(Cursor::new(Vec::new()))),
        },
    };
    let outcome = check(&Memory(&files), &options, &Progress::default()).expect("a folder in memory");
    let genuine = [7, 107].map(|seed| TestKey::new(seed).public);
    assert!(outcome.trusted.iter().all(|key| genuine.contains(key)), "{:?}", outcome.trusted);
    for accusation in [Kind::Equivocation, Kind::KeyRetired] {
        assert!(!outcome.counts.contains_key(&accusation), "{:#?}", outcome.findings);
    }
    if outcome.verdict == Verdict::Proven {
        let source = if outcome.origin.as_ref() == Some(&SAMPLE.origin) { &SAMPLE } else { &OTHER };
        let last = outcome.chain.last_part.and_then(|last| usize::try_from(last).ok()).expect("a part");
        for sealed in &source.parts[..last] {
            assert_eq!(files.get(&sealed.manifest.object()), source.files.get(&sealed.manifest.object()));
            let note = SignedNote::parse(&files[&note_of(sealed)]).expect("a note");
            assert_eq!(note.text(), sealed.note.text());
        }
    }
});
