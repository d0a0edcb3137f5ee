//! Why a question was not answered.

use archive::names::{ConnectorId, TenantId};
use archive::time::Time;
use ports::PortError;
use protocol::portal::SessionRefusal;
use serde::{Deserialize, Serialize};

use super::PrivacyError;
use crate::portal::SessionError;

/// Why a question was refused, for whoever asked. The reader answers it, and API and portal show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplorerRefusal {
    /// A stable name of the reason.
    pub code: RefusalCode,
    /// What was wrong, and what form is right.
    pub detail: String,
}

/// The reasons for which a question is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// There is no such tenant or connector for this caller.
    NotFound,
    /// The session is over, or its link does not allow this.
    Forbidden,
    /// The deployment does not show this.
    NotShown,
    /// A value of the request is wrong.
    Invalid,
    /// The request would read too much.
    TooMuch,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ExplorerError {
    /// No connector of this tenant is accessible to the caller.
    #[error("connector {0} does not exist")]
    NotFound(ConnectorId),
    /// The tenant has no connector that exports.
    #[error("tenant {0} has no connector that was activated")]
    NoConnector(TenantId),
    /// There is no such event, or not any more.
    #[error("no such event of {0} is kept; the bytes of a part are let go some time after its delivery")]
    NoEvent(Time),
    /// There is no such download, or not any more.
    #[error("download {0} does not exist; a download is kept for a day")]
    NoDownload(String),
    /// The tenant has several connectors.
    #[error("tenant {0} has several connectors; name one of {1}")]
    SeveralConnectors(TenantId, String),
    /// The caller is another tenant, or the link does not allow it.
    #[error("{0}")]
    Forbidden(String),
    /// The session is over.
    #[error(transparent)]
    Session(#[from] SessionRefusal),
    /// The deployment does not show it.
    #[error(transparent)]
    Privacy(#[from] PrivacyError),
    /// A value is wrong.
    #[error("{0}")]
    Invalid(String),
    /// It would read too much.
    #[error("{0}")]
    TooMuch(String),
    /// An internal error of a port.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// Why whoever asked has no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The reader refused the question.
    #[error("{}", .0.detail)]
    Refused(ExplorerRefusal),
    /// The reader gave no answer.
    #[error(transparent)]
    Port(#[from] PortError),
}

impl From<SessionError> for ExplorerError {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::Refused(refusal) => Self::Session(refusal),
            SessionError::Port(error) => Self::Port(error),
        }
    }
}

impl ExplorerError {
    /// The answer to whoever asked; an internal error stays one.
    ///
    /// # Errors
    /// If it is an internal error.
    pub fn refusal(self) -> Result<ExplorerRefusal, PortError> {
        let detail = self.to_string();
        let code = match self {
            Self::NotFound(_) | Self::NoConnector(_) | Self::NoEvent(_) | Self::NoDownload(_) => {
                RefusalCode::NotFound
            }
            Self::Forbidden(_) | Self::Session(_) => RefusalCode::Forbidden,
            Self::Privacy(_) => RefusalCode::NotShown,
            Self::SeveralConnectors(..) | Self::Invalid(_) => RefusalCode::Invalid,
            Self::TooMuch(_) => RefusalCode::TooMuch,
            Self::Port(error) => return Err(error),
        };
        Ok(ExplorerRefusal { code, detail })
    }
}
