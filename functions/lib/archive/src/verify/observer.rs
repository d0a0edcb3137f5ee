//! What a verification finds of each part, for whoever reads the archive afterwards.

use crate::manifest::Manifest;
use crate::note::SignedManifest;
use crate::part::PartNumber;

/// Receives what is found of each part while an archive is verified. A part outside of the requested range is
/// not verified, and nothing is reported of it.
pub trait PartObserver: Sync {
    /// A part whose manifest is accepted, in the order of the numbers. The note is there if its signatures
    /// count: without any key nothing is signed by anyone.
    fn accepted(&self, manifest: &Manifest, note: Option<SignedManifest>);

    /// What was found of the object of an accepted part, in any order and from several threads.
    fn object(&self, part: PartNumber, object: ObjectState);
}

/// What was found of a part's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectState {
    /// It has the bytes that its manifest says.
    AsSealed,
    /// There is none.
    Missing,
    /// It differs from its manifest.
    Differs,
    /// It was not read, or not completely.
    NotRead,
}

/// For a verification of which only the outcome matters.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl PartObserver for NoObserver {
    fn accepted(&self, _: &Manifest, _: Option<SignedManifest>) {}

    fn object(&self, _: PartNumber, _: ObjectState) {}
}
