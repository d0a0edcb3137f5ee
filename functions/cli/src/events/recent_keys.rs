//! The keys of the most recent events. Of two different events with the same key, the first one in the input
//! is imported, although several batches are written concurrently. For events further apart, the table itself
//! detects the conflict.

use std::collections::{HashMap, VecDeque};

use aws::dynamodb::events::NewEvent;
use sha2::Digest as _;
use sha2::Sha256;

use super::batch::InputSpan;

/// More events than can be in flight at the same time.
const CAPACITY: usize = 4096;

type Digest = [u8; 16];

/// The most recent keys, with digests of their events.
#[derive(Debug, Default)]
pub(super) struct RecentKeys {
    seen: HashMap<Digest, (InputSpan, Digest)>,
    order: VecDeque<Digest>,
}

impl RecentKeys {
    /// The position of a different event with the same key, if there is one.
    pub(super) fn find_conflict(&mut self, event: &NewEvent, at: InputSpan) -> Option<InputSpan> {
        let (key, body) = (digest(&event.sort_key()), digest(event.body()));
        if let Some((first, seen)) = self.seen.get(&key) {
            return (*seen != body).then_some(*first);
        }
        if self.order.len() == CAPACITY
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        self.order.push_back(key);
        self.seen.insert(key, (at, body));
        None
    }
}

fn digest(text: &str) -> Digest {
    let digest: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    digest.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use archive::import::Position;
    use archive::time::Time;

    use super::*;

    #[test]
    fn the_first_of_two_events_with_one_key_is_found_and_memory_is_bounded() {
        let event = |id: usize, body: &str| NewEvent::new(Time::EPOCH, id.to_string(), body.into());
        let at = |line| InputSpan { file: 0, start: Position { line, column: 1, byte: 0 }, last_line: line };
        let mut recent = RecentKeys::default();
        assert_eq!(recent.find_conflict(&event(0, "{}"), at(1)), None);
        assert_eq!(recent.find_conflict(&event(0, "{}"), at(2)), None);
        assert_eq!(recent.find_conflict(&event(0, "{\"a\":1}"), at(3)), Some(at(1)));
        for n in 1..3 * CAPACITY {
            assert_eq!(recent.find_conflict(&event(n, "{}"), at(4)), None);
        }
        assert_eq!((recent.seen.len(), recent.order.len()), (CAPACITY, CAPACITY));
    }
}
