//! What a seed decides before anything runs: how long, how much, and which faults. Each seed has only some of
//! the faults, each at a rate of its own, since faults that always occur together hide one another.

use std::time::Duration;

use archive::part::PartLimits;
use archive::sort_key::SortKeyForm;
use protocol::machine::Timing;

use super::fault::Fault;
use super::rng::SimRng;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// How long a history is, and what can be checked at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// A few hours, without any daily reconcile: the look-back alone must find what is readable in time.
    Hours,
    /// Up to a day, followed by a reconcile: everything that became readable must be found.
    Day,
    /// Days, with a backlog and events of weeks ago, followed by a reconcile of 32 days.
    Weeks,
}

/// The plan of one seed.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) length: Length,
    /// How long faults occur.
    pub(crate) fault_phase: Duration,
    pub(crate) timing: Timing,
    pub(crate) limits: PartLimits,
    /// The exporter's time limit.
    pub(crate) time_limit: Duration,
    /// The most messages of a batch.
    pub(crate) batch: usize,
    pub(crate) form: SortKeyForm,
    pub(crate) numeric: bool,
    pub(crate) page: usize,
    pub(crate) tenants: usize,
    pub(crate) connectors: usize,
    /// The number of events of each tenant.
    pub(crate) events: u64,
    /// The arguments of [`super::engine::Engine::set_pace`] for the fault phase.
    pub(crate) pace: (u64, u32, u64),
    rates: Vec<u32>,
}

impl Plan {
    pub(crate) fn draw(rng: &mut SimRng) -> Self {
        let length = match rng.below(100) {
            0..74 => Length::Hours,
            74..97 => Length::Day,
            _ => Length::Weeks,
        };
        let troubled = match length {
            Length::Hours => MINUTE * minutes(rng, 90, 300),
            Length::Day => MINUTE * minutes(rng, 120, 900),
            Length::Weeks => HOUR * minutes(rng, 24, 120),
        };
        let look_back = rng.one_of(&[0, 600, 3600, 3600, 3600, 7200]);
        let (form, numeric) = form(rng);
        // What is slow needs time, or nothing would ever be done during the fault phase.
        let (pace, limits): ((u64, u32, u64), &[u64]) = match rng.below(6) {
            0..3 => ((50, 0, 1), &[20, 60, 900]),
            3 => ((50, 20, 5_000), &[20, 60, 900]),
            4 => ((500, 50, 20_000), &[20, 60, 60, 900]),
            _ => ((2_000, 100, 30_000), &[900]),
        };
        Self {
            length,
            fault_phase: troubled,
            timing: Timing {
                settle: Duration::from_secs(rng.one_of(&[0, 60, 300, 300, 900])),
                look_back: Duration::from_secs(look_back),
            },
            limits: PartLimits {
                events: rng.one_of(&[1, 2, 3, 5, 8, 1_000_000]),
                bytes: rng.one_of(&[1500, 4000, 256 << 20, 256 << 20]),
            },
            time_limit: Duration::from_secs(rng.one_of(limits)),
            batch: rng.one_of(&[1, 1, 2, 5]),
            form,
            numeric,
            page: rng.one_of(&[1, 2, 3, 7, 100]),
            tenants: 1 + rng.below(3),
            connectors: 1 + rng.below(3),
            events: rng.one_of(&[0, 3, 8, 15, 25]),
            pace,
            rates: rates(rng),
        }
    }

    /// The rate of this fault, per mille.
    pub(crate) fn rate(&self, fault: Fault) -> u32 {
        self.rates[fault as usize]
    }

    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.rate(fault) > 0
    }
}

fn minutes(rng: &mut SimRng, from: u64, to: u64) -> u32 {
    u32::try_from(rng.between(from, to)).expect("a small number")
}

fn form(rng: &mut SimRng) -> (SortKeyForm, bool) {
    let form = rng.one_of(&[
        SortKeyForm::Rfc3339,
        SortKeyForm::Rfc3339,
        SortKeyForm::Ulid,
        SortKeyForm::UuidV7,
        SortKeyForm::EpochSeconds,
        SortKeyForm::EpochMillis,
    ]);
    (form, form.may_be_number() && rng.per_mille(500))
}

/// A quarter of the faults on average, some seeds with none and some with most. Rates are mostly low: if
/// hardly any call succeeds, nothing is done in time, and bugs of timing show only in what is done.
fn rates(rng: &mut SimRng) -> Vec<u32> {
    let share = rng.one_of(&[0, 50, 150, 250, 400, 700]);
    let mut rates = vec![0; Fault::ALL.len()];
    for (rate, fault) in rates.iter_mut().zip(Fault::ALL) {
        if rng.per_mille(share) {
            *rate = match fault {
                Fault::CrashBefore | Fault::CrashAfter | Fault::Frozen => rng.one_of(&[1, 3, 10]),
                Fault::ClockForward | Fault::ClockBack => rng.one_of(&[1, 3]),
                Fault::Expired | Fault::Conflict | Fault::ConflictWritten => rng.one_of(&[20, 100, 300]),
                Fault::LeaseIgnored | Fault::VeryLate => rng.one_of(&[100, 300, 700]),
                Fault::Late => rng.one_of(&[300, 600, 900]),
                Fault::MessageDuplicated | Fault::MessageDelayed | Fault::TickMissed | Fault::TickDoubled => {
                    rng.one_of(&[20, 100, 400])
                }
                Fault::UnparsableKey | Fault::Unreadable => rng.one_of(&[50, 200]),
                _ => rng.one_of(&[1, 3, 10, 50]),
            };
        }
    }
    rates
}
