//! AWS `CloudTrail`.

use super::super::Field::{Action, Actor, Category, Id, Ip, Session, Target, Tenant, Time};
use super::super::Outcome;
use super::{ANY, NONE, Table};

/// AWS `CloudTrail` user guide: "`CloudTrail` record contents for management, data, and network activity
/// events", "`CloudTrail` userIdentity element", and "AWS Management Console sign-in events".
///
/// A call of an AWS service has no ARN, but `invokedBy`. Only some services fill `resources`, so the names of
/// common parameters follow. A failed sign-in of the root user has neither `errorCode` nor `errorMessage`.
pub(super) const TABLE: Table = Table {
    paths: &[
        (Time, &["/eventTime"]),
        (Id, &["/eventID"]),
        (Action, &["/eventName", "/insightDetails/eventName"]),
        (Category, &["/eventSource", "/insightDetails/eventSource"]),
        (
            Actor,
            &[
                "/userIdentity/arn",
                "/userIdentity/userName",
                "/userIdentity/onBehalfOf/userId",
                "/userIdentity/invokedBy",
                "/userIdentity/principalId",
                "/userIdentity/type",
            ],
        ),
        (Session, &["/userIdentity/accessKeyId", "/userIdentity/credentialId"]),
        (
            Target,
            &[
                "/resources/0/ARN",
                "/requestParameters/bucketName",
                "/requestParameters/secretId",
                "/requestParameters/functionName",
                "/requestParameters/keyId",
                "/requestParameters/instanceId",
                "/requestParameters/dBInstanceIdentifier",
                "/requestParameters/tableName",
                "/requestParameters/userName",
                "/requestParameters/roleName",
                "/requestParameters/roleArn",
                "/requestParameters/groupName",
                "/requestParameters/policyArn",
                "/requestParameters/resourceId",
                "/requestParameters/vpcId",
                "/requestParameters/name",
            ],
        ),
        (Ip, &["/sourceIPAddress"]),
        (Tenant, &["/recipientAccountId", "/userIdentity/accountId"]),
    ],
    rules: &[
        ("/responseElements/ConsoleLogin", &["Success"], &["Failure"]),
        ("/errorCode", NONE, ANY),
        ("/errorMessage", NONE, ANY),
    ],
    otherwise: Outcome::Success,
};
