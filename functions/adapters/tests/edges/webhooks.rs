//! The requests to a webhook, the addresses they are sent to, and the meaning of the responses.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::webhooks::{EgressPolicy, HttpsPoster};
use domain::contacts::fair_share::{LONG_TIMEOUT, SHORT_TIMEOUT};
use domain::contacts::{SignedRequest, is_public};
use domain::names::WebhookUrl;
use domain::ports::{WebhookClient as _, WebhookResponse};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::time::timeout;

use crate::receiver::{Receiver, Reply};

fn url() -> WebhookUrl {
    "https://Hooks.Acme.example/in?key=1".parse().unwrap()
}

fn message() -> SignedRequest {
    SignedRequest {
        id: "msg_0123".into(),
        timestamp: "1614265330".into(),
        signature: "v1,one v1,two".into(),
        body: br#"{"type":"ExportBlocked"}"#.to_vec(),
    }
}

pub(crate) fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(include_bytes!("tls/ca.pem")).unwrap()).unwrap();
    roots
}

/// A client for which each host has these addresses, and which may connect to what `allows` permits.
fn poster(at: Vec<SocketAddr>, allows: fn(IpAddr) -> bool, roots: RootCertStore) -> HttpsPoster {
    let resolve = Arc::new(move |_: &str| -> adapters::webhooks::LookupFuture {
        let at = at.clone();
        Box::pin(async move { Ok(at) })
    });
    HttpsPoster::new(EgressPolicy { resolve, allows, roots }).unwrap()
}

async fn post(answers: Reply) -> (WebhookResponse, Receiver) {
    let receiver = Receiver::start(answers).await;
    let posted =
        poster(vec![receiver.address], |_| true, roots()).post(&url(), &message(), LONG_TIMEOUT).await;
    (posted, receiver)
}

fn why(posted: &WebhookResponse) -> &str {
    let WebhookResponse::Rejected(why) = posted else { panic!("{posted:?}") };
    why
}

#[tokio::test]
async fn a_message_is_one_request_with_the_headers_of_standard_webhooks() {
    let (posted, receiver) = post(Reply::status(204)).await;
    assert_eq!(posted, WebhookResponse::Taken);
    let got = receiver.received();
    let [request] = got.as_slice() else { panic!("{got:?}") };
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines[0], "POST /in?key=1 HTTP/1.1");
    for header in [
        "host: hooks.acme.example",
        "content-type: application/json",
        "content-length: 24",
        "webhook-id: msg_0123",
        "webhook-timestamp: 1614265330",
        "webhook-signature: v1,one v1,two",
    ] {
        assert!(lines.contains(&header), "{header}: {head}");
    }
    assert_eq!(body, r#"{"type":"ExportBlocked"}"#);
}

#[tokio::test]
async fn two_hundred_and_something_is_taken_410_wants_no_more_and_all_else_is_not_taken() {
    for (status, expected) in
        [(200, WebhookResponse::Taken), (202, WebhookResponse::Taken), (410, WebhookResponse::Gone)]
    {
        assert_eq!(post(Reply::status(status)).await.0, expected);
    }
    for status in [304, 400, 401, 404, 408, 429, 500, 503] {
        let (posted, _) = post(Reply::status(status)).await;
        assert!(why(&posted).contains(&format!("it answered {status}")), "{posted:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(Reply::status(200)).await;
    let to =
        format!("HTTP/1.1 307 X\r\nlocation: https://{}/\r\ncontent-length: 0\r\n\r\n", elsewhere.address);
    let (posted, receiver) = post(Reply::With(to)).await;
    assert_eq!(why(&posted), "it answered 307; redirects are not followed");
    assert_eq!((receiver.received().len(), elsewhere.received().len()), (1, 0));
}

#[tokio::test]
async fn an_answer_that_never_comes_or_breaks_off_is_not_taken_and_costs_ten_seconds_at_most() {
    let (closed, _) = post(Reply::Closes).await;
    assert!(why(&closed).contains("answer"), "{closed:?}");
    let (nonsense, _) = post(Reply::With("SSH-2.0-x\r\n".into())).await;
    assert!(why(&nonsense).contains("no HTTP answer"), "{nonsense:?}");
    let both = async { tokio::join!(post(Reply::Never), post(Reply::HeadWithoutEnd)) };
    let (slow, endless) = timeout(Duration::from_secs(20), both).await.unwrap();
    assert_eq!(slow.0, WebhookResponse::TimedOut);
    let begun = tokio::time::Instant::now();
    let receiver = Receiver::start(Reply::Never).await;
    let brief =
        poster(vec![receiver.address], |_| true, roots()).post(&url(), &message(), SHORT_TIMEOUT).await;
    assert!(
        brief == WebhookResponse::TimedOut && begun.elapsed() < LONG_TIMEOUT,
        "waited for as long as was said"
    );
    assert!(why(&endless.0).contains("no HTTP answer"), "{:?}", endless.0);
}

#[tokio::test]
async fn of_an_answer_nothing_but_its_status_is_waited_for() {
    let (posted, _) = timeout(Duration::from_secs(8), post(Reply::BodyWithoutEnd)).await.unwrap();
    assert_eq!(posted, WebhookResponse::Taken);
}

#[tokio::test]
async fn a_receiver_without_a_certificate_for_its_name_is_sent_nothing() {
    let receiver = Receiver::start(Reply::status(200)).await;
    let strict = poster(vec![receiver.address], |_| true, roots());
    let other =
        strict.post(&"https://hooks.globex.example/".parse().unwrap(), &message(), LONG_TIMEOUT).await;
    assert!(why(&other).starts_with("no TLS:"), "{other:?}");
    let unknown = poster(vec![receiver.address], |_| true, RootCertStore::empty())
        .post(&url(), &message(), LONG_TIMEOUT)
        .await;
    assert!(why(&unknown).starts_with("no TLS:"), "{unknown:?}");
    assert_eq!(receiver.received(), [""; 0], "not even a head");
}

/// The owner of a name may point it to this very machine.
#[tokio::test]
async fn a_name_that_leads_behind_our_own_door_is_not_connected_to() {
    let receiver = Receiver::start(Reply::status(200)).await;
    for shut in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254"] {
        let at = SocketAddr::new(shut.parse().unwrap(), receiver.address.port());
        let strict = poster(vec![at], is_public, roots());
        // No packet is sent, so nothing is waited for.
        let posted =
            timeout(Duration::from_secs(2), strict.post(&url(), &message(), LONG_TIMEOUT)).await.unwrap();
        assert_eq!(why(&posted), "its host name resolves to no public address", "{shut}");
    }
    assert_eq!(receiver.received(), [""; 0]);
}

/// The second lookup need not return the same as the first: the addresses are checked, not the name, and each
/// post resolves once.
#[tokio::test]
async fn a_name_is_asked_for_once_a_post_and_what_was_judged_is_connected_to() {
    let receiver = Receiver::start(Reply::status(200)).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let (count, address) = (Arc::clone(&asked), receiver.address);
    let judged = Arc::new(Mutex::new(Vec::new()));
    let hosts = Arc::clone(&judged);
    let resolve = Arc::new(move |host: &str| -> adapters::webhooks::LookupFuture {
        count.fetch_add(1, Ordering::SeqCst);
        hosts.lock().unwrap().push(host.to_owned());
        // A private address next to a public one: the private one is never tried.
        let shut = SocketAddr::new("10.1.2.3".parse().unwrap(), 443);
        Box::pin(async move { Ok(vec![shut, address]) })
    });
    let allows = |ip: IpAddr| ip.is_loopback();
    let poster = HttpsPoster::new(EgressPolicy { resolve, allows, roots: roots() }).unwrap();
    assert_eq!(poster.post(&url(), &message(), LONG_TIMEOUT).await, WebhookResponse::Taken);
    assert_eq!((asked.load(Ordering::SeqCst), receiver.received().len()), (1, 1));
    assert_eq!(*judged.lock().unwrap(), ["hooks.acme.example"]);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_is_not_taken_and_no_reason_tells_the_path() {
    let resolve = Arc::new(|_: &str| -> adapters::webhooks::LookupFuture {
        Box::pin(async { Err(std::io::Error::other("no such name")) })
    });
    let lost = HttpsPoster::new(EgressPolicy { resolve, allows: is_public, roots: roots() }).unwrap();
    let posted = lost.post(&url(), &message(), LONG_TIMEOUT).await;
    assert_eq!(why(&posted), "its host name does not resolve: no such name");
    let nobody = SocketAddr::new("127.0.0.1".parse().unwrap(), 9);
    let refused = poster(vec![nobody], |_| true, roots()).post(&url(), &message(), LONG_TIMEOUT).await;
    assert!(why(&refused).starts_with("it can't be connected to") && !why(&refused).contains("key=1"));
}

#[test]
fn the_system_has_certificates_to_believe() {
    let reach = EgressPolicy::public().unwrap();
    assert!(!reach.roots.is_empty() && !(reach.allows)("169.254.169.254".parse().unwrap()));
}
