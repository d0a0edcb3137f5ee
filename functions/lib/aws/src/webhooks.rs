//! Requests to customers' webhooks: HTTPS to the public internet, and to nowhere else.
//!
//! A customer chooses the host. So the name is resolved here, each address is checked ([`is_public`]), and
//! exactly the checked address is connected to. A name that resolves differently the next time (DNS
//! rebinding) gains nothing. No proxy, no redirect, no kept connection, and only the status of the response
//! is read.

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use archive::names::WebhookUrl;
use async_trait::async_trait;
use bytes::Bytes;
use control::contacts::is_public;
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use ports::{WebhookClient, WebhookResponse};
use protocol::notification::SignedRequest;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// One address must not use up the whole timeout.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How many addresses of a name are tried.
const MAX_ADDRESSES: usize = 3;
/// The maximum size of a response's head, bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// A lookup of a host's addresses.
pub type LookupFuture = Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>;

/// What may be connected to, and how names are resolved. Tests use their own.
#[derive(Clone)]
pub struct EgressPolicy {
    /// Resolves a host to its addresses.
    pub resolve: Arc<dyn Fn(&str) -> LookupFuture + Send + Sync>,
    /// Whether an address may be connected to.
    pub allows: fn(IpAddr) -> bool,
    /// The trusted root certificates.
    pub roots: RootCertStore,
}

impl std::fmt::Debug for EgressPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EgressPolicy")
    }
}

impl EgressPolicy {
    /// The public internet, with the system's resolver and root certificates.
    ///
    /// # Errors
    /// If the system has no readable certificates.
    pub fn public() -> std::io::Result<Self> {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs.into_iter().map(CertificateDer::into_owned));
        if roots.is_empty() {
            let why = found.errors.first().map(ToString::to_string).unwrap_or_default();
            return Err(std::io::Error::other(format!("the system has no trusted root certificates: {why}")));
        }
        let resolve = |host: &str| -> LookupFuture {
            let host = host.to_owned();
            Box::pin(async move { Ok(tokio::net::lookup_host((host, 443)).await?.collect()) })
        };
        Ok(Self { resolve: Arc::new(resolve), allows: is_public, roots })
    }
}

/// Posts to webhooks, each time over a new connection.
#[derive(Clone)]
pub struct HttpsWebhookClient {
    resolve: Arc<dyn Fn(&str) -> LookupFuture + Send + Sync>,
    allows: fn(IpAddr) -> bool,
    tls: TlsConnector,
}

impl std::fmt::Debug for HttpsWebhookClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HttpsWebhookClient")
    }
}

impl HttpsWebhookClient {
    /// Posts within the egress policy.
    ///
    /// # Errors
    /// If TLS can't be set up.
    pub fn new(egress: EgressPolicy) -> Result<Self, rustls::Error> {
        let EgressPolicy { resolve, allows, roots } = egress;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { resolve, allows, tls: TlsConnector::from(Arc::new(config)) })
    }

    async fn status(&self, to: &WebhookUrl, message: &SignedRequest) -> Result<StatusCode, String> {
        let host = to.host();
        let request = Request::builder()
            .method(Method::POST)
            .uri(to.path_and_query())
            .header(HOST, &host)
            .header(USER_AGENT, concat!("auditferry/", env!("CARGO_PKG_VERSION")))
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", &message.timestamp)
            .header("webhook-signature", &message.signature)
            .body(Full::new(Bytes::copy_from_slice(&message.body)))
            .map_err(|_| "the request could not be built".to_owned())?;
        self.send(&host, request).await
    }

    /// Sends a request to a host over a new connection, and reads the head of the response.
    pub(crate) async fn send(&self, host: &str, request: Request<Full<Bytes>>) -> Result<StatusCode, String> {
        let stream = self.connect(host).await?;
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| "its host name is invalid".to_owned())?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| format!("no TLS: {error}"))?;
        let http_error = |error: hyper::Error| format!("no HTTP answer: {error}");
        let mut builder = http1::Builder::new();
        builder.max_buf_size(MAX_HEADER_BYTES);
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(http_error)?;
        // The connection is driven until the head of the response has arrived, then dropped with the rest of
        // it. It may end together with the response, which is available anyway.
        let answer = sender.send_request(request);
        tokio::pin!(answer, connection);
        let answer = tokio::select! {
            answer = &mut answer => answer,
            _ = connection => answer.await,
        };
        answer.map(|answer| answer.status()).map_err(http_error)
    }

    /// A connection to one of the host's allowed addresses.
    async fn connect(&self, host: &str) -> Result<TcpStream, String> {
        let found =
            (self.resolve)(host).await.map_err(|error| format!("its host name does not resolve: {error}"))?;
        let mut allowed: Vec<SocketAddr> =
            found.into_iter().filter(|address| (self.allows)(address.ip())).collect();
        if allowed.is_empty() {
            return Err("its host name resolves to no public address".to_owned());
        }
        // A function outside a VPC has only IPv4 egress.
        allowed.sort_by_key(SocketAddr::is_ipv6);
        let mut failed = String::new();
        for address in allowed.into_iter().take(MAX_ADDRESSES) {
            failed = match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => format!("the connection failed: {error}"),
                Err(_) => "no connection within 3 seconds".to_owned(),
            };
        }
        Err(failed)
    }
}

#[async_trait]
impl WebhookClient for HttpsWebhookClient {
    async fn post(&self, to: &WebhookUrl, message: &SignedRequest, timeout: Duration) -> WebhookResponse {
        match tokio::time::timeout(timeout, self.status(to, message)).await {
            Err(_) => WebhookResponse::TimedOut,
            Ok(Err(why)) => WebhookResponse::Rejected(why),
            Ok(Ok(StatusCode::GONE)) => WebhookResponse::Gone,
            Ok(Ok(status)) if status.is_success() => WebhookResponse::Accepted,
            Ok(Ok(status)) if status.is_redirection() => WebhookResponse::Rejected(format!(
                "it answered {}; redirects are not followed",
                status.as_u16()
            )),
            Ok(Ok(status)) => WebhookResponse::Rejected(format!("it answered {}", status.as_u16())),
        }
    }
}
