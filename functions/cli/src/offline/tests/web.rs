//! The server: no cookie, no page; and no other host's pages.

use std::net::SocketAddr;

use aws::clock::SystemRng;
use axum::Router;
use axum::body::to_bytes;
use axum::http::header::{CONTENT_DISPOSITION, COOKIE, HOST, LOCATION, SET_COOKIE};
use axum::http::{Method, Request, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use control::explorer::{DownloadRequest, RowsRequest};
use tower::ServiceExt as _;

use super::super::server::routes;
use super::super::token::Access;
use super::{Copy, World};

const OWN: &str = "127.0.0.1:4321";

struct Site {
    world: World,
    routes: Router,
    link: String,
}

impl Site {
    async fn new() -> Self {
        let world = Copy::new().open().await;
        let address: SocketAddr = OWN.parse().unwrap();
        let access = Access::new(&SystemRng, address.port());
        let link = format!("/open/{}", access.link());
        let pages = Router::new()
            .route("/portal/log", get(async || "the log"))
            .route("/portal/log/downloads", post(async || "made"));
        Self { routes: routes(address, access, world.offline.files(), pages), world, link }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path);
        if headers.iter().all(|(name, _)| *name != "host") {
            request = request.header(HOST, OWN);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.routes.clone().oneshot(request.body(axum::body::Body::empty()).unwrap()).await.unwrap()
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(Method::GET, path, headers).await
    }

    async fn cookie(&self) -> String {
        let opened = self.get(&self.link, &[]).await;
        assert_eq!(
            (opened.status(), &opened.headers()[LOCATION]),
            (StatusCode::SEE_OTHER, &"/portal/log".parse().unwrap())
        );
        let cookie = opened.headers()[SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

async fn body(response: Response) -> String {
    String::from_utf8(to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_page_needs_the_cookie_that_only_the_link_gives() {
    let site = Site::new().await;
    for path in ["/", "/portal/log", "/portal/log?q=x", "/files/x", "/nothing", "/open/", "/open/0000"] {
        let refused = site.get(path, &[]).await;
        assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path}");
        assert!(refused.headers().get(SET_COOKIE).is_none());
        assert!(body(refused).await.contains("has printed"), "{path}");
    }
    let other = format!("{}0", site.link);
    assert_eq!(site.get(&other, &[]).await.status(), StatusCode::FORBIDDEN);
    let cookie = site.cookie().await;
    let shown = site.get("/portal/log", &[(COOKIE.as_str(), &cookie)]).await;
    assert_eq!((shown.status(), body(shown).await.as_str()), (StatusCode::OK, "the log"));
    let start = site.get("/", &[(COOKIE.as_str(), &cookie)]).await;
    assert_eq!(start.headers()[LOCATION], "/portal/log");
    assert_eq!(site.get("/nothing", &[(COOKIE.as_str(), &cookie)]).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn another_host_and_another_sites_page_are_refused_even_with_the_cookie() {
    let site = Site::new().await;
    let cookie = site.cookie().await;
    for (name, value) in [
        ("host", "evil.example:4321"),
        ("host", "127.0.0.1:4322"),
        ("origin", "http://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        for path in ["/portal/log", &site.link] {
            let refused = site.get(path, &[("cookie", &cookie), (name, value)]).await;
            assert_eq!(refused.status(), StatusCode::FORBIDDEN, "{path} {name}: {value}");
            assert!(refused.headers().get(SET_COOKIE).is_none());
        }
    }
    let own = [("cookie", cookie.as_str()), ("origin", "http://127.0.0.1:4321")];
    assert_eq!(site.send(Method::POST, "/portal/log/downloads", &own).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_download_is_a_file_for_the_cookies_holder_only() {
    let site = Site::new().await;
    let cookie = site.cookie().await;
    let request = DownloadRequest {
        rows: RowsRequest::default(),
        format: archive::query::output::OutputFormat::Csv,
        columns: Vec::new(),
        cells: archive::query::output::Cells::Safe,
    };
    let answer = site.world.offline.explorer.download(&site.world.asker, request).await.unwrap();
    let url = answer.url.unwrap();
    assert_eq!(site.get(&url, &[]).await.status(), StatusCode::FORBIDDEN);
    let file = site.get(&url, &[("cookie", &cookie)]).await;
    let disposition = file.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
    assert!(
        disposition.starts_with("attachment; filename=\"events-") && disposition.ends_with(".csv\""),
        "{disposition}"
    );
    assert_eq!(file.headers()["cache-control"], "no-store");
    assert_eq!(body(file).await.len() as u64, answer.receipt.unwrap().size);
    let over = site.get("/files/00000000000000000000000000000000", &[("cookie", &cookie)]).await;
    assert_eq!(over.status(), StatusCode::NOT_FOUND);
}
