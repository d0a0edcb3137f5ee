//! The session's cookie.
//!
//! `__Host-` binds it to this very host: `Secure`, `Path=/` and no `Domain` (RFC 6265bis, section 4.1.3.2).
//! `SameSite=Lax` lets the first click from a mail or from the vendor's product arrive with it; changes are
//! guarded by `middleware::cross_site`. On loopback without TLS some browsers drop `Secure` cookies, so
//! another name without it is used there.

use archive::names::PortalUrl;
use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use protocol::portal::{PortalToken, SESSION_LIMIT};

const OVER_TLS: &str = "__Host-auditferry";
const ON_LOOPBACK: &str = "auditferry-local";

fn name(url: &PortalUrl) -> &'static str {
    if url.is_plain_http() { ON_LOOPBACK } else { OVER_TLS }
}

/// The session's token among the cookies of a request. Two cookies of the name open nothing: one of them was
/// put there by somebody else.
pub(crate) fn session(headers: &HeaderMap, url: &PortalUrl) -> Option<PortalToken> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut found = pairs.filter(|(found, _)| *found == name(url)).map(|(_, value)| value);
    match (found.next(), found.next()) {
        (Some(value), None) => value.parse().ok(),
        _ => None,
    }
}

/// The header that stores a session's token in the browser.
pub(crate) fn store(token: &PortalToken, url: &PortalUrl) -> Option<HeaderValue> {
    set(url, &token.expose(), SESSION_LIMIT.as_secs())
}

/// The header that removes it.
pub(crate) fn remove(url: &PortalUrl) -> Option<HeaderValue> {
    set(url, "", 0)
}

fn set(url: &PortalUrl, value: &str, max_age: u64) -> Option<HeaderValue> {
    let secure = if url.is_plain_http() { "" } else { "; Secure" };
    let name = name(url);
    let text = format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
    let mut header = HeaderValue::try_from(text).ok()?;
    header.set_sensitive(true);
    Some(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "lnk_0123456789ab0123456789abcdef.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn url(text: &str) -> PortalUrl {
        text.parse().unwrap()
    }

    #[test]
    fn the_cookie_belongs_to_this_host_alone_and_no_script_reads_it() {
        let header = store(&TOKEN.parse().unwrap(), &url("https://audit.vendor.example")).unwrap();
        assert!(header.is_sensitive());
        assert_eq!(
            header.to_str().unwrap(),
            format!("__Host-auditferry={TOKEN}; Path=/; Max-Age=28800; HttpOnly; SameSite=Lax; Secure")
        );
        let local = store(&TOKEN.parse().unwrap(), &url("http://127.0.0.1:8080")).unwrap();
        assert!(
            !local.to_str().unwrap().contains("Secure")
                && local.to_str().unwrap().starts_with("auditferry-local=")
        );
    }

    #[test]
    fn only_one_cookie_of_the_right_name_opens_a_session() {
        let read = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(COOKIE, line.parse().unwrap());
            }
            session(&headers, &url("https://audit.vendor.example")).is_some()
        };
        let ours = format!("__Host-auditferry={TOKEN}");
        assert!(read(&[&ours]));
        assert!(read(&[&format!("a=b; {ours}; c=d")]));
        assert!(!read(&[]));
        assert!(!read(&[&format!("{ours}; {ours}")]));
        assert!(!read(&[&ours, &ours]));
        assert!(!read(&[&format!("auditferry-local={TOKEN}")]));
        assert!(!read(&[&format!("__host-auditferry={TOKEN}")]));
        assert!(!read(&["__Host-auditferry=x"]));
    }
}
