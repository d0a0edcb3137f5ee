//! The manifest of a part: a small signed text next to the data in the customer's bucket. It describes the
//! part and contains the hash of the previous manifest, so the manifests form a chain.
//!
//! `infra/schemas/manifest.md` is the specification for programs that verify a bucket. This module has the
//! text ([`Manifest::text`], [`Manifest::parse`]) and the chain. The signed note around a text and the keys
//! are in [`crate::note`], the file names in [`crate::part`].

mod chain;
mod origin;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use crate::frequency::Frequency;
use crate::note::{VendorDomain, VerifierKey, successor_line};
use crate::part::{Encoding, Part, PartKind, PartNumber, Window, manifest_name, object_name};
use crate::sha256::Sha256;
use crate::time::Time;

pub use chain::{ActiveSince, ChainState, KeyId};
pub use origin::{Location, Origin};

/// The longest text in bytes: what AWS KMS signs with `MessageType` `RAW`. Source: AWS KMS API reference,
/// `Sign`.
pub const MAX_TEXT: usize = 4_096;

/// The second line of every text.
const VERSION: &str = "auditferry-manifest v1";

/// The content of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The chain: vendor and connector.
    pub origin: Origin,
    /// The number of the part.
    pub part: PartNumber,
    /// The span of event time that the part closes.
    pub window: Window,
    /// The number of events, including late and unreadable ones; 0 for a heartbeat.
    pub events: u64,
    /// How many of them are late: earlier than the window.
    pub late: u64,
    /// How many of them are records of unreadable items.
    pub unreadable: u64,
    /// The times of the first and the last event by their sort keys; `None` if no sort key contains a time.
    pub times: Option<(Time, Time)>,
    /// The SHA-256 of the object's bytes.
    pub sha256: Sha256,
    /// The size of the object, bytes.
    pub size: u64,
    /// The SHA-256 of the uncompressed content.
    pub raw_sha256: Sha256,
    /// The size of the uncompressed content, bytes.
    pub raw_size: u64,
    /// When the part was sealed.
    pub sealed: Time,
    /// The destination when the part was sealed.
    pub destination: Location,
    /// Layout and compression of the object.
    pub encoding: Encoding,
    /// The frequency of exports when the part was sealed.
    pub frequency: Frequency,
    /// The hash of the previous manifest, or why the chain starts here.
    pub previous: Previous,
    /// The key that signs from the next part on, if the key changes with this part. The text contains it in
    /// full, so trust in the key that signed this text extends to the successor.
    pub successor: Option<VerifierKey>,
}

/// What a manifest is chained to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    /// The SHA-256 of the previous part's text. Signatures are not included: anyone with the file can add or
    /// remove some.
    Manifest(Sha256),
    /// Nothing: the chain starts here, for this reason.
    Start(ChainStart),
}

/// Why a chain starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainStart {
    /// In part 1: the connector was activated.
    Activation,
    /// In part 1: the connector has a configured start (`start_from`).
    StartFrom,
    /// In a later part: earlier parts were sealed by a version of Auditferry without manifests.
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

impl Manifest {
    /// The manifest of a part that is about to be sealed, without a successor: signing
    /// appends the successor's line if the key changes.
    #[must_use]
    pub fn of(
        part: &Part,
        vendor: &VendorDomain,
        destination: Location,
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
            destination,
            encoding: part.encoding,
            frequency,
            previous,
            successor: None,
        }
    }

    /// The kind of the part.
    #[must_use]
    pub const fn kind(&self) -> PartKind {
        PartKind::of(self.events, self.late)
    }

    /// The name of the object below the connector's prefix.
    #[must_use]
    pub fn object(&self) -> String {
        object_name(self.window, self.part, self.sha256, self.encoding)
    }

    /// The name of the note below the connector's prefix; `note` is the SHA-256 of its text.
    #[must_use]
    pub fn name(&self, note: Sha256) -> String {
        manifest_name(self.window, self.part, note)
    }

    /// The text that is signed. Each manifest has exactly one text; [`Self::parse`] accepts no other.
    #[must_use]
    pub fn text(&self) -> String {
        let Window { from, to } = self.window;
        let Encoding { format, compression } = self.encoding;
        let times = self.times.map_or_else(|| "- -".to_owned(), |(first, last)| format!("{first} {last}"));
        let mut text = format!("{}\n{VERSION}\n", self.origin);
        // Writing to a `String` never fails.
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

    /// How the times of the first and last event contradict the window, if they do. The vendor's own figures
    /// are then inconsistent.
    #[must_use]
    pub fn contradicting_times(&self) -> Option<String> {
        let (first, last) = self.times?;
        let Window { from, to } = self.window;
        if self.late < self.events && last >= to {
            return Some(format!("its last event is from {last}, but its window ends at {to}"));
        }
        if self.late == 0 && first < from {
            return Some(format!(
                "its first event is from {first}, before its window, but none is reported as late"
            ));
        }
        // With some late events the first may lie inside the window nevertheless: an unparsable key counts as
        // late.
        if self.late == self.events && last >= from {
            return Some(format!(
                "all of its events are reported as late, but its last event is from {last}, within its window"
            ));
        }
        None
    }
}

/// The value of `previous` where a chain starts.
const NO_PREVIOUS: Sha256 = Sha256::new([0; 32]);
