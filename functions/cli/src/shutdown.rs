//! The end of commands that stay: Ctrl-C, SIGTERM, or the end of their terminal (SIGHUP).

use crate::error::CliError;
#[cfg(unix)]
use crate::error::io_error;

/// A future that ends with Ctrl-C, SIGTERM or SIGHUP. It listens from this call on, not from the first poll.
#[cfg(unix)]
pub(crate) fn shutdown_signal() -> Result<impl Future<Output = ()>, CliError> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt()).map_err(io_error("signals"))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(io_error("signals"))?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(io_error("signals"))?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// A future that ends with Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn shutdown_signal() -> Result<impl Future<Output = ()>, CliError> {
    Ok(async {
        // If signals are not available, it never ends.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
