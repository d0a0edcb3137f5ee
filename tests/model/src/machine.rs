//! The state machine that the checker explores: a world, its workers, and everything that can happen next.

use std::time::Duration;

use archive::time::Time;
use protocol::connector::Connector;
use stateright::{Model, Property};

use crate::coverage::{CoverageGoal, coverage_check};
use crate::drain::LiveStates;
use crate::execute::{Execution, Executor, executions};
use crate::promises::{Promise, broken};
use crate::setup::Setup;
use crate::shared::Shared;
use crate::variant::Variant;
use crate::worker::Worker;
use crate::world::{EventState, World};

/// How long the dispatcher's claim lasts: then the connector is due again, whatever became of the run.
const CLAIM: Duration = Duration::from_mins(20);

/// A setup, explored with the correct protocol or a broken one.
#[derive(Debug)]
pub struct Machine {
    /// The world to explore: what may happen in it.
    pub setup: Setup,
    /// The protocol to explore.
    pub variant: Variant,
    /// The settings of each account's connector. Nothing changes them.
    pub connectors: Vec<Connector>,
    /// The states known to be live.
    pub live: LiveStates,
}

/// A state of the machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct State {
    /// Everything outside the workers.
    pub world: Shared<World>,
    /// The workers, by slot.
    pub workers: [Option<Shared<Worker>>; 2],
    /// The promises that the world breaks.
    pub broken: Vec<Promise>,
}

fn holds(state: &State, promise: Promise) -> bool {
    !state.broken.contains(&promise)
}

/// What may happen next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The clock moves on.
    Wait(Time),
    /// An event becomes readable.
    Appear(usize),
    /// TTL deletes an event.
    Expire(usize),
    /// A bucket is deleted, or denies access.
    Close(usize),
    /// The bucket is back.
    Open(usize),
    /// Someone requests a run now.
    RequestRun(usize),
    /// A worker in this slot begins a run of this account.
    Start(usize, usize),
    /// The worker in this slot crashes.
    Crash(usize),
    /// The effect that the worker in this slot waits for is executed, with this outcome.
    Execute(usize, Execution),
    /// The request in flight arrives.
    Arrive,
}

impl Machine {
    /// The correct protocol in a setup.
    #[must_use]
    pub fn correct(setup: Setup) -> Self {
        Self::broken(setup, Variant::Correct)
    }

    /// A broken protocol in a setup.
    #[must_use]
    pub fn broken(setup: Setup, variant: Variant) -> Self {
        let connectors = setup.connectors().into_iter().map(|(connector, _)| connector).collect();
        Self { setup, variant, connectors, live: LiveStates::default() }
    }

    /// The state after an action.
    #[must_use]
    pub fn apply(&self, state: &State, action: Action) -> State {
        let mut world = (*state.world).clone();
        let mut workers = state.workers.clone();
        match action {
            Action::Wait(until) => world.clock = until,
            Action::Appear(event) => world.events[event] = EventState::Readable(world.clock),
            Action::Expire(event) => world.events[event] = EventState::Deleted,
            Action::Close(account) => {
                world.accounts[account].open = false;
                world.closings -= 1;
            }
            Action::Open(account) => world.accounts[account].open = true,
            Action::RequestRun(request) => self.request_run(&mut world, request),
            Action::Start(slot, account) => {
                let cursor = &mut world.accounts[account].cursor;
                if cursor.next_run_at <= world.clock {
                    cursor.next_run_at = world.clock + CLAIM;
                }
                let now = self.variant.clock(world.clock) + self.setup.clock_skew;
                workers[slot] = Some(Shared::new(Worker::start(slot, account, now)));
            }
            Action::Crash(slot) => {
                workers[slot] = None;
                world.faults = world.faults.map(|left| left - 1);
                world.forget(&Worker::name(slot));
            }
            Action::Execute(slot, execution) => {
                if let Some(worker) = workers[slot].take() {
                    workers[slot] =
                        self.executor(&mut world).execute((*worker).clone(), execution).map(Shared::new);
                }
            }
            Action::Arrive => self.executor(&mut world).arrive(),
        }
        let broken = broken(&self.setup, &world);
        State { world: Shared::new(world), workers, broken }
    }

    fn executor<'a>(&'a self, world: &'a mut World) -> Executor<'a> {
        Executor { setup: &self.setup, variant: self.variant, connectors: &self.connectors, world }
    }

    /// "Run now": the connector is due, its window ends at the cut, and a blocked one may try again.
    fn request_run(&self, world: &mut World, request: usize) {
        let now = world.clock;
        world.runs_requested |= 1 << request;
        let cursor = &mut world.accounts[0].cursor;
        cursor.next_run_at = now;
        cursor.cut = Some(self.setup.run_requests[request].cut.max(cursor.watermark));
        if let Some(block) = &mut cursor.block {
            block.next_attempt = now;
        }
    }

    /// What may happen to the table, the buckets and the time.
    fn environment_actions(&self, world: &World, actions: &mut Vec<Action>) {
        let setup = &self.setup;
        let now = world.clock;
        actions.extend(setup.instants.iter().find(|instant| **instant > now).map(|next| Action::Wait(*next)));
        for (number, event) in setup.events.iter().enumerate() {
            match world.events[number] {
                EventState::Absent if (event.readable.0..=event.readable.1).contains(&now) => {
                    actions.push(Action::Appear(number));
                }
                EventState::Readable(_) if event.expires.is_some_and(|from| from <= now) => {
                    actions.push(Action::Expire(number));
                }
                _ => {}
            }
        }
        for (number, account) in world.accounts.iter().enumerate() {
            if !account.open {
                actions.push(Action::Open(number));
            } else if world.closings > 0 {
                actions.push(Action::Close(number));
            }
        }
        for (number, request) in setup.run_requests.iter().enumerate() {
            if request.at == now && world.runs_requested & (1 << number) == 0 {
                actions.push(Action::RequestRun(number));
            }
        }
        actions.extend(world.in_flight.is_some().then_some(Action::Arrive));
    }
}

impl Model for Machine {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let world = World::new(&self.setup);
        vec![State { world: Shared::new(world), workers: [None, None], broken: Vec::new() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.environment_actions(&state.world, actions);
        let mut found = Vec::new();
        for (slot, worker) in state.workers.iter().enumerate() {
            let Some(worker) = worker else { continue };
            executions(worker, &state.world, &mut found);
            actions.extend(found.drain(..).map(|execution| Action::Execute(slot, execution)));
            if state.world.faults != Some(0) {
                actions.push(Action::Crash(slot));
            }
        }
        // Free slots are equivalent, so the first one is used.
        let free = state.workers.iter().take(self.setup.workers).position(Option::is_none);
        for (account, of) in state.world.accounts.iter().enumerate() {
            let starts = self.setup.doubles || of.cursor.next_run_at <= state.world.clock;
            actions.extend(free.filter(|_| starts).map(|slot| Action::Start(slot, account)));
        }
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        Some(self.apply(state, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(Promise::NoLoss.name(), |_, s| holds(s, Promise::NoLoss)),
            Property::always(Promise::NoDouble.name(), |_, s| holds(s, Promise::NoDouble)),
            Property::always(Promise::LateIsAdditive.name(), |m: &Self, s: &State| {
                holds(s, Promise::LateIsAdditive)
                    && (!s.broken.is_empty() || m.drain(s) != Some(Promise::LateIsAdditive))
            }),
            Property::always(Promise::GapFree.name(), |_, s| holds(s, Promise::GapFree)),
            Property::always(Promise::OneChain.name(), |_, s| holds(s, Promise::OneChain)),
            Property::always(Promise::QuietMeansQuiet.name(), |_, s| holds(s, Promise::QuietMeansQuiet)),
            Property::always(Promise::Isolation.name(), |_, s| holds(s, Promise::Isolation)),
            // If another promise is broken already, that is the one to report.
            Property::always(Promise::Liveness.name(), |m: &Self, s: &State| {
                !s.broken.is_empty() || m.drain(s) != Some(Promise::Liveness)
            }),
        ];
        properties
            .extend(CoverageGoal::ALL.map(|goal| Property::sometimes(goal.name(), coverage_check(goal))));
        properties
    }
}
