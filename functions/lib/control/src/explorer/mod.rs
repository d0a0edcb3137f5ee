//! The explorer: what a tenant's people, the API and the command line may ask of the log (contract 6).
//!
//! API, portal and command line make an [`ExplorerRequest`]; only the reader answers it, since it alone may
//! read events. The rules stand here: who may ask ([`ExplorerRequest::by`]), what a deployment shows
//! ([`PrivacyError`]), and how much one request may ask for.

mod answer;
mod client;
mod error;
mod privacy;
mod questions;
mod request;
pub mod starters;

pub use answer::{
    CountsAnswer, DownloadAnswer, EventAnswer, Facet, FacetsAnswer, FieldAnswer, FieldsAnswer, Lag,
    MissingAnswer, ProofState, RebuildAnswer, RowAnswer, RowProof, RowsAnswer, SealState, SealedInterval,
    Sealing, ValueCount,
};
pub use client::Explorer;
pub use error::{AskError, ExplorerError, ExplorerRefusal, RefusalCode};
pub use privacy::{PrivacyError, check_privacy, without_persons};
pub use questions::Asker;
pub use request::{
    Answer, Ask, COUNTED_FIELDS, CountsRequest, DownloadRequest, DownloadStatusRequest, EventPlace,
    EventRequest, ExplorerRequest, FacetsRequest, MAX_FACET_VALUES, MAX_ROWS, Proof, RebuildRequest,
    RowsRequest, USUAL_FACET_VALUES, USUAL_ROWS,
};
