//! The API's settings, and how callers are identified.

use super::env::{Env, FromEnv, ReportedError, text};
use super::links::LinkSettings;
use super::onboarding::OnboardingSettings;
use super::reader::ReaderFunction;
use super::resources::S3Settings;
use super::signing::SigningSettings;
use super::stack::StackSettings;

/// The API's settings, from its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiSettings {
    /// The settings of its operations.
    pub onboarding: OnboardingSettings,
    /// How callers are identified.
    pub callers: CallerSettings,
    /// What it needs to make links to the portal.
    pub links: LinkSettings,
    /// Whom it asks about events.
    pub reader: ReaderFunction,
    /// How S3 buckets are addressed.
    pub s3: S3Settings,
    /// The signing keys, whose public halves are published.
    pub signing: SigningSettings,
    /// The name of this deployment, and its log level.
    pub stack: StackSettings,
}

impl FromEnv for ApiSettings {
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (onboarding, callers, links, reader, s3, signing, stack) = env.read()?;
        Ok(Self { onboarding, callers, links, reader, s3, signing, stack })
    }
}

/// Claim and scope in the tokens of the JWT authorizer, by the vendor's own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerSettings {
    /// The claim that names the tenant.
    pub tenant_claim: String,
    /// The scope of operators.
    pub operator_scope: String,
}

impl FromEnv for CallerSettings {
    /// Reads `TENANT_CLAIM` (`tenant_id`) and `OPERATOR_SCOPE` (`auditferry/operator`).
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let claim = "the name of a claim: 1 to 128 visible ASCII characters, or empty for tenant_id";
        let scope = "a scope: 1 to 128 visible ASCII characters, or empty for auditferry/operator";
        let claim = env.optional("TENANT_CLAIM", claim, text(is_word));
        let scope = env.optional("OPERATOR_SCOPE", scope, text(is_word));
        Ok(Self {
            tenant_claim: claim?.unwrap_or_else(|| "tenant_id".to_owned()),
            operator_scope: scope?.unwrap_or_else(|| "auditferry/operator".to_owned()),
        })
    }
}

/// A bracket in a scope could be mistaken for the end of a list. Source: RFC 6749, section 3.3; API Gateway
/// developer guide, "Control access to HTTP APIs with JWT authorizers".
fn is_word(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && !b"[]\"\\".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read as settings;

    #[test]
    fn words_have_a_default_and_a_form() {
        let read = |value: &str| settings::<CallerSettings>(&|_| Some(value.to_owned()));
        let defaults = read("").unwrap();
        assert_eq!(
            (defaults.tenant_claim.as_str(), defaults.operator_scope.as_str()),
            ("tenant_id", "auditferry/operator")
        );
        assert_eq!(read("custom:tenant").unwrap().tenant_claim, "custom:tenant");
        for bad in ["a b", "[a]", "ä", &"a".repeat(129)] {
            let error = read(bad).unwrap_err().to_string();
            assert!(error.contains("TENANT_CLAIM is `") && error.contains("OPERATOR_SCOPE is `"), "{error}");
        }
    }
}
