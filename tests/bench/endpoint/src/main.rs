//! The endpoint of all clients of the benchmark, on one thread: DynamoDB, S3, STS, EventBridge and Lambda's
//! Runtime API, on one plain address and one with TLS.
//!
//! ```text
//! endpoint FIXTURE.ndjson.gz FOLDER CERTIFICATE.pem KEY.pem
//! ```
//!
//! Pages of events are generated from the fixture (`events`), uploads are written to the folder (`s3`), and
//! every other table is in an embedded DynamoDB (`ledger`), so that our own protocol meets real conditions
//! and transactions. The driver controls it through `/bench/` (`control`). Its first line of output contains
//! its ports.

mod answer;
mod control;
mod dynamodb;
mod events;
mod ledger;
mod runtime;
mod s3;
mod services;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use answer::{Answer, empty};
use control::Control;
use events::Events;
use s3::Buckets;

/// The state of all services.
struct Endpoint {
    events: Events,
    ledger: String,
    buckets: Buckets,
    control: Control,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [fixture, folder, certificate, key] = arguments.as_slice() else {
        eprintln!("usage: endpoint FIXTURE.ndjson.gz FOLDER CERTIFICATE.pem KEY.pem");
        return ExitCode::from(2);
    };
    match run(fixture, folder, certificate, key).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("the endpoint: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(fixture: &str, folder: &str, certificate: &str, key: &str) -> io::Result<()> {
    let endpoint = Arc::new(Endpoint {
        events: Events::read(std::fs::File::open(fixture)?)?,
        ledger: ledger::start().await?,
        buckets: Buckets::new(PathBuf::from(folder)),
        control: Control::default(),
    });
    let tls = TlsAcceptor::from(Arc::new(tls(certificate, key)?));
    let (plain, secure) = (listener().await?, listener().await?);
    println!(r#"{{"http": {}, "https": {}}}"#, plain.local_addr()?.port(), secure.local_addr()?.port());
    loop {
        tokio::select! {
            accepted = plain.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                tokio::spawn(serve(Arc::clone(&endpoint), stream));
            }
            accepted = secure.accept() => {
                let (stream, _) = accepted?;
                stream.set_nodelay(true)?;
                let (endpoint, tls) = (Arc::clone(&endpoint), tls.clone());
                tokio::spawn(async move {
                    // A client killed during its handshake is not an error.
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(endpoint, stream).await;
                    }
                });
            }
        }
    }
}

async fn listener() -> io::Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await
}

fn tls(certificate: &str, key: &str) -> io::Result<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(io::Error::other)
}

async fn serve(endpoint: Arc<Endpoint>, stream: impl AsyncRead + AsyncWrite + Unpin) {
    let service = service_fn(move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { endpoint.answer(request).await }
    });
    // A connection ends with its client, which is not an error.
    let _ended = hyper::server::conn::http1::Builder::new()
        .max_buf_size(2 << 20)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

impl Endpoint {
    async fn answer(&self, request: Request<Incoming>) -> io::Result<Answer> {
        let path = request.uri().path();
        if path.starts_with("/2018-06-01/runtime/") {
            return runtime::answer(&self.control, request).await;
        }
        if path.starts_with("/bench/") {
            return control::answer(&self.control, request).await;
        }
        let latency = self.control.latency_ms();
        if latency > 0 {
            tokio::time::sleep(Duration::from_millis(latency)).await;
        }
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        match target.map(str::to_owned) {
            Some(target) => match target.split_once('.') {
                Some(("DynamoDB_20120810", operation)) => dynamodb::answer(self, operation, request).await,
                Some(("AWSEvents", "PutEvents")) => services::put_events(self, request).await,
                _ => Ok(empty(501)),
            },
            None if request.method() == Method::POST && path == "/" => services::sts(self, request).await,
            None => s3::answer(self, request).await,
        }
    }
}

/// Reads a request's whole body.
async fn body(request: Request<Incoming>) -> io::Result<Bytes> {
    use http_body_util::BodyExt as _;
    let body = request.into_body().collect().await.map_err(io::Error::other)?;
    Ok(body.to_bytes())
}
