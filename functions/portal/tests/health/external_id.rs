//! Whoever may only look does not see the external ID.

use ports::Runs as _;
use protocol::delivery_error::{Block, DeliveryError, DeliveryErrorKind, DeliveryStage};
use protocol::portal::{Abilities, Ability, LinkScope};
use tests::fixtures::{at, tenant};

use crate::world::World;

#[tokio::test]
async fn the_external_id_is_shown_only_to_those_who_set_up_or_operate() {
    let world = World::new();
    let connector = world.active("acme", "acme-log", 2, 1).await;
    let error = DeliveryError {
        stage: DeliveryStage::AssumeRole,
        kind: DeliveryErrorKind::Denied,
        code: "AccessDenied".into(),
        message: "not authorized to perform: sts:AssumeRole".into(),
    };
    let diagnosis = connector.destination.s3().unwrap().diagnose(&error);
    let block = Block::new(&error, diagnosis, None, at("2026-11-30T08:06:00Z"), 0);
    world.ledger.block(&connector.id, &block).await.unwrap();
    let pages = ["/portal/health".to_owned(), format!("/portal/connectors/{}", connector.id)];
    for (ability, sees) in [
        (Ability::View, false),
        (Ability::Contacts, false),
        (Ability::Invite, false),
        (Ability::SetUp, true),
        (Ability::Operate, true),
    ] {
        let scope = LinkScope::Tenant { tenant: tenant("acme") };
        let person = world.session(scope, Abilities::from_iter([ability]), "Eve").await;
        for path in &pages {
            let page = world.get(&person, path).await;
            assert!(page.has("blocked since"), "{path}: {}", page.body);
            assert_eq!(page.has(connector.external_id.as_str()), sees, "{ability} {path}");
        }
    }
}
