//! The verifier on archives in memory and in folders: valid ones, and tampered ones.

#[cfg(test)]
mod bucket_writer;
#[cfg(test)]
mod forger;
#[cfg(test)]
mod hostile_content;
#[cfg(test)]
#[expect(clippy::disallowed_methods, clippy::disallowed_types, reason = "it changes folders")]
mod hostile_folders;
#[cfg(test)]
mod key_changes;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod observer;
#[cfg(test)]
mod odd_events;
#[cfg(test)]
mod planted_files;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod tamper_files;
#[cfg(test)]
mod tamper_signatures;
#[cfg(test)]
mod tamper_vendor;
#[cfg(test)]
mod tampering;
#[cfg(test)]
mod valid_archives;
