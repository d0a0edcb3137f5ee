//! The form of an `AssumeRole` request, and its validation by STS before it looks up any role.

use std::collections::HashMap;

use super::response::StsError;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct AssumeRoleRequest {
    pub(super) role_arn: String,
    pub(super) session_name: String,
    pub(super) external_id: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) duration_seconds: i64,
}

/// The supported parameters. Others would change a session's permissions, so they are rejected, not ignored.
const KNOWN_PARAMETERS: [&str; 7] =
    ["Action", "Version", "RoleArn", "RoleSessionName", "ExternalId", "Policy", "DurationSeconds"];

impl AssumeRoleRequest {
    /// Parses the form.
    ///
    /// # Errors
    ///
    /// `InvalidAction` for another action or version, `ValidationError` for a parameter that is missing or
    /// exceeds its limits.
    pub(super) fn parse(body: &[u8]) -> Result<Self, StsError> {
        let form: HashMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
        let field = |name: &str| form.get(name).cloned();
        if field("Action").as_deref() != Some("AssumeRole")
            || field("Version").as_deref() != Some("2011-06-15")
        {
            return Err(StsError::invalid_action(&field("Action").unwrap_or_default()));
        }
        if let Some(other) = form.keys().find(|name| !KNOWN_PARAMETERS.contains(&name.as_str())) {
            return Err(StsError::validation_error(&format!(
                "this stand-in does not support the parameter {other}"
            )));
        }
        let needed = |name: &str| {
            field(name).ok_or_else(|| StsError::validation_error(&format!("{name} must not be null")))
        };
        let request = Self {
            role_arn: needed("RoleArn")?,
            session_name: needed("RoleSessionName")?,
            external_id: field("ExternalId"),
            policy: field("Policy"),
            duration_seconds: parse_duration(field("DurationSeconds").as_deref())?,
        };
        request.check()?;
        Ok(request)
    }

    fn check(&self) -> Result<(), StsError> {
        let name = &self.session_name;
        if !(2..=64).contains(&name.len()) || !name.chars().all(|c| is_word_char(c) || "+=,.@-".contains(c)) {
            return Err(StsError::validation_error(r"roleSessionName must be 2 to 64 of [\w+=,.@-]"));
        }
        let sound_id = |id: &String| {
            (2..=1_224).contains(&id.len()) && id.chars().all(|c| is_word_char(c) || "+=,.@:/-".contains(c))
        };
        if !self.external_id.as_ref().is_none_or(sound_id) {
            return Err(StsError::validation_error(r"externalId must be 2 to 1,224 of [\w+=,.@:\/-]"));
        }
        if self.policy.as_ref().is_some_and(|policy| policy.is_empty() || policy.chars().count() > 2_048) {
            return Err(StsError::validation_error("policy must have a length of 1 to 2,048"));
        }
        Ok(())
    }
}

/// The session's duration: 15 minutes to the role's maximum, which is an hour unless changed.
fn parse_duration(text: Option<&str>) -> Result<i64, StsError> {
    let seconds = text.map_or(Ok(3_600), str::parse);
    match seconds {
        Ok(seconds @ 900..=3_600) => Ok(seconds),
        Ok(seconds) if seconds > 3_600 => Err(StsError::validation_error(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )),
        _ => Err(StsError::validation_error("durationSeconds must be a number of 900 or more")),
    }
}

/// `\w`, restricted to ASCII as in STS.
fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(rest: &str) -> String {
        format!("Action=AssumeRole&Version=2011-06-15&RoleArn=arn&RoleSessionName=session{rest}")
    }

    #[test]
    fn percent_encoding_and_the_default_duration_are_read() {
        let request = AssumeRoleRequest::parse(form("&ExternalId=a%2Fb&Policy=%7B+%7D").as_bytes()).unwrap();
        assert_eq!(request.external_id.as_deref(), Some("a/b"));
        assert_eq!(request.policy.as_deref(), Some("{ }"));
        assert_eq!(request.duration_seconds, 3_600);
    }

    #[test]
    fn parameters_beyond_their_limits_are_rejected() {
        for rest in [
            "&DurationSeconds=899",
            "&DurationSeconds=3601",
            "&DurationSeconds=x",
            "&ExternalId=a",
            "&ExternalId=a%20b",
            "&RoleSessionName=a%2Fb",
            "&RoleSessionName=a",
            "&Policy=",
            "&PolicyArns.member.1.arn=x",
            "&Action=GetSessionToken",
        ] {
            assert!(AssumeRoleRequest::parse(form(rest).as_bytes()).is_err(), "{rest}");
        }
        let long = format!("&Policy={}", "x".repeat(2_049));
        assert!(AssumeRoleRequest::parse(form(&long).as_bytes()).is_err());
    }
}
