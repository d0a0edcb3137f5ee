//! The fixture is what its README says.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use archive::event;
use serde_json::value::RawValue;
use tests::fixtures::{at, cloudtrail};

#[test]
fn the_fixture_is_what_its_readme_says() {
    let events = cloudtrail();
    assert_eq!(events.len(), 2900);
    assert_eq!(events.iter().map(|event| &event.id).collect::<BTreeSet<_>>().len(), 2900);
    assert!(events.is_sorted_by_key(|event| (event.time, event.id.clone())));
    assert_eq!(events[0].time, at("2023-07-10T11:42:18Z"));
    assert_eq!(events[2899].time, at("2023-07-10T12:37:50Z"));
    assert_eq!(events.iter().map(|event| event.json.len()).max(), Some(5377));
    assert!(events.iter().all(|event| !event.json.contains('\n')));
}

/// The cost of the check compared with the grammar-only pass that it replaced. Optimized, as in the exporter:
/// `cargo test -p tests --test suite the_check --config 'profile.dev.package.archive.opt-level=3' --config
/// 'profile.dev.package.serde_json.opt-level=3' -- --ignored --nocapture`.
#[test]
#[ignore = "a measurement, for an optimized build on an idle machine"]
#[expect(clippy::disallowed_methods, reason = "the time that it takes is what is measured")]
fn the_check_of_an_event_costs_no_more_than_its_grammar_alone() {
    let lines: Vec<&[u8]> = cloudtrail().iter().map(|event| event.json.as_bytes()).collect();
    let grammar = |line: &[u8]| {
        let text = std::str::from_utf8(line).unwrap();
        serde_json::from_str::<&RawValue>(text).is_ok() && !line.contains(&b'\n')
    };
    let checks = |line: &[u8]| event::check(line).is_ok_and(|checked| !checked.has_line_breaks);
    let time = |takes: &dyn Fn(&[u8]) -> bool| {
        let began = Instant::now();
        assert!(lines.iter().all(|line| takes(std::hint::black_box(line))));
        began.elapsed() / u32::try_from(lines.len()).unwrap()
    };
    let mut best = [Duration::MAX; 2];
    for _ in 0..60 {
        best = [best[0].min(time(&grammar)), best[1].min(time(&checks))];
    }
    eprintln!("an event: {:?} for the grammar alone, {:?} for the check", best[0], best[1]);
    assert!(best[1] <= best[0] * 11 / 10, "{best:?}");
}
