//! The keys that sign manifests: a KMS key in AWS (`crate::kms`), otherwise a file.

mod file;

use std::sync::Arc;

use archive::note::{KeyName, VendorDomain};
use control::signing::{ManifestSigner, PreviousSigner};
use ports::Signer;

use crate::settings::{KeyLocation, PreviousKey, SettingError, SettingsError, SigningSettings};

pub use file::{FileSigner, KeyFileError};

/// Creates the signer of a KMS key, from its ARN or alias.
pub type KmsSignerFactory = dyn Fn(&str) -> Arc<dyn Signer> + Send + Sync;

/// The keys named in the settings. A file is read here, once; KMS is called when something is signed. `kms`
/// is `None` in a program built without KMS.
///
/// # Errors
/// If a file can't be read or contains no key of this vendor, or if a key is in KMS and `kms` is `None`.
pub fn signing(
    settings: &SigningSettings,
    kms: Option<&KmsSignerFactory>,
) -> Result<ManifestSigner, SettingsError> {
    let SigningSettings { vendor, key, previous } = settings;
    let before = match previous {
        PreviousKey::None => Ok(PreviousSigner::None),
        PreviousKey::Lost => Ok(PreviousSigner::Lost),
        PreviousKey::At(location) => {
            signer("SIGNING_KEY_PREVIOUS", location, vendor, kms).map(PreviousSigner::Signer)
        }
    };
    match (signer("SIGNING_KEY", key, vendor, kms), before) {
        (Ok(current), Ok(previous)) => Ok(ManifestSigner { vendor: vendor.clone(), current, previous }),
        (current, before) => Err(SettingsError(current.err().into_iter().chain(before.err()).collect())),
    }
}

fn signer(
    variable: &'static str,
    location: &KeyLocation,
    vendor: &VendorDomain,
    kms: Option<&KmsSignerFactory>,
) -> Result<Arc<dyn Signer>, SettingError> {
    match location {
        KeyLocation::Kms(key) => kms.map(|kms| kms(key)).ok_or_else(|| {
            let form = "`file:` and a path, since this program was built without AWS KMS: \
                        `cargo install --locked --path functions/cli --features aws` builds it with it";
            SettingError::malformed(variable, &location.to_string(), form)
        }),
        KeyLocation::File(path) => {
            let name = KeyName::of(vendor.clone());
            let signer = FileSigner::read(path, &name).map_err(|error| {
                let form = format!("`file:` and the path of a key of {name}, but {error}");
                SettingError::malformed(variable, &location.to_string(), form)
            })?;
            Ok(Arc::new(signer))
        }
    }
}
