//! The guard of every embedded server. It rejects web pages of other origins, for which a browser on this
//! machine sends requests to 127.0.0.1 too, and other users of this machine.
//!
//! - `Host` must be one of the server's own names with its port. After DNS rebinding a page's requests arrive
//!   with the page's own host name.
//! - `Origin` must be the server's own or absent, and so must `Sec-Fetch-Site`. This rejects all requests of
//!   pages, also those without a preflight: forms, images, `fetch` without CORS, `WebSocket`.
//! - No response has a CORS header, whatever the router behind the guard sets. So a preflight permits
//!   nothing, and no page can read a response.
//! - Requests must prove that they come from the owner: by a signature with the keys of this start
//!   (`signature`) for AWS SDKs, and otherwise as [`OwnerAuth`] describes.
//!
//! Sources: RFC 9110, section 7.2 (Host); the Fetch standard, "CORS protocol"; W3C, "Fetch Metadata Request
//! Headers".

mod owner;
mod peer;
mod rejection;
pub(crate) mod signature;

use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{HOST, HeaderName, HeaderValue, ORIGIN, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

pub use owner::{OwnerAuth, Token};
pub use peer::Peer;
pub use rejection::Dialect;
pub(crate) use rejection::{GuardError, aws_json};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The guard of one server.
#[derive(Debug, Clone)]
pub struct Guard {
    /// The accepted host names, such as `127.0.0.1:8080`.
    hosts: Arc<[String]>,
    proxies: TrustedProxies,
    dialect: Dialect,
    admits_navigation: bool,
}

/// Host names of the owner's proxies, which forward `Host` unchanged, since it is signed.
#[derive(Debug, Clone, Default)]
pub(crate) struct TrustedProxies(Arc<RwLock<Vec<String>>>);

impl TrustedProxies {
    /// Also accepts requests with this host and port.
    pub(crate) fn add(&self, host: String) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).push(host);
    }

    fn has(&self, host: &str) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).iter().any(|proxy| proxy == host)
    }
}

impl Guard {
    /// The guard of a server that listens at this loopback address, with error responses in this format.
    #[must_use]
    pub fn new(address: SocketAddr, dialect: Dialect) -> Self {
        let port = address.port();
        let mut hosts: Vec<String> =
            ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}")).into();
        if port == 80 {
            hosts.extend(["127.0.0.1", "localhost", "[::1]"].map(str::to_owned));
        }
        let proxies = TrustedProxies::default();
        Self { hosts: hosts.into(), proxies, dialect, admits_navigation: false }
    }

    /// The same, for a router of pages that people open: a link in a mail or on another site may lead to
    /// them. Such a click is a navigation of the whole tab, which the other site can't read. Everything else
    /// of other origins is rejected as before.
    #[must_use]
    pub fn for_pages(self) -> Self {
        Self { admits_navigation: true, ..self }
    }

    /// The same guard, which also accepts these proxies.
    pub(crate) fn with_proxies(self, proxies: TrustedProxies) -> Self {
        Self { proxies, ..self }
    }

    /// Protects all routes of a router, including unknown ones.
    pub fn protect(self, router: Router) -> Router {
        router.layer(from_fn_with_state(self, check_request))
    }

    /// Checks that a request is meant for this server and does not come from a page of another origin.
    fn check(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), GuardError> {
        let target_is_ours = uri.authority().is_none_or(|authority| self.is_host(authority.as_str()));
        if !target_is_ours || !single_value(headers, &HOST).is_some_and(|host| self.is_host(host)) {
            return Err(GuardError::Host(self.hosts.first().cloned().unwrap_or_default()));
        }
        let is_own = |origin: &str| origin.strip_prefix("http://").is_some_and(|host| self.is_host(host));
        if headers.contains_key(ORIGIN) && !single_value(headers, &ORIGIN).is_some_and(is_own) {
            return Err(GuardError::Origin);
        }
        // `none` means a typed address, which can't be a POST.
        let typed = [Method::GET, Method::HEAD].contains(method);
        let is_own = |site: &str| site == "same-origin" || (site == "none" && typed);
        if self.admits_navigation && typed && is_navigation(headers) {
            return Ok(());
        }
        if headers.contains_key(SEC_FETCH_SITE) && !single_value(headers, &SEC_FETCH_SITE).is_some_and(is_own)
        {
            return Err(GuardError::Origin);
        }
        Ok(())
    }

    /// Host names are case-insensitive.
    fn is_host(&self, host: &str) -> bool {
        self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) || self.proxies.has(host)
    }
}

/// Whether a browser opens the address as the page of a tab, and not as a part of another page. Pages can't
/// set these headers (W3C, "Fetch Metadata Request Headers").
fn is_navigation(headers: &HeaderMap) -> bool {
    single_value(headers, &SEC_FETCH_MODE) == Some("navigate")
        && single_value(headers, &SEC_FETCH_DEST) == Some("document")
}

/// The single value of a header; `None` if it is missing, repeated or not text.
fn single_value<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

async fn check_request(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let mut response = match guard.check(request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => guard.dialect.response(&error),
    };
    restrict_headers(response.headers_mut());
    response
}

/// Removes headers that would make a response readable for pages, and adds those that prevent embedding.
fn restrict_headers(headers: &mut HeaderMap) {
    let is_exposing = |name: &HeaderName| {
        name.as_str().starts_with("access-control-") || name.as_str() == "timing-allow-origin"
    };
    let exposing: Vec<HeaderName> = headers.keys().filter(|name| is_exposing(name)).cloned().collect();
    for name in exposing {
        headers.remove(name);
    }
    headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(method: &Method, uri: &str, headers: &[(&'static str, &str)]) -> bool {
        let guard = Guard::new("127.0.0.1:8080".parse().unwrap(), Dialect::Problem);
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        guard.check(method, &uri.parse().unwrap(), &map).is_ok()
    }

    #[test]
    fn only_pages_are_reached_by_a_link_on_another_site_and_only_as_a_whole_tab() {
        let guard = |pages: bool| {
            let guard = Guard::new("127.0.0.1:8080".parse().unwrap(), Dialect::Problem);
            if pages { guard.for_pages() } else { guard }
        };
        let may = |guard: &Guard, method: &Method, mode: &str, dest: &str| {
            let mut headers = HeaderMap::new();
            for (name, value) in [
                ("host", "127.0.0.1:8080"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", mode),
                ("sec-fetch-dest", dest),
            ] {
                headers.append(name, value.parse().unwrap());
            }
            guard.check(method, &Uri::from_static("/portal/enter/x"), &headers).is_ok()
        };
        assert!(may(&guard(true), &Method::GET, "navigate", "document"));
        assert!(!may(&guard(false), &Method::GET, "navigate", "document"));
        for (mode, dest) in
            [("navigate", "iframe"), ("no-cors", "image"), ("cors", "empty"), ("no-cors", "document")]
        {
            assert!(!may(&guard(true), &Method::GET, mode, dest), "{mode} {dest}");
        }
        assert!(!may(&guard(true), &Method::POST, "navigate", "document"));
    }

    #[test]
    fn a_request_must_name_this_server() {
        for host in ["127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080"] {
            assert!(check(&Method::GET, "/", &[("host", host)]), "{host}");
        }
        for host in [
            "evil.example:8080",
            "127.0.0.1:8081",
            "127.0.0.1",
            "localhost",
            "127.0.0.1.evil.example:8080",
            "127.0.0.2:8080",
            "0.0.0.0:8080",
            "localhost.:8080",
            "x.localhost:8080",
            "a@127.0.0.1:8080",
            " 127.0.0.1:8080x",
            "",
            "127.0.0.1:08080",
            "2130706433:8080",
        ] {
            assert!(!check(&Method::GET, "/", &[("host", host)]), "{host}");
        }
        assert!(!check(&Method::GET, "/", &[]));
        assert!(!check(&Method::GET, "/", &[("host", "127.0.0.1:8080"), ("host", "evil.example:8080")]));
        assert!(!check(&Method::GET, "http://evil.example:8080/", &[("host", "127.0.0.1:8080")]));
        assert!(check(&Method::GET, "http://127.0.0.1:8080/", &[("host", "127.0.0.1:8080")]));
    }

    #[test]
    fn a_request_of_a_page_must_come_from_this_server() {
        let with = |method, name, value| check(&method, "/", &[("host", "127.0.0.1:8080"), (name, value)]);
        for origin in [
            "http://evil.example",
            "null",
            "http://127.0.0.1:8081",
            "https://127.0.0.1:8080",
            "",
            "http://localhost",
            "http://localhost:8080.evil.example",
            "http://localhost:8080/",
            "file://",
            "http://localhost:8080 x",
        ] {
            for method in [Method::GET, Method::POST, Method::OPTIONS, Method::DELETE] {
                assert!(!with(method, "origin", origin), "{origin}");
            }
        }
        assert!(with(Method::POST, "origin", "http://localhost:8080"));
        for site in ["cross-site", "same-site", "", "anything", "same-origin, none"] {
            assert!(!with(Method::GET, "sec-fetch-site", site), "{site}");
        }
        assert!(with(Method::POST, "sec-fetch-site", "same-origin"));
        assert!(with(Method::GET, "sec-fetch-site", "none"));
        assert!(!with(Method::POST, "sec-fetch-site", "none"));
    }
}
