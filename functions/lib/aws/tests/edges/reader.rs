//! The reader's sessions on AWS: what is asked of STS, and with which credentials the data is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use archive::part::Window;
use archive::time::Time;
use async_trait::async_trait;
use aws::dynamodb::events::EventsTable;
use aws::reader::StsReaderSessions;
use ports::{Clock, PortError, ReaderSessions as _};
use protocol::connector::Connector;
use protocol::machine::Span;

use crate::server::{ScriptedResponse, Server};
use crate::wire::KEYS;
use crate::world::{STAGING, World, connector, services_of};

const ROLE: &str = "arn:aws:iam::111111111111:role/auditferry-ReaderDataRole-1";
const MINUTE: i64 = 60_000;

/// A clock that stands where it is set.
#[derive(Debug, Default)]
struct SetClock(AtomicI64);

#[async_trait]
impl Clock for SetClock {
    fn now(&self) -> Time {
        Time::from_millis(self.0.load(Ordering::Relaxed)).unwrap()
    }

    async fn sleep(&self, _: Duration) {}
}

fn sessions(server: &Server, clock: &Arc<SetClock>) -> StsReaderSessions {
    let services = services_of(&server.url);
    let layout = EventsTable::default_layout("events");
    let role = ROLE.parse().unwrap();
    StsReaderSessions::new(
        services.sts(),
        services.sessions(),
        role,
        STAGING.to_owned(),
        layout,
        Arc::clone(clock) as _,
    )
}

fn keys_of(id: &str) -> ScriptedResponse {
    ScriptedResponse::new(200, KEYS.replace("ASIATEMPORARY", id))
}

fn form(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body).find(|(found, _)| found == name).map(|(_, value)| value.into_owned())
}

fn key(connector: &Connector) -> String {
    format!("index/{}/x", connector.id)
}

#[tokio::test]
async fn a_session_is_for_one_connector_and_reads_with_its_own_keys_for_a_quarter_of_an_hour() {
    let object = || ScriptedResponse::new(200, "bytes".to_owned());
    let answers = [keys_of("ASIAFIRST"), object(), object(), keys_of("ASIASECOND"), object()];
    let server = Server::start(answers).await;
    let (clock, connector) = (Arc::new(SetClock::default()), connector());
    let sessions = sessions(&server, &clock);
    for minute in [100, 114, 115] {
        clock.0.store(minute * MINUTE, Ordering::Relaxed);
        let objects = sessions.open(&connector).await.unwrap().objects;
        assert_eq!(objects.range(&key(&connector), 0, 5).await.unwrap().unwrap(), "bytes");
    }
    let seen = server.requests();
    assert_eq!(seen.len(), 5, "a session is reused for fifteen minutes");
    for (nth, id) in [(0, "ASIAFIRST"), (3, "ASIASECOND")] {
        assert_eq!(form(&seen[nth].body, "RoleArn").as_deref(), Some(ROLE));
        assert_eq!(form(&seen[nth].body, "DurationSeconds").as_deref(), Some("1800"));
        let name = format!("auditferry-reads-{}", connector.id);
        assert_eq!(form(&seen[nth].body, "RoleSessionName"), Some(name));
        let policy = form(&seen[nth].body, "Policy").unwrap();
        assert!(policy.contains(&format!("parts/{}/*", connector.id)) && policy.contains(r#"["acme"]"#));
        let signed = seen[nth + 1].header("authorization").unwrap();
        assert!(signed.contains(&format!("Credential={id}/")), "{signed}");
    }
    assert_eq!(seen[1].header("range").unwrap(), "bytes=0-4");
}

#[tokio::test]
async fn shards_beyond_the_first_policy_are_read_in_a_session_of_their_own() {
    let page = || ScriptedResponse::new(200, r#"{"Items":[],"Count":0,"ScannedCount":0}"#);
    let server = Server::start([keys_of("ASIAFIRST"), page(), keys_of("ASIASECOND"), page()]).await;
    let shards = 64_u8.try_into().unwrap();
    let tenant = "a".repeat(100).parse().unwrap();
    let connector = Connector { shards, tenant, ..connector() };
    let session = sessions(&server, &Arc::default()).open(&connector).await.unwrap();
    let span = Span::Window(Window { from: Time::EPOCH, to: Time::EPOCH });
    for shard in [0, 63] {
        let mut pages = session.source.open(&connector.tenant, shards, shard, &span).await.unwrap();
        assert!(pages.next_page().await.unwrap().is_none_or(|page| page.is_empty()));
    }
    let seen = server.requests();
    let policies = [0, 2].map(|nth: usize| form(&seen[nth].body, "Policy").unwrap());
    let last = format!("{}#63", connector.tenant);
    assert!(policies[0].contains("parts/") && !policies[0].contains(&last));
    assert!(policies[1].contains(&last) && !policies[1].contains("s3:"));
    assert!(seen[3].header("authorization").unwrap().contains("Credential=ASIASECOND/"));
}

#[tokio::test]
async fn what_the_deployment_forbids_is_an_error_and_what_is_gone_is_none() {
    let denied = |code: &str| ScriptedResponse::new(403, format!("<Error><Code>{code}</Code></Error>"));
    let listed = |keys: &str| {
        let xml = format!("<ListBucketResult><IsTruncated>false</IsTruncated>{keys}</ListBucketResult>");
        ScriptedResponse::new(200, xml)
    };
    let connector = connector();
    let found = listed(&format!("<Contents><Key>{}</Key></Contents>", key(&connector)));
    let refused = ScriptedResponse::new(
        403,
        "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>".to_owned(),
    );
    let answers =
        [refused, keys_of("ASIAFIRST"), denied("AccessDenied"), listed(""), denied("AccessDenied"), found];
    let server = Server::start(answers).await;
    let sessions = sessions(&server, &Arc::default());
    let error = sessions.open(&connector).await.unwrap_err();
    assert!(matches!(&error, PortError::Denied { .. }), "{error:?}");
    assert!(error.chain().contains("assuming the reader's data role"), "{}", error.chain());
    let objects = sessions.open(&connector).await.unwrap().objects;
    assert_eq!(objects.range(&key(&connector), 0, 5).await.unwrap(), None, "S3 denies what is not there");
    let error = objects.range(&key(&connector), 0, 5).await.unwrap_err();
    assert!(matches!(&error, PortError::Denied { .. }), "it is there and forbidden: {error:?}");
}

/// The URL works without any other credentials, until its time is over.
#[tokio::test]
async fn whoever_has_the_url_loads_the_download_as_a_file() {
    let world = World::start().await;
    let (s3, dynamodb) = (world.clients.s3.clone(), world.clients.dynamodb.clone());
    let layout = EventsTable::default_layout("events");
    let sessions = aws::reader::OwnReaderSessions::new(s3, dynamodb, STAGING.to_owned(), layout);
    let objects = sessions.open(&world.connector).await.unwrap().objects;
    let key = format!("downloads/{}/x", world.connector.id);
    objects.put(&key, "a,b\n".into()).await.unwrap();
    let url = objects.url(&key, "events.csv").await.unwrap();
    assert!(url.contains("X-Amz-Expires=300"), "{url}");
    let address = world.stack.s3_url().strip_prefix("http://").unwrap().to_owned();
    let path = url.strip_prefix(world.stack.s3_url()).unwrap().to_owned();
    let load = |path: String| {
        let address = address.clone();
        async move {
            use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
            let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
            let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).await.unwrap();
            answer
        }
    };
    let answer = load(path.clone()).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("attachment; filename=\"events.csv\"") && answer.contains("a,b"), "{answer}");
    assert!(load(path.replace("events.csv", "events.exe")).await.starts_with("HTTP/1.1 403"));
}
