//! A role that keeps us out. STS answers a name that is wrong, an account that is wrong, and another external ID in the
//! same words; what the set-up link calls the role tells them apart as far as it can be told.

use crate::connector::{Connector, Destination};
use crate::names::CustomerRole;
use crate::setup::{DEFAULT_ROLE_NAME, Vendor, quick_create_role, stack_name, trust_statement};

/// What comes first where the role may be new: IAM takes longer than anybody can wait for an answer.
const TRY_AGAIN: &str = "If the stack was created within the last minute, try again. ";

/// Cause and remedy.
pub(super) fn explain_assume_role_denied(
    connector: &Connector,
    to: &Destination,
    vendor: &Vendor,
) -> (String, String) {
    let role = &to.role;
    let statement = trust_statement(connector, vendor);
    let first = if connector.verified_at.is_none() { TRY_AGAIN } else { "" };
    (
        format!(
            "The role {role} does not let us in: it does not exist, does not trust us, or asks for another external ID."
        ),
        format!(
            "{first}{} The role's trust policy must hold this statement: {statement}.",
            likely_cause(connector, role)
        ),
    )
}

/// What is most likely wrong.
fn likely_cause(connector: &Connector, role: &CustomerRole) -> String {
    let (made, given, account) = (quick_create_role(&connector.id), role.path_and_name(), role.account());
    let stack = stack_name(&connector.id);
    if given == made {
        return format!(
            "The name is the one that the link makes. So see that the stack {stack} is in account {account}; if it is, give its parameter ExternalId the value that stands below."
        );
    }
    if is_generated_role(role) {
        return format!(
            "That is the role of another connector, which asks for another external ID: the link makes role/{made}; you gave role/{given}."
        );
    }
    format!(
        "The link makes role/{made}; you gave role/{given}. Give the stack's output RoleArn; if the role was made by hand, see that {given} is in account {account}, and its external ID the one that stands below."
    )
}

/// Whether the name is one that a link makes.
fn is_generated_role(role: &CustomerRole) -> bool {
    let name = role.path_and_name().rsplit('/').next().unwrap_or_default();
    let mark =
        name.strip_prefix(DEFAULT_ROLE_NAME).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
    mark.len() == 8 && mark.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
