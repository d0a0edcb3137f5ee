//! A customer's webhook: TLS on this machine, for the host `hooks.acme.example`, with a certificate that only
//! these tests trust (`tls/`, valid until 2120). It records its requests and sends a scripted reply.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// The reply to every request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// These bytes, to every request.
    With(String),
    /// The connection stays open without a reply.
    Never,
    /// The connection is closed.
    Closes,
    /// A response head without an end.
    HeadWithoutEnd,
    /// A body without an end.
    BodyWithoutEnd,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::With(format!("HTTP/1.1 {status} Words\r\ncontent-length: 2\r\n\r\nok"))
    }
}

/// The receiver; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    received: Arc<Mutex<Vec<String>>>,
}

impl Receiver {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, requests) = (listener.local_addr().unwrap(), Arc::<Mutex<Vec<String>>>::default());
        let (acceptor, recorded) = (acceptor(), Arc::clone(&requests));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, recorded, reply) = (acceptor.clone(), Arc::clone(&recorded), reply.clone());
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let request = read(&mut stream).await;
                    recorded.lock().unwrap().push(request);
                    answer(&mut stream, reply).await;
                });
            }
        });
        Self { address, received: requests }
    }

    /// Every request that came through TLS, head and body.
    pub(crate) fn received(&self) -> Vec<String> {
        self.received.lock().unwrap().clone()
    }
}

fn acceptor() -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_no_client_auth().with_single_cert(vec![certificate], key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// A request with a content length in its head.
async fn read(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.unwrap_or("0").parse().unwrap() {
                return text;
            }
        }
        if stream.read_buf(&mut request).await.unwrap_or_default() == 0 {
            return text;
        }
    }
}

async fn answer(stream: &mut (impl tokio::io::AsyncWrite + Unpin), reply: Reply) {
    let (first, then) = match reply {
        Reply::With(answer) => (answer, None),
        Reply::Never => return std::future::pending().await,
        Reply::Closes => return,
        Reply::HeadWithoutEnd => ("HTTP/1.1 200 OK\r\n".to_owned(), Some("x: y\r\n")),
        Reply::BodyWithoutEnd => {
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(), Some("2\r\nok\r\n"))
        }
    };
    let mut going = stream.write_all(first.as_bytes()).await.and(stream.flush().await);
    while let (Some(more), Ok(())) = (then, &going) {
        going = stream.write_all(more.repeat(1000).as_bytes()).await;
    }
    let _ = stream.shutdown().await;
}
