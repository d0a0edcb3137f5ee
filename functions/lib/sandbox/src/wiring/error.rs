//! Why the sandbox did not start.

use archive::names::InvalidValueError;
use aws::signing::KeyFileError;
use ports::PortError;

use crate::error::StackError;

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The stand-ins did not start, or could not store something.
    #[error(transparent)]
    Stack(#[from] StackError),
    /// The tables could not be created.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The signing key could not be read or created.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// A name of the stand-ins is not valid in AWS: a bug.
    #[error(transparent)]
    InvalidName(#[from] InvalidValueError),
}
