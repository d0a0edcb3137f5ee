//! The start-up: an invalid environment fails it, and all errors are reported.

use aws::settings::{ExporterSettings, names};

use crate::world::{World, batch, exporter, failed};

#[tokio::test]
async fn an_invalid_environment_fails_the_start_and_all_errors_are_reported_at_once() {
    let world = World::start().await;
    let mut environment = world.environment();
    environment.retain(|(name, _)| *name != "LEDGER_TABLE");
    for invalid in [("STAGING_BUCKET", "Not_A_Bucket"), ("SETTLE_SECONDS", "5m"), ("EVENT_BUS_NAME", "")] {
        environment.retain(|(name, _)| *name != invalid.0);
        environment.push((invalid.0, invalid.1.to_owned()));
    }
    let ended = exporter(&environment).await.shut_down().await;

    assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
    let log = ended.log();
    let [line] = log.as_slice() else { panic!("one line: {log:?}") };
    assert_eq!(line["level"], "ERROR");
    let settings = line["settings"].as_str().unwrap();
    for right in [
        "LEDGER_TABLE is not set",
        "EVENT_BUS_NAME is not set",
        "STAGING_BUCKET is `Not_A_Bucket`",
        "SETTLE_SECONDS is `5m`",
    ] {
        assert!(settings.contains(right), "{right}: {settings}");
    }
    assert_eq!(settings.matches("it must be").count(), 4, "each with the valid format: {settings}");
}

#[tokio::test]
async fn each_required_variable_is_named_when_it_alone_is_missing() {
    let world = World::start().await;
    let full = world.environment();
    let needed = ["EVENTS_TABLE", "LEDGER_TABLE", "STAGING_BUCKET", "EVENT_BUS_NAME"];
    for missing in needed {
        let environment: Vec<_> = full.iter().filter(|(name, _)| *name != missing).cloned().collect();
        let ended = exporter(&environment).await.shut_down().await;
        assert!(ended.code.is_some_and(|code| code != 0), "{ended:?}");
        let settings = ended.log().remove(0)["settings"].as_str().unwrap().to_owned();
        for name in needed {
            assert_eq!(settings.contains(name), name == missing, "{settings}");
        }
    }
}

#[tokio::test]
async fn optional_variables_may_be_empty_as_the_template_leaves_them() {
    let world = World::start().await;
    let mut environment = world.environment();
    for name in names::<ExporterSettings>() {
        if !environment.iter().any(|(given, _)| *given == name) {
            environment.push((name.leak(), String::new()));
        }
    }
    let mut exporter = exporter(&environment).await;
    assert_eq!(exporter.invoke(&batch(&[""; 0])).await.unwrap(), failed(&[]));
    exporter.kill().await;
}
