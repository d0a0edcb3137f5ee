//! The `Date` header of DynamoDB's responses (RFC 9110, section 6.6.1), in whole seconds. The protocol
//! compares it with the worker's clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use archive::time::Time;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};

/// No response so far had a date.
const NO_DATE: i64 = i64::MIN;

/// Offset of the ledger's time. Zero except in the sandbox's demo: its stand-ins run today, while the demo
/// runs as of another day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClockOffset(i64);

impl ClockOffset {
    /// Later by this many milliseconds, or earlier if negative.
    #[must_use]
    pub const fn millis(millis: i64) -> Self {
        Self(millis)
    }
}

/// Records the date of a request's last response: after an SDK retry the first responses are old.
#[derive(Debug, Clone)]
pub(super) struct ResponseDate(Arc<AtomicI64>);

impl ResponseDate {
    /// Creates the state before any response.
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NO_DATE)))
    }

    /// The date, moved by `shift`; `None` if no response had one.
    pub(super) fn time(&self, shift: ClockOffset) -> Option<Time> {
        // The request has completed; awaiting it synchronizes enough.
        match self.0.load(Ordering::Relaxed) {
            NO_DATE => None,
            millis => Time::from_millis(millis.saturating_add(shift.0)),
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for ResponseDate {
    fn name(&self) -> &'static str {
        "ResponseDate"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date").and_then(millis);
        self.0.store(date.unwrap_or(NO_DATE), Ordering::Relaxed);
        Ok(())
    }
}

/// The milliseconds of an HTTP date; `None` if it is invalid.
fn millis(header: &str) -> Option<i64> {
    DateTime::from_str(header, Format::HttpDate).ok()?.to_millis().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_a_time_and_anything_else_is_none() {
        // The example of RFC 9110, section 5.6.7.
        let at = Time::from_millis(millis("Sun, 06 Nov 1994 08:49:37 GMT").unwrap()).unwrap();
        assert_eq!(at.to_string(), "1994-11-06T08:49:37.000Z");
        assert_eq!(millis("yesterday"), None);
    }

    #[test]
    fn without_a_response_there_is_no_time() {
        let date = ResponseDate::new();
        assert_eq!(date.time(ClockOffset::millis(1)), None);
        date.0.store(5_000, Ordering::Relaxed);
        assert_eq!(date.time(ClockOffset::millis(-1)).unwrap().millis(), 4_999);
        assert_eq!(date.time(ClockOffset::millis(-6_000)), None);
    }
}
