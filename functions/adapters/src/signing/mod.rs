//! The keys that sign manifests: a KMS key in AWS, a file elsewhere.

mod file;
mod kms;

use std::sync::Arc;

use domain::manifest::{Before, KeyName, Signing, VendorDomain};
use domain::ports::Signer;

use crate::settings::{KeyPlace, PreviousKey, SigningSettings, WrongSettings, both};

pub use file::{FileSigner, KeyFileError};
pub use kms::KmsSigner;

/// The keys that the settings name. A file is read here, once; KMS is asked when something is signed.
///
/// # Errors
/// If a file can't be read, or holds no key of this vendor.
pub fn signing(settings: &SigningSettings, kms: &aws_sdk_kms::Client) -> Result<Signing, WrongSettings> {
    let SigningSettings { vendor, key, previous } = settings;
    let before = match previous {
        PreviousKey::None => Ok(Before::None),
        PreviousKey::Lost => Ok(Before::Lost),
        PreviousKey::At(place) => signer("SIGNING_KEY_PREVIOUS", place, vendor, kms).map(Before::Key),
    };
    let (current, before) = both(signer("SIGNING_KEY", key, vendor, kms), before)?;
    Ok(Signing { vendor: vendor.clone(), current, before })
}

fn signer(
    variable: &'static str,
    place: &KeyPlace,
    vendor: &VendorDomain,
    kms: &aws_sdk_kms::Client,
) -> Result<Arc<dyn Signer>, WrongSettings> {
    match place {
        KeyPlace::Kms(key) => Ok(Arc::new(KmsSigner::new(kms.clone(), key.clone()))),
        KeyPlace::File(path) => {
            let name = KeyName::of(vendor.clone());
            let signer = FileSigner::read(path, &name).map_err(|error| {
                let form = format!("`file:` and the path of a key of {name}, but {error}");
                WrongSettings::malformed(variable, &place.to_string(), form)
            })?;
            Ok(Arc::new(signer))
        }
    }
}
