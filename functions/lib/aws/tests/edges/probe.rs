//! The requests of a preflight check to STS and S3, header by header: a probe must be a delivery in all but
//! its bytes.

use archive::names::ExternalId;
use archive::part::PartNumber;
use aws::s3::customers::{StsCustomers, StsProber};
use ports::Customers as _;
use ports::Prober as _;
use ports::{CustomerBucket, PresentedExternalId, ProbeSession, SessionScope};
use protocol::connector::{Connector, Encryption};
use protocol::delivery_error::{DeliveryError, DeliveryErrorKind};

use crate::server::{RecordedRequest, ScriptedResponse, Server};
use crate::wire::{KEYS, named};
use crate::world::{BUCKET, clients_of, connector, object};

/// As [`KEYS`], with the ARN of the session.
fn assumed() -> ScriptedResponse {
    let user = "<AssumedRoleUser><Arn>arn:aws:sts::222222222222:assumed-role/Delivery/x</Arn>\
                <AssumedRoleId>AROA1:x</AssumedRoleId></AssumedRoleUser><Credentials>";
    ScriptedResponse::new(200, KEYS.replace("<Credentials>", user))
}

async fn assume(
    server: &Server,
    connector: &Connector,
    external_id: PresentedExternalId<'_>,
    scope: SessionScope,
) -> Result<Box<dyn ProbeSession>, DeliveryError> {
    let clients = clients_of(&server.url);
    let prober = StsProber::new(clients.sts, clients.customers);
    prober.assume(connector, connector.destination.s3().unwrap(), external_id, scope).await
}

/// A session, and the server with these responses to the next requests.
async fn session(answers: Vec<ScriptedResponse>) -> (Box<dyn ProbeSession>, Server) {
    let server = Server::start(std::iter::once(assumed()).chain(answers)).await;
    let connector = connector();
    let external_id = PresentedExternalId::ExternalId(&connector.external_id);
    (assume(&server, &connector, external_id, SessionScope::Prefix).await.unwrap(), server)
}

fn field<'a>(seen: &'a RecordedRequest, name: &str) -> Option<&'a str> {
    seen.text().split('&').find_map(|sent| sent.strip_prefix(name)?.strip_prefix('='))
}

#[tokio::test]
async fn a_probe_is_sent_with_the_very_headers_of_a_delivery() {
    let key = "arn:aws:kms:eu-central-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let mut connector = connector();
    connector.destination.s3_mut().unwrap().encryption = Encryption::Kms(key.parse().unwrap());

    let delivery = Server::start([ScriptedResponse::new(200, KEYS), ScriptedResponse::new(200, "")]).await;
    let clients = clients_of(&delivery.url);
    let customers = StsCustomers::new(clients.sts, clients.customers);
    let bucket: Box<dyn CustomerBucket> = customers.open(&connector, PartNumber::FIRST).await.unwrap();
    bucket.put_new(object("audit/a", b"x")).await.unwrap();

    let probe = Server::start([assumed(), ScriptedResponse::new(200, "")]).await;
    let external_id = PresentedExternalId::ExternalId(&connector.external_id);
    let session = assume(&probe, &connector, external_id, SessionScope::Prefix).await.unwrap();
    session.put_new(object("audit/a", b"x")).await.unwrap();

    let stable_headers = |seen: &RecordedRequest| -> Vec<(String, String)> {
        // The headers that differ with time and port.
        let varying = ["authorization", "x-amz-date", "host", "amz-sdk-invocation-id"];
        let headers = seen.headers.iter().filter(|(name, _)| !varying.contains(&name.as_str()));
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
    };
    let (delivered, probed) = (delivery.requests(), probe.requests());
    assert_eq!(stable_headers(&delivered[1]), stable_headers(&probed[1]));
    assert_eq!(delivered[1].path, probed[1].path);
    for name in ["Policy", "ExternalId", "RoleArn", "DurationSeconds"] {
        assert!(field(&probed[0], name).is_some());
        assert_eq!(field(&delivered[0], name), field(&probed[0], name), "{name}");
    }
    assert_eq!(field(&probed[0], "RoleSessionName"), Some("auditferry-verify-con_0000000000000007"));
}

#[tokio::test]
async fn an_absent_external_id_is_not_sent_and_the_role_scope_has_no_policy() {
    let server = Server::start([assumed(), assumed()]).await;
    let (connector, wrong) = (connector(), ExternalId::new(9, 9));
    assume(&server, &connector, PresentedExternalId::Absent, SessionScope::Prefix).await.unwrap();
    assume(&server, &connector, PresentedExternalId::ExternalId(&wrong), SessionScope::Role).await.unwrap();
    let seen = server.requests();
    assert_eq!(field(&seen[0], "ExternalId"), None);
    assert!(field(&seen[0], "Policy").is_some());
    assert_eq!(field(&seen[1], "ExternalId"), Some(wrong.as_str()));
    assert_eq!(field(&seen[1], "Policy"), None);
}

#[tokio::test]
async fn a_probe_that_exists_counts_as_written_and_a_written_one_has_its_encryption() {
    let exists = ScriptedResponse::new(412, named("PreconditionFailed"));
    let written = ScriptedResponse::new(200, "").with("x-amz-server-side-encryption", "aws:kms");
    let (session, _server) = session(vec![exists, written]).await;
    assert_eq!(session.put_new(object("audit/a", b"x")).await.unwrap().encryption, None);
    let answer = session.put_new(object("audit/b", b"x")).await.unwrap();
    assert_eq!(answer.encryption.as_deref(), Some("aws:kms"));
}

#[tokio::test]
async fn a_buckets_region_is_read_from_any_response_that_names_it() {
    let naming = |status| ScriptedResponse::new(status, "").with("x-amz-bucket-region", "us-west-2");
    let statuses = [200, 301, 307, 400, 403];
    let (session, server) = session(statuses.map(naming).into()).await;
    for status in statuses {
        assert_eq!(session.bucket_region().await, Ok("us-west-2".parse().ok()), "{status}");
    }
    let head = &server.requests()[1];
    assert_eq!((head.method.as_str(), head.path.trim_end_matches('/')), ("HEAD", &*format!("/{BUCKET}")));
    assert_eq!(head.header("x-amz-expected-bucket-owner"), Some("222222222222"));
}

#[tokio::test]
async fn a_missing_region_is_not_guessed_and_a_missing_bucket_is_gone() {
    let odd = ScriptedResponse::new(301, "").with("x-amz-bucket-region", "evil.example");
    let answers = vec![
        ScriptedResponse::new(403, ""),
        ScriptedResponse::new(400, ""),
        odd,
        ScriptedResponse::new(404, ""),
    ];
    let (session, _server) = session(answers).await;
    for _ in 0..3 {
        assert_eq!(session.bucket_region().await, Ok(None));
    }
    let error = session.bucket_region().await.unwrap_err();
    assert_eq!((error.kind, error.code.as_str()), (DeliveryErrorKind::Gone, "NoSuchBucket"));
}

#[tokio::test]
async fn the_next_external_id_is_tried_first_and_only_a_denial_leads_to_the_one_in_use() {
    let next = ExternalId::new(5, 6);
    let connector = Connector { next_external_id: Some(next.clone()), ..connector() };
    let denied = || ScriptedResponse::new(403, named("AccessDenied"));
    let rejected = ScriptedResponse::new(400, named("MalformedPolicyDocument"));
    for (answers, works, attempts) in [
        (vec![ScriptedResponse::new(200, KEYS)], Ok(&next), 1),
        (vec![denied(), ScriptedResponse::new(200, KEYS)], Ok(&connector.external_id), 2),
        (vec![denied(), denied()], Err(DeliveryErrorKind::Denied), 2),
        (vec![rejected], Err(DeliveryErrorKind::Rejected), 1),
    ] {
        let server = Server::start(answers).await;
        let clients = clients_of(&server.url);
        let customers = StsCustomers::new(clients.sts, clients.customers);
        match (customers.open(&connector, PartNumber::FIRST).await, works) {
            (Ok(bucket), Ok(id)) => assert_eq!(bucket.assumed_with(), Some(id)),
            (Err(error), Err(kind)) => assert_eq!(error.kind, kind),
            (opened, works) => panic!("{:?} where {works:?} was due", opened.map(drop)),
        }
        let external_id: Vec<String> =
            server.requests().iter().map(|seen| field(seen, "ExternalId").unwrap().to_owned()).collect();
        let expected = [next.as_str(), connector.external_id.as_str()];
        assert_eq!(external_id, expected[..attempts]);
    }
}
