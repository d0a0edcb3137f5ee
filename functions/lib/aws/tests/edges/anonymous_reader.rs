//! An anonymous request to the URL of the customer's template.

use std::net::IpAddr;
use std::sync::Arc;

use aws::s3::anonymous_reader::AnonymousReader;
use aws::webhooks::{EgressPolicy, LookupFuture};
use control::contacts::is_public;
use ports::PublicUrlChecker as _;

use crate::receiver::{Receiver, Reply};
use crate::webhooks::roots;

/// The one host that the tests have a certificate for.
const URL: &str = "https://hooks.acme.example/auditferry/customer-role.yaml";

async fn reader(reply: Reply, allows: fn(IpAddr) -> bool) -> (AnonymousReader, Receiver) {
    let receiver = Receiver::start(reply).await;
    let at = receiver.address;
    let resolve = Arc::new(move |_: &str| -> LookupFuture { Box::pin(async move { Ok(vec![at]) }) });
    let egress = move || {
        let resolve: Arc<dyn Fn(&str) -> LookupFuture + Send + Sync> = Arc::clone(&resolve) as _;
        Ok(EgressPolicy { resolve, allows, roots: roots() })
    };
    (AnonymousReader::new(egress), receiver)
}

/// The response of an S3 bucket that blocks public access, as every new one does.
#[tokio::test]
async fn a_private_template_is_reported_with_the_reason() {
    for (status, reason) in [(403, "it answered 403"), (404, "it answered 404"), (301, "it answered 301")] {
        let (reader, _receiver) = reader(Reply::status(status), |_| true).await;
        for _ in 0..2 {
            assert_eq!(
                reader.unreadable_reason(URL).await.as_deref(),
                Some(reason),
                "requested again until it is fixed"
            );
        }
    }
    let (reader, _receiver) = reader(Reply::Closes, |_| true).await;
    assert!(reader.unreadable_reason(URL).await.unwrap().contains("no HTTP answer"));
}

#[tokio::test]
async fn it_is_requested_once_without_credentials_and_only_the_status_is_read() {
    for reply in [Reply::status(200), Reply::BodyWithoutEnd] {
        let (reader, receiver) = reader(reply, |_| true).await;
        for _ in 0..3 {
            assert_eq!(reader.unreadable_reason(URL).await, None);
        }
        let requests = receiver.received();
        let [request] = requests.as_slice() else { panic!("{requests:?}") };
        assert!(request.starts_with("GET /auditferry/customer-role.yaml HTTP/1.1\r\n"), "{request}");
        let request = request.to_lowercase();
        assert!(!request.contains("authorization") && !request.contains("x-amz"), "{request}");
    }
}

#[tokio::test]
async fn a_machine_without_certificates_warns_and_starts_all_the_same() {
    let reader = AnonymousReader::new(|| Err(std::io::Error::other("no certificates")));
    assert_eq!(reader.unreadable_reason(URL).await.as_deref(), Some("no certificates"));
}

#[tokio::test]
async fn nothing_is_requested_without_tls_on_other_ports_or_of_a_private_address() {
    for (url, allows) in [
        ("http://hooks.acme.example/x", (|_| true) as fn(IpAddr) -> bool),
        ("https://hooks.acme.example:8443/x", |_| true),
        ("file:///etc/passwd", |_| true),
        ("https://", |_| true),
        (URL, is_public),
    ] {
        let (reader, receiver) = reader(Reply::status(200), allows).await;
        assert!(reader.unreadable_reason(url).await.is_some(), "{url}");
        assert_eq!(receiver.received(), [""; 0], "{url}");
    }
}
