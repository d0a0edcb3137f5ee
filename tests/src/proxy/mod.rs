//! A proxy between a real client of a service and its stand-in, which does to requests and answers what a network
//! and a busy service do, and no stand-in of itself: see [`Fault`].
//!
//! Each service has a proxy of its own, because each protocol has its own words for the same refusal. Which request
//! meets which fault follows from a seed and from the order in which the requests come, so it repeats as far as that
//! does. A proxy goes through all faults that it was given before it repeats one.

mod answers;
mod fault;
mod forward;
mod line;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::fakes::{SeededRandomness, locked};
use line::Line;

pub use fault::{Fault, Service};

/// A running proxy; it goes with the test's runtime.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Where it listens, `http://host:port`.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    service: Service,
    /// `host:port` of the stand-in.
    target: String,
    chance: SeededRandomness,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// All faults that there are to be.
    menu: Vec<Fault>,
    /// How many requests of a thousand meet one.
    of_thousand: u64,
    /// Those that were not met since the last time that all were, in the order in which they come.
    next: Vec<Fault>,
    met: BTreeMap<Fault, u64>,
    requests: u64,
    /// Those that met no fault, in words.
    asked: Vec<String>,
}

impl Proxy {
    /// Starts a proxy before the stand-in at `target` (`http://host:port`), which makes `of_thousand` of a thousand
    /// requests meet a fault of the menu, as far as the fault can happen to this service.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(
        service: Service,
        target: &str,
        menu: &[Fault],
        of_thousand: u64,
        seed: u64,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let menu = menu.iter().copied().filter(|fault| fault.is_of(service)).collect();
        let shared = Arc::new(Shared {
            service,
            target: target.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            chance: SeededRandomness::new(seed),
            state: Mutex::new(State { menu, of_thousand, ..State::default() }),
        });
        tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { url, shared })
    }

    /// From now on everything goes well.
    pub fn mend(&self) {
        locked(&self.shared.state).of_thousand = 0;
    }

    /// How many requests came, each try of a client's counted.
    #[must_use]
    pub fn requests(&self) -> u64 {
        locked(&self.shared.state).requests
    }

    /// What was asked since this was asked last, as far as it met no fault: the operation and, where it names one, the
    /// table; of S3 the method and the path, and whether it is about tags.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.shared.state).asked)
    }

    /// How often each fault happened; those that have not are there with 0.
    #[must_use]
    pub fn met(&self) -> BTreeMap<Fault, u64> {
        let state = locked(&self.shared.state);
        let mut met: BTreeMap<Fault, u64> = state.menu.iter().map(|fault| (*fault, 0)).collect();
        met.extend(&state.met);
        met
    }

    /// The service that it stands before.
    #[must_use]
    pub fn service(&self) -> Service {
        self.shared.service
    }
}

impl Shared {
    /// What this request meets. It counts as met once it has happened, which [`Self::happened`] is told.
    fn pick(&self, request: &fault::Traits) -> Option<Fault> {
        let mut state = locked(&self.state);
        state.requests += 1;
        if state.menu.is_empty() || self.chance.below(1000) >= state.of_thousand {
            return None;
        }
        if !state.next.iter().any(|fault| fault.can_meet(request)) {
            let mut more: Vec<Fault> =
                state.menu.iter().copied().filter(|fault| !state.next.contains(fault)).collect();
            while !more.is_empty() {
                let drawn = self.chance.below(more.len() as u64);
                let drawn = usize::try_from(drawn).expect("a place in a short list");
                state.next.push(more.swap_remove(drawn));
            }
        }
        let place = state.next.iter().position(|fault| fault.can_meet(request))?;
        Some(state.next.remove(place))
    }

    fn hears(&self, words: String) {
        locked(&self.state).asked.push(words);
    }

    fn happened(&self, fault: Fault) {
        *locked(&self.state).met.entry(fault).or_default() += 1;
    }

    /// The answer was not one that this could happen to: the next request meets it.
    fn put_back(&self, fault: Fault) {
        locked(&self.state).next.insert(0, fault);
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let torn = Arc::new(AtomicBool::new(false));
            let line = TokioIo::new(Line::new(stream, Arc::clone(&torn)));
            let answer = service_fn(|request| forward::forward(&shared, request, &torn));
            // How a connection ends is its client's affair; that it may end badly is what this is for.
            drop(http1::Builder::new().timer(TokioTimer::new()).serve_connection(line, answer).await);
        });
    }
}
