//! Refuses requests that another site's page sends in a person's name (cross-site request forgery).
//!
//! A browser says where a request comes from in `Sec-Fetch-Site`, which no page can set (W3C Fetch Metadata).
//! Everything but `same-origin` may only read. A browser without it sends `Origin` with a POST (RFC 6454,
//! section 7), which must be the portal's own. Without either nothing is changed.
//!
//! Source: OWASP Cheat Sheet Series, "Cross-Site Request Forgery Prevention", Fetch Metadata.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::ORIGIN;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::Portal;
use crate::error::PageError;

pub(crate) async fn refuse(State(portal): State<Portal>, request: Request, next: Next) -> Response {
    if request.method().is_safe() || is_own(request.headers(), portal.access.url.as_str()) {
        next.run(request).await
    } else {
        PageError::CrossSite.into_response()
    }
}

fn is_own(headers: &HeaderMap, url: &str) -> bool {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).map(|value| value.as_bytes().to_owned())
    };
    if headers.contains_key("sec-fetch-site") {
        return only("sec-fetch-site").is_some_and(|site| site == b"same-origin");
    }
    only(ORIGIN.as_str()).is_some_and(|origin| origin == url.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_of_the_portal_itself_may_change_something() {
        let url = "https://audit.vendor.example";
        let may = |headers: &[(&'static str, &str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(*name, value.parse().unwrap());
            }
            is_own(&map, url)
        };
        assert!(may(&[("sec-fetch-site", "same-origin")]));
        assert!(may(&[("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(may(&[("origin", url)]));
        for bad in [
            &[][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", url)],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "same-origin")],
            &[("origin", "null")],
            &[("origin", "https://audit.vendor.example.evil.example")],
            &[("origin", "http://audit.vendor.example")],
            &[("origin", url), ("origin", url)],
            &[("referer", "https://audit.vendor.example/portal/health")],
        ] {
            assert!(!may(bad), "{bad:?}");
        }
    }
}
