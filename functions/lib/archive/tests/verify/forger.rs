//! Random acts of anyone with write access to the bucket and without a private key of the vendor.

use std::time::Duration;

use archive::manifest::Manifest;
use archive::names::ConnectorId;
use archive::note::{KEY_FOLDER, NoteSignature, SignedNote};
use archive::part::Compression;
use samples::archive::{Files, Sealed, TestKey, forge, forge_all, note_of, resign, sha256, sign};

use crate::bucket_writer::Genuine;
use crate::setup::at;
use crate::tampering::Rng;

/// A forger who mutates an archive.
pub(crate) struct Forger<'a> {
    pub(crate) rng: Rng,
    pub(crate) genuine: &'a Genuine,
    /// Another connector of the same vendor.
    pub(crate) other: &'a Genuine,
    pub(crate) files: Files,
    pub(crate) keys: Vec<TestKey>,
}

impl Forger<'_> {
    pub(crate) fn below(&mut self, end: usize) -> usize {
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

    pub(crate) fn mutate(&mut self) -> &'static str {
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
