//! The ports: what the domain needs from outside, in its own words. Adapters fill them; fakes and wrappers that
//! fail on demand fill them in tests. Each is small, so that a fake of it is too.

mod bucket;
mod budgets;
mod contacts;
mod ledger;
mod meter;
mod notice;
mod probe;
mod published;
mod signer;
mod source;
mod surroundings;
mod watch;

pub use bucket::{Body, ByteStream, CustomerBucket, Customers, NewObject, StagedPage, Staging, StagingWrite};
pub use budgets::{SpendOutcome, Spender};
pub use contacts::{
    Consents, DelayQueue, MAX_DELAY, MailOutcome, Mailer, NotificationStore, WebhookClient, WebhookResponse,
};
pub use ledger::{
    Claim, ClaimAnswer, ConnectorFilter, Connectors, DUE_SHARDS, DueConnectors, DuePage, LeaseAnswer,
    MAX_LEASE, RunAnswer, Runs, SaveAnswer, Saved, due_shard,
};
pub use meter::MetricsSink;
pub use notice::{Bus, QUEUE_BATCH, Queue};
pub use probe::{PresentedExternalId, ProbeResponse, ProbeSession, Prober, SessionScope};
pub use published::PublicUrlChecker;
pub use signer::{Signer, Validity};
pub use source::{PageError, PageReader, Source};
pub use surroundings::{Clock, Rng};
pub use watch::{Watch, WatchPage};

/// Boxed source of an error.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a port could not do what was asked, by what someone must do about it. The text is for an operator and
/// holds no event content, credential or external ID.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// Passing: throttled, timed out, 5xx. The run ends and is tried again.
    #[error("{what}: passing failure")]
    Transient {
        /// What was being done.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
    /// The function's own role or the deployment does not allow it, or a table or bucket is missing.
    #[error("{what}: not allowed or not there; check the function's role and the deployment")]
    Denied {
        /// What was being done.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
    /// Settings of the deployment do not fit what is there, such as a table's keys. The cause names the setting, its
    /// value, what is there and what form is right.
    #[error("{what}: the deployment's settings do not fit")]
    Misconfigured {
        /// What was being done.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
    /// Something that can't be: a record that does not parse, an answer of another shape.
    #[error("{what}: unexpected")]
    Bug {
        /// What was being done.
        what: &'static str,
        /// The adapter's error.
        #[source]
        source: BoxError,
    },
}

impl PortError {
    /// The error with all its causes in one line, for a record or a log.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_one_line_with_all_its_causes() {
        let deepest = std::io::Error::other("no route to host");
        let source = PortError::Denied { what: "reading the key", source: deepest.into() };
        let error = PortError::Transient { what: "sealing", source: source.into() };
        assert_eq!(
            error.chain(),
            "sealing: passing failure: reading the key: not allowed or not there; check the function's role and the \
             deployment: no route to host"
        );
    }
}
