//! Foreign messages in the export queue: each is acknowledged and ignored.

use std::time::Duration;

use ports::Clock as _;
use proptest::prelude::*;
use serde_json::json;
use tests::fakes::FakeMetricsSink;
use tests::fault_injection::FaultPlan;
use tests::lambda::sqs_event;

use crate::promises::{Fakes, World};

proptest! {
    /// They are not reported as failed either, since they would only be redelivered unchanged.
    #[test]
    fn no_message_makes_a_batch_fail(
        bodies in prop::collection::vec(
            prop_oneof![
                any::<String>(),
                any::<String>().prop_map(|id| json!({ "connector_id": id }).to_string()),
                Just(r#"{"connector_id":"con_0000000000000001","role":"arn:aws:iam::1:role/a"}"#.to_owned()),
            ],
            0..10,
        ),
    ) {
        let fakes = Fakes::new();
        let world = World::on(&fakes);
        let batch = serde_json::from_value(sqs_event(&bodies)).unwrap();
        let plan = FaultPlan::none();
        let exporter = world.exporter(&plan);
        let deadline = world.clock.now() + Duration::from_secs(900);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let metrics_sink = FakeMetricsSink::new();
        let answer = runtime.block_on(exporter::batch::handle(&exporter, &metrics_sink, batch, deadline));
        prop_assert_eq!(answer.batch_item_failures, vec![]);
        prop_assert_eq!((plan.count("seal"), plan.count("put_new")), (0, 0));
    }
}
