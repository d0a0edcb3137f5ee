//! Why the embedded Auditferry did not start.

use adapters::signing::KeyFileError;
use domain::names::InvalidValueError;
use domain::ports::PortError;

use crate::error::StackError;

/// Why the embedded Auditferry did not start.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// The stand-ins did not start, or could not keep something.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The tables could not be made in them.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The key that signs manifests could not be read or made.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// A name of the stand-ins' own is none of AWS's: a bug.
    #[error(transparent)]
    Refused(#[from] InvalidValueError),
}
