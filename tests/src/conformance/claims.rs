//! Uniqueness across tenants: a role serves one tenant, a folder of a bucket one connector, from the
//! verification on.

use futures_util::future::{join, join_all};
use ports::SaveAnswer;
use protocol::connector::{Connector, OwnedResource, S3Destination, State};

use super::{Ledger, STORED, create, save, start};
use crate::fixtures::{self, tenant, unique_id};

const ROLE_TAKEN: SaveAnswer = SaveAnswer::AlreadyOwned(OwnedResource::Role);
const DESTINATION_TAKEN: SaveAnswer = SaveAnswer::AlreadyOwned(OwnedResource::Destination);

/// A verified connector with a role and bucket of its own.
fn ready(of: &str) -> Connector {
    fixtures::verified(fixtures::connector(&tenant(of), start()), start())
}

/// The same as before its verification: it has only named its role and bucket.
fn named(connector: &Connector) -> Connector {
    Connector { state: State::Draft, verified_at: None, version: 1, ..connector.clone() }
}

/// A connector in the bucket of another one, with its own role.
fn in_same_bucket(other: &Connector, of: &str, prefix: &str) -> Connector {
    let mut connector = ready(of);
    let there = other.destination.s3().cloned().unwrap();
    let own = connector.destination.s3_mut().unwrap();
    (own.bucket, own.prefix) = (there.bucket, prefix.parse().unwrap());
    connector
}

/// A connector with the role of another one and its own bucket.
fn with_same_role(other: &Connector, of: &str) -> Connector {
    let mut connector = ready(of);
    let there = other.destination.s3().cloned().unwrap();
    connector.destination.s3_mut().unwrap().role = there.role;
    connector
}

/// The same connector with this destination, verified too.
fn moved(connector: &Connector, to: &S3Destination) -> Connector {
    let mut after = connector.clone();
    after.connect(to.clone()).unwrap();
    fixtures::verified(after, start())
}

fn destination(connector: &Connector) -> &S3Destination {
    connector.destination.s3().unwrap()
}

/// A tenant with a nearly identical ID is a different one.
pub async fn a_role_serves_exactly_this_tenant_whatever_it_is_called(ledger: &impl Ledger) {
    let tenants = fixtures::unusual_tenants();
    for (owner, other) in tenants.iter().zip(tenants.iter().skip(1)) {
        let ours = ready(owner.as_str());
        assert_eq!(create(ledger, &ours).await, STORED);
        let theirs = with_same_role(&ours, other.as_str());
        assert_eq!(create(ledger, &theirs).await, ROLE_TAKEN, "{other:?} got the role of {owner:?}");
        assert_eq!(create(ledger, &with_same_role(&ours, owner.as_str())).await, STORED);
    }
}

/// Another tenant is rejected, even with another spelling that IAM would not distinguish.
pub async fn a_role_serves_one_tenant(ledger: &impl Ledger) {
    let ours = ready("acme");
    assert_eq!(create(ledger, &ours).await, STORED);
    let mut theirs = with_same_role(&ours, "globex");
    assert_eq!(create(ledger, &theirs).await, ROLE_TAKEN);
    let to = theirs.destination.s3_mut().unwrap();
    to.role = to.role.as_str().replace("Delivery", "dELIVERY").parse().unwrap();
    assert_eq!(create(ledger, &theirs).await, ROLE_TAKEN);
    assert_eq!(ledger.get(&theirs.id).await.unwrap(), None);
}

/// Naming another's role and bucket first blocks nobody, and the later verification gets neither.
pub async fn what_was_only_named_is_not_claimed(ledger: &impl Ledger) {
    let ours = ready("acme");
    let squatters = [with_same_role(&ours, "globex"), in_same_bucket(&ours, "globex", "audit")];
    for squatter in &squatters {
        assert_eq!(create(ledger, &named(squatter)).await, STORED);
    }
    assert_eq!(create(ledger, &named(&ours)).await, STORED);
    assert_eq!(save(ledger, &named(&ours), &ours).await, STORED);
    for (squatter, taken) in squatters.iter().zip([ROLE_TAKEN, DESTINATION_TAKEN]) {
        assert_eq!(save(ledger, &named(squatter), squatter).await, taken);
        assert_eq!(ledger.get(&squatter.id).await.unwrap(), Some((named(squatter), None)));
    }
    // Naming them reveals nothing either.
    assert_eq!(create(ledger, &named(&with_same_role(&ours, "initech"))).await, STORED);
    assert_eq!(create(ledger, &named(&in_same_bucket(&ours, "initech", "audit"))).await, STORED);
}

/// A destination found unsafe counts as never verified: whoever proves ownership gets it.
pub async fn a_refused_destination_is_released(ledger: &impl Ledger) {
    let ours = ready("acme");
    assert_eq!(create(ledger, &ours).await, STORED);
    let mut refused = ours.clone();
    refused.refuse_destination();
    assert_eq!(save(ledger, &ours, &refused).await, STORED);
    let theirs = Connector { destination: ours.destination.clone(), ..ready("globex") };
    assert_eq!(create(ledger, &theirs).await, STORED);
    let again = fixtures::verified(refused.clone(), start());
    assert_eq!(save(ledger, &refused, &again).await, DESTINATION_TAKEN);
}

/// A role is free when the last connector of its tenant has left it, and not before.
pub async fn a_tenants_connectors_share_a_role_until_the_last_has_left(ledger: &impl Ledger) {
    let first = ready("acme");
    let second = with_same_role(&first, "acme");
    assert_eq!(create(ledger, &first).await, STORED);
    assert_eq!(create(ledger, &second).await, STORED);
    let theirs = with_same_role(&first, "globex");
    let first_deleted = deleted(&first);
    assert_eq!(save(ledger, &first, &first_deleted).await, STORED);
    assert_eq!(create(ledger, &theirs).await, ROLE_TAKEN);
    let elsewhere = moved(&second, destination(&ready("acme")));
    assert_eq!(save(ledger, &second, &elsewhere).await, STORED);
    assert_eq!(create(ledger, &theirs).await, STORED);
    // Now it is theirs.
    assert_eq!(create(ledger, &with_same_role(&first, "acme")).await, ROLE_TAKEN);
}

/// A claimed folder, one above it and one below it are rejected, for other tenants and for other connectors
/// of the same tenant. A folder that only shares the start of its name is a different one.
pub async fn a_folder_serves_one_connector(ledger: &impl Ledger) {
    let mut ours = ready("acme");
    ours.destination.s3_mut().unwrap().prefix = "audit/acme".parse().unwrap();
    assert_eq!(create(ledger, &ours).await, STORED);
    for prefix in ["audit/acme", "audit", "", "audit/acme/eu", "audit/acme/eu/west"] {
        for of in ["acme", "globex"] {
            let theirs = in_same_bucket(&ours, of, prefix);
            assert_eq!(create(ledger, &theirs).await, DESTINATION_TAKEN, "{of}: {prefix:?}");
            assert_eq!(ledger.get(&theirs.id).await.unwrap(), None);
        }
    }
    for prefix in ["audit/acme2", "audit/acm", "audit2", "other/audit/acme"] {
        assert_eq!(create(ledger, &in_same_bucket(&ours, "globex", prefix)).await, STORED, "{prefix:?}");
    }
    let whole = ready("acme");
    assert_eq!(create(ledger, &in_same_bucket(&whole, "acme", "")).await, STORED);
    assert_eq!(create(ledger, &in_same_bucket(&whole, "globex", "any/folder")).await, DESTINATION_TAKEN);
}

/// A move releases the old destination to others; a move within it is possible.
pub async fn a_move_releases_the_old_destination(ledger: &impl Ledger) {
    let first = ready("acme");
    assert_eq!(create(ledger, &first).await, STORED);
    let below = moved(&first, destination(&in_same_bucket(&first, "acme", "audit/auditferry/below")));
    assert_eq!(save(ledger, &first, &below).await, STORED);
    assert_eq!(
        create(ledger, &in_same_bucket(&first, "globex", "audit/auditferry")).await,
        DESTINATION_TAKEN
    );
    assert_eq!(create(ledger, &in_same_bucket(&first, "globex", "audit/auditferry/other")).await, STORED);
    let away = moved(&below, destination(&ready("acme")));
    assert_eq!(save(ledger, &below, &away).await, STORED);
    assert_eq!(create(ledger, &in_same_bucket(&first, "globex", "audit/auditferry/below")).await, STORED);
    assert_eq!(create(ledger, &with_same_role(&first, "initech")).await, STORED);
    // The new destination is its own.
    assert_eq!(create(ledger, &in_same_bucket(&away, "globex", "audit")).await, DESTINATION_TAKEN);
    assert_eq!(create(ledger, &with_same_role(&away, "globex")).await, ROLE_TAKEN);
    // It may come back only if the destination is free.
    assert_eq!(save(ledger, &away, &moved(&away, destination(&below))).await, DESTINATION_TAKEN);
    assert_eq!(ledger.get(&away.id).await.unwrap(), Some((away, None)));
}

/// A disabled connector can be enabled again, so it keeps its claims; a deleted one releases them.
pub async fn a_disabled_connector_keeps_its_claims_and_a_deleted_one_does_not(ledger: &impl Ledger) {
    let ours = ready("acme");
    assert_eq!(create(ledger, &ours).await, STORED);
    let mut disabled = ours.clone();
    disabled.disable(start()).unwrap();
    assert_eq!(save(ledger, &ours, &disabled).await, STORED);
    assert_eq!(create(ledger, &in_same_bucket(&ours, "globex", "audit")).await, DESTINATION_TAKEN);
    assert_eq!(create(ledger, &with_same_role(&ours, "globex")).await, ROLE_TAKEN);
    assert_eq!(save(ledger, &disabled, &deleted(&disabled)).await, STORED);
    assert_eq!(create(ledger, &in_same_bucket(&ours, "globex", "audit")).await, STORED);
    assert_eq!(create(ledger, &with_same_role(&ours, "globex")).await, STORED);
}

/// A change that is rejected for one claim keeps none of the others.
pub async fn a_refused_change_claims_nothing(ledger: &impl Ledger) {
    let ours = ready("acme");
    assert_eq!(create(ledger, &ours).await, STORED);
    let refused = with_same_role(&ours, "globex");
    assert_eq!(create(ledger, &refused).await, ROLE_TAKEN);
    assert_eq!(
        create(ledger, &in_same_bucket(&refused, "initech", "audit")).await,
        STORED,
        "its folder is free"
    );
    let refused = in_same_bucket(&ours, "globex", "audit");
    assert_eq!(create(ledger, &refused).await, DESTINATION_TAKEN);
    assert_eq!(create(ledger, &with_same_role(&refused, "initech")).await, STORED, "its role is free");
    assert_eq!(ledger.changes(&refused.id, None, 10).await.unwrap(), []);
}

/// An existing ID is reported before anything else: the caller reads what it created before.
pub async fn an_existing_id_is_reported_before_a_claimed_destination(ledger: &impl Ledger) {
    let (ours, theirs) = (ready("acme"), ready("globex"));
    assert_eq!(create(ledger, &ours).await, STORED);
    assert_eq!(create(ledger, &theirs).await, STORED);
    for mut again in [with_same_role(&theirs, "acme"), in_same_bucket(&theirs, "acme", "audit")] {
        again.id = ours.id.clone();
        assert_eq!(create(ledger, &again).await, super::STALE);
    }
}

/// Concurrent claims of overlapping folders in one bucket: one wins. In an empty bucket, and in one with
/// other claims.
pub async fn of_racing_creators_in_one_bucket_exactly_one_wins(ledger: &impl Ledger) {
    // Each of them overlaps each other.
    for prefixes in [["a/b", "a", "a/b/c", "", "a/b", "a"], ["a/b", "a", "a/b/c", "a", "a/b", "a/b"]] {
        let other = ready("acme");
        if !prefixes.contains(&"") {
            assert_eq!(create(ledger, &in_same_bucket(&other, "initech", "b")).await, STORED);
        }
        let racers =
            prefixes.map(|prefix| in_same_bucket(&other, &format!("tenant-{}", unique_id()), prefix));
        assert_eq!(stored_of(&race(ledger, &racers).await, DESTINATION_TAKEN), 1);
    }
}

/// Of tenants that claim one role at once, one gets it.
pub async fn of_racing_tenants_exactly_one_gets_a_role(ledger: &impl Ledger) {
    let other = ready("acme");
    let racers: Vec<_> = (0..8).map(|_| with_same_role(&other, &format!("tenant-{}", unique_id()))).collect();
    assert_eq!(stored_of(&race(ledger, &racers).await, ROLE_TAKEN), 1);
}

/// Nobody is rejected for being quick: disjoint folders are all granted, and one role to all of one tenant.
pub async fn racing_neighbors_are_all_accepted(ledger: &impl Ledger) {
    let other = ready("acme");
    let role = &destination(&other).role;
    let mut racers: Vec<_> = (0..6).map(|n| in_same_bucket(&other, "acme", &format!("audit/{n}"))).collect();
    for racer in &mut racers {
        racer.destination.s3_mut().unwrap().role = role.clone();
    }
    assert_eq!(stored_of(&race(ledger, &racers).await, STORED), racers.len());
    // And none has lost its folder to a neighbor that was written at the same time.
    for racer in &racers {
        let there = destination(racer).prefix.as_str();
        assert_eq!(
            create(ledger, &in_same_bucket(&other, "globex", there)).await,
            DESTINATION_TAKEN,
            "{there}"
        );
    }
}

/// A folder is released and claimed at once: two never have it, and it is never lost.
pub async fn a_released_folder_goes_to_one_of_its_claimants(ledger: &impl Ledger) {
    let ours = ready("acme");
    assert_eq!(create(ledger, &ours).await, STORED);
    let leaving = fixtures::change(&ours, &moved(&ours, destination(&ready("acme"))));
    let racers: Vec<_> = (0..4)
        .map(|_| in_same_bucket(&ours, &format!("tenant-{}", unique_id()), "audit/auditferry"))
        .collect();
    let left = ledger.save(&leaving, None, &[]);
    let (left, answers) = join(left, race(ledger, &racers)).await;
    assert_eq!(left.unwrap(), STORED);
    let winners = stored_of(&answers, DESTINATION_TAKEN);
    assert!(winners <= 1, "{answers:?}");
    let last = create(ledger, &in_same_bucket(&ours, "globex", "audit/auditferry")).await;
    assert_eq!(last, if winners == 1 { DESTINATION_TAKEN } else { STORED });
}

async fn race(ledger: &impl Ledger, racers: &[Connector]) -> Vec<SaveAnswer> {
    join_all(racers.iter().map(|racer| create(ledger, racer))).await
}

/// How many were stored; all others must have the answer `otherwise`.
fn stored_of(answers: &[SaveAnswer], otherwise: SaveAnswer) -> usize {
    assert!(answers.iter().all(|answer| [STORED, otherwise].contains(answer)), "{answers:?}");
    answers.iter().filter(|answer| **answer == STORED).count()
}

fn deleted(connector: &Connector) -> Connector {
    let mut after = connector.clone();
    after.delete().unwrap();
    after
}

/// Asking says what a claim would say, and claims nothing.
pub async fn what_another_owns_is_known_before_it_is_claimed(ledger: &impl Ledger) {
    let ours = ready("acme");
    let asks = async |connector: &Connector| ledger.owned_by_another(connector).await.unwrap();
    assert_eq!(asks(&ours).await, None);
    let same_tenant = with_same_role(&ours, "acme");
    let neighbor = in_same_bucket(&ours, "globex", "elsewhere");
    assert_eq!(create(ledger, &ours).await, STORED);
    assert_eq!(asks(&ours).await, None, "its own");
    assert_eq!(asks(&with_same_role(&ours, "globex")).await, Some(OwnedResource::Role));
    assert_eq!(asks(&in_same_bucket(&ours, "acme", "")).await, Some(OwnedResource::Destination));
    assert_eq!((asks(&same_tenant).await, asks(&neighbor).await), (None, None));
    let squatter = named(&in_same_bucket(&ours, "globex", ""));
    assert_eq!(asks(&squatter).await, None, "it claims nothing, so nothing of another's is revealed to it");
    assert_eq!(create(ledger, &with_same_role(&ours, "globex")).await, ROLE_TAKEN);
    let mut deleted = ours.clone();
    deleted.delete().unwrap();
    assert_eq!(save(ledger, &ours, &deleted).await, STORED);
    assert_eq!(asks(&with_same_role(&ours, "globex")).await, None, "released");
}
