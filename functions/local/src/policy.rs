//! The subset of IAM's policy language that a session policy of Auditferry needs.
//!
//! A session policy narrows a role for one session (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies.html>).
//! Understood: version `2012-10-17`, statements that allow `s3:PutObject` on S3 object ARNs, each exact or with one
//! `*` at its end. Whatever else AWS would understand is refused, since a policy that is accepted but not enforced
//! would make a test pass for the wrong reason.

use serde::Deserialize;

/// A session policy that was understood in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SessionPolicy {
    resources: Vec<String>,
}

/// Why a session policy was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PolicyError {
    #[error("the policy is not JSON of the form that this stand-in understands: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the policy's version is not 2012-10-17")]
    Version,
    #[error("a statement's effect is not Allow")]
    Effect,
    #[error("{0:?} is not the action s3:PutObject")]
    Action(String),
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
}

/// IAM takes a lone value wherever it takes a list.
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
    /// Reads a policy document.
    ///
    /// # Errors
    ///
    /// [`PolicyError`] for anything that can't be enforced here; STS answers `MalformedPolicyDocument`.
    pub(crate) fn parse(json: &str) -> Result<Self, PolicyError> {
        let document: Document = serde_json::from_str(json)?;
        if document.version != "2012-10-17" {
            return Err(PolicyError::Version);
        }
        let mut resources = Vec::new();
        for statement in document.statement.into_vec() {
            resources.extend(statement.into_resources()?);
        }
        if resources.is_empty() { Err(PolicyError::Empty) } else { Ok(Self { resources }) }
    }

    /// Whether the policy allows `s3:PutObject` on the object with this ARN.
    pub(crate) fn allows_put(&self, object_arn: &str) -> bool {
        self.resources.iter().any(|resource| match resource.strip_suffix('*') {
            Some(start) => object_arn.starts_with(start),
            None => object_arn == resource,
        })
    }
}

impl Statement {
    fn into_resources(self) -> Result<Vec<String>, PolicyError> {
        if self.effect != "Allow" {
            return Err(PolicyError::Effect);
        }
        let actions = self.action.into_vec();
        if actions.is_empty() {
            return Err(PolicyError::Empty);
        }
        // IAM compares the names of actions without regard to case.
        if let Some(other) = actions.into_iter().find(|action| !action.eq_ignore_ascii_case("s3:PutObject")) {
            return Err(PolicyError::Action(other));
        }
        self.resource.into_vec().into_iter().map(checked_resource).collect()
    }
}

fn checked_resource(arn: String) -> Result<String, PolicyError> {
    let path = ["arn:aws:s3:::", "arn:aws-cn:s3:::", "arn:aws-us-gov:s3:::"]
        .iter()
        .find_map(|start| arn.strip_prefix(start));
    let sound = path.and_then(|path| path.split_once('/')).is_some_and(|(bucket, key)| {
        let key = key.strip_suffix('*').unwrap_or(key);
        // `?` is a wildcard and `$` starts a policy variable: both would be compared literally here.
        s3s::path::check_bucket_name(bucket) && !key.contains(['*', '?', '$'])
    });
    if sound { Ok(arn) } else { Err(PolicyError::Resource(arn)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_statement_and_lists_are_the_same_policy() {
        let lone = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::acme-logs/a/*"}}"#;
        let lists = r#"{"Version":"2012-10-17","Statement":[{"Sid":"x","Effect":"Allow","Action":["s3:PutObject"],"Resource":["arn:aws:s3:::acme-logs/a/*"]}]}"#;
        let (lone, lists) = (SessionPolicy::parse(lone).unwrap(), SessionPolicy::parse(lists).unwrap());
        assert_eq!(lone, lists);
        assert!(lone.allows_put("arn:aws:s3:::acme-logs/a/b/c"));
        assert!(!lone.allows_put("arn:aws:s3:::acme-logs/b"));
    }

    #[test]
    fn what_cannot_be_enforced_is_refused() {
        let statement = |inner: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{{{inner}}}]}}"#);
        let allow = r#""Effect":"Allow","Action":"s3:PutObject","Resource":"#;
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
        ] {
            assert!(SessionPolicy::parse(&policy).is_err(), "{policy}");
        }
    }
}
