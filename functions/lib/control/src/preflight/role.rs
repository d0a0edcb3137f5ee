//! A role that cannot be assumed. STS gives the same answer for a wrong name, a wrong account and a wrong
//! external ID. The role name that the setup link generates narrows it down as far as possible.

use archive::names::CustomerRole;
use protocol::connector::{Connector, S3Destination};

use crate::setup::{DEFAULT_ROLE_NAME, Vendor, quick_create_role, stack_name, trust_statement};

/// Comes first where the role may be new: IAM can take longer than a caller waits for the answer.
const TRY_AGAIN: &str = "If the stack was created within the last minute, try again. ";

/// Cause and remedy if STS denies the role.
pub(super) fn explain_assume_role_denied(
    connector: &Connector,
    to: &S3Destination,
    vendor: &Vendor,
) -> (String, String) {
    let role = &to.role;
    let statement = trust_statement(connector, vendor);
    let first = if connector.verified_at.is_none() { TRY_AGAIN } else { "" };
    (
        format!(
            "sts:AssumeRole on the role {role} was denied: the role does not exist, does not trust the \
             vendor, or requires another external ID."
        ),
        format!(
            "{first}{} The role's trust policy must contain this statement: {statement}.",
            likely_cause(connector, role)
        ),
    )
}

/// The most likely mistake, as a remedy.
fn likely_cause(connector: &Connector, role: &CustomerRole) -> String {
    let (expected, given, account) = (quick_create_role(&connector.id), role.path_and_name(), role.account());
    let stack = stack_name(&connector.id);
    if given == expected {
        return format!(
            "The name is the one from the setup link. Check that the stack {stack} is in account \
             {account}; if it is, set its parameter ExternalId to the value below."
        );
    }
    if is_generated_role(role) {
        return format!(
            "That is another connector's role, which requires another external ID: the setup link creates \
             role/{expected}; you gave role/{given}."
        );
    }
    format!(
        "The setup link creates role/{expected}; you gave role/{given}. Use the stack's output RoleArn; if \
         you created the role by hand, check that {given} is in account {account} and requires the external \
         ID below."
    )
}

/// Whether the role name has the form of a generated one: the default name and eight hexadecimal digits.
fn is_generated_role(role: &CustomerRole) -> bool {
    let name = role.path_and_name().rsplit('/').next().unwrap_or_default();
    let mark =
        name.strip_prefix(DEFAULT_ROLE_NAME).and_then(|rest| rest.strip_prefix('-')).unwrap_or_default();
    mark.len() == 8 && mark.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
