//! "Seal, then deliver": the protocol of one run of one worker over one connector, as a pure function
//! (sans-IO).
//!
//! [`step`] takes the state of the run and the answer to the last effect. It returns the new state and the
//! one effect that comes next, or the outcome of the run. It never reads a clock, never waits and never
//! fails; the driver executes the effects. Each effect carries what its execution needs, so the driver
//! remembers nothing. There is exactly one effect at a time, so every point where a worker can crash lies
//! between two calls of `step`. So the exporter, a simulator and a model checker can drive the same code.
//!
//! The order of the effects of a run:
//!
//! ```text
//! Lease → Snapshot ─┬─▶ Build → Sign → Seal (→ ReadBack) ─┐   until no window is due,
//!                   ├─▶ Open (→ Load) → Put (→ PutKeys) ──┤   nothing waits to be delivered,
//!                   │     → PutManifest → Publish → Mark  │   or time is up
//!                   └──────────────◀──────────────────────┘
//!                   ─▶ Release → done
//! ```
//!
//! Most runs seal one part, deliver it and end. They know the record that they sealed, so they don't load it.
//! The mark that ends such a run also releases the lease ([`Effect::MarkLast`] instead of `Mark` and
//! `Release`).
//!
//! Why the promises hold, wherever a worker stops and however many run:
//! - *no double, gap-free*: only [`Effect::Seal`] decides, by one transaction on `(next, watermark)`.
//! - *no loss*: the watermark moves with the seal, never before; delivery only copies what is sealed.
//! - *one chain*: the seal stores the part's signed manifest, and moves the hash that the next one names.
//! - *quiet means quiet*: a heartbeat is sealed only after a complete read that found nothing.
//! - *isolation*: a request names one connector; an item of another tenant ends the run.
//!
//! Where things are: `state` holds what is true when, `run` is the table of answers, `active` chooses the
//! next step. `read`, `sign`, `record` and `seal` are the sealing half, `deliver` and `mark` the delivering
//! half.

mod active;
mod block;
mod deliver;
mod end;
mod limits;
mod mark;
mod messages;
mod outcome;
mod read;
mod record;
mod run;
mod seal;
mod sign;
mod start;
mod state;

pub use limits::{Limits, Timing};
pub use messages::{
    Answer, BuildNumber, BuildRequest, Built, Delivery, Effect, Exclude, Input, LeaseAnswer, Mark,
    ProgressUpdate, PutAnswer, ReconcileUpdate, Release, Seal, SealAnswer, SignRequest, Snapshot, Span,
    StagedPart, Step,
};
pub use outcome::{InternalError, InternalErrorKind, Outcome, Summary};
pub use run::{Run, step};
