//! The presets of `EVENT_FIELDS`: the mappings of products and formats that many people use.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{EventFields, tables};

/// A mapping that has a name. The tables behind them, with their sources, are in `tables`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// AWS CloudTrail.
    Cloudtrail,
    /// The Open Cybersecurity Schema Framework, 1.x.
    Ocsf,
    /// The Elastic Common Schema, with nested objects or with dots in the names.
    Ecs,
    /// Tenant logs of Auth0, as its API or as its log streams write them.
    Auth0,
    /// Audit log events of `WorkOS`.
    Workos,
    /// Names that many products use.
    Generic,
}

impl Preset {
    /// All presets. Of two that fit equally well, a guess takes the earlier one.
    pub const ALL: [Self; 6] =
        [Self::Cloudtrail, Self::Ocsf, Self::Ecs, Self::Auth0, Self::Workos, Self::Generic];

    /// The name in settings and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cloudtrail => "cloudtrail",
            Self::Ocsf => "ocsf",
            Self::Ecs => "ecs",
            Self::Auth0 => "auth0",
            Self::Workos => "workos",
            Self::Generic => "generic",
        }
    }

    /// The preset with this name; `None` if there is none.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.as_str() == name)
    }

    /// The mapping.
    #[must_use]
    pub fn fields(self) -> EventFields {
        tables::of(self).fields()
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preset_is_found_by_its_name_only() {
        for preset in Preset::ALL {
            assert_eq!(Preset::from_name(preset.as_str()), Some(preset));
            assert_eq!(serde_json::to_string(&preset).unwrap(), format!("\"{preset}\""));
        }
        for other in ["", "CloudTrail", "auth0 ", "okta"] {
            assert_eq!(Preset::from_name(other), None);
        }
    }
}
