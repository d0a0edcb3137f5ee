//! The one error of the driver: something failed on the vendor's side. A customer's error is an answer.

use control::signing::SigningError;
use ports::PortError;
use protocol::machine::{InternalError, InternalErrorKind};

/// Why an effect could not be executed.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) InternalError);

impl Failure {
    /// A record that must exist or parse does not.
    pub(crate) fn invariant_violated(detail: impl Into<String>) -> Self {
        Self(InternalError::new(InternalErrorKind::InvariantViolated, detail))
    }
}

impl From<PortError> for Failure {
    fn from(error: PortError) -> Self {
        Self(InternalError::new(InternalErrorKind::Port, error.chain()))
    }
}

impl From<SigningError> for Failure {
    fn from(error: SigningError) -> Self {
        let detail = match &error {
            SigningError::Port(port) => port.chain(),
            other => other.to_string(),
        };
        Self(InternalError::new(InternalErrorKind::SigningFailed, detail))
    }
}
