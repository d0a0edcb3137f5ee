//! The explorer's records: what people keep of a search, who has searched, what they download, and how a
//! connector's events are read.
//!
//! - [`SavedExploration`]: a filter with its columns and chart, under a name that a tenant's people share.
//! - [`SearchRecord`]: that somebody searched a tenant's log. The tenant sees it.
//! - [`Download`]: a file that the reader builds from the queue, one worker at a time.
//! - [`StoredMapping`]: where the fields are in a connector's events, guessed once or set.
//!
//! A filter, a request, a receipt and a mapping are texts here. Their structure is `archive`'s, and whoever
//! stores them has parsed them before.

mod download;
mod mapping;
mod names;
mod saved;
mod search;
#[cfg(test)]
mod tests;
mod view;

pub use download::{
    ClaimRefusal, DOWNLOAD_LIFETIME, DOWNLOAD_RUN_LIMIT, Download, DownloadState, NewDownload, ReadyDownload,
};
pub use mapping::{MappingSource, StoredMapping};
pub use names::{
    DownloadId, DownloadRequest, ExplorationId, ExplorationName, FilterText, MappingText, Receipt,
};
pub use saved::{Deletion, ExplorationChange, MAX_EXPLORATIONS, NewExploration, SavedExploration};
pub use search::{SearchId, SearchKind, SearchRecord};
pub use view::{Chart, Columns, Interval};
