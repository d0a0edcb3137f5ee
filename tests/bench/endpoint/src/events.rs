//! Pages of events as DynamoDB sends them: the fixture's events repeated, with unique keys.
//!
//! A table is defined by its name, `events_<shape>_<events>_<shards>_<hour>`, as in
//! `events_map_100000_1_2026-11-20T20`: that many events, spread evenly over that hour and round-robin over
//! the shards. Only the fixture is stored.

use std::io::{self, Read as _};

use bytes::Bytes;
use serde_json::Value;

/// The maximum size of a Query's page in bytes, by DynamoDB's rules for item sizes.
/// Source: DynamoDB developer guide, "Constraints in Amazon DynamoDB".
const PAGE: usize = 1 << 20;
/// The tenant of the events.
const TENANT: &str = "acme";
const HOUR_MS: u64 = 3_600_000;

/// The fixture in both shapes of a table.
pub(crate) struct Events {
    maps: Vec<Template>,
    texts: Vec<Template>,
}

/// An event as the value of its attribute.
struct Template {
    /// The value on the wire.
    json: Vec<u8>,
    /// The value's size in bytes, by DynamoDB's rules.
    size: usize,
}

/// The key condition of a Query.
pub(crate) struct KeyCondition<'a> {
    pub(crate) partition: &'a str,
    pub(crate) low: &'a str,
    /// The upper bound, and whether it is included; `None` for no bound.
    pub(crate) high: Option<(&'a str, bool)>,
    /// The last sort key of the previous page.
    pub(crate) after: Option<&'a str>,
}

/// A table, as defined by its name.
struct Table<'a> {
    templates: &'a [Template],
    events: u64,
    shards: u64,
    hour: &'a str,
}

impl Events {
    /// Reads the fixture: one event per line, gzip.
    pub(crate) fn read(packed: impl io::Read) -> io::Result<Self> {
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text)?;
        let (mut maps, mut texts) = (Vec::new(), Vec::new());
        for line in text.lines() {
            let event: Value = serde_json::from_str(line)?;
            let (value, size) = attribute(&event);
            maps.push(Template { json: serde_json::to_vec(&value)?, size });
            let text = serde_json::json!({ "S": line });
            texts.push(Template { json: serde_json::to_vec(&text)?, size: line.len() });
        }
        Ok(Self { maps, texts })
    }

    /// The page for a Query; `None` if there is no such table.
    pub(crate) fn page(&self, table: &str, condition: &KeyCondition<'_>) -> Option<Bytes> {
        Some(self.table(table)?.page(condition))
    }

    /// Whether there is such a table.
    pub(crate) fn has(&self, table: &str) -> bool {
        self.table(table).is_some()
    }

    fn table<'a>(&'a self, name: &'a str) -> Option<Table<'a>> {
        let mut parts = name.splitn(5, '_');
        let ("events", shape) = (parts.next()?, parts.next()?) else { return None };
        let templates = match shape {
            "map" => &self.maps,
            "text" => &self.texts,
            _ => return None,
        };
        let (events, shards) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Table { templates, events, shards, hour: parts.next()? })
    }
}

impl Table<'_> {
    fn page(&self, condition: &KeyCondition<'_>) -> Bytes {
        let mut sort_key = Vec::new();
        let range = self.range(condition);
        let mut page = Vec::with_capacity(PAGE * 2);
        page.extend_from_slice(b"{\"Count\":      ,\"Items\":[");
        let (mut size, mut count, mut next) = (0, 0, range.start);
        while next < range.end {
            let index = self.index(condition.partition, next);
            let template = self.template(index);
            self.sort_key(index, &mut sort_key);
            let keys = "pkskevent".len() + condition.partition.len() + sort_key.len();
            if size + template.size + keys > PAGE {
                break;
            }
            size += template.size + keys;
            page.extend_from_slice(if count > 0 { b",{\"sk\":{\"S\":\"" } else { b"{\"sk\":{\"S\":\"" });
            page.extend_from_slice(&sort_key);
            page.extend_from_slice(b"\"},\"event\":");
            page.extend_from_slice(&template.json);
            page.extend_from_slice(b",\"pk\":{\"S\":\"");
            page.extend_from_slice(condition.partition.as_bytes());
            page.extend_from_slice(b"\"}}");
            count += 1;
            next += 1;
        }
        page.push(b']');
        if next < range.end {
            page.extend_from_slice(b",\"LastEvaluatedKey\":{\"pk\":{\"S\":\"");
            page.extend_from_slice(condition.partition.as_bytes());
            page.extend_from_slice(b"\"},\"sk\":{\"S\":\"");
            page.extend_from_slice(&sort_key_before(self, condition.partition, next));
            page.extend_from_slice(b"\"}}");
        }
        page.extend_from_slice(format!(",\"ScannedCount\":{count}}}").as_bytes());
        let count = format!("{count:6}");
        let offset = b"{\"Count\":".len();
        if let Some(gap) = page.get_mut(offset..offset + count.len()) {
            gap.copy_from_slice(count.as_bytes());
        }
        Bytes::from(page)
    }

    /// The range of the partition's events that match.
    fn range(&self, condition: &KeyCondition<'_>) -> std::ops::Range<u64> {
        let Some(shard) = self.shard(condition.partition) else { return 0..0 };
        let count = (self.events + self.shards - 1).saturating_sub(shard) / self.shards;
        let first = |is_before: &dyn Fn(&[u8]) -> bool| {
            let (mut low, mut high) = (0, count);
            let mut key = Vec::new();
            while low < high {
                let middle = u64::midpoint(low, high);
                self.sort_key(self.index(condition.partition, middle), &mut key);
                if is_before(&key) { low = middle + 1 } else { high = middle }
            }
            low
        };
        let mut start = first(&|key| key < condition.low.as_bytes());
        if let Some(after) = condition.after {
            start = start.max(first(&|key| key <= after.as_bytes()));
        }
        let end = match condition.high {
            None => count,
            Some((high, true)) => first(&|key| key <= high.as_bytes()),
            Some((high, false)) => first(&|key| key < high.as_bytes()),
        };
        start..end.max(start)
    }

    /// The shard of a partition key; `None` if the table has no such partition.
    fn shard(&self, partition: &str) -> Option<u64> {
        match partition.strip_prefix(TENANT)? {
            "" => (self.shards == 1).then_some(0),
            rest => rest.strip_prefix('#')?.parse().ok().filter(|shard| *shard < self.shards),
        }
    }

    fn index(&self, partition: &str, position: u64) -> u64 {
        position * self.shards + self.shard(partition).unwrap_or_default()
    }

    fn template(&self, index: u64) -> &Template {
        &self.templates[(index % self.templates.len() as u64) as usize]
    }

    /// Writes a sort key of the form `2026-11-20T20:15:30.123Z#00000042`.
    fn sort_key(&self, index: u64, key: &mut Vec<u8>) {
        use std::io::Write as _;
        let ms = index * (HOUR_MS - 1) / self.events.max(1);
        let (minutes, seconds, ms) = (ms / 60_000, ms / 1000 % 60, ms % 1000);
        key.clear();
        // Writing to memory does not fail.
        let _ = write!(key, "{}:{minutes:02}:{seconds:02}.{ms:03}Z#{index:08}", self.hour);
    }
}

fn sort_key_before(table: &Table<'_>, partition: &str, next: u64) -> Vec<u8> {
    let mut key = Vec::new();
    table.sort_key(table.index(partition, next.saturating_sub(1)), &mut key);
    key
}

/// A JSON value in DynamoDB's JSON, and its size in bytes.
/// Source: DynamoDB developer guide, "DynamoDB item sizes and formats".
fn attribute(value: &Value) -> (Value, usize) {
    use serde_json::json;
    match value {
        Value::Null => (json!({ "NULL": true }), 1),
        Value::Bool(is) => (json!({ "BOOL": is }), 1),
        Value::Number(number) => {
            let text = number.to_string();
            let size = text.len().div_ceil(2) + 1;
            (json!({ "N": text }), size)
        }
        Value::String(text) => (json!({ "S": text }), text.len()),
        Value::Array(values) => {
            let values: Vec<(Value, usize)> = values.iter().map(attribute).collect();
            let size = 3 + values.iter().map(|(_, size)| size + 1).sum::<usize>();
            (json!({ "L": values.into_iter().map(|(value, _)| value).collect::<Vec<_>>() }), size)
        }
        Value::Object(entries) => {
            let mut size = 3;
            let mut map = serde_json::Map::new();
            for (name, value) in entries {
                let (value, inner) = attribute(value);
                size += name.len() + inner + 1;
                map.insert(name.clone(), value);
            }
            (json!({ "M": map }), size)
        }
    }
}
