//! Random numbers: for jitter, IDs and secrets.

use std::collections::BTreeSet;

use ports::Rng;

/// How many numbers a promise draws.
const DRAWS: usize = 4096;

fn draws(randomness: &impl Rng) -> Vec<u64> {
    (0..DRAWS).map(|_| randomness.next_u64()).collect()
}

/// Each of the 64 bits is set in about half of the draws. 320 off the half are ten times the standard
/// deviation of a fair bit.
pub async fn every_bit_is_as_often_set_as_not(randomness: &impl Rng) {
    let draws = draws(randomness);
    for bit in 0..64 {
        let set = draws.iter().filter(|draw| *draw >> bit & 1 == 1).count();
        assert!(set.abs_diff(DRAWS / 2) < 320, "bit {bit} is set in {set} of {DRAWS} draws");
    }
}

/// Of so few draws out of 2^64 no two are the same.
pub async fn no_number_comes_twice(randomness: &impl Rng) {
    assert_eq!(draws(randomness).into_iter().collect::<BTreeSet<_>>().len(), DRAWS);
}

/// The same for concurrent draws.
pub async fn no_two_who_draw_at_once_get_the_same(randomness: &impl Rng) {
    let drawn: Vec<u64> = std::thread::scope(|scope| {
        let drawing: Vec<_> = (0..4).map(|_| scope.spawn(|| draws(randomness))).collect();
        drawing.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 4 * DRAWS);
}

/// A lease belongs to one worker alone.
pub async fn no_two_workers_have_the_same_id(randomness: &impl Rng) {
    let ids: BTreeSet<_> = (0..DRAWS).map(|_| randomness.worker_id().as_str().to_owned()).collect();
    assert_eq!(ids.len(), DRAWS);
}
