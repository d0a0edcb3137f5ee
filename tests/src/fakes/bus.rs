//! An event bus that remembers what it was told.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::notice::Notice;
use domain::ports::{Bus, PortError};

use super::locked;

/// A bus.
#[derive(Debug, Clone, Default)]
pub struct FakeBus {
    told: Arc<Mutex<Vec<Notice>>>,
}

impl FakeBus {
    /// A bus that has heard nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What it was told, in order, each as often as it was told.
    #[must_use]
    pub fn told(&self) -> Vec<Notice> {
        locked(&self.told).clone()
    }

    /// The kinds of what it was told, in order, without those that repeat an earlier notice's ID: what a reader
    /// that drops the second sees.
    #[must_use]
    pub fn facts(&self) -> Vec<&'static str> {
        let mut seen = std::collections::BTreeSet::new();
        locked(&self.told).iter().filter(|n| seen.insert(n.id.clone())).map(|n| n.fact.kind()).collect()
    }
}

#[async_trait]
impl Bus for FakeBus {
    async fn announce(&self, notice: &Notice) -> Result<(), PortError> {
        locked(&self.told).push(notice.clone());
        Ok(())
    }
}
