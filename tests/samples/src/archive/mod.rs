//! Valid archives: the objects below a connector's prefix after some days, made by the exporter's own encoder
//! and manifest and signed with reproducible keys. The verifier is tested with them and with tampered
//! versions.

mod forge;
mod sample;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use archive::encode::{Encoded, FileWriter};
use archive::frequency::{Frequency, next_expected_by};
use archive::generated_events::Heartbeat;
use archive::manifest::{ChainStart, Location, Manifest, Origin, Previous};
use archive::names::ConnectorId;
use archive::note::{KeyName, NoteSignature, RingKey, SignedNote, VerifierKey};
use archive::part::{Compression, Encoding, Format, PartNumber, Window};
use archive::sha256::Sha256;
use archive::time::Time;
use ed25519_dalek::{Signer, SigningKey};

pub use forge::{forge, forge_all, note_of, resign, with_signatures};
pub use sample::{sample_archive, with_time};

/// The files of an archive, by their names below the prefix.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A reproducible key: 32 bytes of one value.
#[derive(Debug, Clone)]
pub struct TestKey {
    private: SigningKey,
    /// The public key.
    pub public: VerifierKey,
}

impl TestKey {
    /// The key of `vendor.example` with this seed.
    pub fn new(seed: u8) -> Self {
        Self::named("vendor.example/auditferry", seed)
    }

    /// The key with this name and seed.
    pub fn named(name: &str, seed: u8) -> Self {
        let private = SigningKey::from_bytes(&[seed; 32]);
        let name: KeyName = name.parse().expect("a key's name");
        let public = VerifierKey::new(name, private.verifying_key().to_bytes()).expect("a sound key");
        Self { private, public }
    }

    /// The key's signature of a text.
    pub fn sign(&self, text: &str) -> NoteSignature {
        self.public.signature(self.private.sign(text.as_bytes()).to_bytes())
    }

    /// The key as a verifier takes it, valid at all times.
    pub fn ring_key(&self) -> RingKey {
        RingKey { key: self.public.clone(), from: None, until: None }
    }
}

/// The text of a manifest, signed with these keys.
pub fn sign(text: String, keys: &[TestKey]) -> SignedNote {
    let signatures = keys.iter().map(|key| key.sign(&text)).collect();
    SignedNote::new(text, signatures).expect("a note")
}

/// A sealed part: its manifest, and the keys that signed it.
#[derive(Debug, Clone)]
pub struct Sealed {
    /// The manifest without its signatures.
    pub manifest: Manifest,
    /// The manifest with its signatures.
    pub note: SignedNote,
    /// The keys that signed it.
    pub keys: Vec<TestKey>,
}

/// Seals parts one after the other, as a connector's exporter does.
#[derive(Debug, Clone)]
pub struct Sealer {
    /// The vendor and connector of the chain.
    pub origin: Origin,
    /// Format and compression of the next part.
    pub encoding: Encoding,
    /// The export frequency.
    pub frequency: Frequency,
    /// The destination's location.
    pub destination: Location,
    /// The files that were delivered so far, by name.
    pub files: Files,
    /// The sealed parts.
    pub parts: Vec<Sealed>,
    keys: Vec<TestKey>,
    watermark: Time,
}

impl Sealer {
    /// A connector with this number that exports from `since` on and signs with the key of this seed.
    pub fn new(connector: u64, since: Time, seed: u8) -> Self {
        let mut sealer = Self {
            origin: Origin {
                vendor: "vendor.example".parse().expect("a domain"),
                connector: ConnectorId::new(connector),
            },
            encoding: Encoding { format: Format::Json, compression: Compression::Gzip },
            frequency: Frequency::HOURLY,
            destination: Location {
                bucket: "acme-audit-log".parse().expect("a bucket"),
                prefix: "auditferry".parse().expect("a prefix"),
                region: "eu-central-1".parse().expect("a region"),
                account: "222222222222".parse().expect("an account"),
            },
            files: Files::new(),
            parts: Vec::new(),
            keys: Vec::new(),
            watermark: since,
        };
        sealer.publish(TestKey::new(seed));
        sealer
    }

    /// Puts a key next to the manifests, and signs with it too.
    fn publish(&mut self, key: TestKey) {
        self.files.insert(key.public.file_name(), format!("{}\n", key.ring_key()).into_bytes());
        self.keys.push(key);
    }

    /// The next part is signed by the current key, whose text names this one as the successor, and by this
    /// one. Later parts are signed by this one alone.
    pub fn rotate(&mut self, seed: u8) {
        self.publish(TestKey::new(seed));
    }

    /// The current key is lost or stolen: the next part is signed by this one alone.
    pub fn replace(&mut self, seed: u8) {
        self.keys.clear();
        self.publish(TestKey::new(seed));
    }

    /// The end of the sealed windows.
    pub fn watermark(&self) -> Time {
        self.watermark
    }

    /// Seals the events up to `to`, in their order; those before the watermark are late. Without events the
    /// part is a heartbeat.
    pub fn seal(&mut self, to: Time, events: &[(Time, String)]) -> &Sealed {
        let number = PartNumber::new(self.parts.len() as u64 + 1);
        let window = Window { from: self.watermark, to };
        let sealed = to + Duration::from_millis(307_120);
        let (bytes, encoded) = if events.is_empty() {
            let next = next_expected_by(to, sealed, self.frequency);
            Heartbeat::new(&self.origin.connector, number, window, sealed, next)
                .file(self.encoding)
                .expect("a heartbeat")
        } else {
            file(self.encoding, events.iter().map(|(_, line)| line.as_str()))
        };
        let is_unreadable = |line: &str| line.contains("\"type\":\"auditferry.unreadable\"");
        let times = events.iter().map(|(time, _)| *time);
        let manifest = Manifest {
            origin: self.origin.clone(),
            part: number,
            window,
            events: events.len() as u64,
            late: events.iter().filter(|(time, _)| *time < window.from).count() as u64,
            unreadable: events.iter().filter(|(_, line)| is_unreadable(line)).count() as u64,
            times: times.clone().min().zip(times.max()),
            sha256: encoded.sha256,
            size: encoded.size,
            raw_sha256: encoded.raw_sha256,
            raw_size: encoded.raw_size,
            sealed,
            destination: self.destination.clone(),
            encoding: self.encoding,
            frequency: self.frequency,
            previous: match self.parts.last() {
                Some(before) => Previous::Manifest(before.note.sha256()),
                None => Previous::Start(ChainStart::Activation),
            },
            successor: match self.keys.as_slice() {
                [_, successor] => Some(successor.public.clone()),
                _ => None,
            },
        };
        let note = sign(manifest.text(), &self.keys);
        self.files.insert(manifest.object(), bytes);
        self.files.insert(manifest.name(note.sha256()), note.bytes());
        self.watermark = to;
        let keys = self.keys.clone();
        // A part with two signatures hands over.
        self.keys.drain(..self.keys.len() - 1);
        self.parts.push(Sealed { manifest, note, keys });
        self.parts.last().expect("the part just sealed")
    }
}

/// A file of these events.
pub fn file<'a>(encoding: Encoding, events: impl IntoIterator<Item = &'a str>) -> (Vec<u8>, Encoded) {
    let mut writer = FileWriter::new(encoding).expect("an encoder");
    let mut bytes = Vec::new();
    for event in events {
        writer.push(event.as_bytes()).expect("an event written");
        bytes.extend(writer.take());
    }
    let (rest, encoded) = writer.finish().expect("a file");
    bytes.extend(rest);
    (bytes, encoded)
}

/// A part with an edited manifest, signed with `keys`, under its correct names.
pub fn resealed(
    files: &mut Files,
    sealed: &Sealed,
    keys: &[TestKey],
    edit: impl FnOnce(&mut Manifest),
) -> Sealed {
    let mut manifest = sealed.manifest.clone();
    edit(&mut manifest);
    let note = sign(manifest.text(), keys);
    files.remove(&sealed.manifest.name(sealed.note.sha256()));
    if let Some(object) = files.remove(&sealed.manifest.object()) {
        files.insert(manifest.object(), object);
    }
    files.insert(manifest.name(note.sha256()), note.bytes());
    Sealed { manifest, note, keys: keys.to_vec() }
}

/// The SHA-256 of some bytes.
pub fn sha256(bytes: &[u8]) -> Sha256 {
    use sha2::Digest as _;
    Sha256::new(sha2::Sha256::digest(bytes).into())
}

/// Writes the files into a folder.
///
/// # Errors
/// If the folder can't be written to.
pub fn write(files: &Files, folder: &Path) -> io::Result<()> {
    for (name, bytes) in files {
        let path = folder.join(name);
        if let Some(above) = path.parent() {
            std::fs::create_dir_all(above)?;
        }
        std::fs::write(path, bytes)?;
    }
    Ok(())
}
