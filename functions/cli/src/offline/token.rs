//! The secret of the printed link. Whoever opens the link gets a cookie, and only the cookie's holder sees
//! pages: other users of the machine can connect too, but don't know the link.

use std::fmt;

use archive::sha256::Sha256;
use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use ports::Rng;

/// 128 random bits, as text.
pub(super) fn random_text(rng: &dyn Rng) -> String {
    format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64())
}

/// The secrets of one run: that of the link, and that of the cookie. Only their hashes are compared, so that
/// the time of a comparison says nothing of them.
#[derive(Clone)]
pub(super) struct Access {
    link: String,
    cookie: String,
    cookie_name: String,
}

/// A secret never gets into a log.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Access(hidden)")
    }
}

impl Access {
    /// New secrets for the server at this port. Browsers send a cookie to all ports of a machine, so its name
    /// contains the port.
    pub(super) fn new(rng: &dyn Rng, port: u16) -> Self {
        Self {
            link: random_text(rng),
            cookie: random_text(rng),
            cookie_name: format!("auditferry-explore-{port}"),
        }
    }

    /// The secret of the link.
    pub(super) fn link(&self) -> &str {
        &self.link
    }

    /// Whether this is the secret of the link.
    pub(super) fn opens(&self, text: &str) -> bool {
        is_same(text, &self.link)
    }

    /// The cookie that the link gives, until the browser is closed. With `Strict` it would not come with the
    /// redirect of a link that was clicked in a terminal or chat of the browser's. What changes anything is
    /// guarded by its origin.
    pub(super) fn set_cookie(&self) -> String {
        format!("{}={}; Path=/; HttpOnly; SameSite=Lax", self.cookie_name, self.cookie)
    }

    /// Whether a request has the cookie.
    pub(super) fn is_held_by(&self, headers: &HeaderMap) -> bool {
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.any(|(name, value)| name == self.cookie_name && is_same(value, &self.cookie))
    }
}

fn is_same(given: &str, secret: &str) -> bool {
    Sha256::of(given.as_bytes()) == Sha256::of(secret.as_bytes())
}

#[cfg(test)]
mod tests {
    use aws::clock::SystemRng;

    use super::*;

    fn held(access: &Access, cookies: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for line in cookies {
            headers.append(COOKIE, line.parse().unwrap());
        }
        access.is_held_by(&headers)
    }

    #[test]
    fn only_the_links_cookie_opens_pages_and_only_of_this_run() {
        let access = Access::new(&SystemRng, 4000);
        let cookie = access.set_cookie();
        let pair = cookie.split(';').next().unwrap();
        assert!(held(&access, &[pair]) && held(&access, &["a=b", &format!("x=y; {pair}")]));
        let value = pair.split_once('=').unwrap().1;
        let other = Access::new(&SystemRng, 4001);
        for cookies in [vec![], vec!["auditferry-explore-4000="], vec![value], vec![access.link()]] {
            assert!(!held(&access, &cookies), "{cookies:?}");
        }
        assert!(!held(&other, &[pair]) && !held(&Access::new(&SystemRng, 4000), &[pair]));
        assert!(access.opens(access.link()) && !access.opens("") && !access.opens(other.link()));
        assert!(access.link().len() == 32 && access.link() != value, "128 bits each");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
}
