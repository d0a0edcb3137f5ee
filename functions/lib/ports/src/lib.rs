//! The ports: what Auditferry needs from outside, in its own words. Adapters implement them; tests implement
//! them with fakes and wrap them to fail on demand. Each is small, so that its fake is small too.
//! No method has a default body that does nothing: an adapter that forgets one does not compile.

mod bucket;
mod budgets;
mod check_progress;
mod clock;
mod contacts;
mod explorations;
mod ledger;
mod logo;
mod metrics;
mod notice;
mod page;
mod portal_links;
mod probe;
mod public_url;
mod reader;
mod rng;
mod signer;
mod source;
mod watch;

pub use bucket::{Body, ByteStream, CustomerBucket, Customers, NewObject, StagedPage, Staging, StagingWrite};
pub use budgets::{SpendOutcome, Spender};
pub use check_progress::CheckProgress;
pub use clock::Clock;
pub use contacts::{
    Consents, DelayQueue, MAX_DELAY, MailOutcome, Mailer, NotificationStore, WebhookClient, WebhookResponse,
};
pub use explorations::{Downloads, EventMappings, ExplorationAnswer, SavedExplorations, SearchLog};
pub use ledger::{
    Claim, ClaimAnswer, ConnectorFilter, Connectors, DUE_SHARDS, DueConnectors, DuePage, LastFile, MAX_LEASE,
    Progress, RunAnswer, Runs, SaveAnswer, Saved, due_shard,
};
pub use logo::LogoStore;
pub use metrics::MetricsSink;
pub use notice::{Bus, QUEUE_BATCH, Queue};
pub use page::Page;
pub use portal_links::PortalLinks;
pub use probe::{PresentedExternalId, ProbeResponse, ProbeSession, Prober, SessionScope};
pub use public_url::PublicUrlChecker;
pub use reader::{
    DOWNLOAD_URL_LIFETIME, DownloadQueue, ReaderClient, ReaderSession, ReaderSessions, StagedObjects,
    is_plain_file_name,
};
pub use rng::Rng;
pub use signer::{Signer, Validity};
pub use source::{PageError, PageReader, Source};
pub use watch::{Watch, WatchPage};

/// Boxed source of an error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a port failed, by what must be done about it. The text is for operators and contains no event content,
/// credential or external ID.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Temporary: throttled, timed out, 5xx. The run ends and is retried.
    #[error("{what}: temporary failure")]
    Transient {
        /// The operation that failed.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
    /// The function's role or the deployment denies it, or a table or bucket is missing.
    #[error("{what}: access denied or resource missing; check the function's role and the deployment")]
    Denied {
        /// The operation that failed.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
    /// Settings of the deployment do not match what exists, such as a table's keys. The cause names the
    /// setting, its value, what exists and the right form.
    #[error("{what}: the deployment's settings do not fit")]
    Misconfigured {
        /// The operation that failed.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
    /// Should not happen: a record that does not parse, an answer of an unexpected form.
    #[error("{what}: unexpected")]
    Bug {
        /// The operation that failed.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
}

impl PortError {
    /// A [`Self::Transient`] with this cause, an error or a text.
    pub fn transient(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Transient { what, source: source.into() }
    }

    /// A [`Self::Denied`] with this cause, an error or a text.
    pub fn denied(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Denied { what, source: source.into() }
    }

    /// A [`Self::Misconfigured`] with this cause, an error or a text.
    pub fn misconfigured(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Misconfigured { what, source: source.into() }
    }

    /// A [`Self::Bug`] with this cause, an error or a text.
    pub fn bug(what: &'static str, source: impl Into<BoxError>) -> Self {
        Self::Bug { what, source: source.into() }
    }

    /// The error with all its causes on one line, for a record or a log.
    #[must_use]
    pub fn chain(&self) -> String {
        error_chain(self)
    }
}

/// An error with all its causes on one line, for a record or a log.
#[must_use]
pub fn error_chain(error: &(dyn std::error::Error + 'static)) -> String {
    let errors = std::iter::successors(Some(error), |error| error.source());
    errors.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_reported_on_one_line_with_all_its_causes() {
        let deepest = std::io::Error::other("no route to host");
        let source = PortError::Denied { what: "reading the key", source: deepest.into() };
        let error = PortError::Transient { what: "sealing", source: source.into() };
        assert_eq!(
            error.chain(),
            "sealing: temporary failure: reading the key: access denied or resource missing; check the \
             function's role and the deployment: no route to host"
        );
    }
}
