//! Retention: staged bytes stay until they are delivered and then as long as the template says, key lists and
//! the ledger's records for good.

use std::collections::BTreeSet;
use std::time::Duration;

use archive::part::Content;

use super::world::World;

const TEMPLATE: &str = include_str!("../../../template.yaml");
const HOUR: Duration = Duration::from_hours(1);

fn staged(world: &World, delivered: bool) -> BTreeSet<String> {
    let parts = world.ledger.parts(&world.connector.id);
    let of_kind = parts.into_iter().filter(|part| part.delivered_at.is_some() == delivered);
    let data = of_kind.filter_map(|part| match part.content {
        Content::Staged { data, .. } => Some(data),
        Content::Inline(_) => None,
    });
    data.collect()
}

#[tokio::test]
async fn staged_bytes_become_expirable_once_they_are_delivered_and_never_before() {
    let mut world = World::new();
    world.advance(HOUR * 3).await;
    let to = world.connector.destination.s3().cloned().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.advance(HOUR * 3).await;
    let (delivered, waiting) = (staged(&world, true), staged(&world, false));
    assert!(!delivered.is_empty() && !waiting.is_empty());
    assert_eq!(world.staging.port.expirable(), delivered, "the bytes of the delivered, and no list of keys");
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    world.advance(HOUR * 3).await;
    assert!(waiting.is_subset(&world.staging.port.expirable()));
}

#[tokio::test]
async fn bytes_that_could_not_be_marked_expirable_stay_and_hinder_nobody() {
    let mut world = World::new();
    world.advance(HOUR * 2).await;
    let before = world.staging.port.expirable();
    // Staged before the failure, delivered during it.
    let to = world.connector.destination.s3().cloned().unwrap();
    world.customers.delete_bucket(to.bucket.as_str());
    world.advance(HOUR).await;
    world.customers.create_bucket(to.bucket.as_str(), to.role.account().as_str(), to.region.as_str());
    world.staging.keeps_staged.set(true);
    world.advance(HOUR * 2).await;
    assert!(staged(&world, true).len() > before.len(), "it was delivered all the same");
    assert_eq!(world.staging.port.expirable(), before);
}

#[test]
fn the_lifecycle_removes_only_tagged_objects_and_downloads() {
    let bucket =
        TEMPLATE.split_once("  StagingBucket:\n").unwrap().1.split_once("  StagingBucketPolicy:").unwrap().0;
    assert_eq!(bucket.matches("ExpirationInDays").count(), 3);
    let rules = bucket.split_once("Id: expire-delivered").unwrap().1;
    let (rules, unneeded) = rules.split_once("Id: expire-unneeded").unwrap();
    let (delivered, downloads) = rules.split_once("Id: expire-downloads").unwrap();
    assert!(
        downloads.contains("Prefix: downloads/") && downloads.contains("ExpirationInDays: 1\n"),
        "{downloads}"
    );
    assert!(delivered.contains("TagFilters: [{Key: delivered, Value: \"true\"}]"), "{delivered}");
    assert!(delivered.contains("ExpirationInDays: !Ref StagingRetentionDays"), "{delivered}");
    assert!(unneeded.contains("TagFilters: [{Key: unneeded, Value: \"true\"}]"), "{unneeded}");
    assert!(unneeded.contains("ExpirationInDays: 36"), "{unneeded}");
}
