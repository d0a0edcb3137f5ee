//! The actors: customers, their administrators and operators. What they break, restore and change.

use std::sync::atomic::Ordering;
use std::time::Duration;

use archive::names::ExternalId;
use archive::time::Time;
use futures_util::FutureExt as _;
use ports::Connectors as _;
use ports::{SaveAnswer, Saved};
use protocol::connector::{Connector, NotAllowedError, State};
use tests::fakes::{FakeSource, Shape, StoredItem};
use tests::fixtures::{self, keys};

use super::agenda::Step;
use super::fault::Fault;
use super::keys as signing_keys;
use super::plan::Length;
use super::rng::SimRng;
use super::world::{World, destination, encoding};

const HOUR: Duration = Duration::from_hours(1);

/// Performs a step. A step that makes no sense any more, such as deleting a bucket that does not exist, is
/// skipped.
pub(crate) fn perform(world: &World, step: Step) {
    world.engine.log(format_args!("{step:?}"));
    match step {
        Step::DeleteBucket(index) => lose_bucket(world, &world.connector(index), false),
        Step::LoseBucketToOtherAccount(index) => lose_bucket(world, &world.connector(index), true),
        Step::RestoreBucket(index) => restore_bucket(world, &world.connector(index)),
        Step::RemoveRole(index) => remove_role(world, &world.connector(index)),
        Step::ChangeRole(index) => change_role(world, &world.connector(index)),
        Step::RestoreRole(index) => restore_role(world, &world.connector(index)),
        Step::Pause(index) => {
            if change(world, index, |connector, _| connector.pause()) {
                world.engine.count(Fault::Paused, 1);
            }
        }
        Step::Resume(index) => resume(world, index),
        Step::Move(index) => relocate(world, index),
        Step::ChangeEncoding(index) => change_encoding(world, index),
        Step::Rotate(index) => {
            let next = world.engine.draw(|rng| ExternalId::new(rng.next_u64(), rng.next_u64()));
            if change(world, index, |connector, _| connector.rotate_external_id(next)) {
                world.engine.count(Fault::Rotated, 1);
            }
        }
        Step::FollowRotation(index) => {
            let connector = world.connector(index);
            if let Some(next) = &connector.next_external_id {
                world.put_role(&connector, next);
            }
        }
        Step::EndRotation(index) => end_rotation(world, index),
        Step::RequestRun(index) => request_run(world, index),
        Step::BusDown => world.bus_down.store(true, Ordering::Relaxed),
        Step::BusUp => world.bus_down.store(false, Ordering::Relaxed),
        Step::KeyUnavailable => world.key_unavailable.store(true, Ordering::Relaxed),
        Step::KeyAvailable => world.key_unavailable.store(false, Ordering::Relaxed),
        Step::ReplaceKey => {
            let replaced = signing_keys::replace(world);
            world.engine.count(Fault::KeyReplaced, u64::from(replaced));
        }
        Step::AddForeignItem(index) => add_foreign_item(world, &world.connector(index)),
        Step::RemoveForeignItem => world.source.remove_foreign(),
        Step::Expire(index) => expire(world, &world.connector(index)),
    }
}

/// Restores everything, for good.
pub(crate) fn restore_all(world: &World) {
    perform(world, Step::BusUp);
    perform(world, Step::KeyAvailable);
    perform(world, Step::RemoveForeignItem);
    for index in 0..world.ids.len() {
        let connector = world.connector(index);
        restore_bucket(world, &connector);
        restore_role(world, &connector);
        resume(world, index);
    }
}

/// Stores a change of settings, as the API does. `false` if the state does not allow it.
fn change(
    world: &World,
    index: usize,
    change: impl FnOnce(&mut Connector, Time) -> Result<(), NotAllowedError>,
) -> bool {
    let before = world.connector(index);
    let mut after = before.clone();
    if change(&mut after, world.engine.now()).is_err() || after == before {
        return false;
    }
    let record = fixtures::change(&before, &after);
    let saved = world.ledger.save(&record, None, &[]).now_or_never().expect("the fake does not wait");
    assert_eq!(saved.expect("the fake does not fail"), SaveAnswer::Saved(Saved::Stored));
    true
}

fn resume(world: &World, index: usize) {
    let resumed = change(world, index, |connector, now| {
        if connector.state == State::Paused {
            let shown = connector.external_id.clone();
            connector.mark_verified(now, &shown)?;
        }
        connector.resume()
    });
    if resumed {
        store_run_request(world, index);
    }
}

/// Moves to another folder, verified and resumed at once, together with the customer's role.
fn relocate(world: &World, index: usize) {
    let mut to = destination(&world.connector(index));
    let tail = world.engine.draw(|rng| rng.below(1000));
    to.prefix = format!("{}/moved-{tail}", to.prefix.as_str().split('/').next().unwrap_or("audit"))
        .parse()
        .expect("a prefix");
    if !change(world, index, |connector, _| connector.connect(to.clone())) {
        return;
    }
    world.engine.count(Fault::Moved, 1);
    world.truth().add_folder(to.bucket.as_str(), to.prefix.as_str(), &world.ids[index]);
    let connector = world.connector(index);
    world.put_role(&connector, &connector.external_id);
    resume(world, index);
}

fn change_encoding(world: &World, index: usize) {
    let (hours, encoding) = world.engine.draw(|rng: &mut SimRng| {
        let hours: u8 = match world.plan.length {
            Length::Hours => rng.one_of(&[1, 2]),
            Length::Day => rng.one_of(&[1, 2, 3, 6]),
            Length::Weeks => rng.one_of(&[6, 12, 24]),
        };
        (hours, encoding(rng))
    });
    let changed = change(world, index, |connector, _| {
        connector.frequency = hours.try_into().expect("a frequency");
        connector.encoding = encoding;
        connector.version += 1;
        Ok(())
    });
    world.engine.count(Fault::EncodingChanged, u64::from(changed));
}

/// The next external ID works, as a verification has seen.
fn end_rotation(world: &World, index: usize) {
    change(world, index, |connector, now| match connector.next_external_id.clone() {
        Some(next) => connector.mark_verified(now, &next),
        None => Ok(()),
    });
}

fn request_run(world: &World, index: usize) {
    world.engine.count(Fault::RunRequested, 1);
    store_run_request(world, index);
}

/// Requests a run as `Onboarding::run_once` does.
fn store_run_request(world: &World, index: usize) {
    let (id, now) = (&world.ids[index], world.engine.now());
    let watermark = world.ledger.cursor(id).watermark;
    let cut = (now - world.plan.timing.settle).floor(Duration::from_secs(1)).max(watermark);
    let asked =
        world.ledger.request_run(id, now, cut, None, &[]).now_or_never().expect("the fake does not wait");
    asked.expect("the fake does not fail");
}

fn lose_bucket(world: &World, connector: &Connector, to_another: bool) {
    let bucket = destination(connector).bucket;
    if world.customers.owner_of(bucket.as_str()).is_none() {
        return;
    }
    world.delete_bucket(connector);
    world.engine.count(if to_another { Fault::BucketTakenOver } else { Fault::BucketDeleted }, 1);
    if to_another {
        world.create_bucket(connector, true);
    }
}

/// The bucket belongs to the customer again.
fn restore_bucket(world: &World, connector: &Connector) {
    let to = destination(connector);
    match world.customers.owner_of(to.bucket.as_str()) {
        Some(owner) if owner == to.role.account().as_str() => return,
        Some(_) => world.delete_bucket(connector),
        None => {}
    }
    world.create_bucket(connector, false);
}

fn remove_role(world: &World, connector: &Connector) {
    // Whatever is there: a role that nobody can assume is as good as a missing one.
    restore_role(world, connector);
    world.customers.delete_role(destination(connector).role.as_str());
    world.engine.count(Fault::RoleRemoved, 1);
}

fn change_role(world: &World, connector: &Connector) {
    world.engine.count(Fault::RoleChanged, 1);
    let to = destination(connector);
    if world.engine.draw(|rng| rng.per_mille(500)) {
        let other = world.engine.draw(|rng| ExternalId::new(rng.next_u64(), rng.next_u64()));
        world.put_role(connector, &other);
    } else {
        let id = connector.external_id.as_str();
        world.customers.put_role(to.role.as_str(), id, to.bucket.as_str(), "somewhere/else");
    }
}

fn restore_role(world: &World, connector: &Connector) {
    world.put_role(connector, &connector.external_id);
}

fn add_foreign_item(world: &World, connector: &Connector) {
    let time = world.engine.now();
    let sort_key = keys::key(world.plan.form, world.plan.numeric, time, 999_999);
    let partition = FakeSource::partition(&connector.tenant, connector.shards, 0);
    if world.truth().has_key(&partition, &sort_key) {
        return;
    }
    world.source.store(StoredItem {
        partition,
        partition_key: "somebody-else".into(),
        sort_key,
        shape: Shape::Text(r#"{"of":"somebody-else"}"#.into()),
        visible_at: time,
    });
    world.engine.count(Fault::ForeignItem, 1);
}

/// Deletes everything older than an age, sealed or not.
fn expire(world: &World, connector: &Connector) {
    let now = world.engine.now();
    let most = if world.plan.length == Length::Weeks { 24 * 20 } else { 12 };
    let hours = world.engine.draw(|rng| rng.between(1, most));
    let before = now - HOUR * u32::try_from(hours).expect("some hours");
    let clocks_hold = world.engine.counts().of(Fault::ClockForward) == 0;
    let settle = clocks_hold.then_some(world.plan.timing.settle);
    let expired = world.truth().expire(&connector.tenant, before, now, settle);
    for index in expired {
        let item = world.truth().items[index].clone();
        world.source.remove(&item.partition, &item.sort_key);
        world.engine.count(Fault::TtlDelete, 1);
    }
}
