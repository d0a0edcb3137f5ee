//! The fixture is what its README says.

use std::collections::BTreeSet;

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
