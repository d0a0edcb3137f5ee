//! The subset of IAM's policy language that a session policy of Auditferry needs.
//!
//! A session policy restricts a role for one session
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html>). Supported: version
//! `2012-10-17`, statements that allow `s3:PutObject` on S3 object ARNs, each exact or with one `*` at its
//! end, and statements that allow `kms:GenerateDataKey` and `kms:Decrypt` on one key, or on the keys of an
//! alias, through S3. Everything else is rejected, since a policy that is accepted but not enforced would
//! make a test pass for the wrong reason.

use control::setup::VIA_S3;
use serde::Deserialize;

/// A fully supported session policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionPolicy {
    resources: Vec<String>,
    /// ARNs of keys and aliases, as a write names them, for which data keys may be generated.
    generate_data_key: Vec<String>,
    /// Those with which data keys may be decrypted.
    decrypt: Vec<String>,
}

/// Why a session policy was rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("the policy is not JSON of a form that this stand-in supports: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the policy's version is not 2012-10-17")]
    Version,
    #[error("a statement's effect is not Allow")]
    Effect,
    #[error("a statement's action is neither s3:PutObject nor kms:GenerateDataKey or kms:Decrypt")]
    Action,
    #[error("a condition is not supported here")]
    Condition,
    #[error("{0:?} is not the ARN of one KMS key, or of an account's keys with the condition of an alias")]
    Key(String),
    #[error("{0:?} is not the ARN of S3 objects, exact or with one * at its end")]
    Resource(String),
    #[error("a policy needs a statement, and a statement an action and a resource")]
    Empty,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    version: String,
    statement: OneOrMany<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(rename = "Sid")]
    _sid: Option<String>,
    effect: String,
    action: OneOrMany<String>,
    resource: OneOrMany<String>,
    condition: Option<Condition>,
}

/// The only supported conditions: that the key has this alias, and that S3 makes the request, which is always
/// the case here.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    #[serde(rename = "ForAnyValue:StringEquals")]
    any: Option<Aliases>,
    #[serde(rename = "StringLike")]
    like: Option<ViaService>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViaService {
    #[serde(rename = "kms:ViaService")]
    service: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliases {
    #[serde(rename = "kms:ResourceAliases")]
    aliases: OneOrMany<String>,
}

/// IAM accepts a single value wherever it accepts a list.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }
}

impl SessionPolicy {
    /// Parses a policy document.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for anything that can't be enforced here; STS answers `MalformedPolicyDocument`.
    pub(crate) fn parse(json: &str) -> Result<Self, PolicyError> {
        let document: Document = serde_json::from_str(json)?;
        if document.version != "2012-10-17" {
            return Err(PolicyError::Version);
        }
        let mut policy = Self { resources: Vec::new(), generate_data_key: Vec::new(), decrypt: Vec::new() };
        let statements = document.statement.into_vec();
        if statements.is_empty() {
            return Err(PolicyError::Empty);
        }
        for statement in statements {
            statement.add_to(&mut policy)?;
        }
        Ok(policy)
    }

    /// Whether the policy allows `s3:PutObject` on the object with this ARN.
    pub(crate) fn allows_put(&self, object_arn: &str) -> bool {
        self.resources.iter().any(|resource| match resource.strip_suffix('*') {
            Some(start) => object_arn.starts_with(start),
            None => object_arn == resource,
        })
    }

    /// Whether the policy allows `kms:GenerateDataKey` with the key or alias of this ARN. The stand-in has no
    /// keys, so a write that names an alias must find the alias in the policy.
    pub(crate) fn allows_key(&self, arn: &str) -> bool {
        self.generate_data_key.iter().any(|key| key == arn)
    }

    /// Whether the policy allows `kms:Decrypt` with the key or alias of this ARN.
    pub(crate) fn allows_decrypt(&self, arn: &str) -> bool {
        self.decrypt.iter().any(|key| key == arn)
    }
}

impl Statement {
    fn add_to(self, policy: &mut SessionPolicy) -> Result<(), PolicyError> {
        if self.effect != "Allow" {
            return Err(PolicyError::Effect);
        }
        let (actions, resources) = (self.action.into_vec(), self.resource.into_vec());
        if resources.is_empty() {
            return Err(PolicyError::Empty);
        }
        // IAM compares action names case-insensitively.
        let only = |name: &str| !actions.is_empty() && actions.iter().all(|a| a.eq_ignore_ascii_case(name));
        if only("s3:PutObject") {
            if self.condition.is_some() {
                return Err(PolicyError::Condition);
            }
            for resource in resources {
                policy.resources.push(checked_resource(resource)?);
            }
            return Ok(());
        }
        let has_action = |name: &str| actions.iter().any(|a| a.eq_ignore_ascii_case(name));
        let (generates, decrypts) = (has_action("kms:GenerateDataKey"), has_action("kms:Decrypt"));
        if actions.is_empty() || actions.len() != usize::from(generates) + usize::from(decrypts) {
            return Err(PolicyError::Action);
        }
        let Condition { any, like } = self.condition.unwrap_or(Condition { any: None, like: None });
        if like.as_ref().is_some_and(|via| via.service != VIA_S3) || (decrypts && like.is_none()) {
            return Err(PolicyError::Condition);
        }
        let aliases = any.map(|any| any.aliases.into_vec());
        for resource in resources {
            let keys = checked_keys(resource, aliases.as_deref())?;
            if decrypts {
                policy.decrypt.extend(keys.iter().cloned());
            }
            if generates {
                policy.generate_data_key.extend(keys);
            }
        }
        Ok(())
    }
}

/// The ARNs that a write may name: the key, or the aliases of the account's keys.
fn checked_keys(arn: String, aliases: Option<&[String]>) -> Result<Vec<String>, PolicyError> {
    let is_valid = |text: &str| !text.is_empty() && !text.contains(['*', '?', '$']);
    let Some((account, id)) = arn.split_once(":key/") else { return Err(PolicyError::Key(arn)) };
    let of_kms = account.starts_with("arn:aws") && account.contains(":kms:") && is_valid(account);
    if !of_kms {
        return Err(PolicyError::Key(arn));
    }
    match aliases {
        None if is_valid(id) => Ok(vec![arn]),
        Some(aliases) if id == "*" && aliases.iter().all(|a| a.starts_with("alias/") && is_valid(a)) => {
            Ok(aliases.iter().map(|alias| format!("{account}:{alias}")).collect())
        }
        _ => Err(PolicyError::Key(arn)),
    }
}

fn checked_resource(arn: String) -> Result<String, PolicyError> {
    let path = ["arn:aws:s3:::", "arn:aws-cn:s3:::", "arn:aws-us-gov:s3:::", "arn:aws-eusc:s3:::"]
        .iter()
        .find_map(|start| arn.strip_prefix(start));
    let is_valid = path.and_then(|path| path.split_once('/')).is_some_and(|(bucket, key)| {
        let key = key.strip_suffix('*').unwrap_or(key);
        // `?` is a wildcard and `$` starts a policy variable: both would be compared literally here.
        s3s::path::check_bucket_name(bucket) && !key.contains(['*', '?', '$'])
    });
    if is_valid { Ok(arn) } else { Err(PolicyError::Resource(arn)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_statement_and_lists_are_the_same_policy() {
        let lone = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/a/*"}}"#;
        let lists = r#"{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Allow","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::acme-logs/a/*"]}]}"#;
        let (lone, lists) = (SessionPolicy::parse(lone).unwrap(), SessionPolicy::parse(lists).unwrap());
        assert_eq!(lone, lists);
        assert!(lone.allows_put("arn:aws:s3:::acme-logs/a/b/c"));
        assert!(!lone.allows_put("arn:aws:s3:::acme-logs/b"));
    }

    #[test]
    fn a_key_is_allowed_by_its_own_arn_or_by_its_alias() {
        let policy = |rest: &str| {
            let keys = "arn:aws:kms:eu-central-1:222222222222:key";
            let json = format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"{keys}/{rest}}}}}"#
            );
            SessionPolicy::parse(&json).unwrap()
        };
        let by_key = policy(r#"1234abcd""#);
        assert!(by_key.allows_key("arn:aws:kms:eu-central-1:222222222222:key/1234abcd"));
        assert!(!by_key.allows_key("arn:aws:kms:eu-central-1:222222222222:key/other"));
        let by_alias = policy(
            r#"*","Condition":{"ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/audit/logs"}}"#,
        );
        assert!(by_alias.allows_key("arn:aws:kms:eu-central-1:222222222222:alias/audit/logs"));
        assert!(!by_alias.allows_key("arn:aws:kms:eu-central-1:222222222222:alias/audit"));
        assert!(!by_alias.allows_put("arn:aws:s3:::acme-logs/audit/a"));
    }

    #[test]
    fn policies_that_cannot_be_enforced_are_rejected() {
        let statement = |inner: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{inner}}}]}}"#);
        let allow = r#""Effect":"Allow","Action":"s3:PutObject","Resource":"#;
        let key = r#""Effect":"Allow","Action":"kms:GenerateDataKey","Resource":"#;
        for policy in [
            "{".into(),
            r#"{"Version":"2008-10-17","Statement":[]}"#.into(),
            r#"{"Version":"2012-10-17","Statement":[]}"#.into(),
            statement(r#""Effect":"Deny","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/*""#),
            statement(r#""Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::acme-logs/*""#),
            statement(r#""Effect":"Allow","NotAction":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/*""#),
            statement(&format!(r#"{allow}"arn:aws:s3:::acme-logs/*","Condition":{{}}"#)),
            statement(&format!(r#"{allow}"*""#)),
            statement(&format!(r#"{allow}"arn:aws:s3:::acme-logs/*/x""#)),
            statement(&format!(r#"{allow}"arn:aws:s3:::*/x""#)),
            statement(&format!("{allow}[]")),
            statement(r#""Effect":"Allow","Action":[],"Resource":"arn:aws:s3:::acme-logs/*""#),
            statement(r#""Effect":"Allow","Action":["s3:PutObject","kms:GenerateDataKey"],"Resource":"*""#),
            statement(
                r#""Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:eu-central-1:2:key/1""#,
            ),
            statement(&format!(
                r#"{key}"arn:aws:kms:eu-central-1:2:key/1","Condition":{{"StringLike":{{"kms:ViaService":"*"}}}}"#
            )),
            statement(&format!("{key}\"*\"")),
            statement(&format!("{key}\"arn:aws:kms:eu-central-1:222222222222:key/*\"")),
            statement(&format!("{key}\"arn:aws:s3:::acme-logs/*\"")),
        ] {
            assert!(SessionPolicy::parse(&policy).is_err(), "{policy}");
        }
    }
}
