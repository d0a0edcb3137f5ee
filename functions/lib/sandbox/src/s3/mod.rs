//! The embedded S3: the protocol of `s3s` over a store of plain files.
//!
//! `s3s` parses requests, checks signatures and writes responses. Its companion `s3s-fs` is not used: there a
//! rejected PUT leaves its bytes behind, `If-None-Match: *` isn't atomic, a broken body is an error 500,
//! parts of a multipart upload aren't verified, and its side files, named by the whole key, fail for keys of
//! some 100 bytes.
//!
//! The steps of a PUT: [`access`] checks the permissions, [`receive`] receives the body into a temporary file
//! and verifies it, and [`disk`] moves it into place. So an object only ever changes by one rename of
//! verified bytes.
//!
//! Known limits: no versions, no ranges, no ACLs; a key can't be a parent folder of another one, can't
//! contain empty, `.` or `..` segments, and a segment is at most 255 bytes, since objects are plain files.

mod access;
mod attributes;
mod disk;
mod listing;
mod multipart;
mod operations;
mod receive;

use std::sync::Arc;

use axum::Router;
use axum::http::{Request, Response, StatusCode};
use axum::serve::ListenerExt as _;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};

use self::access::AccessControl;
use self::operations::Store;
use crate::accounts::Accounts;
use crate::error::StackError;
use crate::guard::{Dialect, Guard, TrustedProxies};
use crate::server::Server;
use crate::sessions::Sessions;
use crate::sts;

pub(crate) use self::disk::Disk;
pub use self::disk::Object;

/// Starts the server of S3 and, on the same port, STS.
///
/// # Errors
///
/// [`StackError::Listen`] when no port is free.
pub(crate) async fn start(
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    disk: Arc<Disk>,
    sts: sts::Route,
    proxies: TrustedProxies,
) -> Result<Server, StackError> {
    let gate = AccessControl::new(Arc::clone(&accounts), sessions, Arc::clone(&disk));
    let mut builder = S3ServiceBuilder::new(Store::new(accounts, disk));
    builder.set_auth(gate.clone());
    builder.set_access(gate);
    builder.set_route(sts);
    let service = builder.build();

    let router = Router::new().fallback(move |request| handle(service.clone(), request));
    Server::start(|listener, address, stopped| async move {
        // A click on a download leads from the portal to an address here. Whoever has it has its signature,
        // and without one no request is answered.
        let guard = Guard::new(address, Dialect::AwsXml).with_proxies(proxies).for_pages();
        let router = guard.protect(router);
        // Without this a response of two small writes waits 40 ms for an acknowledgement.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        axum::serve(listener, router).with_graceful_shutdown(stopped.wait()).await
    })
    .await
}

/// Passes a request to `s3s`, and converts errors of STS requests to the format of STS.
async fn handle(service: S3Service, request: Request<axum::body::Body>) -> Response<Body> {
    let for_sts = sts::Route::matches(request.method(), request.uri(), request.headers());
    let request = request.map(Body::http_body_unsync);
    match service.call(request).await {
        Ok(response) if for_sts => sts::reshape(response),
        Ok(response) => response,
        Err(error) => internal_error(&error),
    }
}

/// The response if `s3s` could not even create an error document.
fn internal_error(error: &HttpError) -> Response<Body> {
    let mut response = Response::new(Body::from(format!("{error:?}")));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
