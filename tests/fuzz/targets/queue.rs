//! Messages of the export queue: whatever one holds, the batch is answered, and nothing that is no connector of ours
//! is worked on.
#![no_main]

use std::sync::Arc;

use aws_lambda_events::event::sqs::SqsEvent;
use domain::part::PartLimits;
use domain::ports::Clock as _;
use domain::sort_key::SortKeyForm;
use exporter::{Exporter, Ports};
use libfuzzer_sys::fuzz_target;
use tests::fakes::{
    FakeBus, FakeClock, FakeCustomers, FakeLedger, FakeMeter, FakeSource, FakeStaging, SeededRandomness,
};
use tests::fixtures::{TIMING, at};

fuzz_target!(|bytes: &[u8]| {
    let batch = match serde_json::from_slice::<SqsEvent>(bytes) {
        Ok(batch) => batch,
        // As the body of a message.
        Err(_) => {
            let Ok(body) = std::str::from_utf8(bytes) else { return };
            let record = serde_json::json!({ "Records": [{ "messageId": "0", "body": body }] });
            serde_json::from_value(record).expect("a batch")
        }
    };
    let clock = FakeClock::at(at("2026-11-20T20:05:00Z"));
    let exporter = Exporter {
        ports: Ports {
            runs: Arc::new(FakeLedger::new()),
            source: Arc::new(FakeSource::new(SortKeyForm::Rfc3339, &clock)),
            staging: Arc::new(FakeStaging::new()),
            customers: Arc::new(FakeCustomers::new()),
            bus: Arc::new(FakeBus::new()),
            clock: Arc::new(clock.clone()),
            randomness: Arc::new(SeededRandomness::new(0)),
        },
        timing: TIMING,
        part_limits: PartLimits::default(),
        onboarding: None,
    };
    let deadline = clock.now() + std::time::Duration::from_secs(60);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let answer = runtime.block_on(exporter::batch::handle(&exporter, &FakeMeter::new(), batch, deadline));
    // No connector is known, so none can fail.
    assert!(answer.batch_item_failures.is_empty(), "{answer:?}");
});
