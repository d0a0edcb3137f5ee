//! The tests of `cursor`.

use super::*;

#[test]
fn a_pass_reads_two_days_in_slices_and_every_seventh_thirty_two() {
    let start = at("2026-01-01T00:00:00Z");
    let now = at("2026-11-20T21:05:00Z");
    let watermark = at("2026-11-20T21:00:00Z");
    let mut reconcile = Cursor::new(start, start, start).reconcile;
    let mut slices = Vec::new();
    for _ in 0..7 {
        reconcile.due = now;
        let mut spans = 0;
        while let Some(slice) = reconcile.slice(start, watermark, now) {
            reconcile = match slice {
                Slice::Span(span) => {
                    assert!(span.to <= watermark && span.from < span.to);
                    spans += 1;
                    reconcile.read_through(span.to)
                }
                Slice::OutOfOrderKeys => reconcile.read_out_of_order_keys(None, now),
            };
        }
        assert_eq!(reconcile.due, now + RECONCILE_INTERVAL);
        slices.push(spans);
    }
    assert_eq!(slices, [2, 2, 2, 2, 2, 2, 32]);
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

#[test]
fn a_pass_is_due_in_each_run_of_a_daily_connector_even_some_minutes_early() {
    let (start, ended) = (at("2026-01-01T00:00:00Z"), at("2026-11-20T21:05:00Z"));
    let reconcile = Cursor::new(start, start, start).reconcile.read_out_of_order_keys(None, ended);
    let slice = |now: &str| reconcile.slice(start, at("2026-11-20T21:00:00Z"), at(now));
    assert_eq!(slice("2026-11-21T20:05:00Z"), None, "an hourly run of the same day");
    assert!(slice("2026-11-21T20:50:00Z").is_some());
}

#[test]
fn a_pass_reads_back_two_days_but_not_beyond_the_start_of_the_connector() {
    let (watermark, now) = (at("2026-11-20T21:00:00Z"), at("2026-11-20T21:05:00Z"));
    let slice = |since| Cursor::new(since, since, since).reconcile.slice(since, watermark, now);
    let from_to = |from, to| Some(Slice::Span(Window { from: at(from), to: at(to) }));
    let old = slice(at("2026-01-01T00:00:00Z"));
    assert_eq!(old, from_to("2026-11-18T21:00:00Z", "2026-11-19T21:00:00Z"));
    let young = slice(at("2026-11-19T20:00:00Z"));
    assert_eq!(young, from_to("2026-11-19T20:00:00Z", "2026-11-20T20:00:00Z"));
}

#[test]
fn a_pass_continues_where_it_stopped_and_remembers_out_of_order_keys() {
    let (since, watermark) = (at("2026-11-19T20:00:00Z"), at("2026-11-20T21:00:00Z"));
    let now = at("2026-11-20T21:05:00Z");
    let started = Cursor::new(since, since, since).reconcile;
    let half = started.read_through(at("2026-11-20T10:00:00Z"));
    let rest = Window { from: at("2026-11-20T10:00:00Z"), to: watermark };
    assert_eq!(half.slice(since, watermark, now), Some(Slice::Span(rest)));
    assert_eq!(half.read_through(watermark).slice(since, watermark, now), Some(Slice::OutOfOrderKeys));
    let found = half.read_out_of_order_keys(Some(PartNumber::new(7)), now);
    assert_eq!((found.out_of_order_in, found.passes, found.resume_at), (Some(PartNumber::new(7)), 1, None));
    assert_eq!(found.read_out_of_order_keys(None, now).out_of_order_in, Some(PartNumber::new(7)));
}

#[test]
fn the_oldest_undelivered_part_follows_the_newest_delivered_one_if_it_is_sealed() {
    let mut cursor = Cursor::new(Time::EPOCH, Time::EPOCH, Time::EPOCH);
    assert_eq!(cursor.undelivered(), None, "nothing is sealed");
    (cursor.next, cursor.delivered) = (PartNumber::new(5), PartNumber::new(2));
    assert_eq!(cursor.undelivered(), Some(PartNumber::new(3)));
    cursor.delivered = PartNumber::new(3);
    assert_eq!(cursor.undelivered(), Some(PartNumber::new(4)));
    cursor.delivered = PartNumber::new(4);
    assert_eq!(cursor.undelivered(), None, "all that is sealed is delivered");
}

#[test]
fn published_keys_count_only_at_their_location_and_earlier_ones_stay() {
    let put = |to: &str, keys: &[u8]| PublishedKeys {
        location: to.into(),
        keys: keys.iter().map(|key| KeyId::from([*key; 4])).collect(),
    };
    let both = put("here", &[1, 2]);
    assert!(both.covers(&put("here", &[2])) && both.covers(&both));
    assert!(!both.covers(&put("here", &[2, 3])), "a key is missing");
    assert!(!both.covers(&put("elsewhere", &[1])), "another bucket");
    assert_eq!(put("here", &[2, 3]).merged_with(Some(&both)), put("here", &[2, 3, 1]));
    assert_eq!(put("here", &[3]).merged_with(Some(&put("elsewhere", &[1]))), put("here", &[3]));
    assert_eq!(put("here", &[3]).merged_with(None), put("here", &[3]));
}
