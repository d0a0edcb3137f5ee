//! Events as the products' own documents show them, shortened, for the tests of presets and guesses.

use super::Preset;

/// The events of each preset.
pub(super) const EXAMPLES: &[(Preset, &[&str])] = &[
    (Preset::Cloudtrail, &[CLOUDTRAIL_DENIED, CLOUDTRAIL_ROOT, CLOUDTRAIL_SERVICE]),
    (Preset::Ocsf, &[OCSF_LOGON, OCSF_API]),
    (Preset::Ecs, &[ECS_NESTED, ECS_DOTTED]),
    (Preset::Auth0, &[AUTH0_API, AUTH0_STREAM]),
    (Preset::Workos, &[WORKOS]),
    (Preset::Generic, &[GENERIC_FLAT, GENERIC_NESTED]),
];

/// AWS Sign-In user guide, a sign-in that a resource-based policy denied.
pub(super) const CLOUDTRAIL_DENIED: &str = r#"{"eventVersion":"1.11","userIdentity":{"type":"IAMUser",
"principalId":"AIDACKCEVSQ6C2EXAMPLE","arn":"arn:aws:iam::111122223333:user/ExampleUser",
"accountId":"111122223333","userName":"ExampleUser"},"eventTime":"2026-02-18T21:19:28Z",
"eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin","awsRegion":"us-east-1",
"sourceIPAddress":"192.0.2.100","errorCode":"AccessDenied","requestParameters":null,
"responseElements":{"ConsoleLogin":"Failure"},"eventID":"db26d1f9-ce73-4dd9-9081-cdf2aEXAMPLE",
"eventType":"AwsConsoleSignIn","recipientAccountId":"111122223333","eventCategory":"Management"}"#;
/// A failed sign-in of the root user, which has no error code and no error message.
pub(super) const CLOUDTRAIL_ROOT: &str = r#"{"eventVersion":"1.05","userIdentity":{"type":"Root",
"principalId":"1111","arn":"arn:aws:iam::123456789012:root","accountId":"123456789012"},
"eventTime":"2019-01-01T00:00:00Z","eventSource":"signin.amazonaws.com","eventName":"ConsoleLogin",
"sourceIPAddress":"192.0.2.111","requestParameters":null,"responseElements":{"ConsoleLogin":"Failure"},
"eventID":"1","eventType":"AwsConsoleSignIn","recipientAccountId":"123456789012"}"#;
/// AWS CloudTrail user guide: a call by an AWS service.
pub(super) const CLOUDTRAIL_SERVICE: &str = r#"{"eventVersion":"1.08","userIdentity":{"type":"AWSService",
"invokedBy":"ec2.amazonaws.com"},"eventTime":"2026-07-10T10:00:00Z","eventSource":"sts.amazonaws.com",
"eventName":"AssumeRole","sourceIPAddress":"ec2.amazonaws.com","requestParameters":{
"roleArn":"arn:aws:iam::123456789012:role/web"},"responseElements":null,"eventID":"2",
"resources":[{"accountId":"123456789012","type":"AWS::IAM::Role","ARN":"arn:aws:iam::123456789012:role/web"}],
"recipientAccountId":"123456789012"}"#;

/// The class Authentication (3002) of the schema, as the examples of OCSF write it.
pub(super) const OCSF_LOGON: &str = r#"{"class_uid":3002,"class_name":"Authentication","category_uid":3,
"category_name":"Identity & Access Management","activity_id":1,"activity_name":"Logon","severity_id":1,
"status_id":2,"status":"Failure","time":1706745600000,"actor":{"user":{"name":"jsmith",
"uid":"S-1-5-21-123456-1001"},"session":{"uid":"0x3E7"}},"src_endpoint":{"ip":"10.1.50.23"},
"metadata":{"uid":"m-1","version":"1.3.0"}}"#;
/// The class API Activity (6003), as Amazon Security Lake writes it.
pub(super) const OCSF_API: &str = r#"{"activity_id":1,"activity_name":"Create","actor":{"user":{
"type":"IAMUser","uid":"arn:aws:iam::111122223333:user/anaya"}},"api":{"operation":"CreateBucket",
"service":{"name":"s3.amazonaws.com"}},"category_name":"Application Activity","class_name":"API Activity",
"class_uid":6003,"cloud":{"provider":"AWS","account":{"uid":"111122223333"}},"metadata":{"uid":"m-2"},
"src_endpoint":{"ip":"192.0.2.1"},"status":"Success","status_id":1,"time":1706745600123,
"resources":[{"uid":"arn:aws:s3:::logs"}]}"#;

/// The Elastic Common Schema with objects. `event.category` is a list.
pub(super) const ECS_NESTED: &str = r#"{"@timestamp":"2026-11-20T20:15:30.123Z","event":{"id":"e-1",
"kind":"event","category":["authentication"],"type":["start"],"action":"user-login","outcome":"failure"},
"user":{"name":"ann","id":"7"},"source":{"ip":"192.0.2.7"},"organization":{"id":"acme"},
"message":"login failed"}"#;
/// The same with dots in the names.
pub(super) const ECS_DOTTED: &str = r#"{"@timestamp":"2026-11-20T20:15:30.123Z","event.id":"e-1",
"event.category":["authentication"],"event.action":"user-login","event.outcome":"success",
"user.name":"ann","source.ip":"192.0.2.7"}"#;

/// Auth0 Management API, "Get a log event by id".
pub(super) const AUTH0_API: &str = r#"{"date":"2016-02-23T19:57:29.532Z","type":"sapi",
"description":"Update a client","client_id":"AaiyAPdpYdesoKnqjj8HJqRn4T5titww","client_name":"My App",
"ip":"190.257.209.19","user_id":"auth0|56c75c4e42b6359e98374bc2",
"log_id":"90020211130024410422898811132722062524488178305167523842","isMobile":false,
"details":{"request":{"method":"patch","path":"/api/v2/clients/1"}}}"#;
/// An event of an Auth0 log stream: the same inside of `data`.
pub(super) const AUTH0_STREAM: &str = r#"{"log_id":"90020221124231024915274964892613219266671587159978278962",
"data":{"date":"2022-11-24T23:10:23.560Z","type":"limit_wc","description":"Blocked account",
"connection":"main","client_id":"DMx4w5HbYCCWzAXRxZmK2pPJMyXzYPjx","client_name":"Shop",
"ip":"2001:db8::9311","user_id":"","user_name":"ann@example.com",
"log_id":"90020221124231024915274964892613219266671587159978278962"}}"#;

/// `WorkOS` docs, "Audit Logs".
pub(super) const WORKOS: &str = r#"{"action":"user.signed_in","occurred_at":"2022-08-29T19:47:52.336Z",
"actor":{"type":"user","id":"user_01GBNJC3MX9ZZJW1FSTF4C5938"},
"targets":[{"type":"team","id":"team_01GBNJD4MKHVKJGEWK42JNMBGS"}],
"context":{"location":"123.123.123.123","user_agent":"Chrome/104.0.0.0"}}"#;

/// A product of one's own.
pub(super) const GENERIC_FLAT: &str = r#"{"id":"1","created_at":"2026-11-20T21:15:30+01:00",
"event_type":"document.shared","user_id":42,"user_email":"ann@example.com","ip_address":"192.0.2.9",
"resource_id":"doc_9","organization_id":"acme","success":false}"#;
/// Another one, with objects.
pub(super) const GENERIC_NESTED: &str = r#"{"event_id":"2","timestamp":1763669730,"event":"login",
"actor":{"id":"u-1","email":"bob@example.com"},"target":{"id":"t-1"},"context":{"ip":"192.0.2.8"},
"outcome":{"result":"ALLOW"},"session":{"id":"s-1"}}"#;
