//! The exporter's and the dispatcher's ports, as one worker sees them. Each call waits for its turn, and then
//! has the outcome that the simulation draws. The ledger is in `ledger_ports`, the customers' side in
//! `customer_ports`.

use std::sync::Arc;
use std::time::Duration;

use archive::item::SourceItem;
use archive::time::Time;
use async_trait::async_trait;
use futures_util::stream;
use ports::{Clock, PageError, PageReader, PortError, Rng, StagingWrite};
use protocol::notice::Fact;
use tests::delegate_port;

use super::call::{CallKind, CallOutcome};
use super::fault::Fault;
use super::mutants::Mutant;
use super::world::World;

/// A function's process, as the ports see it.
#[derive(Debug, Clone)]
pub(crate) struct Worker {
    pub(crate) world: Arc<World>,
    pub(crate) number: usize,
    /// Whether every lease is granted.
    pub(crate) ignores_leases: bool,
}

impl Worker {
    /// Makes a call when its turn has come, with the drawn outcome. `fails` converts a fault to this port's
    /// error.
    pub(crate) async fn call<T>(
        &self,
        kind: CallKind,
        name: &'static str,
        real: impl Future<Output = T>,
        fails: impl FnOnce(Fault) -> T,
    ) -> T {
        match self.world.engine.wait_turn(self.number, kind, name, None).await {
            CallOutcome::Succeeds => real.await,
            CallOutcome::Fails(fault) => fails(fault),
            CallOutcome::SucceedsButFails(fault) => {
                drop(real.await);
                fails(fault)
            }
            CallOutcome::Crash { done } => {
                if done {
                    drop(real.await);
                }
                self.world.engine.kill(self.number);
                std::future::pending().await
            }
        }
    }
}

/// A fault as the error of the vendor's services: always transient.
pub(crate) fn transient_error<T>(fault: Fault) -> Result<T, PortError> {
    Err(PortError::Transient { what: "a call in a simulation", source: fault.description().into() })
}

delegate_port!(Source, Worker, |it| it.world.source, |_name, call| match method {
    open(tenant, shards, shard, span) => {
        if let Span::Window(window) = span {
            let now = it.world.engine.now();
            it.world.truth().opened(it.number, tenant, window.from, window.to, now);
        }
        let mut read = tenant.clone();
        if it.world.has_mutant(Mutant::MixesTenants) && it.world.engine.draw(|rng| rng.per_mille(20)) {
            read = it.world.connector(0).tenant;
        }
        let real = it.world.source.open(&read, shards, shard, span).await?;
        let mut pages =
            Pages { worker: it.clone(), real, read_ahead: None, split: None, edge: None, empty: false };
        pages.empty = it.world.has_mutant(Mutant::ForgetsShard) && shard > 0 && shard + 1 == shards.get();
        if let Span::Window(window) = span {
            pages.edge = Some(window.from).filter(|_| it.world.has_mutant(Mutant::LosesEdge));
            let sealed = it.world.truth().sealed_to(tenant);
            pages.empty |= it.world.has_mutant(Mutant::NeverReconciles) && window.to <= sealed;
        }
        Ok(Box::new(pages))
    }
    _ => call.await,
});

/// A partition, page by page.
struct Pages {
    worker: Worker,
    real: Box<dyn PageReader>,
    /// The page that a mutant source has read ahead.
    read_ahead: Option<Vec<SourceItem>>,
    /// The second half of a page, with an empty page before it.
    split: Option<(bool, Vec<SourceItem>)>,
    /// The boundary at which a mutant source leaves out items.
    edge: Option<Time>,
    empty: bool,
}

impl Pages {
    async fn read(&mut self) -> Result<Option<Vec<SourceItem>>, PageError> {
        if self.empty {
            return Ok(None);
        }
        match self.split.take() {
            Some((true, rest)) => {
                self.split = Some((false, rest));
                return Ok(Some(Vec::new()));
            }
            Some((false, rest)) => return Ok(Some(rest)),
            None => {}
        }
        let world = Arc::clone(&self.worker.world);
        if world.has_mutant(Mutant::SkipsLastPage) {
            // A page is returned only after the next one has been read.
            let ahead = match self.read_ahead.take() {
                Some(read_ahead) => Some(read_ahead),
                None => self.real.next_page().await?,
            };
            self.read_ahead = self.real.next_page().await?;
            return Ok(ahead.filter(|_| self.read_ahead.is_some()));
        }
        let page = self.real.next_page().await?;
        let in_two = |page: &Vec<SourceItem>| {
            let rate = world.plan.rate(Fault::PartialPage);
            page.len() > 1 && world.injects_faults() && world.engine.draw(|rng| rng.per_mille(rate))
        };
        let Some(mut page) = page else { return Ok(None) };
        page.retain(|item| self.edge.is_none() || item.time != self.edge);
        if in_two(&page) {
            world.engine.count(Fault::PartialPage, 1);
            self.split = Some((true, page.split_off(page.len() / 2)));
        }
        Ok(Some(page))
    }
}

delegate_port!(PageReader, Pages, |it| match method {
    _ => {
        let worker = it.worker.clone();
        let ends = worker.world.has_mutant(Mutant::TakesFailedPageForEnd);
        let fails = |fault| if ends { Ok(None) } else { transient_error(fault).map_err(PageError::Port) };
        worker.call(CallKind::Page, "next_page", it.read(), fails).await
    }
});

delegate_port!(Staging, Worker, |it| it.world.staging, |name, call| match method {
    create => {
        let upload = it.call(CallKind::Staging, name, call, transient_error).await?;
        Ok(Box::new(Upload { worker: it.clone(), upload }))
    }
    read(key) => {
        let mut expected = key.to_owned();
        if it.world.has_mutant(Mutant::DeliversOther) && key.ends_with(".data") {
            let others = it.world.staging.keys();
            expected = others.into_iter().find(|key| key.ends_with(".data")).unwrap_or(expected);
        }
        let breaks_off = |fault| match fault {
            Fault::BodyBreaks => {
                let object = it.world.staging.object(key).unwrap_or_default();
                let half = object.slice(..object.len() / 2);
                let pieces: ByteStream = Box::pin(stream::iter([Ok(half), transient_error(fault)]));
                Ok(pieces)
            }
            fault => transient_error(fault),
        };
        it.call(CallKind::StagedRead, name, it.world.staging.read(&expected), breaks_off).await
    }
    // A run only logs when this fails, so it takes no turn.
    mark_expirable => call.await,
    _ => it.call(CallKind::Staging, name, call, transient_error).await,
});

struct Upload {
    worker: Worker,
    upload: Box<dyn StagingWrite>,
}

delegate_port!(StagingWrite, Upload, |it| it.upload, |name, call| match method {
    _ => it.worker.call(CallKind::Staging, name, call, transient_error).await,
});

delegate_port!(Bus, Worker, |it| it.world.bus, |name, call| match method {
    publish(notice) => {
        if let Fact::Delivered(delivery) | Fact::Heartbeat(delivery) = &notice.fact
            && let Some(sealed) = it.world.truth().sealed.get_mut(&notice.connector)
        {
            sealed.published.insert(delivery.part);
        }
        it.call(CallKind::Bus, name, it.world.bus.publish(notice), transient_error).await
    }
    _ => it.call(CallKind::Bus, name, call, transient_error).await,
});

delegate_port!(Queue, Worker, |it| it.world.queue, |name, call| match method {
    send(batch, delay) => {
        let refuses = |fault| match fault {
            Fault::QueueRefuses => Ok(batch.to_vec()),
            fault => transient_error(fault),
        };
        it.call(CallKind::Queue, name, it.world.queue.send(batch, delay), refuses).await
    }
});

#[async_trait]
impl Clock for Worker {
    fn now(&self) -> Time {
        self.world.engine.clock_of(self.number)
    }

    async fn sleep(&self, span: Duration) {
        let outcome = self.world.engine.wait_turn(self.number, CallKind::Sleep, "sleep", Some(span)).await;
        if matches!(outcome, CallOutcome::Crash { .. }) {
            self.world.engine.kill(self.number);
            std::future::pending::<()>().await;
        }
    }
}

impl Rng for Worker {
    fn next_u64(&self) -> u64 {
        self.world.engine.draw(super::rng::SimRng::next_u64)
    }
}
