//! Checks the event that stands for a quiet window.

use crate::generated_events::Heartbeat;
use crate::manifest::Manifest;

/// Checks the heartbeat event of a quiet window against its manifest.
pub(super) fn check_heartbeat(line: &[u8], manifest: &Manifest) -> Result<(), String> {
    let beat: Heartbeat = serde_json::from_slice(line).map_err(|_| "it is not a heartbeat".to_owned())?;
    let same = beat.is_of(&manifest.origin.connector, manifest.part, manifest.window)
        && beat.time == manifest.sealed;
    if same { Ok(()) } else { Err("it is not the heartbeat of this part".to_owned()) }
}
