//! `serve`: the embedded stack and the HTTP API on 127.0.0.1, with a ticking schedule, until Ctrl-C.
//!
//! `customer` plays the customer's side (`launch`) and the event bus, `portal` shows the portal, `ticker`
//! runs the schedule, and `banner` prints the URLs.

pub(crate) mod args;
mod banner;
mod customer;
mod launch;
mod obstacles;
mod portal;
mod ticker;

use std::sync::Arc;
use std::time::Duration;

use api::{Authenticator, FixedCaller};
use args::ServeArgs;
use axum::middleware::from_fn_with_state;
use sandbox::guard::{Dialect, Guard, OwnerAuth, Peer, Token};
use sandbox::wiring::Sandbox;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::context::ProcessContext;
use crate::error::{CliError, Exit, io_error};
use crate::init::ensure_own_or_empty;
use crate::reader;
use crate::shutdown::shutdown_signal;

/// How long a shutdown waits for running requests.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Runs `serve` until a signal stops it; then it exits with success.
pub(crate) async fn run(args: ServeArgs, context: &ProcessContext) -> Result<Exit, CliError> {
    let shutdown_signal = shutdown_signal()?;
    // Before anything is created, since the port is often in use.
    let listener = TcpListener::bind(("127.0.0.1", args.port)).await.map_err(|error| {
        CliError::failed(
            format!("can't listen on 127.0.0.1:{}: {error}", args.port),
            "Name another port with --port; 0 is any free one.",
        )
    })?;
    let address = listener.local_addr().map_err(io_error("the port"))?;
    let url = format!("http://{address}");
    if let Some(dir) = &args.local {
        ensure_own_or_empty(dir)?;
    }
    let embedded = if args.demo {
        crate::demo::fill(args.local.as_deref(), context.output).await?
    } else {
        Sandbox::start(args.local.as_deref(), args.now).await?
    };
    let embedded = Arc::new(embedded);
    let token = args.local.as_deref().map_or_else(|| Ok(Token::random()), Token::read_or_create)?;
    let environment = banner::environment(&url, &embedded);
    // Written before the first request is answered, so that it exists for any client that waits for an
    // answer.
    let environment_file =
        args.local.as_ref().map(|_| banner::write_environment_file(&environment, &embedded)).transpose()?;
    let portal = portal::LocalPortal::new(&url, &embedded, context.local_operator()).await?;
    let link = portal.link().await?;
    let guarded_listener = (listener, Guard::new(address, Dialect::Problem));
    let server = Server::start(guarded_listener, &token, &embedded, portal, context);
    banner::print(&args, &url, &token, &link, environment, context.output);
    let ended = tokio::select! {
        () = ticker::run(&embedded, args.pause(), context.output) => Ok(()),
        () = shutdown_signal => Ok(()),
    };
    server.stop().await;
    // The keys are invalid from now on. The file of a killed run names closed ports.
    let _ = environment_file.map(std::fs::remove_file);
    if let Some(embedded) = Arc::into_inner(embedded) {
        embedded.stop().await;
    }
    context.output.line("stopped; completed writes are consistent");
    ended.map(|()| Exit::Done)
}

/// The running HTTP server, with the API and the stand-in routes.
struct Server {
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// `guard` checks every request. Routes without signatures are for this user, or anyone with the token.
    fn start(
        (listener, guard): (TcpListener, Guard),
        token: &Token,
        embedded: &Arc<Sandbox>,
        portal: portal::LocalPortal,
        context: &ProcessContext,
    ) -> Self {
        let callers: Arc<dyn Authenticator> = Arc::new(FixedCaller(context.local_operator()));
        let owner = OwnerAuth::new(token.clone(), Dialect::Problem);
        // The portal's own sessions protect its pages.
        let pages = guard.clone().for_pages().protect(portal.pages());
        let explorer = reader::in_folder(embedded);
        let records = embedded.explorer_records();
        let access = Some(portal.access());
        let owner_routes = api::router(embedded.onboarding(), access, explorer, records, callers)
            .merge(customer::stacks(embedded))
            .merge(obstacles::routes(embedded))
            .merge(portal.entrance());
        let routes = owner.clone().protect(owner_routes).merge(customer::bus(embedded, owner));
        let all = guard.protect(routes).layer(from_fn_with_state(pages, portal::route));
        let service = all.into_make_service_with_connect_info::<Peer>();
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async {
            // An error means that the sender was dropped, which also means to stop.
            let _ = stopped.await;
        };
        let serve = axum::serve(listener, service).with_graceful_shutdown(stopped);
        Self { stop, task: tokio::spawn(serve.into_future()) }
    }

    /// Waits for running requests, then closes every socket.
    async fn stop(self) {
        let Self { stop, mut task } = self;
        drop(stop);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut task).await.is_err() {
            task.abort();
        }
    }
}
