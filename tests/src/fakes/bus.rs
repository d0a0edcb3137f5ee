//! An event bus that records what was published, and rejects what EventBridge would.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use ports::{Bus, PortError};
use protocol::notice::Notice;
use protocol::portal::LinkNotice;

use super::locked;
use crate::fault_injection::{Outage, Outages};

/// An event must be smaller than this, bytes. Source: EventBridge API reference, `PutEvents`.
const EVENT_SIZE_LIMIT: usize = 1024 * 1024;

const PUBLISHING: &str = "publishing to the event bus";

/// A fake event bus. A clone is the same bus.
#[derive(Debug, Clone, Default)]
pub struct FakeBus {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    published: Vec<Notice>,
    published_links: Vec<LinkNotice>,
    outages: Outages,
}

impl FakeBus {
    /// A bus without notices.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The published notices, in order, duplicates included.
    #[must_use]
    pub fn published(&self) -> Vec<Notice> {
        locked(&self.shared).published.clone()
    }

    /// The published notices about links, in order, duplicates included.
    #[must_use]
    pub fn published_links(&self) -> Vec<LinkNotice> {
        locked(&self.shared).published_links.clone()
    }

    /// The kinds of the published notices, in order, without duplicate IDs: what a deduplicating consumer
    /// sees.
    #[must_use]
    pub fn distinct_kinds(&self) -> Vec<&'static str> {
        let mut seen = std::collections::BTreeSet::new();
        let published = self.published();
        published.into_iter().filter(|n| seen.insert(n.id.clone())).map(|n| n.fact.kind()).collect()
    }

    /// The next `calls` calls meet this outage.
    pub fn outage(&self, outage: Outage, calls: usize) {
        locked(&self.shared).outages.plan(outage, calls);
    }
}

#[async_trait]
impl Bus for FakeBus {
    async fn publish(&self, notice: &Notice) -> Result<(), PortError> {
        let detail = serde_json::to_string(notice).expect("a notice is JSON");
        self.accept(notice.fact.kind(), &detail, |state| state.published.push(notice.clone()))
    }

    async fn publish_link(&self, notice: &LinkNotice) -> Result<(), PortError> {
        let detail = serde_json::to_string(notice).expect("a notice is JSON");
        self.accept(notice.fact.kind(), &detail, |state| state.published_links.push(notice.clone()))
    }
}

impl FakeBus {
    fn accept(&self, kind: &str, detail: &str, publish: impl FnOnce(&mut State)) -> Result<(), PortError> {
        let size = detail.len();
        if size + "auditferry".len() + kind.len() >= EVENT_SIZE_LIMIT {
            return Err(PortError::Bug { what: PUBLISHING, source: format!("{size} bytes").into() });
        }
        let mut state = locked(&self.shared);
        let outage = state.outages.take();
        if matches!(outage, None | Some(Outage::ResponseLost)) {
            publish(&mut state);
        }
        let source = format!("{outage:?}").into();
        match outage {
            None => Ok(()),
            Some(Outage::Denied | Outage::EntriesDenied) => {
                Err(PortError::Denied { what: PUBLISHING, source })
            }
            Some(Outage::Throttled | Outage::EntriesFail | Outage::ResponseLost) => {
                Err(PortError::Transient { what: PUBLISHING, source })
            }
        }
    }
}
