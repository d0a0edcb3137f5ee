//! The files beside the pages: style, script and logo. Each has a hash of its content in its name, so a
//! browser may keep it, and gets a new one with a new version.

use std::sync::LazyLock;

use archive::sha256::Sha256;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use axum::response::{IntoResponse as _, Response};

use crate::brand::Brand;
use crate::error::PageError;
use crate::path::PathValue;
use crate::{Portal, assets};

const STYLE: &str = concat!(
    include_str!("assets/base.css"),
    include_str!("assets/components.css"),
    include_str!("assets/health.css"),
    include_str!("assets/connect.css"),
    include_str!("assets/operate.css"),
);
const SCRIPT: &str = concat!(
    include_str!("assets/portal.js"),
    include_str!("assets/health.js"),
    include_str!("assets/connect.js"),
);
const ICON: &str = include_str!("assets/icon.svg");

static STYLE_NAME: LazyLock<String> = LazyLock::new(|| name("style", STYLE.as_bytes(), "css"));
static ICON_NAME: LazyLock<String> = LazyLock::new(|| name("icon", ICON.as_bytes(), "svg"));
static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| name("script", SCRIPT.as_bytes(), "js"));

fn name(what: &str, content: &[u8], suffix: &str) -> String {
    format!("{what}-{}.{suffix}", Sha256::of(content).short())
}

/// The path of the style.
pub(crate) fn style() -> String {
    path(&STYLE_NAME)
}

/// The path of the script.
pub(crate) fn script() -> String {
    path(&SCRIPT_NAME)
}

/// The path of the icon, where the vendor has no logo.
pub(crate) fn icon() -> String {
    path(&ICON_NAME)
}

/// The path of the sheet with the vendor's accent.
pub(crate) fn accent(brand: &Brand) -> String {
    path(&name("accent", accent_sheet(brand).as_bytes(), "css"))
}

/// The path of the logo, if there is one.
pub(crate) fn logo(brand: &Brand) -> Option<String> {
    brand.logo.as_ref().map(|logo| path(&name("logo", logo.bytes(), "img")))
}

fn path(name: &str) -> String {
    format!("/portal/assets/{name}")
}

/// The type that parses the accent knows only digits, so nothing else can stand in the sheet.
fn accent_sheet(brand: &Brand) -> String {
    format!(":root {{ --brand: {} }}\n", brand.branding.accent)
}

/// Answers with a file of that name.
pub(crate) async fn serve(
    State(portal): State<Portal>,
    PathValue(name): PathValue<String>,
) -> Result<Response, PageError> {
    let brand = &portal.brand;
    let asked = path(&name);
    let (media_type, content) = if asked == style() {
        ("text/css; charset=utf-8", STYLE.as_bytes().to_vec())
    } else if asked == script() {
        ("text/javascript; charset=utf-8", SCRIPT.as_bytes().to_vec())
    } else if asked == icon() {
        ("image/svg+xml", ICON.as_bytes().to_vec())
    } else if asked == accent(brand) {
        ("text/css; charset=utf-8", accent_sheet(brand).into_bytes())
    } else if let Some(logo) =
        brand.logo.as_ref().filter(|_| assets::logo(brand).is_some_and(|logo| logo == asked))
    {
        (logo.media_type(), logo.bytes().to_vec())
    } else {
        return Err(PageError::NotFound);
    };
    let mut response = content.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
    response.headers_mut().insert(CACHE_CONTROL, keep);
    Ok(response)
}
