//! Checks that the template which customers launch is publicly readable.
//!
//! CloudFormation reads it with the permissions of whoever opens the link, who has no access to the vendor's
//! account, and a new bucket is private. So this requests it as anyone would: over HTTPS, without
//! credentials, once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HOST, USER_AGENT};
use hyper::{Request, StatusCode, Uri};
use ports::PublicUrlChecker;

use crate::webhooks::{EgressPolicy, HttpsWebhookClient};

/// From the name to the status: somebody is waiting for the link.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Requests a public URL. It is the deployment's own setting, never a customer's. Private addresses are not
/// connected to anyway, since no customer could read there.
pub struct AnonymousReader {
    egress: Box<dyn Fn() -> std::io::Result<EgressPolicy> + Send + Sync>,
    /// Created on first use: most processes never need it, and reading the certificates takes a while.
    https: OnceLock<Result<HttpsWebhookClient, String>>,
    /// It was readable before: once public, it is not checked again.
    readable: AtomicBool,
}

impl std::fmt::Debug for AnonymousReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnonymousReader")
    }
}

impl AnonymousReader {
    /// Reads within the egress policy, which is created on first use. If that fails, the check reports it.
    pub fn new(egress: impl Fn() -> std::io::Result<EgressPolicy> + Send + Sync + 'static) -> Self {
        Self { egress: Box::new(egress), https: OnceLock::new(), readable: AtomicBool::new(false) }
    }

    fn https(&self) -> Result<&HttpsWebhookClient, String> {
        let created = self.https.get_or_init(|| {
            let egress = (self.egress)().map_err(|error| error.to_string())?;
            HttpsWebhookClient::new(egress).map_err(|error| format!("no TLS: {error}"))
        });
        created.as_ref().map_err(Clone::clone)
    }

    async fn status(&self, url: &str) -> Result<StatusCode, String> {
        let uri: Uri = url.parse().map_err(|_| "it is not a URL".to_owned())?;
        let (Some("https"), Some(host), 443) = (uri.scheme_str(), uri.host(), uri.port_u16().unwrap_or(443))
        else {
            return Err("it is not an https URL on port 443".to_owned());
        };
        let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, host)
            .header(USER_AGENT, concat!("auditferry/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(Bytes::new()))
            .map_err(|_| "the request could not be built".to_owned())?;
        self.https()?.send(host, request).await
    }
}

#[async_trait]
impl PublicUrlChecker for AnonymousReader {
    async fn unreadable_reason(&self, url: &str) -> Option<String> {
        if self.readable.load(Ordering::Relaxed) {
            return None;
        }
        let reason = match tokio::time::timeout(TIMEOUT, self.status(url)).await {
            Err(_) => format!("no answer within {} seconds", TIMEOUT.as_secs()),
            Ok(Err(reason)) => reason,
            Ok(Ok(status)) if status.is_success() => {
                self.readable.store(true, Ordering::Relaxed);
                return None;
            }
            Ok(Ok(status)) => format!("it answered {}", status.as_u16()),
        };
        Some(reason)
    }
}
