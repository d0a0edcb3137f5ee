//! "Seal, then deliver": the protocol of one run of one worker over one connector, as a pure function
//! (sans-IO).
//!
//! [`step`] takes the state of the run and the answer to the last effect. It returns the new state and the
//! one effect that comes next. It never reads a clock, never waits and never fails; the driver executes the
//! effects. There is exactly one effect at a time, so every point where a worker can crash lies between two
//! calls of `step`. So the exporter, a simulator and a model checker can drive the same code.
//!
//! The order of the effects of a run:
//!
//! ```text
//! Lease → Snapshot ─┬─▶ Build → Sign → Seal (→ ReadBack) ─┐   until no window is due,
//!                   ├─▶ Open (→ Load) → Put (→ PutKeys) ──┤   nothing waits to be delivered,
//!                   │     → PutManifest → Publish → Mark  │   or time is up
//!                   └──────────────◀──────────────────────┘
//!                   ─▶ Release → Finish
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

mod deliver;
mod end;
mod limits;
mod messages;
mod outcome;
mod progress;
mod run;
mod seal;
mod sign;

pub use limits::{Limits, Timing};
pub use messages::{
    Answer, BuildRequest, Built, Effect, Exclude, Input, LeaseAnswer, Mark, ProgressUpdate, PutAnswer,
    ReconcileUpdate, Release, Seal, SealAnswer, SignRequest, Snapshot, Span, StagedPart,
};
pub use outcome::{InternalError, InternalErrorKind, Outcome, Summary};
pub use run::Run;

/// Returns the next state and effect of a run, given the answer to the last effect.
#[must_use]
pub fn step(run: Run, input: Input) -> (Run, Effect) {
    let mut run = run;
    let effect = run.advance(input);
    (run, effect)
}
