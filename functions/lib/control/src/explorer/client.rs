//! Asks the reader, which alone may read events.

use std::sync::Arc;

use ports::{PortError, ReaderClient};

use super::{Answer, ExplorerRefusal, ExplorerRequest, PrivacyError, RefusalCode};

/// Asks the reader. API, portal and command line have one each.
#[derive(Clone)]
pub struct Explorer {
    reader: Option<Arc<dyn ReaderClient>>,
}

impl std::fmt::Debug for Explorer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Explorer")
    }
}

impl Explorer {
    /// Asks this reader; `None` where the deployment shows no events and has no reader.
    #[must_use]
    pub const fn new(reader: Option<Arc<dyn ReaderClient>>) -> Self {
        Self { reader }
    }

    /// Asks a question. A refusal is an answer too.
    ///
    /// # Errors
    /// If the reader gives no answer.
    pub async fn ask(&self, request: &ExplorerRequest) -> Result<Answer, PortError> {
        let Some(reader) = &self.reader else {
            let detail = PrivacyError::Off.to_string();
            return Ok(Answer::Refused(ExplorerRefusal { code: RefusalCode::NotShown, detail }));
        };
        let bug = |error| PortError::bug("asking the reader", error);
        let answer = reader.ask(serde_json::to_vec(request).map_err(bug)?).await?;
        serde_json::from_slice(&answer).map_err(bug)
    }
}
