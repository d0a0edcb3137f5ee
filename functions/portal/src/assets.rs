//! The files beside the pages: style, script and logo. Each has a hash of its content in its name, so a
//! browser may keep it, and gets a new one with a new version.

use archive::sha256::Sha256;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};

use crate::Portal;
use crate::brand::Brand;
use crate::error::PageError;
use crate::path::PathValue;

const STYLE: &str = concat!(
    include_str!("assets/base.css"),
    include_str!("assets/components.css"),
    include_str!("assets/health.css"),
    include_str!("assets/connect.css"),
    include_str!("assets/operate.css"),
    include_str!("assets/log.css"),
);
const SCRIPT: &str = concat!(
    include_str!("assets/portal.js"),
    include_str!("assets/health.js"),
    include_str!("assets/connect.js"),
    include_str!("assets/log.js"),
);
const ICON: &str = include_str!("assets/icon.svg");

/// A file.
#[derive(Debug)]
struct Asset {
    path: String,
    media_type: &'static str,
    content: Bytes,
}

impl Asset {
    fn new(what: &str, suffix: &str, media_type: &'static str, content: impl Into<Bytes>) -> Self {
        let content = content.into();
        let path = format!("/portal/assets/{what}-{}.{suffix}", Sha256::of(&content).short());
        Self { path, media_type, content }
    }
}

/// All files of a portal, in the vendor's clothes.
#[derive(Debug)]
pub(crate) struct Assets {
    style: Asset,
    accent: Asset,
    script: Asset,
    icon: Asset,
    logo: Option<Asset>,
}

impl Assets {
    /// The type that parses the accent knows only digits, so nothing else can stand in its sheet.
    pub(crate) fn new(brand: &Brand) -> Self {
        const CSS: &str = "text/css; charset=utf-8";
        let accent = format!(":root {{ --brand: {} }}\n", brand.branding.accent);
        let logo = brand.logo.as_ref();
        Self {
            style: Asset::new("style", "css", CSS, STYLE),
            accent: Asset::new("accent", "css", CSS, accent),
            script: Asset::new("script", "js", "text/javascript; charset=utf-8", SCRIPT),
            icon: Asset::new("icon", "svg", "image/svg+xml", ICON),
            logo: logo.map(|logo| Asset::new("logo", "img", logo.media_type(), logo.bytes().clone())),
        }
    }

    /// The path of the style.
    pub(crate) fn style(&self) -> &str {
        &self.style.path
    }

    /// The path of the sheet with the vendor's accent.
    pub(crate) fn accent(&self) -> &str {
        &self.accent.path
    }

    /// The path of the script.
    pub(crate) fn script(&self) -> &str {
        &self.script.path
    }

    /// The path of the logo, if there is one.
    pub(crate) fn logo(&self) -> Option<&str> {
        self.logo.as_ref().map(|logo| logo.path.as_str())
    }

    /// The path of the icon in the browser's tab: the logo, or ours where the vendor has none.
    pub(crate) fn icon(&self) -> &str {
        self.logo().unwrap_or(&self.icon.path)
    }

    fn find(&self, path: &str) -> Option<&Asset> {
        let Self { style, accent, script, icon, logo } = self;
        [style, accent, script, icon].into_iter().chain(logo).find(|asset| asset.path == path)
    }
}

/// Answers with a file of that name.
pub(crate) async fn serve(
    State(portal): State<Portal>,
    PathValue(name): PathValue<String>,
) -> Result<Response, PageError> {
    portal.assets.answer(&name)
}

impl Assets {
    /// The answer with a file of this name.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn answer(&self, name: &str) -> Result<Response, PageError> {
        let asset = self.find(&format!("/portal/assets/{name}")).ok_or(PageError::NotFound)?;
        let mut response = asset.content.clone().into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
        let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, keep);
        Ok(response)
    }
}
