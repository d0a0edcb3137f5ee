//! The promises, each with a crash or a fault that would break it. Every scenario runs on the fakes and,
//! through the real SDK, on the embedded stand-ins; tests that schedule single calls run on the fakes only.

mod backends;
mod crash_points;
mod gap_free;
mod isolation;
mod late_is_additive;
mod liveness;
mod no_double;
mod no_loss;
mod notices;
mod one_chain;
mod orphan_sweep;
mod quiet_means_quiet;
mod random;
mod world;
mod wrong_clocks;

use tests::fakes::FakeBus;
use tests::fixtures::{RealEvent, at, cloudtrail};

use backends::Embedded;
pub(crate) use tests::functions::Fakes;
pub(crate) use world::World;

/// One test for each scenario, on both backends.
macro_rules! on_both_backends {
    ($($scenario:ident)+) => {
        mod on_fakes {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::$scenario(crate::promises::on_fakes()).await;
                }
            )+
        }

        mod on_stand_ins {
            $(
                #[tokio::test]
                async fn $scenario() {
                    super::$scenario(crate::promises::on_stand_ins().await).await;
                }
            )+
        }
    };
}
use on_both_backends;

/// A world on the day of the recorded events, before the first of them.
fn on_fakes() -> World {
    World::on(&Fakes::new())
}

async fn on_stand_ins() -> World {
    let bus = FakeBus::new();
    World::new(Box::new(Embedded::start(&bus).await), bus, at("2023-07-10T11:30:00Z")).with_stride(5)
}

/// `count` recorded events, half of them before noon and half after.
fn around_noon(count: usize) -> &'static [RealEvent] {
    let noon = cloudtrail().partition_point(|event| event.time < at("2023-07-10T12:00:00Z"));
    &cloudtrail()[noon - count / 2..noon + count.div_ceil(2)]
}
