//! The proof's findings for files that are valid, damaged, duplicated, foreign or missing.

use super::*;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

const PREFIX: &str = "auditferry";

fn connector() -> ConnectorId {
    ConnectorId::new(1)
}

fn window(from: &str, to: &str) -> Window {
    Window { from: at(&format!("2023-07-10T{from}:00Z")), to: at(&format!("2023-07-10T{to}:00Z")) }
}

fn file(number: u64, window: Window, events: &[String]) -> File {
    let bytes = format!("[\n{}\n]\n", events.join(",\n")).into_bytes();
    let hash = hex::encode(Sha256::digest(&bytes));
    let (from, to) = (window.from.basic(), window.to.basic());
    let hash = &hash[..16];
    File { key: format!("{PREFIX}/events/date=2023-07-10/{from}_{to}_{number:012}_{hash}.json"), bytes }
}

fn heartbeat(connector: &ConnectorId, part: u64, window: Window) -> String {
    let heartbeat = Heartbeat::new(connector, PartNumber::new(part), window, window.to, window.to);
    serde_json::to_string(&heartbeat).unwrap()
}

fn events() -> Vec<String> {
    ["a", "b", "c"].map(|id| format!(r#"{{"id": "{id}"}}"#)).into()
}

fn examine(files: &[File]) -> Findings {
    let (connector, events) = (connector(), events());
    let span = window("11:30", "13:00");
    super::check_files(Expected { connector: &connector, prefix: PREFIX, events: &events, span }, files)
}

/// Two events in the first window, one in the second.
fn sound() -> Vec<File> {
    let events = events();
    vec![file(1, window("11:30", "12:00"), &events[..2]), file(2, window("12:00", "13:00"), &events[2..])]
}

#[test]
fn valid_files_have_no_violations() {
    let found = examine(&sound());
    assert_eq!((found.delivered, found.missing, found.duplicates, found.foreign), (3, 0, 0, 0));
    assert!(found.invalid.is_empty() && found.gaps.is_empty(), "{found:?}");
}

#[test]
fn an_absent_event_is_missing_and_a_second_copy_is_a_duplicate() {
    let events = events();
    let files = [
        file(1, window("11:30", "12:00"), &events[..1]),
        file(2, window("12:00", "13:00"), &[events[0].clone(), events[2].clone()]),
    ];
    let found = examine(&files);
    assert_eq!((found.delivered, found.missing, found.duplicates), (2, 1, 1));
}

#[test]
fn an_event_with_one_other_byte_is_foreign_and_the_true_one_missing() {
    let mut files = sound();
    files[1] = file(2, window("12:00", "13:00"), &[r#"{"id":"c"}"#.to_owned()]);
    let found = examine(&files);
    assert_eq!((found.missing, found.foreign), (1, 1));
}

#[test]
fn a_heartbeat_counts_for_its_own_connector_window_and_part_only() {
    let (first, second) = (window("11:30", "12:00"), window("12:00", "13:00"));
    let beats = |id: &ConnectorId, part| {
        examine(&[file(1, first, &events()), file(2, second, &[heartbeat(id, part, second)])])
    };
    let found = beats(&connector(), 2);
    assert_eq!((found.heartbeats, found.foreign), (1, 0));
    assert_eq!(beats(&ConnectorId::new(2), 2).foreign, 1);
    assert_eq!(beats(&connector(), 3).foreign, 1);
    let crowded = examine(&[
        file(1, first, &events()),
        file(2, second, &[heartbeat(&connector(), 2, second), events()[0].clone()]),
    ]);
    assert_eq!(crowded.invalid.len(), 1);
}

#[test]
fn a_file_that_contradicts_its_name_is_invalid() {
    for damage in [
        |file: &mut File| file.bytes.extend_from_slice(b" "),
        |file: &mut File| file.key = file.key.replace("date=2023-07-10", "date=2023-07-11"),
        |file: &mut File| file.key = file.key.replace("auditferry/", ""),
        |file: &mut File| file.key.push_str(".tmp"),
    ] {
        let mut files = sound();
        damage(&mut files[0]);
        let found = examine(&files);
        assert_eq!((found.invalid.len(), found.missing), (1, 2), "{found:?}");
    }
}

#[test]
fn gaps_and_overlaps_of_numbers_and_windows_are_found() {
    let events = events();
    let first = file(1, window("11:30", "12:00"), &events[..2]);
    for second in [
        file(3, window("12:00", "13:00"), &events[2..]),
        file(2, window("12:30", "13:00"), &events[2..]),
        file(2, window("11:45", "13:00"), &events[2..]),
        file(2, window("12:00", "12:30"), &events[2..]),
    ] {
        assert_eq!(examine(&[first.clone(), second]).gaps.len(), 1);
    }
    assert_eq!(examine(&[]).gaps.len(), 1);
}

#[test]
fn an_object_of_a_verification_is_counted_and_is_not_a_part() {
    let probe =
        |key: &str, text: &str| File { key: format!("{PREFIX}/verification/{key}"), bytes: text.into() };
    let text = format!("Auditferry wrote this object for connector {}. It may be deleted.\n", connector());
    let files = [sound(), vec![probe(&format!("{}_0123456789abcdef.txt", connector()), &text)]].concat();
    let found = examine(&files);
    assert_eq!((found.probes, found.files.len()), (1, 2));
    assert!(found.invalid.is_empty() && found.gaps.is_empty(), "{found:?}");
    for foreign in
        [probe("con_00000000000000ff_1.txt", &text), probe(&format!("{}_1.txt", connector()), "[]")]
    {
        assert_eq!(examine(&[sound(), vec![foreign]].concat()).invalid.len(), 1);
    }
}
