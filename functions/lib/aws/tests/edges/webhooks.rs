//! The requests to a webhook, the addresses they are sent to, and the meaning of the responses.

use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use archive::names::WebhookUrl;
use aws::webhooks::{EgressPolicy, HttpsWebhookClient};
use control::contacts::fair_share::{LONG_TIMEOUT, SHORT_TIMEOUT};
use control::contacts::is_public;
use ports::WebhookClient as _;
use ports::WebhookResponse;
use protocol::notification::SignedRequest;
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
fn client(
    addresses: Vec<SocketAddr>,
    allows: fn(IpAddr) -> bool,
    roots: RootCertStore,
) -> HttpsWebhookClient {
    let resolve = Arc::new(move |_: &str| -> aws::webhooks::LookupFuture {
        let addresses = addresses.clone();
        Box::pin(async move { Ok(addresses) })
    });
    HttpsWebhookClient::new(EgressPolicy { resolve, allows, roots }).unwrap()
}

async fn post(reply: Reply) -> (WebhookResponse, Receiver) {
    let receiver = Receiver::start(reply).await;
    let response =
        client(vec![receiver.address], |_| true, roots()).post(&url(), &message(), LONG_TIMEOUT).await;
    (response, receiver)
}

fn reason(response: &WebhookResponse) -> &str {
    let WebhookResponse::Rejected(reason) = response else { panic!("{response:?}") };
    reason
}

#[tokio::test]
async fn a_message_is_one_request_with_the_headers_of_standard_webhooks() {
    let (response, receiver) = post(Reply::status(204)).await;
    assert_eq!(response, WebhookResponse::Accepted);
    let requests = receiver.received();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
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
async fn a_2xx_is_accepted_a_410_is_gone_and_all_else_is_rejected() {
    for (status, expected) in
        [(200, WebhookResponse::Accepted), (202, WebhookResponse::Accepted), (410, WebhookResponse::Gone)]
    {
        assert_eq!(post(Reply::status(status)).await.0, expected);
    }
    for status in [304, 400, 401, 404, 408, 429, 500, 503] {
        let (response, _) = post(Reply::status(status)).await;
        assert!(reason(&response).contains(&format!("it answered {status}")), "{response:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Receiver::start(Reply::status(200)).await;
    let to =
        format!("HTTP/1.1 307 X\r\nlocation: https://{}/\r\ncontent-length: 0\r\n\r\n", elsewhere.address);
    let (response, receiver) = post(Reply::With(to)).await;
    assert_eq!(reason(&response), "it answered 307; redirects are not followed");
    assert_eq!((receiver.received().len(), elsewhere.received().len()), (1, 0));
}

#[tokio::test]
async fn a_missing_or_broken_response_is_rejected_within_ten_seconds() {
    let (closed, _) = post(Reply::Closes).await;
    assert!(reason(&closed).contains("answer"), "{closed:?}");
    let (nonsense, _) = post(Reply::With("SSH-2.0-x\r\n".into())).await;
    assert!(reason(&nonsense).contains("no HTTP answer"), "{nonsense:?}");
    let both = async { tokio::join!(post(Reply::Never), post(Reply::HeadWithoutEnd)) };
    let (slow, endless) = timeout(Duration::from_secs(20), both).await.unwrap();
    assert_eq!(slow.0, WebhookResponse::TimedOut);
    let begun = tokio::time::Instant::now();
    let receiver = Receiver::start(Reply::Never).await;
    let short =
        client(vec![receiver.address], |_| true, roots()).post(&url(), &message(), SHORT_TIMEOUT).await;
    assert!(
        short == WebhookResponse::TimedOut && begun.elapsed() < LONG_TIMEOUT,
        "waited for the given timeout"
    );
    assert!(reason(&endless.0).contains("no HTTP answer"), "{:?}", endless.0);
}

#[tokio::test]
async fn only_the_status_of_a_response_is_awaited() {
    let (response, _) = timeout(Duration::from_secs(8), post(Reply::BodyWithoutEnd)).await.unwrap();
    assert_eq!(response, WebhookResponse::Accepted);
}

#[tokio::test]
async fn a_receiver_without_a_certificate_for_its_name_is_sent_nothing() {
    let receiver = Receiver::start(Reply::status(200)).await;
    let strict = client(vec![receiver.address], |_| true, roots());
    let other =
        strict.post(&"https://hooks.globex.example/".parse().unwrap(), &message(), LONG_TIMEOUT).await;
    assert!(reason(&other).starts_with("no TLS:"), "{other:?}");
    let unknown = client(vec![receiver.address], |_| true, RootCertStore::empty())
        .post(&url(), &message(), LONG_TIMEOUT)
        .await;
    assert!(reason(&unknown).starts_with("no TLS:"), "{unknown:?}");
    assert_eq!(receiver.received(), [""; 0], "not even a head");
}

/// The owner of a name may point it to this very machine.
#[tokio::test]
async fn a_name_that_resolves_to_a_private_address_is_not_connected_to() {
    let receiver = Receiver::start(Reply::status(200)).await;
    for private in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fd00:ec2::254"] {
        let addresses = SocketAddr::new(private.parse().unwrap(), receiver.address.port());
        let strict = client(vec![addresses], is_public, roots());
        // No packet is sent, so nothing is waited for.
        let response =
            timeout(Duration::from_secs(2), strict.post(&url(), &message(), LONG_TIMEOUT)).await.unwrap();
        assert_eq!(reason(&response), "its host name resolves to no public address", "{private}");
    }
    assert_eq!(receiver.received(), [""; 0]);
}

/// The second lookup need not return the same as the first: the addresses are checked, not the name, and each
/// post resolves once.
#[tokio::test]
async fn a_name_is_resolved_once_per_post_and_the_checked_address_is_used() {
    let receiver = Receiver::start(Reply::status(200)).await;
    let lookups = Arc::new(AtomicUsize::new(0));
    let (count, address) = (Arc::clone(&lookups), receiver.address);
    let looked_up = Arc::new(Mutex::new(Vec::new()));
    let hosts = Arc::clone(&looked_up);
    let resolve = Arc::new(move |host: &str| -> aws::webhooks::LookupFuture {
        count.fetch_add(1, Ordering::SeqCst);
        hosts.lock().unwrap().push(host.to_owned());
        // A private address next to a public one: the private one is never tried.
        let private = SocketAddr::new("10.1.2.3".parse().unwrap(), 443);
        Box::pin(async move { Ok(vec![private, address]) })
    });
    let allows = |ip: IpAddr| ip.is_loopback();
    let client = HttpsWebhookClient::new(EgressPolicy { resolve, allows, roots: roots() }).unwrap();
    assert_eq!(client.post(&url(), &message(), LONG_TIMEOUT).await, WebhookResponse::Accepted);
    assert_eq!((lookups.load(Ordering::SeqCst), receiver.received().len()), (1, 1));
    assert_eq!(*looked_up.lock().unwrap(), ["hooks.acme.example"]);
}

#[tokio::test]
async fn an_unresolvable_name_is_rejected_and_no_reason_contains_the_path() {
    let resolve = Arc::new(|_: &str| -> aws::webhooks::LookupFuture {
        Box::pin(async { Err(std::io::Error::other("no such name")) })
    });
    let lost = HttpsWebhookClient::new(EgressPolicy { resolve, allows: is_public, roots: roots() }).unwrap();
    let response = lost.post(&url(), &message(), LONG_TIMEOUT).await;
    assert_eq!(reason(&response), "its host name does not resolve: no such name");
    let nobody = SocketAddr::new("127.0.0.1".parse().unwrap(), 9);
    let refused = client(vec![nobody], |_| true, roots()).post(&url(), &message(), LONG_TIMEOUT).await;
    assert!(reason(&refused).starts_with("the connection failed") && !reason(&refused).contains("key=1"));
}

#[test]
fn the_system_has_trusted_root_certificates() {
    let egress = EgressPolicy::public().unwrap();
    assert!(!egress.roots.is_empty() && !(egress.allows)("169.254.169.254".parse().unwrap()));
}
