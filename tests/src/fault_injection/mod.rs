//! Fault injection: [`Flaky`] wraps any port and injects the faults of a [`FaultPlan`] into chosen calls.
//!
//! The calls of all ports that share a plan are counted together, so that a test can go through a whole run
//! and make each single call fail. The names of the calls are those of the ports' methods: `seal`, `put_new`,
//! `next_page` and so on.
//!
//! [`Outage`] is the failure of a whole service, for the fakes of bus and queue and their stand-ins on the
//! wire.

mod outage;
mod ports;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{AbortHandle, abortable};
use tokio::sync::Notify;

use crate::fakes::{FakeClock, locked};
use crate::interleaving::yield_once;

pub use outage::Outage;
pub(crate) use outage::Outages;

/// No run of these tests makes as many calls. One that does is in a loop, and a failing test says so better
/// than a hanging one.
const MAX_CALLS: usize = 20_000;

/// A fault in a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InjectedFault {
    /// The call returns a transient error and does nothing.
    Fail,
    /// The call is executed, and its response is lost.
    LoseResponse,
    /// The call is executed, and the worker dies before it sees the response.
    Crash,
    /// The worker stalls before the call, until [`FaultPlan::resume`].
    Stall,
}

/// Which calls meet which fault. A clone is the same plan.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    shared: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<PlannedFault>,
    calls: Vec<&'static str>,
    yielding: bool,
    latency: Option<(FakeClock, Duration)>,
    worker: Option<AbortHandle>,
    stalled: Arc<Notify>,
    resumed: Arc<Notify>,
}

#[derive(Debug)]
struct PlannedFault {
    /// `None`: calls of any name.
    call: Option<&'static str>,
    first: usize,
    count: usize,
    fault: InjectedFault,
}

impl FaultPlan {
    /// A plan without faults.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// No faults, and a yield before and after each call, for [`crate::interleaving::SteppedWorker`].
    #[must_use]
    pub fn yielding() -> Self {
        let plan = Self::default();
        locked(&plan.shared).yielding = true;
        plan
    }

    /// The `nth` call with this name, counted from 1, meets `fault`.
    #[must_use]
    pub fn inject(self, call: &'static str, nth: usize, fault: InjectedFault) -> Self {
        self.add(PlannedFault { call: Some(call), first: nth, count: 1, fault })
    }

    /// Every call with this name meets `fault`.
    #[must_use]
    pub fn inject_always(self, call: &'static str, fault: InjectedFault) -> Self {
        self.add(PlannedFault { call: Some(call), first: 1, count: usize::MAX, fault })
    }

    /// The `nth` call of all, counted from 1, meets `fault`.
    #[must_use]
    pub fn inject_at_call(self, nth: usize, fault: InjectedFault) -> Self {
        self.add(PlannedFault { call: None, first: nth, count: 1, fault })
    }

    /// Every call takes this long on the wall clock.
    #[must_use]
    pub fn with_latency(self, clock: &FakeClock, each: Duration) -> Self {
        locked(&self.shared).latency = Some((clock.clone(), each));
        self
    }

    fn add(self, planned: PlannedFault) -> Self {
        locked(&self.shared).faults.push(planned);
        self
    }

    /// Runs a worker whose ports follow this plan. `None` if it met an [`InjectedFault::Crash`].
    pub async fn run<T>(&self, worker: impl Future<Output = T>) -> Option<T> {
        let (worker, handle) = abortable(worker);
        locked(&self.shared).worker = Some(handle);
        worker.await.ok()
    }

    /// Waits until a worker is stalled.
    pub async fn stalled(&self) {
        let stalled = Arc::clone(&locked(&self.shared).stalled);
        stalled.notified().await;
    }

    /// Resumes the stalled worker.
    pub fn resume(&self) {
        locked(&self.shared).resumed.notify_one();
    }

    /// The names of the calls so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<&'static str> {
        locked(&self.shared).calls.clone()
    }

    /// How many calls with this name there were so far.
    #[must_use]
    pub fn count(&self, call: &str) -> usize {
        locked(&self.shared).calls.iter().filter(|name_of_call| **name_of_call == call).count()
    }

    /// Makes a call with the plan's fault, if any. `lost` makes this port's transient error.
    async fn call<T>(
        &self,
        name: &'static str,
        real: impl Future<Output = T>,
        lost: impl FnOnce() -> T,
    ) -> T {
        let (fault, yielding) = self.begin(name);
        if yielding {
            yield_once().await;
        }
        let answer = match fault {
            None => real.await,
            Some(InjectedFault::Fail) => lost(),
            Some(InjectedFault::LoseResponse) => {
                drop(real.await);
                lost()
            }
            Some(InjectedFault::Crash) => {
                drop(real.await);
                self.crash().await
            }
            Some(InjectedFault::Stall) => {
                self.stall().await;
                real.await
            }
        };
        if yielding {
            yield_once().await;
        }
        answer
    }

    fn begin(&self, name: &'static str) -> (Option<InjectedFault>, bool) {
        let mut state = locked(&self.shared);
        state.calls.push(name);
        assert!(state.calls.len() < MAX_CALLS, "a worker that does not end; its last call is `{name}`");
        if let Some((clock, each)) = &state.latency {
            clock.advance(*each);
        }
        let total = state.calls.len();
        let of_name = state.calls.iter().filter(|name_of_call| **name_of_call == name).count();
        let meets = |p: &&PlannedFault| {
            let nth = if p.call.is_some() { of_name } else { total };
            p.call.is_none_or(|call| call == name) && nth >= p.first && nth - p.first < p.count
        };
        (state.faults.iter().find(meets).map(|p| p.fault), state.yielding)
    }

    async fn stall(&self) {
        let resumed = {
            let state = locked(&self.shared);
            state.stalled.notify_one();
            Arc::clone(&state.resumed)
        };
        resumed.notified().await;
    }

    /// Drops the calling worker.
    async fn crash<T>(&self) -> T {
        locked(&self.shared).worker.as_ref().expect("a worker that this plan runs").abort();
        std::future::pending().await
    }
}

/// A port with injected faults.
#[derive(Debug, Clone)]
pub struct Flaky<P> {
    inner: P,
    plan: FaultPlan,
}

impl<P> Flaky<P> {
    /// Wraps a port. Ports that share a plan are counted together.
    pub fn new(inner: P, plan: &FaultPlan) -> Self {
        Self { inner, plan: plan.clone() }
    }
}
