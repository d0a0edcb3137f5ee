//! The connection check: what it finds at a customer's side, and its consequences.
//!
//! - `stages`: every stage passing and failing, on the fake, where each call can be counted.
//! - `broken`: the setups that go wrong in practice, each named, from AWS's own messages on the wire.
//! - `embedded`: the same on the embedded stand-ins, as far as they can reproduce it, by their policies.
//! - `hostile`: a platform whose messages can't be trusted.
//! - `new_roles`: a role that is seconds old, on the test's own clock.
//! - `weekly` and `rotation`: how the exporter uses it, and `embedded_weekly` the same on the stand-ins.

mod broken;
mod deployment;
mod embedded;
mod embedded_weekly;
mod hostile;
mod new_roles;
mod reports;
mod rotation;
mod scripted_aws;
mod stages;
mod weekly;

use reports::{assert_stopped_at, connector, only_finding, vendor, verdicts, verify};
