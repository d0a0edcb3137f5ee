//! The explorations that every log begins with: daily log-ins, and administrators' changes, in the words of
//! each preset.
//!
//! Sources: AWS CloudTrail user guide, "AWS Management Console sign-in events"; OCSF 1.8, classes
//! Authentication (3002) and Account Change (3001); ECS field reference, `event.category`; Auth0
//! documentation, "Log Event Type Codes"; `WorkOS` documentation, "Audit Logs".

use archive::fields::{Field, Preset};
use archive::query::counts::Interval;
use archive::query::filter::Filter;

/// An exploration that every log has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starter {
    /// Its name.
    pub name: &'static str,
    /// What it searches for.
    pub filter: Filter,
    /// Its chart's interval.
    pub interval: Interval,
    /// By what its chart is split.
    pub by: Field,
}

/// The starters for a preset's events; those of [`Preset::Generic`] where there is none.
#[must_use]
pub fn starters(preset: Option<&str>) -> Vec<Starter> {
    let preset = preset.and_then(Preset::from_name).unwrap_or(Preset::Generic);
    let (log_ins, changes) = filters(preset);
    let starter = |name, filter: &str, by| {
        // A test parses all of them.
        let filter = filter.parse().ok()?;
        Some(Starter { name, filter, interval: Interval::Day, by })
    };
    let all = [
        starter("Daily log-ins", log_ins, Field::Outcome),
        starter("Administrators' changes", changes, Field::Action),
    ];
    all.into_iter().flatten().collect()
}

/// Log-ins, and administrators' changes.
const fn filters(preset: Preset) -> (&'static str, &'static str) {
    match preset {
        Preset::Cloudtrail => (
            "action:ConsoleLogin,AssumeRoleWithSAML,AssumeRoleWithWebIdentity,GetSigninToken",
            "category:iam.amazonaws.com,organizations.amazonaws.com,sso.amazonaws.com -action:Get*,List*,Describe*,Generate*,Simulate*",
        ),
        Preset::Ocsf => (
            "category:authentication -action:logoff",
            "category:\"account change\",\"user access management\",\"group management\",\"entity management\"",
        ),
        Preset::Ecs => ("category:authentication", "category:iam,configuration"),
        Preset::Auth0 => ("action:s,f,fp,fu,ss,seacft,feacft", "action:sapi,fapi,mgmt_api_read"),
        Preset::Workos => {
            ("action:*signed_in*,*authentication*", "action:*role*,*member*,*invite*,*permission*")
        }
        Preset::Generic => (
            "action:*login*,*log_in*,*logon*,*signin*,*sign_in*,*signed_in*",
            "action:*admin*,*role*,*permission*,*member*,*invite*,*api_key*,*setting*",
        ),
    }
}
