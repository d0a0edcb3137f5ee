//! One function for each question, with the answer that belongs to it.

use archive::names::{ConnectorId, TenantId};
use ports::PortError;

use super::{
    Answer, Ask, AskError, CountsAnswer, CountsRequest, DownloadAnswer, DownloadRequest,
    DownloadStatusRequest, EventAnswer, EventRequest, Explorer, ExplorerRequest, FacetsAnswer, FacetsRequest,
    FieldsAnswer, Proof, RebuildAnswer, RebuildRequest, RowsAnswer, RowsRequest,
};

/// Who asks, and about whose log.
#[derive(Debug, Clone)]
pub struct Asker {
    /// What shows who asks.
    pub by: Proof,
    /// Whose log.
    pub tenant: TenantId,
    /// Which of its connectors; `None` if it has one only.
    pub connector: Option<ConnectorId>,
}

/// Declares the functions: name, request, question, and the answer that belongs to it.
macro_rules! questions {
    ($($(#[$about:meta])* $name:ident ($($request:ident: $of:ty)?) = $ask:expr, $answer:ident($type:ty);)*) => {
        impl Explorer {
            $(
                $(#[$about])*
                ///
                /// # Errors
                /// If the reader refuses it, or gives no answer.
                pub async fn $name(&self, asker: &Asker $(, $request: $of)?) -> Result<$type, AskError> {
                    match self.put(asker, $ask).await? {
                        Answer::$answer(answer) => Ok(answer),
                        _ => Err(other_answer()),
                    }
                }
            )*
        }
    };
}
questions! {
    /// A page of events.
    rows(request: RowsRequest) = Ask::Rows(request), Rows(RowsAnswer);
    /// How many events, by interval and value.
    counts(request: CountsRequest) = Ask::Counts(request), Counts(CountsAnswer);
    /// The most frequent values of fields.
    facets(request: FacetsRequest) = Ask::Facets(request), Facets(FacetsAnswer);
    /// One event.
    event(request: EventRequest) = Ask::Event(request), Event(Box<EventAnswer>);
    /// What the mapping finds in the newest events.
    fields() = Ask::Fields, Fields(FieldsAnswer);
    /// A file of all events that match.
    download(request: DownloadRequest) = Ask::Download(request), Download(DownloadAnswer);
    /// How far such a file is.
    download_status(request: DownloadStatusRequest) = Ask::DownloadStatus(request), Download(DownloadAnswer);
    /// Indexes of sealed parts, made again.
    rebuild(request: RebuildRequest) = Ask::Rebuild(request), Rebuilt(RebuildAnswer);
}

impl Explorer {
    /// Asks; a refusal is an error here.
    async fn put(&self, asker: &Asker, ask: Ask) -> Result<Answer, AskError> {
        let Asker { by, tenant, connector } = asker.clone();
        match self.ask(&ExplorerRequest { by, tenant, connector, ask }).await? {
            Answer::Refused(refusal) => Err(AskError::Refused(refusal)),
            answer => Ok(answer),
        }
    }
}

fn other_answer() -> AskError {
    PortError::bug("asking the reader", "the answer is to another question").into()
}
