//! What links to the portal need: its URL, and where they may lead back to.

use archive::names::{PortalUrl, ReturnUrl};

use super::env::{Env, FromEnv, ReportedError};

pub(super) const PORTAL_URL: &str = "PORTAL_URL";

/// The settings of whoever makes links: the API and the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkSettings {
    /// The portal's URL; `None` if there is no portal, so that no link can be made.
    pub portal: Option<PortalUrl>,
    /// The pages to which, and below which, a link may lead back. None if empty.
    pub return_urls: Vec<ReturnUrl>,
}

impl FromEnv for LinkSettings {
    /// Reads `PORTAL_URL` and `PORTAL_RETURN_URLS`, both of which may be absent.
    fn from_env(env: &mut Env<'_>) -> Result<Self, ReportedError> {
        let (portal, return_urls) = (portal(env), return_urls(env));
        Ok(Self { portal: portal?, return_urls: return_urls? })
    }
}

/// Reads `PORTAL_URL`. Absent means that there is no portal: no link can be made, and no confirmation mail is
/// sent.
pub(super) fn portal(env: &mut Env<'_>) -> Result<Option<PortalUrl>, ReportedError> {
    let form = "the portal's URL, such as https://audit.vendor.example, or empty if there is no portal";
    env.optional(PORTAL_URL, form, |value| value.parse().ok())
}

/// Reads `PORTAL_RETURN_URLS`, separated by commas. Absent means none.
pub(super) fn return_urls(env: &mut Env<'_>) -> Result<Vec<ReturnUrl>, ReportedError> {
    let urls = env.parsed("PORTAL_RETURN_URLS", |value| {
        let urls = value.split(',').map(str::parse::<ReturnUrl>).collect::<Result<_, _>>();
        urls.map_err(|wrong| {
            format!("a comma-separated list of https URLs without query, or empty for none ({wrong})")
        })
    });
    Ok(urls?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::read as settings;

    #[test]
    fn without_a_portal_there_are_no_links_and_a_typo_is_no_absence() {
        let read = |portal: &str, urls: &str| {
            let env = |name: &str| Some(if name == PORTAL_URL { portal } else { urls }.to_owned());
            settings::<LinkSettings>(&env)
        };
        let none = read("", "").unwrap();
        assert_eq!((none.portal, none.return_urls.len()), (None, 0));
        let both =
            read("https://audit.vendor.example/", "https://vendor.example/a,https://b.example").unwrap();
        assert_eq!(both.portal.unwrap().as_str(), "https://audit.vendor.example");
        let urls: Vec<&str> = both.return_urls.iter().map(ReturnUrl::as_str).collect();
        assert_eq!(urls, ["https://vendor.example/a", "https://b.example"]);
        for (bad, why) in [
            ("https://b.example?x", "return URL `https://b.example?x`"),
            ("https://a.example,http://b.example", "return URL `http://b.example`"),
            ("https://a.example,", "return URL ``"),
            ("https://a.example, https://b.example", "return URL ` https://b.example`"),
        ] {
            let error = read("audit.vendor.example", bad).unwrap_err().to_string();
            assert!(error.contains("PORTAL_URL is `audit.vendor.example`"), "{error}");
            assert!(error.contains("PORTAL_RETURN_URLS is `") && error.contains(why), "{error}");
        }
    }
}
