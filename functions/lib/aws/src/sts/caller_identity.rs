//! The caller identity in AWS: account, partition and principal of the current credentials.

use archive::names::AccountId;
use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityOutput;
use ports::PortError;

use crate::port_error::port_error;

/// The principal of the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerIdentity {
    /// The account that owns the principal.
    pub account: AccountId,
    /// `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`.
    pub partition: String,
    /// The user or the role session, such as `arn:aws:sts::111111111111:assumed-role/Operator/jane`.
    pub arn: String,
}

/// Reads it from STS, which responds to any valid credentials: no policy can deny it. Source: AWS STS API
/// reference, `GetCallerIdentity`.
///
/// # Errors
/// If there are no valid credentials, or STS does not respond or the response is malformed.
pub async fn caller_identity(sts: &aws_sdk_sts::Client) -> Result<CallerIdentity, PortError> {
    const OPERATION: &str = "reading the caller identity from STS";
    let answer = sts.get_caller_identity().send().await.map_err(|error| port_error(OPERATION, error))?;
    parse_identity(answer).ok_or_else(|| PortError::bug(OPERATION, "the response has no account or ARN"))
}

fn parse_identity(answer: GetCallerIdentityOutput) -> Option<CallerIdentity> {
    let account = answer.account?.parse().ok()?;
    let arn = answer.arn?;
    let partition = arn.strip_prefix("arn:")?.split(':').next().filter(|name| !name.is_empty())?.to_owned();
    Some(CallerIdentity { account, partition, arn })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(account: &str, arn: &str) -> GetCallerIdentityOutput {
        GetCallerIdentityOutput::builder().account(account).arn(arn).build()
    }

    #[test]
    fn account_and_partition_are_those_of_the_principal() {
        let arn = "arn:aws-us-gov:sts::111111111111:assumed-role/Operator/jane";
        let identity = parse_identity(answer("111111111111", arn)).unwrap();
        assert_eq!((identity.account.as_str(), identity.partition.as_str()), ("111111111111", "aws-us-gov"));
        assert_eq!(identity.arn, arn);
    }

    #[test]
    fn a_malformed_response_is_rejected() {
        for (account, arn) in [("1111", "arn:aws:iam::1:user/x"), ("111111111111", "jane"), ("", "")] {
            assert_eq!(parse_identity(answer(account, arn)), None, "{account} {arn}");
        }
    }
}
