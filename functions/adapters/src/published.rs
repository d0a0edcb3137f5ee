//! Whether what the vendor has published can be read by anybody: the template that customers launch.
//!
//! CloudFormation reads it with the rights of whoever opens the link, a stranger to the vendor's account, and a new
//! bucket lets no stranger in. So it is asked for as a stranger would: over HTTPS, without credentials, once.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use domain::ports::PublicUrlChecker;
use http_body_util::Full;
use hyper::header::{HOST, USER_AGENT};
use hyper::{Request, StatusCode, Uri};

use crate::webhooks::{HttpsPoster, Reach};

/// From the name to the status: somebody waits for the link meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks for what is published. The URL is the deployment's own setting, never a customer's; private addresses are left
/// out all the same, since no customer could read there.
pub struct AnonymousReader {
    reach: Box<dyn Fn() -> std::io::Result<Reach> + Send + Sync>,
    /// Made at the first question: most processes are asked none, and certificates take a while to read.
    https: OnceLock<Result<HttpsPoster, String>>,
    /// It was readable: what one stranger could read, the next one can.
    readable: AtomicBool,
}

impl std::fmt::Debug for AnonymousReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnonymousReader")
    }
}

impl AnonymousReader {
    /// Reads what is in reach, which is found out at the first question. That nothing is, is an answer then.
    pub fn new(reach: impl Fn() -> std::io::Result<Reach> + Send + Sync + 'static) -> Self {
        Self { reach: Box::new(reach), https: OnceLock::new(), readable: AtomicBool::new(false) }
    }

    fn https(&self) -> Result<&HttpsPoster, String> {
        let made = self.https.get_or_init(|| {
            let reach = (self.reach)().map_err(|error| error.to_string())?;
            HttpsPoster::new(reach).map_err(|error| format!("no TLS: {error}"))
        });
        made.as_ref().map_err(Clone::clone)
    }

    async fn status(&self, url: &str) -> Result<StatusCode, String> {
        let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
        let (Some("https"), Some(host), 443) = (uri.scheme_str(), uri.host(), uri.port_u16().unwrap_or(443))
        else {
            return Err("it is no https URL on port 443".to_owned());
        };
        let request = Request::get(uri.path_and_query().map_or("/", |path| path.as_str()))
            .header(HOST, host)
            .header(USER_AGENT, concat!("auditferry/", env!("CARGO_PKG_VERSION")))
            .body(Full::new(Bytes::new()))
            .map_err(|_| "the request could not be written".to_owned())?;
        self.https()?.send(host, request).await
    }
}

#[async_trait]
impl PublicUrlChecker for AnonymousReader {
    async fn unreadable_reason(&self, url: &str) -> Option<String> {
        if self.readable.load(Ordering::Relaxed) {
            return None;
        }
        let why = match tokio::time::timeout(PATIENCE, self.status(url)).await {
            Err(_) => format!("no answer within {} seconds", PATIENCE.as_secs()),
            Ok(Err(why)) => why,
            Ok(Ok(status)) if status.is_success() => {
                self.readable.store(true, Ordering::Relaxed);
                return None;
            }
            Ok(Ok(status)) => format!("it answered {}", status.as_u16()),
        };
        Some(why)
    }
}
