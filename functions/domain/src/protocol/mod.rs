//! "Seal, then deliver": the protocol of one run of one worker over one connector, as a pure function.
//!
//! [`step`] takes where the run stands and the answer to the last effect, and says where it stands now and
//! which one effect comes next. It never reads a clock, never waits and never fails; whoever drives it carries
//! out the effects. There is exactly one effect at a time, so every place where a worker can die lies between
//! two calls of `step`, and the exporter, a simulator and a model checker can drive the same code.
//!
//! The order of the effects of a run:
//!
//! ```text
//! Lease → Snapshot ─┬─▶ Build → Sign → Seal (→ ReadBack) ─┐   until no window is due,
//!                   ├─▶ Open (→ Load) → Put (→ PutKeys) ──┤   nothing waits to be delivered,
//!                   │     → PutNote → Announce → Mark     │   or time is up
//!                   └──────────────◀──────────────────────┘
//!                   ─▶ Release → Finish
//! ```
//!
//! Most runs seal one part, deliver it and end. They know the record that they sealed, so they don't load it, and the
//! mark that ends them gives the lease back ([`Effect::MarkLast`] in the place of `Mark` and `Release`).
//!
//! What holds the promises, wherever a worker stops and however many run:
//! - *no double, gap-free*: only [`Effect::Seal`] decides, by one transaction on `(next, watermark)`.
//! - *no loss*: the watermark moves with the seal, never before; delivery only copies what is sealed.
//! - *one chain*: the seal pins the part's signed manifest, and moves the hash that the next one names.
//! - *quiet means quiet*: a heartbeat is sealed only after a complete read that found nothing.
//! - *isolation*: an order names one connector; an item of another tenant ends the run.

mod deliver;
mod end;
mod limits;
mod outcome;
mod progress;
mod run;
mod seal;
mod sign;
mod words;

pub use limits::{Limits, Timing};
pub use outcome::{InternalError, InternalErrorKind, Outcome, Summary};
pub use run::Run;
pub use words::{
    Answer, BuildRequest, Built, Effect, Exclude, Input, Mark, ProgressUpdate, PutAnswer, ReconcileUpdate,
    Release, Seal, SealAnswer, SignRequest, Snapshot, Span, StagedPart,
};

/// The next effect of a run, given the answer to the last one.
#[must_use]
pub fn step(run: Run, input: Input) -> (Run, Effect) {
    let mut run = run;
    let effect = run.advance(input);
    (run, effect)
}
