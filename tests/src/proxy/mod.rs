//! A proxy between a real client of a service and its stand-in. It injects the faults of a network and of a
//! busy service, which no stand-in has by itself: see [`Fault`].
//!
//! Each service has its own proxy, because each protocol has its own error format. A seed and the order of
//! the requests determine which request meets which fault, so a run is reproducible as far as that order is.
//! A proxy uses all its faults before it repeats one.

mod fault;
mod forward;
mod resettable_stream;
mod responses;

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

use crate::fakes::{SeededRng, locked};
use resettable_stream::ResettableStream;

pub use fault::{Fault, Service};

/// A running proxy; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct Proxy {
    /// Its address, `http://host:port`.
    pub url: String,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    service: Service,
    /// `host:port` of the stand-in.
    target: String,
    rng: SeededRng,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// All faults to use.
    faults: Vec<Fault>,
    /// How many requests of a thousand meet one.
    per_mille: u64,
    /// The faults not used since all of them were, in the order of their use.
    next: Vec<Fault>,
    fault_counts: BTreeMap<Fault, u64>,
    requests: u64,
    /// The requests without a fault, described.
    forwarded: Vec<String>,
}

impl Proxy {
    /// Starts a proxy for the stand-in at `target` (`http://host:port`). It makes `per_mille` of a thousand
    /// requests meet one of the faults that apply to this service.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(
        service: Service,
        target: &str,
        faults: &[Fault],
        per_mille: u64,
        seed: u64,
    ) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let faults = faults.iter().copied().filter(|fault| fault.applies_to_service(service)).collect();
        let shared = Arc::new(Shared {
            service,
            target: target.trim_start_matches("http://").trim_end_matches('/').to_owned(),
            rng: SeededRng::new(seed),
            state: Mutex::new(State { faults, per_mille, ..State::default() }),
        });
        tokio::spawn(listen(listener, Arc::clone(&shared)));
        Ok(Self { url, shared })
    }

    /// From now on there are no faults.
    pub fn stop_faults(&self) {
        locked(&self.shared.state).per_mille = 0;
    }

    /// How many requests arrived, every attempt of a client counted.
    #[must_use]
    pub fn requests(&self) -> u64 {
        locked(&self.shared.state).requests
    }

    /// The requests since the last call that met no fault: the operation and, where it names one, the table;
    /// for S3 the method and the path, and whether it concerns tags.
    #[must_use]
    pub fn take_forwarded(&self) -> Vec<String> {
        std::mem::take(&mut locked(&self.shared.state).forwarded)
    }

    /// How often each fault happened, including zeros.
    #[must_use]
    pub fn fault_counts(&self) -> BTreeMap<Fault, u64> {
        let state = locked(&self.shared.state);
        let mut met: BTreeMap<Fault, u64> = state.faults.iter().map(|fault| (*fault, 0)).collect();
        met.extend(&state.fault_counts);
        met
    }

    /// The service behind the proxy.
    #[must_use]
    pub fn service(&self) -> Service {
        self.shared.service
    }
}

impl Shared {
    /// The fault of this request. It counts once [`Self::record_fault`] is called.
    fn pick(&self, request: &fault::RequestTraits) -> Option<Fault> {
        let mut state = locked(&self.state);
        state.requests += 1;
        if state.faults.is_empty() || self.rng.below(1000) >= state.per_mille {
            return None;
        }
        if !state.next.iter().any(|fault| fault.applies_to(request)) {
            let mut more: Vec<Fault> =
                state.faults.iter().copied().filter(|fault| !state.next.contains(fault)).collect();
            while !more.is_empty() {
                let drawn = self.rng.below(more.len() as u64);
                let drawn = usize::try_from(drawn).expect("a place in a short list");
                state.next.push(more.swap_remove(drawn));
            }
        }
        let index = state.next.iter().position(|fault| fault.applies_to(request))?;
        Some(state.next.remove(index))
    }

    fn record_forwarded(&self, description: String) {
        locked(&self.state).forwarded.push(description);
    }

    fn record_fault(&self, fault: Fault) {
        *locked(&self.state).fault_counts.entry(fault).or_default() += 1;
    }

    /// The fault did not apply to the response: the next request meets it.
    fn put_back(&self, fault: Fault) {
        locked(&self.state).next.insert(0, fault);
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            let reset = Arc::new(AtomicBool::new(false));
            let stream = TokioIo::new(ResettableStream::new(stream, Arc::clone(&reset)));
            let answer = service_fn(|request| forward::forward(&shared, request, &reset));
            // How a connection ends is its client's concern; that it may end badly is the purpose.
            drop(http1::Builder::new().timer(TokioTimer::new()).serve_connection(stream, answer).await);
        });
    }
}
