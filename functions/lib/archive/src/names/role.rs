//! IAM roles: any role, and those that a customer may use.

use serde::{Deserialize, Serialize};

use super::aws::{is_account, is_partition, partitions_pattern};
use super::{AccountId, InvalidValueError, pasted, text_newtype};

/// The ARN of an IAM role: `arn:<partition>:iam::<account>:role/<path and name>`. White space and quotes
/// around it are removed.
///
/// The path and name follow the IAM user guide, "IAM and AWS STS quotas": a path of up to 512 printable ASCII
/// characters, a name of up to 64 of `A-Z a-z 0-9 + = , . @ _ -`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleArn(String);
text_newtype!(RoleArn);

impl RoleArn {
    const FORM: &str = "it looks like arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery";

    fn parse(text: &str) -> Result<Self, InvalidValueError> {
        let invalid = |problem: &str| Err(InvalidValueError::new("role ARN", text, problem, Self::FORM));
        let trimmed = pasted::trim_pasted(text);
        let fields: Vec<&str> = trimmed.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = fields.as_slice() else {
            return invalid("does not have the six fields of an ARN");
        };
        if *arn != "arn" || !is_partition(partition) {
            return invalid("does not start with arn:aws, arn:aws-cn, arn:aws-us-gov or arn:aws-eusc");
        }
        if let Some(other) = other_principal_problem(service, resource) {
            return invalid(other);
        }
        if *service != "iam" || !region.is_empty() {
            return invalid("is not an ARN of IAM");
        }
        if !is_account(account) {
            return invalid("does not name an account of 12 digits");
        }
        let Some(path) = resource.strip_prefix("role/") else {
            return invalid("does not name a role");
        };
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let name_ok = (1..=64).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+=,.@_-".contains(&b));
        let folder_ok =
            folder.len() <= 510 && folder.bytes().all(|b| b.is_ascii_graphic() && b != b'*' && b != b'?');
        if !name_ok || !folder_ok {
            return invalid("has a path or name that IAM does not allow");
        }
        Ok(Self(trimmed.to_owned()))
    }

    /// The account in the ARN, which owns the role.
    #[must_use]
    pub fn account(&self) -> AccountId {
        AccountId::from_valid_digits(self.0.split(':').nth(4).unwrap_or_default())
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.0.split(':').nth(1).unwrap_or_default()
    }
}

/// The error for an ARN that people often use in place of a role's. Source: AWS IAM user guide, "IAM
/// identifiers".
fn other_principal_problem(service: &str, resource: &str) -> Option<&'static str> {
    let kind = resource.split('/').next().unwrap_or_default();
    match (service, kind) {
        ("sts", "assumed-role") => Some(
            "names a role session, which expires; give the ARN of the role itself, which is the stack's \
             output RoleArn",
        ),
        ("sts", "federated-user") => Some("names a federated user; give the role that the link creates"),
        ("iam", "root") => Some("names a whole account; give the role that the link creates in it"),
        ("iam", "user") => Some("names a user; give the role that the link creates"),
        ("iam", "group") => Some("names a group; give the role that the link creates"),
        ("iam", "policy") => Some("names a policy; give the role that the link creates"),
        ("iam", "instance-profile") => Some("names an instance profile; give the role that the link creates"),
        ("cloudformation", "stack") => {
            Some("names a stack; give the role's ARN, which is the stack's output RoleArn")
        }
        _ => None,
    }
}

/// The path of every role that is assumed: our own policies allow `sts:AssumeRole` on no other. IAM paths are
/// case-sensitive.
pub const ROLE_PATH: &str = "/auditferry/";

/// A customer's role: a [`RoleArn`] on the path [`ROLE_PATH`] or below it.
///
/// The vendor's own roles are on other paths, so none of them can be used as a customer's role.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CustomerRole(RoleArn);

impl CustomerRole {
    /// The grammar.
    #[must_use]
    pub fn pattern() -> String {
        let partitions = partitions_pattern();
        let folder_and_name = "([!-)+->@-~]{0,499}/)?[A-Za-z0-9+=,.@_-]{1,64}";
        format!("arn:{partitions}:iam::[0-9]{{12}}:role{ROLE_PATH}{folder_and_name}")
    }

    /// The ARN, without the white space and quotes that were removed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The customer's account, which must own the bucket.
    #[must_use]
    pub fn account(&self) -> AccountId {
        self.0.account()
    }

    /// The partition: `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.0.partition()
    }

    /// The role's path and name, such as `auditferry/AuditferryDelivery`.
    #[must_use]
    pub fn path_and_name(&self) -> &str {
        let resource = self.as_str().splitn(6, ':').last().unwrap_or_default();
        resource.strip_prefix("role/").unwrap_or(resource)
    }
}

impl std::fmt::Display for CustomerRole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for CustomerRole {
    type Err = InvalidValueError;
    fn from_str(text: &str) -> Result<Self, InvalidValueError> {
        let role = RoleArn::parse(text)?;
        // The resource follows the fifth colon; a path may contain colons itself.
        let resource = role.as_str().splitn(6, ':').last().unwrap_or_default();
        if resource.strip_prefix("role").is_some_and(|path| path.starts_with(ROLE_PATH)) {
            return Ok(Self(role));
        }
        let problem =
            format!("is not on the path {ROLE_PATH}, the only one on which Auditferry may assume roles");
        Err(InvalidValueError::new("role ARN", text, problem, RoleArn::FORM))
    }
}

impl TryFrom<String> for CustomerRole {
    type Error = InvalidValueError;
    fn try_from(text: String) -> Result<Self, InvalidValueError> {
        text.parse()
    }
}

impl From<CustomerRole> for String {
    fn from(role: CustomerRole) -> Self {
        role.0.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wrong_role_arns_are_rejected() {
        for bad in [
            "",
            "arn:aws:iam::1234:role/x",
            "arn:aws:sts::123456789012:assumed-role/x/y",
            "arn:aws:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:role/",
            "arn:evil:iam::123456789012:role/x",
            "arn:aws:iam::123456789012:role/a b",
            "arn:aws:iam::123456789012:role/*",
        ] {
            assert!(bad.parse::<RoleArn>().is_err(), "{bad}");
        }
        let role: RoleArn = "arn:aws-us-gov:iam::123456789012:role/auditferry/Delivery".parse().unwrap();
        assert_eq!((role.account().as_str(), role.partition()), ("123456789012", "aws-us-gov"));
    }

    #[test]
    fn other_principals_are_named_and_surrounding_white_space_is_removed() {
        for (given, named) in [
            ("arn:aws:sts::123456789012:assumed-role/AuditferryDelivery/x", "a role session"),
            ("arn:aws:sts::123456789012:federated-user/x", "a federated user"),
            ("arn:aws:iam::123456789012:root", "a whole account"),
            ("arn:aws:iam::123456789012:user/auditferry/x", "names a user"),
            ("arn:aws:iam::123456789012:instance-profile/x", "an instance profile"),
            (
                "arn:aws:cloudformation:eu-west-1:123456789012:stack/auditferry-1/2",
                "the stack's output RoleArn",
            ),
        ] {
            let error = given.parse::<CustomerRole>().unwrap_err().to_string();
            assert!(error.contains(named) && error.contains("it looks like"), "{error}");
        }
        let role = "arn:aws:iam::123456789012:role/auditferry/AuditferryDelivery";
        for around in
            [format!("{role} "), format!("\n{role}\n"), format!("\"{role}\""), format!("\t'{role}'")]
        {
            assert_eq!(around.parse::<CustomerRole>().unwrap().as_str(), role, "{around:?}");
        }
        let role: CustomerRole = role.parse().unwrap();
        assert_eq!(role.path_and_name(), "auditferry/AuditferryDelivery");
        assert!(
            "arn:aws:iam::123456789012:role/auditferry/Auditferry Delivery".parse::<CustomerRole>().is_err()
        );
    }

    #[test]
    fn a_role_arn_that_is_wrong_in_one_place_is_rejected() {
        let role = |resource: &str| format!("arn:aws:iam::123456789012:role/{resource}").parse::<RoleArn>();
        let (name, folder) = ("n".repeat(64), "f".repeat(510));
        for good in ["x", "a/b/x", &name, &format!("{folder}/x")] {
            assert!(role(good).is_ok(), "{good}");
        }
        for bad in ["", "a/", "a b/x", "a*/x", "a?/x", &format!("{name}n"), &format!("{folder}f/x")] {
            assert!(role(bad).is_err(), "{bad}");
        }
        for bad in [
            "nra:aws:iam::123456789012:role/x",
            "arn:aws:s3::123456789012:role/x",
            "arn:aws:iam:eu-central-1:123456789012:role/x",
        ] {
            assert!(bad.parse::<RoleArn>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_customers_role_is_kept_as_it_was_accepted() {
        let arn = "arn:aws:iam::123456789012:role/auditferry/eu/Delivery";
        let role = CustomerRole::try_from(arn.to_owned()).unwrap();
        assert_eq!((role.as_str(), String::from(role.clone()).as_str()), (arn, arn));
        assert!(CustomerRole::try_from("arn:aws:iam::123456789012:role/x".to_owned()).is_err());
    }

    #[test]
    fn a_customers_role_on_another_path_is_rejected_with_the_path_and_the_right_form() {
        for bad in [
            "arn:aws:iam::123456789012:role/AuditferryDelivery",
            "arn:aws:iam::123456789012:role/auditferry-exporter",
            "arn:aws:iam::123456789012:role/Auditferry/AuditferryDelivery",
            "arn:aws:iam::123456789012:role/service-role/auditferry/AuditferryDelivery",
            "arn:aws:iam::123456789012:role/x:role/auditferry/AuditferryDelivery",
        ] {
            assert!(bad.parse::<RoleArn>().is_ok(), "{bad} is a role");
            let error = bad.parse::<CustomerRole>().unwrap_err().to_string();
            assert!(
                error.contains("is not on the path /auditferry/")
                    && error.contains("it looks like arn:aws:iam::123456789012:role/auditferry/"),
                "{error}"
            );
        }
        // An ARN that is not a role's gets its own error.
        let error = "arn:aws:iam::1234:role/auditferry/x".parse::<CustomerRole>().unwrap_err().to_string();
        assert!(error.contains("12 digits"), "{error}");
        assert!("arn:aws:iam::123456789012:role/auditferry/".parse::<CustomerRole>().is_err());
        for good in ["auditferry/AuditferryDelivery", "auditferry/eu/Delivery"] {
            let role: CustomerRole = format!("arn:aws-cn:iam::123456789012:role/{good}").parse().unwrap();
            assert_eq!((role.account().as_str(), role.partition()), ("123456789012", "aws-cn"));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_a_parser_panic(text in any::<String>()) {
            let _ = text.parse::<RoleArn>();
            let _ = text.parse::<CustomerRole>();
        }
    }
}
