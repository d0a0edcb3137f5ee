//! The events table, for every form of sort key.

use std::collections::BTreeMap;
use std::time::Duration;

use archive::item::{OriginalContent, SourceItem, UnreadableReason};
use archive::names::TenantId;
use archive::part::Window;
use archive::sort_key::{SortKey, SortKeyForm};
use archive::time::Time;
use async_trait::async_trait;
use ports::Source;
use protocol::connector::Shards;
use protocol::machine::Span;
use serde_json::json;

use crate::fakes::{FakeSource, Shape, StoredItem};
use crate::fixtures::{self, at, keys, tenant};

/// A table that a test can write to.
#[async_trait]
pub trait EventsRig: Sync {
    /// The implementation under test.
    type Port: Source;
    /// The port under test.
    fn port(&self) -> &Self::Port;
    /// Stores an item in a tenant's shard.
    async fn store(&self, tenant: &TenantId, shards: Shards, shard: u8, sort_key: &SortKey, shape: &Shape);
}

#[async_trait]
impl EventsRig for FakeSource {
    type Port = Self;
    fn port(&self) -> &Self {
        self
    }
    async fn store(&self, tenant: &TenantId, shards: Shards, shard: u8, sort_key: &SortKey, shape: &Shape) {
        let partition = Self::partition(tenant, shards, shard);
        let (sort_key, shape) = (sort_key.clone(), shape.clone());
        self.store(StoredItem {
            partition_key: partition.clone(),
            partition,
            sort_key,
            shape,
            visible_at: Time::EPOCH,
        });
    }
}

fn span(from: Time, to: Time) -> Span {
    Span::Window(Window { from, to })
}

/// Reads a span of one shard to its end, and checks the order: ascending, no key twice.
async fn read(
    rig: &impl EventsRig,
    tenant: &TenantId,
    shards: Shards,
    shard: u8,
    span: &Span,
) -> Vec<SourceItem> {
    let mut reader = rig.port().open(tenant, shards, shard, span).await.unwrap();
    let mut items = Vec::new();
    while let Some(page) = reader.next_page().await.unwrap() {
        items.extend(page);
    }
    for pair in items.windows(2) {
        assert!(pair[0].key < pair[1].key, "{:?} before {:?}", pair[0].sort_key, pair[1].sort_key);
    }
    items
}

/// The items of a window, as a part takes them: items slightly outside are dropped.
async fn window(rig: &impl EventsRig, tenant: &TenantId, from: Time, to: Time) -> Vec<SourceItem> {
    let form = rig.port().sort_key_form();
    let mut items = read(rig, tenant, Shards::ONE, 0, &span(from, to)).await;
    items.retain(|item| !form.is_before(&item.sort_key, from) && form.is_before(&item.sort_key, to));
    items
}

fn text(n: usize) -> Shape {
    Shape::Text(json!({ "n": n }).to_string())
}

/// Every key of `form` around an hour: equal times, all precisions, and unparsable keys.
fn keys_around(form: SortKeyForm, numeric: bool, start: Time) -> Vec<SortKey> {
    let offsets = [0, 0, 0, 1, 499, 500, 999, 1000, 1000, 1001, 59_999, 60_000, 60_001, 3_599_999, 3_600_000];
    let mut all: Vec<SortKey> = (0u64..)
        .zip(offsets)
        .map(|(tail, ms)| keys::key(form, numeric, start + Duration::from_millis(ms), tail))
        .collect();
    if !numeric {
        all.extend(keys::unparsable_keys_near(form, start + Duration::from_secs(60)));
    }
    all.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    all.dedup();
    all
}

/// Keys of the years before `start`, and unparsable ones with the same beginnings.
fn history(form: SortKeyForm, numeric: bool, start: Time) -> Vec<SortKey> {
    let ago = [1u32, 3600, 86_400, 40 * 86_400, 400 * 86_400, 2000 * 86_400];
    let ago = (0u64..).zip(ago.map(|seconds| start - Duration::from_secs(1) * seconds));
    let mut keys: Vec<SortKey> = ago.map(|(tail, time)| keys::key(form, numeric, time, tail)).collect();
    if !numeric {
        keys.extend(keys::unparsable_keys_near(form, start - Duration::from_hours(2000 * 24)));
    }
    keys
}

/// Adjacent windows contain every item exactly once, wherever they are cut, for keys of every kind. The
/// out-of-order keys contain the rest, without the years before the first window.
pub async fn windows_and_out_of_order_keys_tile_the_table(rig: &impl EventsRig, numeric: bool) {
    let (form, acme, start) = (rig.port().sort_key_form(), tenant("acme"), at("2026-11-20T20:00:00Z"));
    let reachable = keys_around(form, numeric, start);
    let out_of_range = keys::unparsable_keys(form, numeric, start);
    let history = history(form, numeric, start);
    for (n, key) in reachable.iter().chain(&out_of_range).chain(&history).enumerate() {
        rig.store(&acme, Shards::ONE, 0, key, &text(n)).await;
        // A neighbor whose name starts with ours, and items that a careless Query would find too.
        rig.store(&tenant("acme2"), Shards::ONE, 0, key, &text(n)).await;
    }
    let cuts = [0, 1, 500, 1000, 1500, 30_000, 59_999, 60_001, 3_600_000, 7_200_000];
    let edges: Vec<Time> = cuts.iter().map(|ms| start + Duration::from_millis(*ms)).collect();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for edge in edges.windows(2) {
        for item in window(rig, &acme, edge[0], edge[1]).await {
            assert_eq!(item.time, form.time_of(&item.sort_key));
            *seen.entry(item.sort_key.as_str().to_owned()).or_default() += 1;
        }
    }
    let found: Vec<&String> = seen.keys().collect();
    assert!(seen.values().all(|count| *count == 1), "in two windows: {seen:?}");
    assert_eq!(found.len(), reachable.len(), "found {found:?} of {reachable:?}");

    let (since, until) = (start, at("2026-11-22T20:00:00Z"));
    let mut outside = read(rig, &acme, Shards::ONE, 0, &Span::OutOfOrderKeys { since, until }).await;
    assert!(outside.iter().all(|item| item.time.is_none()), "history is read again");
    outside.sort_by(|a, b| a.sort_key.as_str().cmp(b.sort_key.as_str()));
    let mut outside: Vec<SortKey> = outside.into_iter().map(|item| item.sort_key).collect();
    let mut out_of_range = out_of_range;
    for list in [&mut outside, &mut out_of_range] {
        list.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    }
    assert_eq!(outside, out_of_range);
}

/// More than DynamoDB returns at once (1 MB) is read to the last page.
pub async fn a_long_window_is_read_to_its_end(rig: &impl EventsRig) {
    let (form, acme, start) = (rig.port().sort_key_form(), tenant("acme"), at("2026-11-20T20:00:00Z"));
    let shape = Shape::Text(json!({ "text": "x".repeat(20_000) }).to_string());
    for n in 0..130 {
        let key = keys::key(form, false, start + Duration::from_secs(n), n);
        rig.store(&acme, Shards::ONE, 0, &key, &shape).await;
    }
    assert_eq!(window(rig, &acme, start, start + Duration::from_secs(3600)).await.len(), 130);
}

/// A tenant's shards are read one by one, each its own items only; an empty one has an end too.
pub async fn each_shard_holds_its_own(rig: &impl EventsRig) {
    let (form, acme, start) = (rig.port().sort_key_form(), tenant("acme"), at("2026-11-20T20:00:00Z"));
    let shards: Shards = 12.try_into().unwrap();
    let end = start + Duration::from_secs(3600);
    let mut ties = Vec::new();
    for shard in [0, 1, 10, 11] {
        let key = keys::key(form, false, start, 7);
        rig.store(&acme, shards, shard, &key, &text(usize::from(shard))).await;
    }
    for shard in 0..12 {
        let items = read(rig, &acme, shards, shard, &span(start, end)).await;
        let expected: &[u8] = if [0, 1, 10, 11].contains(&shard) { &[shard] } else { &[] };
        let texts: Vec<_> = items.iter().map(|item| item.content.clone().unwrap()).collect();
        let expected_texts: Vec<_> =
            expected.iter().map(|n| bytes::Bytes::from(json!({ "n": n }).to_string())).collect();
        assert_eq!(texts, expected_texts);
        ties.extend(items.into_iter().map(|item| item.key));
    }
    ties.sort();
    ties.dedup();
    assert_eq!(ties.len(), 4, "items of one sort key in two shards have keys of their own");
}

/// Each tenant is read by its exact ID, whatever characters it has, and so is one of several shards.
pub async fn each_tenants_items_are_its_own(rig: &impl EventsRig) {
    let (form, start) = (rig.port().sort_key_form(), at("2026-11-20T20:00:00Z"));
    let (tenants, two) = (fixtures::unusual_tenants(), Shards::try_from(2).unwrap());
    let key = keys::key(form, false, start, 7);
    for (n, tenant) in tenants.iter().enumerate() {
        rig.store(tenant, Shards::ONE, 0, &key, &text(n)).await;
        rig.store(tenant, two, 1, &key, &text(n + 1000)).await;
    }
    let hour = span(start, start + Duration::from_secs(3600));
    for (n, tenant) in tenants.iter().enumerate() {
        for (shards, shard, n) in [(Shards::ONE, 0, n), (two, 1, n + 1000)] {
            let items = read(rig, tenant, shards, shard, &hour).await;
            let texts: Vec<_> = items.iter().map(|item| item.content.clone().unwrap()).collect();
            assert_eq!(texts, [json!({ "n": n }).to_string()], "{tenant:?}");
        }
        assert!(read(rig, tenant, two, 0, &hour).await.is_empty());
    }
}

/// The three shapes of an event, and invalid ones, side by side.
pub async fn each_shape_reads_as_one_line_of_json(rig: &impl EventsRig) {
    let (form, acme, start) = (rig.port().sort_key_form(), tenant("acme"), at("2026-11-20T20:00:00Z"));
    let map = json!({ "b": [1, 2.5, null, true], "a": { "x": "ä\n" } }).as_object().unwrap().clone();
    let odd = r#"{"z":1.0, "a":"A\u0041", "z":2}"#;
    let shapes = [
        (Shape::Text(odd.into()), Ok(odd)),
        (Shape::Text("{\r\n \"a\": 1\n}".into()), Ok("{ \"a\": 1}")),
        (Shape::Map(map.clone()), Ok(r#"{"a":{"x":"ä\n"},"b":[1,2.5,null,true]}"#)),
        (Shape::Whole(map), Ok(r#"{"a":{"x":"ä\n"},"b":[1,2.5,null,true]}"#)),
        (Shape::Whole(serde_json::Map::new()), Err(UnreadableReason::NoEvent)),
        (Shape::Number(7), Ok(r#"{"event":7}"#)),
        (Shape::Text("{\"a\":".into()), Ok(r#"{"event":"{\"a\":"}"#)),
        (Shape::Text("[{}]".into()), Ok(r#"{"event":"[{}]"}"#)),
        (Shape::Text(r#"{"a\ud83d":1}"#.into()), Err(UnreadableReason::LoneSurrogate)),
        (Shape::Text("{\n\"a\":-1e400}".into()), Err(UnreadableReason::NumberRange)),
    ];
    for ((shape, _), n) in shapes.iter().zip(0..) {
        let key = keys::key(form, false, start + Duration::from_secs(n), n);
        rig.store(&acme, Shards::ONE, 0, &key, shape).await;
    }
    let items = window(rig, &acme, start, start + Duration::from_secs(3600)).await;
    assert_eq!(items.len(), shapes.len());
    for (item, (shape, expected)) in items.iter().zip(shapes) {
        let found = item.content.as_ref().map(|line| std::str::from_utf8(line).unwrap());
        if let (Err(why), Shape::Text(text)) = (&found, &shape) {
            assert_eq!(why.original, Some(OriginalContent::Raw(text.clone())), "exactly what was written");
        }
        let found = found.map_err(|why| why.reason);
        // A string stays as it is, byte for byte. The keys of a map come in the table's order.
        let (found, expected) = match shape {
            Shape::Map(_) | Shape::Whole(_) => (found.map(by_name), expected.map(by_name)),
            _ => (found.map(str::to_owned), expected.map(str::to_owned)),
        };
        assert_eq!(found, expected, "{shape:?}");
    }
}

/// A line of JSON with the keys of its objects sorted; equal for lines that differ in that order alone.
fn by_name(line: &str) -> String {
    assert!(!line.contains(['\n', '\r']), "{line}");
    serde_json::from_str::<serde_json::Value>(line).unwrap().to_string()
}

/// An unparsable key makes a record with the item's keys and its event.
pub async fn a_key_of_another_form_is_unreadable(rig: &impl EventsRig) {
    let (form, acme, start) = (rig.port().sort_key_form(), tenant("acme"), at("2026-11-20T20:00:00Z"));
    let key = keys::unparsable_keys_near(form, start)[0].clone();
    rig.store(&acme, Shards::ONE, 0, &key, &text(1)).await;
    let items = window(rig, &acme, start, start + Duration::from_secs(3600)).await;
    let why = items[0].content.clone().unwrap_err();
    assert_eq!((items[0].time, why.reason), (None, UnreadableReason::SortKeyForm));
    assert_eq!(
        why.original,
        Some(OriginalContent::Event(r#"{"n":1}"#.into())),
        "the record carries the event"
    );
    assert_eq!((why.partition_key.as_str(), why.sort_key.as_str()), ("acme", key.as_str()));
}
