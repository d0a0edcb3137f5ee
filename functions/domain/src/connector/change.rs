//! The record of a change: who, when, what, before and after.

use serde::{Deserialize, Serialize};

use super::Connector;
use crate::names::{TenantId, escape_invisible};
use crate::time::Time;

/// Who asks. Nothing is done for nobody: what the API and the command line offer takes a caller.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Caller {
    /// The vendor's own people and programs: every tenant.
    Operator {
        /// The ARN or subject that signed the request, or the local user.
        name: String,
    },
    /// A tenant's administrator: this tenant only.
    Tenant {
        /// Whose.
        tenant: TenantId,
        /// The subject of the token.
        name: String,
    },
    /// Auditferry itself, such as the weekly verification.
    System,
}

/// No name is longer in a record, in characters. What identifies someone is at its start, and an ARN that IAM makes
/// for a person or a session is shorter.
const MAX_NAME_LEN: usize = 512;

impl Caller {
    /// The name for the records of whoever is called `text` by an ARN, a token or a shell: what does not show or turns
    /// the direction of writing is escaped ([`visible`]), so no name can pass for another's. `None` for an empty one.
    #[must_use]
    pub fn recorded_name(text: &str) -> Option<String> {
        let most: String = text.chars().take(MAX_NAME_LEN).collect();
        (!most.is_empty()).then(|| escape_invisible(&most))
    }

    /// Whether this tenant's connectors are the caller's to see and to touch.
    #[must_use]
    pub fn can_access(&self, of: &TenantId) -> bool {
        match self {
            Self::Operator { .. } | Self::System => true,
            Self::Tenant { tenant, .. } => tenant == of,
        }
    }

    /// The caller's name, as far as `reader` may know it: which of the vendor's people it was is not for its tenants.
    #[must_use]
    pub fn name_visible_to(&self, reader: &Self) -> Option<&str> {
        match self {
            Self::Operator { name } => Some(name.as_str()).filter(|_| !matches!(reader, Self::Tenant { .. })),
            Self::Tenant { name, .. } => Some(name),
            Self::System => None,
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Created.
    Create,
    /// Settings changed.
    Update,
    /// Verified, successfully.
    Verify,
    /// The destination was found unsafe.
    RefuseDestination,
    /// Activated.
    Activate,
    /// Paused.
    Pause,
    /// Resumed.
    Resume,
    /// Disabled.
    Disable,
    /// Taken back.
    Enable,
    /// Deleted.
    Delete,
    /// A new external ID was issued.
    RotateExternalId,
    /// The contacts were set.
    SetContacts,
    /// A new secret of the webhook was issued.
    RotateWebhookSecret,
    /// The contacts are to be told a test.
    TestContacts,
    /// Addresses that have not confirmed are asked again.
    AskContacts,
}

/// One change of a connector's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The version that it made.
    pub version: u64,
    /// When.
    pub at: Time,
    /// Who.
    pub by: Caller,
    /// What.
    pub what: Verb,
    /// The settings before; none for a creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Connector>,
    /// The settings after.
    pub after: Connector,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_sees_its_own_and_nobody_elses() {
        let [acme, globex]: [TenantId; 2] = ["acme", "globex"].map(|id| id.parse().unwrap());
        let caller = Caller::Tenant { tenant: acme.clone(), name: "ann".into() };
        assert!(caller.can_access(&acme) && !caller.can_access(&globex));
        let operator = Caller::Operator { name: "ops".into() };
        assert_eq!(
            (operator.name_visible_to(&caller), operator.name_visible_to(&operator)),
            (None, Some("ops"))
        );
        assert_eq!(caller.name_visible_to(&caller), Some("ann"));
        for of_the_vendor in [Caller::Operator { name: "ops".into() }, Caller::System] {
            assert!(of_the_vendor.can_access(&acme) && of_the_vendor.can_access(&globex));
        }
    }
}
