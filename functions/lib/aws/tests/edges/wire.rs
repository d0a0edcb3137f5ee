//! The requests to STS and S3, header by header: for the promises that no stand-in checks.

use archive::names::ExternalId;
use archive::part::PartNumber;
use aws::s3::customers::StsCustomers;
use axum::http::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::stream;
use ports::Customers as _;
use ports::{Body, NewObject};
use protocol::connector::{Connector, Encryption};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind};
use protocol::machine::PutAnswer;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::server::{RecordedRequest, ScriptedResponse, Server};
use crate::world::{ACME, BUCKET, clients_of, connector, object, sha256};

pub(crate) const KEYS: &str = "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
    <AssumeRoleResult><Credentials><AccessKeyId>ASIATEMPORARY</AccessKeyId>\
    <SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>\
    <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

/// Opens the connector's bucket and writes one object; S3 responds from the script.
async fn put(
    connector: &Connector,
    object: NewObject,
    answers: Vec<ScriptedResponse>,
) -> (Result<PutAnswer, DeliveryError>, Vec<RecordedRequest>) {
    let server = Server::start(std::iter::once(ScriptedResponse::new(200, KEYS)).chain(answers)).await;
    let clients = clients_of(&server.url);
    let customers = StsCustomers::new(clients.sts, clients.customers);
    let bucket = customers.open(connector, PartNumber::new(42)).await.unwrap();
    (bucket.put_new(object).await, server.requests())
}

fn streamed(bytes: &'static [u8]) -> NewObject {
    let chunks = bytes.chunks(3).map(|chunk| Ok(Bytes::from_static(chunk)));
    NewObject { body: Body::Stream(Box::pin(stream::iter(chunks))), ..object("audit/events/a.json", bytes) }
}

pub(crate) fn named(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>words</Message></Error>")
}

#[tokio::test]
async fn an_object_is_put_with_the_sealed_checksum_and_no_other() {
    let bytes = b"{\"a\":1}\n";
    for (object, payload) in [
        (object("audit/events/a.json", bytes), hex::encode(sha256(bytes).bytes())),
        (streamed(bytes), hex::encode(sha256(bytes).bytes())),
    ] {
        let (answer, seen) = put(&connector(), object, vec![ScriptedResponse::new(200, "")]).await;
        assert_eq!(answer, Ok(PutAnswer::Written));
        let put = &seen[1];
        assert_eq!((put.method.as_str(), put.path.as_str()), ("PUT", "/acme-logs/audit/events/a.json"));
        assert_eq!(&put.body[..], bytes);
        for (name, value) in [
            ("if-none-match", "*"),
            ("x-amz-checksum-sha256", STANDARD.encode(sha256(bytes).bytes()).as_str()),
            ("x-amz-expected-bucket-owner", ACME),
            ("content-type", "application/json"),
            ("content-length", "8"),
            ("x-amz-security-token", "token"),
            ("x-amz-content-sha256", &payload),
        ] {
            assert_eq!(put.header(name), Some(value), "{name}");
        }
        let signature = put.header("authorization").unwrap();
        assert!(signature.contains("Credential=ASIATEMPORARY/") && signature.contains("/eu-central-1/s3/"));
        assert!(put.header("user-agent").unwrap().contains("app/auditferry"));
        let names: Vec<&str> = put.headers.keys().map(HeaderName::as_str).collect();
        let checksums =
            names.iter().filter(|name| name.contains("checksum") || name.contains("trailer")).count();
        assert_eq!(checksums, 1, "{names:?}");
        for unwanted in ["acl", "grant", "tagging", "encryption", "encoding"] {
            assert!(!names.iter().any(|name| name.contains(unwanted)), "{names:?}");
        }
    }
}

#[tokio::test]
async fn a_given_key_and_nothing_else_asks_for_sse_kms() {
    let mut connector = connector();
    let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    connector.destination.s3_mut().unwrap().encryption = Encryption::Kms(key.parse().unwrap());
    let (answer, seen) = put(&connector, object("audit/a", b"x"), vec![ScriptedResponse::new(200, "")]).await;
    assert_eq!(answer, Ok(PutAnswer::Written));
    assert_eq!(seen[1].header("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(seen[1].header("x-amz-server-side-encryption-aws-kms-key-id"), Some(key));
    assert!(seen[0].text().contains("kms%3AGenerateDataKey"));
}

/// Many buckets deny every write that does not name an encryption.
#[tokio::test]
async fn sse_s3_is_asked_for_by_name_where_the_destination_says_so() {
    let mut connector = connector();
    connector.destination.s3_mut().unwrap().encryption = Encryption::Aes256;
    let (answer, seen) = put(&connector, object("audit/a", b"x"), vec![ScriptedResponse::new(200, "")]).await;
    assert_eq!(answer, Ok(PutAnswer::Written));
    assert_eq!(seen[1].header("x-amz-server-side-encryption"), Some("AES256"));
    assert_eq!(seen[1].header("x-amz-server-side-encryption-aws-kms-key-id"), None);
    assert!(!seen[0].text().contains("kms"));
}

/// The account of the role decides whether STS is active for it in our Region. In the partition's main Region
/// it always is. A rotation's second external ID is irrelevant to it.
#[tokio::test]
async fn where_sts_is_not_active_for_the_role_the_main_region_is_asked() {
    let disabled = || {
        let code = "<ErrorResponse><Error><Code>RegionDisabledException</Code>\
                    <Message>words</Message></Error></ErrorResponse>";
        ScriptedResponse::new(403, code)
    };
    let rotating = Connector { next_external_id: Some(ExternalId::new(3, 4)), ..connector() };
    let open = async |answers: Vec<ScriptedResponse>, connector: &Connector| {
        let server = Server::start(answers).await;
        let clients = clients_of(&server.url);
        let opened =
            StsCustomers::new(clients.sts, clients.customers).open(connector, PartNumber::new(1)).await;
        let regions: Vec<String> = server
            .requests()
            .iter()
            .map(|seen| seen.header("authorization").unwrap().split('/').nth(2).unwrap().to_owned())
            .collect();
        (opened.map(|_| ()), regions)
    };
    let (opened, regions) = open(vec![disabled(), ScriptedResponse::new(200, KEYS)], &rotating).await;
    assert_eq!((opened, regions.join(" ").as_str()), (Ok(()), "eu-central-1 us-east-1"));
    let (opened, regions) = open(vec![disabled(), disabled()], &rotating).await;
    assert_eq!(opened.unwrap_err().code, "RegionDisabledException");
    assert_eq!(regions.join(" "), "eu-central-1 us-east-1");

    let mut chinese = rotating;
    chinese.destination.s3_mut().unwrap().role =
        "arn:aws-cn:iam::222222222222:role/auditferry/Delivery".parse().unwrap();
    let (_, regions) = open(vec![disabled(), ScriptedResponse::new(200, KEYS)], &chinese).await;
    assert_eq!(regions[1], "cn-north-1");
}

#[tokio::test]
async fn the_role_is_assumed_with_the_vendors_keys_and_everything_that_binds_the_session() {
    let (_, seen) = put(&connector(), object("audit/a", b"x"), vec![ScriptedResponse::new(200, "")]).await;
    let assume = &seen[0];
    assert!(assume.header("authorization").unwrap().contains("Credential=AKIDVENDOR/"));
    for field in [
        "Action=AssumeRole",
        "RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2Fauditferry%2FDelivery",
        "RoleSessionName=auditferry-con_0000000000000007-000000000042",
        "ExternalId=af-00000000000000010000000000000002",
        "DurationSeconds=900",
        "Policy=%7B%22Statement%22",
    ] {
        assert!(assume.text().split('&').any(|sent| sent.starts_with(field)), "{field} in {}", assume.text());
    }
}

#[tokio::test]
async fn a_stream_is_sent_once_and_the_protocol_starts_over() {
    let (answer, seen) =
        put(&connector(), streamed(b"abcdef"), vec![ScriptedResponse::new(503, named("SlowDown"))]).await;
    let error = answer.unwrap_err();
    assert_eq!(
        (error.kind, error.code.as_str(), error.message.as_str()),
        (DeliveryErrorKind::Unavailable, "SlowDown", "words")
    );
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_stream_waits_for_100_continue() {
    let (answer, seen) = put(&connector(), streamed(b"abcdef"), vec![ScriptedResponse::new(200, "")]).await;
    assert_eq!(answer, Ok(PutAnswer::Written));
    assert_eq!(seen[1].header("expect"), Some("100-continue"));
    let signature = seen[1].header("authorization").unwrap();
    assert!(!signature.contains(";expect;"), "a proxy may drop it: {signature}");
    let (_, seen) = put(&connector(), object("audit/a", b"x"), vec![ScriptedResponse::new(200, "")]).await;
    assert_eq!(seen[1].header("expect"), None, "a few hundred bytes need no question");
}

/// An S3 that doesn't know `Expect`: it sends nothing until it has the whole request.
async fn s3_without_continue() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\nabcdef") {
            connection.read_buf(&mut request).await.unwrap();
        }
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
    });
    url
}

#[tokio::test]
async fn a_server_without_100_continue_gets_the_body_anyway() {
    let sts = Server::start([ScriptedResponse::new(200, KEYS)]).await;
    let (assume, deliver) = (clients_of(&sts.url), clients_of(&s3_without_continue().await));
    let customers = StsCustomers::new(assume.sts, deliver.customers);
    let bucket = customers.open(&connector(), PartNumber::FIRST).await.unwrap();
    assert_eq!(bucket.put_new(streamed(b"abcdef")).await, Ok(PutAnswer::Written));
}

#[tokio::test]
async fn a_conflict_is_never_taken_for_an_object_that_exists() {
    let conflict = ScriptedResponse::new(409, named("ConditionalRequestConflict"));
    let (answer, seen) = put(&connector(), object("audit/a", b"x"), vec![conflict]).await;
    assert_eq!(answer.unwrap_err().kind, DeliveryErrorKind::Conflict);
    assert_eq!(seen.len(), 2);
    let exists = ScriptedResponse::new(412, named("PreconditionFailed"));
    let (answer, _) = put(&connector(), object("audit/a", b"x"), vec![exists]).await;
    assert_eq!(answer, Ok(PutAnswer::Exists));
}

#[tokio::test]
async fn a_redirect_is_reported_and_never_followed() {
    let elsewhere = Server::start([ScriptedResponse::new(200, "")]).await;
    for (status, code) in [(301, "PermanentRedirect"), (307, "TemporaryRedirect")] {
        let redirect = ScriptedResponse::new(status, named(code))
            .with("location", format!("{}/{BUCKET}/audit/a", elsewhere.url))
            .with("x-amz-bucket-region", "us-west-2");
        let (answer, seen) = put(&connector(), object("audit/a", b"x"), vec![redirect]).await;
        let error = answer.unwrap_err();
        assert_eq!((error.kind, error.code.as_str()), (DeliveryErrorKind::Moved, code));
        assert!(error.message.contains("us-west-2"), "{}", error.message);
        assert_eq!(seen.len(), 2, "requested once");
    }
    assert!(elsewhere.requests().is_empty());
}
