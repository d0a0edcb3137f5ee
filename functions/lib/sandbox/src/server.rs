//! A listening server: a free port of 127.0.0.1, and a graceful shutdown.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::error::StackError;

/// How long a stop waits for running requests. Only a client that stopped reading needs longer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// A running server. Dropping it stops it; [`Server::stop`] also waits until it has stopped.
#[derive(Debug)]
pub(crate) struct Server {
    url: String,
    stop: oneshot::Sender<()>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Listens on a free port and runs `serve` with the listener, its address and a future that completes
    /// when the server should stop.
    ///
    /// # Errors
    ///
    /// [`StackError::Listen`] when there is no free port.
    pub(crate) async fn start<Serve, Running>(serve: Serve) -> Result<Self, StackError>
    where
        Serve: FnOnce(TcpListener, SocketAddr, ShutdownSignal) -> Running,
        Running: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(StackError::Listen)?;
        let address = listener.local_addr().map_err(StackError::Listen)?;
        let url = format!("http://{address}");
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(serve(listener, address, ShutdownSignal(stopped)));
        Ok(Self { url, stop, task })
    }

    /// `http://127.0.0.1:<port>`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Stops accepting, lets running requests finish, and closes idle connections.
    pub(crate) async fn stop(self) {
        let Self { stop, mut task, .. } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut task).await.is_err() {
            task.abort();
        }
    }
}

/// Completes when the server should stop or is dropped.
#[derive(Debug)]
pub(crate) struct ShutdownSignal(oneshot::Receiver<()>);

impl ShutdownSignal {
    /// Waits for the signal.
    pub(crate) async fn wait(self) {
        // An error means that the server was dropped, which is the same signal.
        let _ = self.0.await;
    }
}
