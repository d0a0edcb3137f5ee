//! A scale from 0 to a round number, with few ticks.

/// A scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scale {
    step: u64,
    steps: u64,
}

impl Scale {
    /// The most steps.
    const MOST: u64 = 4;

    /// The scale on which `greatest` is drawn: steps of 1, 2 or 5 times a power of ten.
    pub(crate) fn of(greatest: u64) -> Self {
        let least_step = greatest.div_ceil(Self::MOST).max(1);
        let mut power = 1u64;
        while power.saturating_mul(10) <= least_step {
            power = power.saturating_mul(10);
        }
        let step = [1, 2, 5, 10].map(|factor| power.saturating_mul(factor));
        let step = step.into_iter().find(|step| *step >= least_step).unwrap_or(least_step);
        Self { step, steps: greatest.div_ceil(step).max(1) }
    }

    /// The numbers at the ticks, from 0 on.
    pub(crate) fn ticks(self) -> impl Iterator<Item = u64> {
        (0..=self.steps).map(move |step| step.saturating_mul(self.step))
    }

    /// Where a number is: 0 at the bottom, 1 at the top.
    #[expect(clippy::cast_precision_loss, reason = "it is a position on the screen")]
    pub(crate) fn share(self, number: u64) -> f64 {
        number as f64 / self.step.saturating_mul(self.steps) as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round() {
        let ticks = |greatest| Scale::of(greatest).ticks().collect::<Vec<_>>();
        assert_eq!(ticks(0), [0, 1]);
        assert_eq!(ticks(3), [0, 1, 2, 3]);
        assert_eq!(ticks(74), [0, 20, 40, 60, 80]);
        assert_eq!(ticks(362), [0, 100, 200, 300, 400]);
        assert_eq!(ticks(1_000_000), [0, 500_000, 1_000_000]);
    }

    proptest! {
        #[test]
        fn every_number_fits_and_the_greatest_uses_half_of_the_scale(greatest in 1..u64::MAX / 20) {
            let scale = Scale::of(greatest);
            prop_assert!(scale.share(0).abs() < f64::EPSILON);
            prop_assert!(scale.share(greatest) <= 1.0 && scale.share(greatest) >= 0.5 - f64::EPSILON);
            prop_assert!(scale.ticks().count() <= 5);
        }
    }
}
