//! The keys that sign manifests, for the operator's commands: a file always, AWS KMS in a program that was built with
//! the feature `aws`.

use adapters::clients::Services;
use adapters::settings::{SigningSettings, WrongSettings};
use domain::manifest::ManifestSigner;

/// The keys that the settings name.
///
/// # Errors
/// If a file can't be read or holds no key of this vendor, or if a key lies in KMS and this program has no KMS.
#[cfg(feature = "aws")]
pub(crate) fn signing(
    settings: &SigningSettings,
    services: &Services,
) -> Result<ManifestSigner, WrongSettings> {
    services::keys::signing(settings, services)
}

/// The keys that the settings name, each in a file.
///
/// # Errors
/// If a file can't be read or holds no key of this vendor, or if a key lies in KMS: this program has no KMS.
#[cfg(not(feature = "aws"))]
pub(crate) fn signing(
    settings: &SigningSettings,
    _services: &Services,
) -> Result<ManifestSigner, WrongSettings> {
    adapters::signing::signing(settings, None)
}
