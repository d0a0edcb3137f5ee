//! Who asks for a change: an operator of the vendor, a tenant, or Auditferry itself.

use archive::names::{TenantId, escape_invisible};
use serde::{Deserialize, Serialize};

/// The caller of an operation. Every operation of the API and the command line requires one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Caller {
    /// The vendor's own people and programs, who may access every tenant.
    Operator {
        /// The ARN or subject that signed the request, or the local user.
        name: String,
    },
    /// A tenant's administrator, who may access this tenant only.
    Tenant {
        /// The tenant of the administrator.
        tenant: TenantId,
        /// The subject of the token.
        name: String,
    },
    /// Auditferry itself, such as the weekly connection check.
    System,
}

/// The longest recorded name, in characters. What identifies a caller is at the start, and IAM's ARNs for
/// persons and sessions are shorter.
const MAX_NAME_LEN: usize = 512;

impl Caller {
    /// The name to record for a caller whom an ARN, a token or a shell calls `text`. Invisible characters and
    /// those that change the writing direction are escaped ([`escape_invisible`]), so no name can imitate
    /// another. `None` for an empty one.
    #[must_use]
    pub fn recorded_name(text: &str) -> Option<String> {
        let start: String = text.chars().take(MAX_NAME_LEN).collect();
        (!start.is_empty()).then(|| escape_invisible(&start))
    }

    /// Whether the caller may see and change this tenant's connectors.
    #[must_use]
    pub fn can_access(&self, tenant: &TenantId) -> bool {
        match self {
            Self::Operator { .. } | Self::System => true,
            Self::Tenant { tenant: own, .. } => own == tenant,
        }
    }

    /// The caller's name, as far as `reader` may see it: tenants don't see which of the vendor's people it
    /// was.
    #[must_use]
    pub fn name_visible_to(&self, reader: &Self) -> Option<&str> {
        match self {
            Self::Operator { name } => Some(name.as_str()).filter(|_| !matches!(reader, Self::Tenant { .. })),
            Self::Tenant { name, .. } => Some(name),
            Self::System => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_can_access_only_its_own_connectors() {
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
