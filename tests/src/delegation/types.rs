//! The types of the ports' signatures, and the ports that [`delegate_port!`](crate::delegate_port)
//! implements.

pub use archive::item::SourceItem;
pub use archive::names::{ConnectorId, EmailAddress, ExternalId, TenantId, WorkerId};
pub use archive::part::{Part, PartNumber};
pub use archive::sort_key::SortKeyForm;
pub use archive::time::Time;
pub use bytes::Bytes;
pub use ports::{
    Bus, ByteStream, CheckProgress, Claim, ClaimAnswer, ConnectorFilter, Connectors, Consents,
    CustomerBucket, Customers, Downloads, DueConnectors, DuePage, EventMappings, ExplorationAnswer,
    NewObject, NotificationStore, Page, PageError, PageReader, PortError, PortalLinks, PresentedExternalId,
    ProbeSession, Prober, Progress, Queue, RunAnswer, Runs, SaveAnswer, SavedExplorations, SearchLog,
    SessionScope, Signer, Source, SpendOutcome, Spender, StagedPage, Staging, StagingWrite, Validity, Watch,
    WatchPage,
};
pub use protocol::budget::Spending;
pub use protocol::connector::{Change, Connector, OwnedResource, S3Destination, Shards};
pub use protocol::contacts::{Consent, SecretId, TokenHash, WebhookSecret};
pub use protocol::cursor::Cursor;
pub use protocol::delivery_error::{Block, DeliveryError};
pub use protocol::events_source::EventsSource;
pub use protocol::exploration::{
    Download, DownloadId, ExplorationId, SavedExploration, SearchId, SearchRecord, StoredMapping,
};
pub use protocol::machine::LeaseAnswer;
pub use protocol::machine::{
    Mark, ProgressUpdate, PutAnswer, ReconcileUpdate, Release, Seal, SealAnswer, Snapshot, Span,
};
pub use protocol::notice::Notice;
pub use protocol::notification::{ContactKey, NotificationHistory};
pub use protocol::portal::{LinkId, LinkNotice, LinkScope, OperatorVisit, PortalLink};
pub use protocol::preflight::RunningCheck;
pub use protocol::source_change::SourceChange;
pub use protocol::watch::{NotificationState, Sweep, SweepCursor};
pub use std::collections::BTreeMap;
pub use std::time::Duration;
