//! The stand-ins' clock. They emulate AWS, so it is the real clock: the SDK signs with real time, and
//! temporary credentials expire in real time. The time of an export run is an argument elsewhere and never
//! from here.

use jiff::Timestamp;

/// The current time, as AWS would see it.
#[expect(clippy::disallowed_methods, reason = "the stand-ins emulate AWS, whose clock can't be injected")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
