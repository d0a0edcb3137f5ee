//! The stand-ins' clock. It is AWS's clock that they play, so it is the real one: the SDK signs with real time, and
//! temporary credentials run out in real time. The time of an export run is an argument elsewhere and never from here.

use jiff::Timestamp;

/// The time now, as AWS would see it.
#[expect(clippy::disallowed_methods, reason = "the stand-ins play AWS, whose clock nobody hands in")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
