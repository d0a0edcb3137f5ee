//! Gap-free: numbers and windows follow each other without a gap; [`tests::oracle::files`] checks that for
//! every bucket that a test reads.

use std::time::Duration;

use archive::time::Time;
use tests::fixtures::at;

use super::around_noon;
use super::world::World;

super::on_both_backends! {
    parts_are_cut_between_timestamps_and_at_midnight
    run_requests_cut_windows_and_leave_no_gap
    a_change_of_frequency_leaves_no_gap
    parts_stay_below_the_limit_of_bytes
}

async fn parts_are_cut_between_timestamps_and_at_midnight(world: World) {
    let world = world.with_parts_of(3);
    let connector =
        world.activate(at("2023-07-10T14:40:00Z"), |c| c.frequency = 24.try_into().unwrap()).await;
    // Twelve at one time, a single one, and some around midnight.
    for n in 0..12 {
        world.write(&connector, at("2023-07-10T18:00:00Z"), &format!("together-{n:02}")).await;
    }
    world.write(&connector, at("2023-07-10T18:00:01Z"), "alone").await;
    for ms in [0, 1, 86_399, 86_400, 86_401] {
        world
            .write(&connector, at("2023-07-10T23:58:33.600Z") + Duration::from_millis(ms), &ms.to_string())
            .await;
    }
    world.run_until(&connector, at("2023-07-11T15:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert_eq!(verdict.delivered, 18);
    let files = world.files(&connector);
    let together = files.iter().find(|file| file.events.len() == 12).expect("one timestamp in one part");
    assert!(together.events.iter().all(|event| event.contains("together")));
    assert!(files.iter().any(|file| file.window.to == at("2023-07-11T00:00:00Z")));
    assert_eq!(files.last().unwrap().window.to, at("2023-07-11T15:00:00Z"));
}

async fn run_requests_cut_windows_and_leave_no_gap(world: World) {
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    let mut time = at("2023-07-10T11:40:00.001Z");
    while time < at("2023-07-10T14:00:00Z") {
        world.write(&connector, time, &time.millis().to_string()).await;
        time = time + Duration::from_millis(77_777);
    }
    for requested_at in ["12:20:00.500", "12:20:00.501", "12:59:59.999", "13:00:00", "13:30:12.345"] {
        let requested_at: Time = at(&format!("2023-07-10T{requested_at}Z"));
        // On both sides of the cut, in the same second.
        for ms in [499, 500, 501, 503] {
            let time = requested_at - Duration::from_millis(500) + Duration::from_millis(ms);
            world.write(&connector, time, &format!("{requested_at} {ms}")).await;
        }
        world.run_until(&connector, requested_at).await;
        world.backend().request_run(&connector, requested_at, requested_at).await;
    }
    world.run_until(&connector, at("2023-07-10T15:06:00Z")).await;
    world.verdict(&connector).assert_clean();
    let files = world.files(&connector);
    assert!(files.iter().any(|file| file.window.to == at("2023-07-10T13:30:12.345Z")));
    assert!(files.iter().any(|file| file.window.to == at("2023-07-10T14:00:00Z")), "the schedule continues");
}

async fn a_change_of_frequency_leaves_no_gap(world: World) {
    let mut connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    for (hours, until) in [(1, "10T15"), (6, "11T08"), (24, "13T03"), (1, "13T13")] {
        connector.frequency = hours.try_into().unwrap();
        connector.version += 1;
        world.backend().save(&connector).await;
        world.write(&connector, world.clock.wall(), &format!("at {until}")).await;
        world.run_until(&connector, at(&format!("2023-07-{until}:06:00Z"))).await;
    }
    world.verdict(&connector).assert_clean();
    assert_eq!(world.cursor(&connector).await.watermark, at("2023-07-13T13:00:00Z"));
}

/// Except for the events of the timestamp at which the limit was reached: a part is never cut inside one.
async fn parts_stay_below_the_limit_of_bytes(mut world: World) {
    world.limits.bytes = 20_000;
    let connector = world.activate(at("2023-07-10T11:40:00Z"), |_| {}).await;
    let events = around_noon(100);
    world.write_real(&connector, events).await;
    world.run_until(&connector, at("2023-07-10T13:06:00Z")).await;
    let verdict = world.verdict(&connector);
    verdict.assert_clean();
    assert!(verdict.parts > 5, "{} parts", verdict.parts);
    let time_of = |json: &String| events.iter().find(|event| event.json == *json).map(|event| event.time);
    for file in world.files(&connector) {
        let last = file.events.iter().filter_map(time_of).max();
        let rest = file.events.iter().filter(|event| time_of(event) != last);
        let bytes: usize = rest.map(|event| event.len() + 2).sum();
        assert!(bytes <= 20_000, "{} has {bytes} bytes before its last timestamp", file.key);
    }
}
