//! The clock.

use std::time::Duration;

use ports::Clock;

/// A second reading is never earlier.
pub async fn time_does_not_run_backwards(clock: &impl Clock) {
    let mut before = clock.now();
    for _ in 0..1000 {
        let now = clock.now();
        assert!(now >= before, "{now} after {before}");
        before = now;
    }
}

/// After a sleep at least that much time has passed: backoff and settle time depend on it.
pub async fn a_sleep_takes_at_least_its_duration(clock: &impl Clock) {
    for millis in [1, 20, 250] {
        let (span, before) = (Duration::from_millis(millis), clock.now());
        clock.sleep(span).await;
        let passed = clock.now().since(before);
        // The system may be adjusting its clock slightly at this very moment.
        assert!(passed + Duration::from_millis(1) >= span, "{passed:?} instead of {span:?}");
    }
}

/// Full jitter may well draw zero.
pub async fn a_sleep_of_nothing_ends(clock: &impl Clock) {
    clock.sleep(Duration::ZERO).await;
}

/// Time passes for sleepers and for all others.
pub async fn sleepers_share_their_time(clock: &(impl Clock + Clone)) {
    let (other, before) = (clock.clone(), clock.now());
    clock.sleep(Duration::from_millis(20)).await;
    assert!(other.now().since(before) + Duration::from_millis(1) >= Duration::from_millis(20));
}
