//! Each change: its effect on a connector, its record, and its notice.

use std::time::Duration;

use archive::names::ConnectorId;
use archive::time::Time;
use control::onboarding::{
    ConnectorUpdate, DeletionLoss, MailMode, NewConnector, NewContacts, OnboardingError,
};
use control::partition::{PartitionError, PartitionFormat};
use ports::Connectors as _;
use ports::Runs as _;
use protocol::caller::Caller;
use protocol::connector::{Connector, NotAllowedError, OwnedResource, Shards, State, Verb};
use tests::fault_injection::Outage;
use tests::fixtures::{self, at, tenant};

use super::{OPERATOR, World, acme, is_not_found, key, new_connector, stranger};

const DAY: Duration = Duration::from_hours(24);

/// Seals a connector's next part, one hour long and undelivered.
async fn seal(world: &World, id: &ConnectorId) -> Time {
    let (connector, cursor) = (world.ledger.connector(id), world.ledger.cursor(id));
    let to = connector.window_schedule().unwrap().window(cursor.watermark, None).to;
    world.ledger.seal(&fixtures::seal(&connector, &cursor, to, &fixtures::worker())).await.unwrap();
    to
}

#[tokio::test]
async fn a_connector_is_created_as_requested_and_published_once() {
    let world = World::new();
    let since = Some(at("2026-11-01T00:00:00Z"));
    let new = NewConnector { start_from: since, ..new_connector() };
    let created = world.onboarding.create(&acme(), new.clone()).await.unwrap();
    let expected = Connector {
        shards: new.shards,
        frequency: new.frequency,
        encoding: new.encoding,
        start_from: since,
        destination: new.destination,
        ..Connector::draft(created.id.clone(), new.tenant, created.external_id.clone(), world.clock.wall())
    };
    assert_eq!(created, expected);
    assert_eq!(world.ledger.connector(&created.id), created);
    assert_eq!(
        (world.recorded(&created.id).await, world.published_verbs()),
        (vec![Verb::Create], vec![Verb::Create])
    );
    let other = world.onboarding.create(&acme(), new_connector()).await.unwrap();
    assert!(other.id != created.id && other.external_id != created.external_id, "each has its own");
}

#[tokio::test]
async fn any_tenant_id_with_a_partition_of_its_own_is_allowed() {
    let mut world = World::new();
    for tenant in fixtures::unusual_tenants() {
        let new = NewConnector { tenant: tenant.clone(), ..new_connector() };
        assert_eq!(world.onboarding.create(&OPERATOR, new).await.unwrap().tenant, tenant);
    }
    let before = world.published_verbs().len();
    for (format, id, refused) in [
        ("{tenant}", "acme#0", true),
        ("{tenant}", "acme#x", false),
        ("{tenant}#{shard}", "acme#12", true),
        ("{shard}#{tenant}", "0#acme", true),
        ("{shard}#{tenant}", "acme#0", false),
        ("TENANT#{tenant}", "acme#0", false),
    ] {
        world.onboarding.partitions = PartitionFormat::parse(format).unwrap();
        for caller in [OPERATOR, Caller::Tenant { tenant: tenant(id), name: "ann".into() }] {
            let new = NewConnector { tenant: tenant(id), shards: Shards::ONE, ..new_connector() };
            let created = world.onboarding.create(&caller, new).await;
            let is_ambiguous = matches!(
                created,
                Err(OnboardingError::NoPartition(PartitionError::AmbiguousTenantId { .. }))
            );
            assert_eq!((is_ambiguous, created.is_err()), (refused, refused), "{format} {id}");
        }
    }
    assert_eq!(world.published_verbs().len(), before + 6, "a refused creation leaves no record");
}

#[tokio::test]
async fn several_shards_need_a_format_with_a_shard_placeholder() {
    let mut world = World::new();
    world.onboarding.partitions = PartitionFormat::parse("TENANT#{tenant}").unwrap();
    let four = Shards::try_from(4).unwrap();
    let several = NewConnector { shards: four, ..new_connector() };
    let refused = world.onboarding.create(&OPERATOR, several.clone()).await;
    assert!(matches!(
        refused,
        Err(OnboardingError::NoPartition(PartitionError::NoShardPlaceholder { shards: 4, .. }))
    ));
    let id = world.connected().await;
    let edit = ConnectorUpdate { shards: Some(four), ..ConnectorUpdate::default() };
    let refused = world.onboarding.update(&OPERATOR, &id, None, edit, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::NoPartition(PartitionError::NoShardPlaceholder { .. }))));
    // A connector created when the format had a placeholder is not activated.
    world.onboarding.partitions = PartitionFormat::default();
    let id = world.onboarding.create(&OPERATOR, several).await.unwrap().id;
    world.onboarding.partitions = PartitionFormat::parse("TENANT#{tenant}").unwrap();
    let refused = world.onboarding.activate(&OPERATOR, &id, None, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::NoPartition(PartitionError::NoShardPlaceholder { .. }))));
}

#[tokio::test]
async fn a_repeated_creation_returns_the_same_connector() {
    let world = World::new();
    let request = new_connector();
    let keyed = |with: &str| NewConnector { idempotency_key: Some(key(with)), ..request.clone() };
    let first = world.onboarding.create(&acme(), keyed("a")).await.unwrap();
    assert_eq!(world.onboarding.create(&acme(), keyed("a")).await.unwrap(), first);
    assert_eq!(world.published_verbs(), [Verb::Create], "the second time nothing happens");
    let of_another_key = world.onboarding.create(&acme(), keyed("b")).await.unwrap();
    let another_tenants = NewConnector { tenant: "globex".parse().unwrap(), ..keyed("a") };
    let of_another_tenant = world.onboarding.create(&stranger(), another_tenants).await.unwrap();
    let joined = NewConnector { tenant: "acm".parse().unwrap(), ..keyed("ea") };
    let of_other_halves = world.onboarding.create(&OPERATOR, joined).await.unwrap();
    let ids = [&first.id, &of_another_key.id, &of_another_tenant.id, &of_other_halves.id];
    assert!(ids.iter().all(|id| ids.iter().filter(|other| other == &id).count() == 1), "{ids:?}");
}

/// The API documentation guarantees it: a request repeated after an upgrade returns the same connector.
#[tokio::test]
async fn the_id_derived_from_a_key_never_changes() {
    let world = World::new();
    let new = NewConnector { idempotency_key: Some(key("order-1")), ..new_connector() };
    // The first 64 bits of SHA-256 over `acme`, 0xff, `order-1`, 0xff, by another program.
    assert_eq!(world.onboarding.create(&acme(), new).await.unwrap().id.as_str(), "con_a33aabb661c1e657");
}

#[tokio::test]
async fn nothing_is_created_for_another_tenant_or_activated_at_an_owned_destination() {
    let world = World::new();
    let refused = world.onboarding.create(&stranger(), new_connector()).await;
    assert!(matches!(refused, Err(OnboardingError::Forbidden(_))), "{refused:?}");
    assert!(world.published_verbs().is_empty());
    let first = world.active().await;
    let new = NewConnector { destination: world.ledger.connector(&first).destination, ..new_connector() };
    let second = world.onboarding.create(&acme(), new).await.unwrap().id;
    let refused = world.onboarding.activate(&acme(), &second, None, |_| ()).await;
    assert!(matches!(refused, Err(OnboardingError::AlreadyOwned(OwnedResource::Destination))), "{refused:?}");
    assert_eq!(world.ledger.connector(&second).verified_at, None);
}

#[tokio::test]
async fn each_lifecycle_step_is_stored_recorded_and_published() {
    let (world, now) = (World::new(), None);
    let id = world.active().await;
    let onboarding = &world.onboarding;
    assert_eq!(onboarding.pause(&acme(), &id, now).await.unwrap().state, State::Paused);
    let before = world.ledger.connector(&id);
    let rotated = onboarding.rotate_external_id(&acme(), &id, now).await.unwrap();
    assert!(rotated.next_external_id.is_some_and(|new| new != before.external_id));
    assert_eq!(onboarding.disable(&acme(), &id, now).await.unwrap().disabled_at, Some(world.clock.wall()));
    assert_eq!(onboarding.enable(&acme(), &id, now).await.unwrap().state, State::Paused);
    onboarding.disable(&acme(), &id, now).await.unwrap();
    assert_eq!(onboarding.delete(&acme(), &id, now, true).await.unwrap().0.state, State::Deleted);
    assert_eq!(world.state(&id), State::Deleted);
    let done = [
        Verb::Create,
        Verb::Verify,
        Verb::Activate,
        Verb::Pause,
        Verb::RotateExternalId,
        Verb::Disable,
        Verb::Enable,
        Verb::Disable,
        Verb::Delete,
    ];
    assert_eq!(world.published_verbs(), done);
    assert_eq!(world.recorded(&id).await.into_iter().rev().collect::<Vec<_>>(), done);
    let pauses = world.ledger.changes(&id, None, 100).await.unwrap();
    let pause = pauses.iter().find(|change| change.what == Verb::Pause).unwrap();
    assert_eq!((&pause.by, pause.at), (&acme(), world.clock.wall()));
    assert_eq!(pause.before.as_ref().map(|before| before.state), Some(State::Active));
    assert_eq!((pause.after.state, pause.version), (State::Paused, pause.after.version));
}

#[tokio::test]
async fn a_stranger_changes_nothing() {
    let world = World::new();
    let id = world.active().await;
    let (onboarding, who) = (&world.onboarding, stranger());
    let before = world.ledger.connector(&id);
    assert!(is_not_found(onboarding.pause(&who, &id, None).await));
    assert!(is_not_found(onboarding.disable(&who, &id, None).await));
    assert!(is_not_found(onboarding.rotate_external_id(&who, &id, None).await));
    assert!(is_not_found(onboarding.set_contacts(&who, &id, None, NewContacts::default()).await));
    assert!(is_not_found(onboarding.rotate_webhook_secret(&who, &id, None).await));
    assert!(is_not_found(onboarding.verify(&who, &id, None, |_| ()).await));
    assert!(is_not_found(onboarding.run(&who, &id, None, None).await));
    assert_eq!(world.ledger.connector(&id), before);
}

#[tokio::test]
async fn a_bus_that_does_not_answer_undoes_nothing() {
    let world = World::new();
    let id = world.active().await;
    world.bus.outage(Outage::Throttled, 1);
    assert_eq!(world.onboarding.pause(&acme(), &id, None).await.unwrap().state, State::Paused);
    assert_eq!(world.state(&id), State::Paused);
}

#[tokio::test]
async fn a_run_goes_to_now_less_the_settle_time_on_a_whole_second_and_never_back() {
    let world = World::new();
    let id = world.active().await;
    let since = world.ledger.cursor(&id).watermark;
    assert_eq!(
        world.onboarding.run(&acme(), &id, None, None).await.unwrap(),
        since,
        "nothing of it has settled yet"
    );
    world.clock.advance(Duration::from_mins(10));
    let cut = world.onboarding.run(&acme(), &id, None, None).await.unwrap();
    assert_eq!(cut, at("2026-11-20T20:20:30Z"));
    let cursor = world.ledger.cursor(&id);
    assert_eq!((cursor.cut, cursor.next_run_at), (Some(cut), world.clock.wall()));
}

#[tokio::test]
async fn a_repeated_run_request_is_the_same_run() {
    let world = World::new();
    let id = world.active().await;
    world.clock.advance(Duration::from_hours(1));
    let first = world.onboarding.run(&acme(), &id, None, Some(&key("a"))).await.unwrap();
    world.clock.advance(Duration::from_hours(1));
    assert_eq!(world.onboarding.run(&acme(), &id, None, Some(&key("a"))).await.unwrap(), first);
    assert!(world.onboarding.run(&acme(), &id, None, Some(&key("b"))).await.unwrap() > first);
}

#[tokio::test]
async fn only_what_exports_runs() {
    let world = World::new();
    let id = world.connected().await;
    let refused = world.onboarding.run(&acme(), &id, None, None).await;
    assert!(
        matches!(refused, Err(OnboardingError::NotAllowed(NotAllowedError::WrongState { verb: "run", .. }))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_enabled_connector_runs_at_once_if_it_ever_exported() {
    let world = World::new();
    let (active, draft) = (world.active().await, world.connected().await);
    for id in [&active, &draft] {
        world.onboarding.disable(&acme(), id, None).await.unwrap();
    }
    world.clock.advance(DAY);
    world.onboarding.enable(&acme(), &active, None).await.unwrap();
    assert_eq!(world.ledger.cursor(&active).next_run_at, world.clock.wall());
    assert_eq!(world.onboarding.enable(&acme(), &draft, None).await.unwrap().state, State::Draft);
}

#[tokio::test]
async fn the_loss_of_a_deletion_is_reported_before() {
    let world = World::new();
    let (active, draft) = (world.active().await, world.connected().await);
    let nothing = DeletionLoss { undelivered_parts: 0, unsealed_from: None };
    assert_eq!(world.onboarding.deletion_loss(&acme(), &draft).await.unwrap(), nothing);
    let (mut to, since) = (world.ledger.cursor(&active).watermark, world.ledger.cursor(&active).watermark);
    let loss = world.onboarding.deletion_loss(&acme(), &active).await.unwrap();
    assert_eq!(loss, DeletionLoss { undelivered_parts: 0, unsealed_from: Some(since) });
    for _ in 0..3 {
        to = seal(&world, &active).await;
    }
    let first = world.ledger.parts(&active)[0].clone();
    let mark = protocol::machine::Mark { part: first, at: to, published_keys: None, unblock: false };
    world.ledger.mark(&mark).await.unwrap();
    let loss = world.onboarding.deletion_loss(&acme(), &active).await.unwrap();
    assert_eq!(loss, DeletionLoss { undelivered_parts: 2, unsealed_from: Some(to) });
    assert!(is_not_found(world.onboarding.deletion_loss(&stranger(), &active).await));
}

#[tokio::test]
async fn a_disabled_connector_expires_only_when_it_can_no_longer_be_enabled() {
    let world = World::new();
    let id = world.active().await;
    world.onboarding.disable(&acme(), &id, None).await.unwrap();
    world.clock.advance(DAY * 31);
    let early = world.onboarding.expire(&id).await;
    assert!(matches!(early, Err(OnboardingError::NotAllowed(_))), "{early:?}");
    world.clock.advance(Duration::from_secs(1));
    assert_eq!(world.onboarding.expire(&id).await.unwrap().state, State::Deleted);
    assert_eq!(world.published_verbs().last(), Some(&Verb::Delete));
}

#[tokio::test]
async fn a_new_webhook_comes_with_its_secret_which_is_stored_and_shown_once() {
    let world = World::new();
    let (id, onboarding) = (world.active().await, &world.onboarding);
    let new = |url: &str| NewContacts { webhook: Some(url.parse().unwrap()), ..NewContacts::default() };
    let (connector, secret) =
        onboarding.set_contacts(&acme(), &id, None, new("https://a.example/")).await.unwrap();
    let named = connector.contacts.webhook.unwrap().secret;
    let kept = world.ledger.secret(&id, &named).await.unwrap();
    assert!(kept.is_some() && kept == secret);
    let (connector, none) =
        onboarding.set_contacts(&acme(), &id, None, new("https://a.example/b")).await.unwrap();
    assert_eq!(
        (connector.contacts.webhook.unwrap().secret, none),
        (named.clone(), None),
        "it keeps its secret"
    );
    let (connector, fresh) = onboarding.rotate_webhook_secret(&acme(), &id, None).await.unwrap();
    let webhook = connector.contacts.webhook.unwrap();
    assert_eq!(world.ledger.secret(&id, &webhook.secret).await.unwrap(), Some(fresh));
    assert_eq!(webhook.retiring.map(|retiring| retiring.secret), Some(named));
    let (connector, moved) =
        onboarding.set_contacts(&acme(), &id, None, new("https://b.example/b")).await.unwrap();
    let at_b = connector.contacts.webhook.unwrap();
    assert!(moved.is_some() && moved != secret, "another host is another receiver");
    assert_eq!(world.ledger.secret(&id, &at_b.secret).await.unwrap(), moved);
    assert_eq!(at_b.retiring, None, "the previous host's secret does not sign for this one");
    let (connector, none) =
        onboarding.set_contacts(&acme(), &id, None, NewContacts::default()).await.unwrap();
    assert!(connector.contacts.is_empty() && none.is_none());
    let (_, again) = onboarding.set_contacts(&acme(), &id, None, new("https://b.example/")).await.unwrap();
    assert!(again.is_some() && again != secret, "a new one");
}

#[tokio::test]
async fn contacts_are_tested_by_a_published_change() {
    let world = World::new();
    let (id, onboarding) = (world.active().await, &world.onboarding);
    assert!(onboarding.test_contacts(&acme(), &id, None).await.is_err(), "no contacts");
    let emails = vec!["a@acme.example".parse().unwrap()].try_into().unwrap();
    onboarding.set_contacts(&acme(), &id, None, NewContacts { emails, webhook: None }).await.unwrap();
    let tested = onboarding.test_contacts(&acme(), &id, None).await.unwrap();
    assert_eq!(tested.contacts.tested_at, Some(world.clock.wall()));
    assert_eq!(world.published_verbs()[3..], [Verb::SetContacts, Verb::TestContacts]);
}

#[tokio::test]
async fn addresses_without_a_mail_sender_come_with_a_warning() {
    let mut world = World::new();
    let mut connector = world.ledger.connector(&world.connected().await);
    assert_eq!(world.onboarding.contacts_warning(&[]), None);
    connector.contacts.emails = vec!["a@acme.example".parse().unwrap()].try_into().unwrap();
    let addresses = world.onboarding.addresses(&acme(), &connector).await.unwrap();
    let warning = world.onboarding.contacts_warning(&addresses).unwrap();
    assert!(warning.contains("NotifySender"), "{warning}");
    for (has_sender, has_portal, mails, expected) in [
        (false, true, MailMode::None, Some("NotifySender")),
        (true, false, MailMode::WithoutPortal, Some("an operator")),
        (true, true, MailMode::DoubleOptIn, None),
    ] {
        world.onboarding.mail_mode = MailMode::of(has_sender, has_portal);
        assert_eq!(world.onboarding.mail_mode, mails);
        let note = world.onboarding.contacts_warning(&addresses);
        assert_eq!(note.is_some(), expected.is_some());
        assert!(note.unwrap_or_default().contains(expected.unwrap_or_default()));
    }
}
