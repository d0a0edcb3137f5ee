//! From the options of the command line to those of the verification: reads the files with keys that it
//! names.

use super::args::VerifyArgs;
use super::error::VerifyError;
use super::resources::resources;
use crate::note::{RingKey, VerifierKeyError};
use crate::time::Time;
use crate::verify::check::VerifyOptions;
use crate::verify::events::Fields;

/// Maximum number of keys on the command line. No vendor has more.
const MAX_KEYS: usize = 50;

/// The options of a verification. `now` is when the copy was taken, unless the auditor says otherwise.
///
/// # Errors
/// If an option is invalid, or a file with keys can't be read.
pub fn verify_options(args: &VerifyArgs, now: Time) -> Result<VerifyOptions, VerifyError> {
    let options = VerifyOptions {
        pins: pinned_keys(&args.key)?,
        connector: args.connector.clone(),
        from: args.from,
        to: args.to,
        newest: args.newest,
        boundaries: args.boundary.clone(),
        location: None,
        as_of: args.as_of.unwrap_or(now),
        fields: Fields {
            id: args.id_field.clone(),
            time: args.time_field.clone(),
            tenant: args.tenant_field.clone(),
        },
        resources: resources(),
    };
    if let (Some(from), Some(to)) = (options.from, options.to)
        && from >= to
    {
        return Err(VerifyError::usage("--from is not earlier than --to", "Swap them."));
    }
    Ok(options)
}

/// The keys that were named, directly or in a file.
fn pinned_keys(named: &[String]) -> Result<Vec<RingKey>, VerifyError> {
    let mut pins = Vec::new();
    for text in named {
        let lines = match text.strip_prefix('@') {
            None => text.clone(),
            Some(file) => std::fs::read_to_string(file).map_err(|error| {
                VerifyError::usage(
                    format!("{file} can't be read: {error}"),
                    "Name a file with one key per line.",
                )
            })?,
        };
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            pins.push(line.parse().map_err(|error: VerifierKeyError| {
                VerifyError::usage(error.to_string(), "Copy the complete key as the vendor shows it.")
            })?);
        }
    }
    if pins.len() > MAX_KEYS {
        return Err(VerifyError::usage(format!("more than {MAX_KEYS} keys"), "Name the vendor's own keys."));
    }
    Ok(pins)
}
