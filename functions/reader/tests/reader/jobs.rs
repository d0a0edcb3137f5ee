//! Jobs of the queue: what fails comes back, and nothing else does.

use std::sync::Arc;

use archive::names::ConnectorId;
use archive::part::PartNumber;
use reader::{Entrance, Invocation, Job, Reader, handle};
use tests::fault_injection::{FaultPlan, Flaky, InjectedFault};

use crate::world::World;

#[tokio::test]
async fn only_the_messages_whose_jobs_failed_come_back() {
    let world = World::gzip().await;
    let plan = FaultPlan::none().inject("get", 1, InjectedFault::Fail);
    let connectors = Arc::new(Flaky::new(world.embedded.ledger(), &plan));
    let reader = Arc::new(Reader { connectors, ..world.reader.clone() });
    let job = |connector: &ConnectorId| Job::Index { connector: connector.clone(), part: PartNumber::FIRST };
    let nobody = "con_0000000000000007".parse().unwrap();
    let jobs = || {
        let of = |id: &str, connector| (id.to_owned(), job(connector));
        Invocation::Jobs(vec![of("m0", &world.connector.id), of("m1", &nobody)])
    };
    let answer = handle(Arc::clone(&reader), Entrance::Function, jobs()).await.unwrap();
    assert_eq!(answer.get().matches("itemIdentifier").count(), 1, "{answer}");
    // Again, as the queue does it; a connector that is gone is no failure.
    assert_eq!(
        handle(reader, Entrance::Function, jobs()).await.unwrap().get(),
        r#"{"batchItemFailures":[]}"#
    );
    assert!(plan.count("get") >= 4);
}
