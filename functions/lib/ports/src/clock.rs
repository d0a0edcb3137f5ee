//! The clock, injected.

use std::time::Duration;

use archive::time::Time;
use async_trait::async_trait;

/// The system clock, or a simulated one.
#[async_trait]
pub trait Clock: Send + Sync {
    /// The current time, to the millisecond.
    fn now(&self) -> Time;

    /// Sleeps for this long.
    async fn sleep(&self, span: Duration);
}
