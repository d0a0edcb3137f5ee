//! The connection check: what it finds at a customer's side, and its consequences.
//!
//! - `stages`: every stage passing and failing, on the fake, where each call can be counted.
//! - `broken`: the set-ups that go wrong in practice, each named, from the platform's own messages on the wire.
//! - `stand_ins`: the same on the embedded stand-ins, as far as they can reproduce it, with their own policies.
//! - `hostile`: a platform whose messages can't be trusted.
//! - `new_roles`: a role that is seconds old, on the test's own clock.
//! - `weekly` and `rotation`: how the exporter uses it, and `embedded_week` the same on the stand-ins.

mod broken;
mod embedded_weekly;
mod hostile;
mod new_roles;
mod scripted_aws;
mod reports;
mod rotation;
mod deployment;
mod stages;
mod embedded;
mod weekly;

use reports::{assert_stopped_at, connector, only_finding, vendor, verdicts, verify};
