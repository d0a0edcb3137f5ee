//! The server of `explore`: the pages of one archive on loopback, for whoever has the printed link.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, LOCATION,
    REFERRER_POLICY, SET_COOKIE,
};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use ports::StagedObjects;
use sandbox::guard::{Dialect, Guard};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::file_links::FileLinks;
use super::token::Access;

/// The first page.
const START: &str = "/portal/log";
/// How long a shutdown waits for running requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// Nothing of an answer is kept, and nothing in it is loaded or run.
const HEADERS: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-store"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
];
const NO_COOKIE: &str = "This is somebody's audit log. It is shown to whoever has opened the link that \
    `auditferry explore` has printed: open that link first.\n";

/// What downloads are read from.
#[derive(Clone)]
pub(super) struct Files {
    /// Their addresses.
    pub(super) links: Arc<FileLinks>,
    /// Their bytes.
    pub(super) objects: Arc<dyn StagedObjects>,
}

/// All routes: the link, the downloads, and `pages` for everything else. Only the link needs no cookie.
pub(super) fn routes(address: SocketAddr, access: Access, files: Files, pages: Router) -> Router {
    let protected = Router::new()
        .route("/", get(start))
        .route("/files/{text}", get(file))
        .with_state(files)
        .fallback_service(pages)
        .layer(from_fn_with_state(access.clone(), require_cookie));
    let all = Router::new().route("/open/{text}", get(open)).with_state(access).fallback_service(protected);
    Guard::new(address, Dialect::Problem).for_pages().protect(all)
}

/// The link: gives the cookie and leads to the first page. It may be opened again.
async fn open(State(access): State<Access>, Path(text): Path<String>) -> Response {
    if !access.opens(&text) {
        return refused();
    }
    let headers = [(SET_COOKIE, access.set_cookie()), (LOCATION, START.to_owned())];
    (StatusCode::SEE_OTHER, headers, HEADERS).into_response()
}

async fn start() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, START)], HEADERS).into_response()
}

async fn require_cookie(State(access): State<Access>, request: Request, next: Next) -> Response {
    if access.is_held_by(request.headers()) { next.run(request).await } else { refused() }
}

fn refused() -> Response {
    (StatusCode::FORBIDDEN, HEADERS, [(CONTENT_TYPE, "text/plain; charset=utf-8")], NO_COOKIE).into_response()
}

/// A download, as a file.
async fn file(State(files): State<Files>, Path(text): Path<String>) -> Response {
    let not_found = || {
        let detail = "This address is over: ask for the file again on its page.\n";
        (StatusCode::NOT_FOUND, HEADERS, detail).into_response()
    };
    let Some(link) = files.links.find(&text) else { return not_found() };
    match files.objects.whole(&link.key).await {
        Ok(Some(bytes)) => {
            // A file name is plain: letters, digits, points, hyphens and underscores.
            let disposition = format!("attachment; filename=\"{}\"", link.file_name);
            let headers =
                [(CONTENT_DISPOSITION, disposition), (CONTENT_TYPE, "application/octet-stream".to_owned())];
            (headers, HEADERS, Body::from_stream(bytes)).into_response()
        }
        Ok(None) => not_found(),
        Err(error) => {
            tracing::error!(error = error.chain(), "failed to read a download");
            (StatusCode::INTERNAL_SERVER_ERROR, HEADERS, "The file can't be read.\n").into_response()
        }
    }
}

/// The running server.
pub(super) struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// Serves until it is stopped.
    pub(super) fn start(listener: TcpListener, routes: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // An error means that the sender was dropped, which also means to stop.
            let _ = stopped.await;
        };
        let serve = axum::serve(listener, routes).with_graceful_shutdown(stopped);
        Self { stop, task: tokio::spawn(serve.into_future()) }
    }

    /// Waits for running requests, then closes every socket.
    pub(super) async fn stop(self) {
        let Self { stop, mut task } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut task).await.is_err() {
            task.abort();
        }
    }
}
