//! Fills the events table: recorded events, each with a tenant and a number of its own, in every shape that
//! the default layout allows. They are in time, late or much too late, and some have unparsable keys.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use archive::generated_events::unreadable_record;
use archive::names::TenantId;
use archive::sort_key::SortKey;
use archive::time::Time;
use protocol::connector::Shards;
use serde_json::{Map, Value};
use tests::fakes::{FakeSource, Shape, StoredItem};
use tests::fixtures::{RealEvent, cloudtrail, keys};

use super::fault::Fault;
use super::ground_truth::Item;
use super::plan::{Length, Plan};
use super::rng::SimRng;
use super::world::World;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Writes every event of a simulation, each to be readable from its time on.
pub(crate) fn write(world: &Arc<World>) {
    let tenants: Vec<(TenantId, Shards)> = world
        .ids
        .iter()
        .map(|id| world.ledger.connector(id))
        .map(|connector| (connector.tenant, connector.shards))
        .collect();
    let mut done: Vec<TenantId> = Vec::new();
    for (tenant, shards) in tenants {
        if done.contains(&tenant) {
            continue;
        }
        done.push(tenant.clone());
        for number in 0..world.plan.events {
            let (item, of) = world.engine.draw(|rng| draw(rng, world, &tenant, shards, number));
            store(world, &tenant, item, of);
        }
    }
}

/// The time that counts for the promises: `None` if no window reaches the key.
type Counts = Option<Time>;

fn draw(
    rng: &mut SimRng,
    world: &World,
    tenant: &TenantId,
    shards: Shards,
    number: u64,
) -> (StoredItem, (Counts, Option<Fault>)) {
    let plan = &world.plan;
    let now = world.engine.now();
    let time = time(rng, plan, now);
    let odd = rng.per_mille(plan.rate(Fault::UnparsableKey)) && !plan.numeric;
    let (sort_key, counts) = match odd.then(|| rng.below(3)) {
        None => (keys::key(plan.form, plan.numeric, time, number), Some(time)),
        // Next to the keys of a time that every connector's windows reach.
        Some(0 | 1) => {
            let near = time.max(now + HOUR);
            let garbage = keys::unparsable_keys_near(plan.form, near);
            (tagged(&garbage[rng.below(garbage.len())], number), Some(near))
        }
        Some(_) => (tagged(&SortKey::Text("zzz".into()), number), None),
    };
    let (lateness, late) = lateness(rng, plan);
    let empty = rng.per_mille(plan.rate(Fault::Unreadable));
    let shape = if empty { bad_shape(rng) } else { shape(rng, tenant, number) };
    let shard = u8::try_from(rng.below(usize::from(shards.get()))).expect("a few shards");
    let partition = FakeSource::partition(tenant, shards, shard);
    // An event with a time before the simulation was written before it.
    let counts = plan.form.time_of(&sort_key).or(counts);
    let visible_at = (counts.unwrap_or(time) + lateness).min(now + plan.fault_phase);
    let fault = if odd {
        Some(Fault::UnparsableKey)
    } else if empty {
        Some(Fault::Unreadable)
    } else {
        late
    };
    (StoredItem { partition_key: partition.clone(), partition, sort_key, shape, visible_at }, (counts, fault))
}

/// Makes equal keys distinct, without changing their position in the order.
fn tagged(key: &SortKey, number: u64) -> SortKey {
    SortKey::Text(format!("{}-{number}", key.as_str()))
}

/// Anywhere in the history, often on the same millisecond as others, and on window boundaries.
fn time(rng: &mut SimRng, plan: &Plan, now: Time) -> Time {
    let before = match plan.length {
        Length::Hours => HOUR * 3,
        Length::Day => HOUR * 20,
        Length::Weeks => DAY * 30,
    };
    // Half of them after the activation, whatever the backlog.
    let span = if rng.per_mille(500) { plan.fault_phase } else { plan.fault_phase + before };
    let from = now + plan.fault_phase - span;
    let ms = rng.between(0, u64::try_from(span.as_millis()).expect("some days"));
    let time = from + Duration::from_millis(ms);
    let often = match rng.below(6) {
        0 => time.floor(HOUR),
        1 => time.floor(HOUR) + Duration::from_millis(1),
        2 => time.floor(HOUR) + HOUR - Duration::from_millis(1),
        3 => time.floor(HOUR / 4),
        4 => time.floor(Duration::from_secs(1)),
        _ => time,
    };
    often.max(from)
}

/// How long after its time an event becomes readable.
fn lateness(rng: &mut SimRng, plan: &Plan) -> (Duration, Option<Fault>) {
    let promised = plan.timing.settle + plan.timing.look_back;
    let within = |rng: &mut SimRng, from: Duration, to: Duration| {
        let ms = |span: Duration| u64::try_from(span.as_millis()).expect("some days");
        Duration::from_millis(rng.between(ms(from), ms(to).max(ms(from) + 1)))
    };
    if rng.per_mille(plan.rate(Fault::VeryLate)) {
        return (within(rng, promised, plan.fault_phase + promised + HOUR), Some(Fault::VeryLate));
    }
    if rng.per_mille(plan.rate(Fault::Late)) && plan.timing.settle < promised {
        let last_moment = rng.per_mille(500);
        let late = if last_moment { promised } else { within(rng, plan.timing.settle, promised) };
        return (late, Some(Fault::Late));
    }
    (Duration::from_millis(rng.between(0, 1000)).min(plan.timing.settle), None)
}

/// One of the shorter recorded events, with the tenant and a number that make it unique.
fn shape(rng: &mut SimRng, tenant: &TenantId, number: u64) -> Shape {
    let events = short_events();
    let event = events[rng.below(events.len())];
    let own = format!(r#"{{"auditTenant":"{tenant}","auditNumber":{number},"#);
    let json = format!("{own}{}", event.json.strip_prefix('{').expect("an object"));
    let map = |json: &str| -> Map<String, Value> { serde_json::from_str(json).expect("an object") };
    match rng.below(8) {
        0 => Shape::Map(map(&json)),
        1 => Shape::Whole(map(&json)),
        2 => Shape::Text(format!("{own}\n\r  {}\n", event.json.strip_prefix('{').expect("an object"))),
        _ => Shape::Text(json),
    }
}

fn bad_shape(rng: &mut SimRng) -> Shape {
    match rng.below(3) {
        0 => Shape::Text(r#"{"n":1e400}"#.into()),
        1 => Shape::Whole(Map::new()),
        _ => Shape::Text(r#"{"cut":"\ud83d"}"#.into()),
    }
}

fn short_events() -> &'static [&'static RealEvent] {
    static SHORT: LazyLock<Vec<&RealEvent>> =
        LazyLock::new(|| cloudtrail().iter().filter(|event| event.json.len() < 1200).take(100).collect());
    &SHORT
}

fn store(world: &World, tenant: &TenantId, item: StoredItem, (counts, fault): (Counts, Option<Fault>)) {
    let form = world.plan.form;
    let read = item.read(form);
    let line = match &read.content {
        Ok(event) => event.to_vec(),
        Err(why) => unreadable_record(&read, why).expect("a record"),
    };
    let mut truth = world.truth();
    if truth.has_key(&item.partition, &item.sort_key) {
        return;
    }
    truth.add_item(Item {
        tenant: tenant.clone(),
        partition: item.partition.clone(),
        sort_key: item.sort_key.clone(),
        line: String::from_utf8(line).expect("JSON"),
        time: counts,
        visible_at: item.visible_at,
        deleted: false,
    });
    if let Some(fault) = fault {
        world.engine.count(fault, 1);
    }
    world.source.store(item);
}
