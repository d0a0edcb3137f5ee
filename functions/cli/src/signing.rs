//! The keys that sign manifests, for the operator's commands: from files always, from AWS KMS if the program
//! was built with the feature `aws`.

use aws::clients::ClientFactory;
use aws::settings::{SettingsError, SigningSettings};
use control::signing::ManifestSigner;

/// The keys that the settings name.
///
/// # Errors
/// If a file can't be read or does not contain a key of this vendor, or KMS fails.
#[cfg(feature = "aws")]
pub(crate) fn signing(
    settings: &SigningSettings,
    services: &ClientFactory,
) -> Result<ManifestSigner, SettingsError> {
    aws::kms::signing(settings, services)
}

/// The keys that the settings name, each in a file.
///
/// # Errors
/// If a file can't be read or does not contain a key of this vendor, or a key is in KMS: this build has no
/// KMS.
#[cfg(not(feature = "aws"))]
pub(crate) fn signing(
    settings: &SigningSettings,
    _services: &ClientFactory,
) -> Result<ManifestSigner, SettingsError> {
    aws::signing::signing(settings, None)
}
