//! A backlog drains after the recovery, in short: `cargo bench -p tests --bench backlog` is the long form.

#[path = "../backlog/drain.rs"]
mod drain;

use std::time::Duration;

use drain::{Load, drain};

#[tokio::test]
async fn connectors_whose_buckets_were_gone_for_days_get_everything() {
    let (connectors, days) = (20, 2);
    let drained = drain(connectors, days).await;
    assert_eq!(drained.waited, 20 * 48, "one part an hour was sealed throughout");
    // Two of three hours have an event.
    assert_eq!(drained.delivered, 20 * 32);
    assert!(drained.files >= 20 * 48, "{drained:?}");
    // A blocked connector is retried every hour at least; then one run delivers everything.
    assert!(drained.half_after <= drained.all_after);
    assert!(drained.all_after < Duration::from_mins(75), "{:?}", drained.all_after);
    assert!(drained.longest_run < Duration::from_mins(2), "{:?}", drained.longest_run);
    let puts = |work: &Load| work.calls.get("put_new").copied().unwrap_or_default();
    assert_eq!(puts(&drained.draining), drained.files as u64, "each file is put once");
    assert!(
        puts(&drained.waiting) < 20 * 2 * 24 * 4,
        "an unavailable bucket is retried now and then: {drained:?}"
    );
}
