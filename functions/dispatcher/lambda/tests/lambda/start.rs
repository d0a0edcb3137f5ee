//! The start-up: an invalid environment fails it, and all errors are reported.

use crate::world::{World, dispatcher};

#[tokio::test]
async fn all_errors_of_the_environment_are_reported_at_once() {
    let world = World::start().await;
    for (ledger, queue, expected) in [
        (None, None, ["LEDGER_TABLE is not set", "EXPORT_QUEUE_URL is not set", "EVENT_BUS_NAME is not set"]),
        (
            Some("a b"),
            Some("export"),
            ["LEDGER_TABLE is `a b`", "EXPORT_QUEUE_URL is `export`", "EVENT_BUS_NAME is not set"],
        ),
    ] {
        let mut environment = world.environment();
        environment.retain(|(name, _)| name.starts_with("AWS_"));
        environment.extend(ledger.map(|value| ("LEDGER_TABLE", value.to_owned())));
        environment.extend(queue.map(|value| ("EXPORT_QUEUE_URL", value.to_owned())));
        let ended = dispatcher(&environment).await.shut_down().await;

        assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
        let log = ended.log();
        let [line] = log.as_slice() else { panic!("one line: {log:?}") };
        assert_eq!(line["level"], "ERROR");
        let settings = line["settings"].as_str().unwrap();
        assert!(expected.iter().all(|error| settings.contains(error)), "{settings}");
    }
}
