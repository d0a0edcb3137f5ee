//! The manifest of a part: what the part is, in a small text that the vendor signs and that lies beside the data
//! in the customer's bucket, each naming the one before.
//!
//! `infra/schemas/manifest.md` is the contract, written for whoever wants to check a bucket with a program of
//! their own. Here are the text ([`Manifest::text`], [`Manifest::parse`]), the note around it that holds the
//! signatures ([`SignedNote`]), the keys ([`VerifierKey`], [`KeyRing`]) and the names of the files.

mod key;
mod last;
mod note;
mod origin;
mod parse;
mod signing;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::connector::Destination;
use crate::part::{Encoding, Part, PartKind, PartNumber, Sha256, Window, object_name};
use crate::schedule::Frequency;
use crate::time::Time;

pub use key::{KEY_FOLDER, KeyRing, RingKey, VerifierKey, VerifierKeyError};
pub use last::{ActiveSince, ChainState, KeyId};
pub use note::{MAX_NOTE, MAX_SIGNATURES, NoteSignature, SignedNote};
pub use origin::{KeyName, Location, Origin, VendorDomain};
pub use signing::{ManifestSigner, PreviousSigner, SignedManifest, SignedManifestError, SigningError};

/// The folder of the manifests below the connector's prefix.
pub const MANIFEST_FOLDER: &str = "manifests/";

/// The longest text: what AWS KMS signs with `MessageType` `RAW`.
/// Source: AWS KMS API reference, `Sign`.
pub const MAX_TEXT: usize = 4_096;

/// The second line of every text.
const VERSION: &str = "auditferry-manifest v1";

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Whose chain it belongs to.
    pub origin: Origin,
    /// The part that it describes.
    pub part: PartNumber,
    /// The span of event time that the part closes.
    pub window: Window,
    /// How many events, the late and the unreadable ones included; 0 for a heartbeat.
    pub events: u64,
    /// How many of them are earlier than the window.
    pub late: u64,
    /// How many of them are records of an item that could not be read.
    pub unreadable: u64,
    /// The times of the first and the last event, by their sort keys; `None` if no event tells one.
    pub times: Option<(Time, Time)>,
    /// Of the object's bytes.
    pub sha256: Sha256,
    /// The size of the object, bytes.
    pub size: u64,
    /// Of the uncompressed content.
    pub raw_sha256: Sha256,
    /// The size of the uncompressed content, bytes.
    pub raw_size: u64,
    /// When the part was sealed.
    pub sealed: Time,
    /// Where the connector delivered to when the part was sealed.
    pub destination: Location,
    /// Layout and compression of the object.
    pub encoding: Encoding,
    /// How often the connector exported when the part was sealed.
    pub frequency: Frequency,
    /// What the chain hangs on.
    pub previous: Previous,
    /// The key that signs from the next part on, if the vendor changes its key with this one. The text names it in
    /// full, so that whoever trusts the key that signed this text trusts that one too.
    pub successor: Option<VerifierKey>,
}

/// What a manifest hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// The SHA-256 of the text of the part before. The signatures are no part of it: whoever has the file can add
    /// some and take some away.
    Manifest(Sha256),
    /// Nothing: the chain begins here, for this reason.
    Start(ChainStart),
}

/// Why a chain begins where it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainStart {
    /// In part 1: the connector was activated then.
    Activation,
    /// In part 1: the connector was told to export from then on.
    StartFrom,
    /// In a later part: those before it were sealed by a version of Auditferry that wrote no manifests.
    Upgrade,
}

impl ChainStart {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Activation => "activation",
            Self::StartFrom => "start_from",
            Self::Upgrade => "upgrade",
        }
    }
}

/// A text or a note that is not written exactly as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct ManifestParseError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl ManifestParseError {
    fn new(line: usize, reason: impl Into<String>) -> Self {
        Self { line, reason: reason.into() }
    }
}

impl Manifest {
    /// The manifest of a part that is to be sealed, by the key that signed before: [`Signing::sign`] appends the line of
    /// a successor if the key changes.
    #[must_use]
    pub fn of(
        part: &Part,
        vendor: &VendorDomain,
        destination: &Destination,
        frequency: Frequency,
        previous: Previous,
    ) -> Self {
        Self {
            origin: Origin { vendor: vendor.clone(), connector: part.connector.clone() },
            part: part.number,
            window: part.window,
            events: part.events,
            late: part.late,
            unreadable: part.unreadable,
            times: part.first.zip(part.last),
            sha256: part.sha256,
            size: part.size,
            raw_sha256: part.raw_sha256,
            raw_size: part.raw_size,
            sealed: part.sealed_at,
            destination: Location::of(destination),
            encoding: part.encoding,
            frequency,
            previous,
            successor: None,
        }
    }

    /// What the part holds.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        PartKind::of(self.events, self.late)
    }

    /// The name of the object below the connector's prefix (contract 2).
    #[must_use]
    pub fn object(&self) -> String {
        object_name(self.window, self.part, self.sha256, self.encoding)
    }

    /// The name of the note below the connector's prefix, if this is the SHA-256 of its text.
    #[must_use]
    pub fn name(&self, note: Sha256) -> String {
        note_name(self.window, self.part, note)
    }

    /// The text that is signed. There is one text for a manifest, and [`Self::parse`] takes no other.
    #[must_use]
    pub fn text(&self) -> String {
        let Window { from, to } = self.window;
        let Encoding { format, compression } = self.encoding;
        let times = self.times.map_or_else(|| "- -".to_owned(), |(first, last)| format!("{first} {last}"));
        let mut text = format!("{}\n{VERSION}\n", self.origin);
        // Writing to a String never fails.
        let _ = write!(
            text,
            "part {}\nwindow {from} {to}\nkind {}\nevents {} late {} unreadable {}\ntimes {times}\n\
             object {}\nsha256 {} size {}\nraw-sha256 {} size {}\nsealed {}\ndestination {}\n\
             settings {} {} hours {}\nprevious {}\n",
            self.part.get(),
            self.kind().as_str(),
            self.events,
            self.late,
            self.unreadable,
            self.object(),
            self.sha256,
            self.size,
            self.raw_sha256,
            self.raw_size,
            self.sealed,
            self.destination,
            format.as_str(),
            compression.as_str(),
            self.frequency.hours(),
            match self.previous {
                Previous::Manifest(sha256) => sha256,
                Previous::Start(_) => NO_PREVIOUS,
            },
        );
        if let Previous::Start(start) = self.previous {
            let _ = writeln!(text, "start {} {from}", start.as_str());
        }
        if let Some(successor) = &self.successor {
            text.push_str(&successor_line(successor));
        }
        text
    }

    /// Why the times of the first and last event do not fit the window, if they don't: the vendor's own figures
    /// contradict each other then.
    #[must_use]
    pub fn contradicting_times(&self) -> Option<String> {
        let (first, last) = self.times?;
        let Window { from, to } = self.window;
        if self.late < self.events && last >= to {
            return Some(format!("its last event is of {last}, and its window ends at {to}"));
        }
        if self.late == 0 && first < from {
            return Some(format!(
                "its first event is of {first}, before its window, and none is told as late"
            ));
        }
        // With some late ones the first may lie inside all the same: a key that tells no time counts as late.
        if self.late == self.events && last >= from {
            return Some(format!(
                "all of its events are told as late, and its last event is of {last}, inside its window"
            ));
        }
        None
    }
}

/// The last line of the text in which a key hands over to another one. It is always the last, so that who signs can
/// append it to the text that it was given.
pub(crate) fn successor_line(key: &VerifierKey) -> String {
    format!("successor {key}\n")
}

/// The name of a part's note below the connector's prefix, by what it is made of.
#[must_use]
pub fn note_name(window: Window, part: PartNumber, note: Sha256) -> String {
    format!("{MANIFEST_FOLDER}date={}/{part}_{}.note", window.from.date(), note.short())
}

/// What `previous` says where a chain begins.
const NO_PREVIOUS: Sha256 = Sha256::new([0; 32]);
