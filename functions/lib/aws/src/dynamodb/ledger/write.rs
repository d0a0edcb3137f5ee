//! Builds conditional writes of one item. The conditions of a write must all hold; otherwise DynamoDB changes
//! nothing.

use std::collections::HashMap;

use archive::names::ConnectorId;
use aws_sdk_dynamodb::types::AttributeValue;

use super::expression::{Check, Placeholders};
use super::keys::{self, CURSOR, Item};

/// An update of the attributes of one item. An attribute may be changed once only.
#[derive(Debug, Clone, Default)]
pub(super) struct Update {
    key: Item,
    set: Vec<String>,
    removed: Vec<String>,
    added: Vec<String>,
    deleted: Vec<String>,
    conditions: Vec<String>,
    used: Placeholders,
}

impl Update {
    /// An update of the item with this key.
    pub(super) fn on(key: Item) -> Self {
        Self { key, ..Self::default() }
    }

    /// An update of a connector's cursor.
    pub(super) fn on_cursor(id: &ConnectorId) -> Self {
        Self::on(keys::key(id, CURSOR))
    }

    pub(super) fn set(mut self, path: &str, value: AttributeValue) -> Self {
        self.set.push(format!("{} = {}", self.used.name(path), self.used.value(value)));
        self
    }

    /// Sets a number to its sum with another, as DynamoDB finds it.
    pub(super) fn increase(mut self, path: &str, by: AttributeValue) -> Self {
        let name = self.used.name(path);
        self.set.push(format!("{name} = {name} + {}", self.used.value(by)));
        self
    }

    pub(super) fn remove(mut self, path: &str) -> Self {
        self.removed.push(self.used.name(path));
        self
    }

    /// Sets the attribute, or removes it if there is no value.
    pub(super) fn set_or_remove(self, path: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(path, value),
            None => self.remove(path),
        }
    }

    /// Adds to a number, which counts from zero, or to a set.
    pub(super) fn add(mut self, path: &str, value: AttributeValue) -> Self {
        self.added.push(format!("{} {}", self.used.name(path), self.used.value(value)));
        self
    }

    /// Deletes members of a set.
    pub(super) fn delete(mut self, path: &str, members: AttributeValue) -> Self {
        self.deleted.push(format!("{} {}", self.used.name(path), self.used.value(members)));
        self
    }

    pub(super) fn when(mut self, check: Check) -> Self {
        self.conditions.push(self.used.check(check));
        self
    }

    pub(super) fn when_any<const N: usize>(mut self, checks: [Check; N]) -> Self {
        self.conditions.push(self.used.any(checks));
        self
    }

    /// The update's expression, with each keyword once, and the rest of the request.
    pub(super) fn render(self) -> (String, RenderedWrite) {
        let Self { key, set, removed, added, deleted, conditions, used } = self;
        let clauses = [("SET", set), ("REMOVE", removed), ("ADD", added), ("DELETE", deleted)];
        let clauses = clauses.into_iter().filter(|(_, changes)| !changes.is_empty());
        let clauses = clauses.map(|(keyword, changes)| format!("{keyword} {}", changes.join(", ")));
        (clauses.collect::<Vec<_>>().join(" "), RenderedWrite::new(key, &conditions, used))
    }
}

/// A write that replaces an item.
#[derive(Debug, Clone, Default)]
pub(super) struct Put {
    item: Item,
    conditions: Vec<String>,
    used: Placeholders,
}

impl Put {
    pub(super) fn of(item: Item) -> Self {
        Self { item, ..Self::default() }
    }

    /// If no item has this key.
    pub(super) fn if_absent(item: Item) -> Self {
        Self::of(item).when(Check::Absent(keys::PK))
    }

    pub(super) fn when(mut self, check: Check) -> Self {
        self.conditions.push(self.used.check(check));
        self
    }

    pub(super) fn render(self) -> RenderedWrite {
        RenderedWrite::new(self.item, &self.conditions, self.used)
    }
}

/// What the requests of all writes have, in DynamoDB's form.
#[derive(Debug)]
pub(super) struct RenderedWrite {
    /// The item of a put, the key of an update.
    pub(super) item: Item,
    pub(super) condition: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Item>,
}

impl RenderedWrite {
    fn new(item: Item, conditions: &[String], used: Placeholders) -> Self {
        let (names, values) = used.into_maps();
        let condition = (!conditions.is_empty()).then(|| conditions.join(" AND "));
        Self { item, condition, names, values }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::expression::{number, text};
    use super::*;

    #[test]
    fn each_keyword_is_written_once_and_all_conditions_must_hold() {
        let update = Update::on_cursor(&ConnectorId::new(1))
            .set("next", number(2))
            .remove("block.since")
            .increase("attempts", number(1))
            .set_or_remove("cut", None)
            .set_or_remove("note", Some(text("n")))
            .add("used", number(3))
            .delete("owners", text("o"))
            .when(Check::Equal("next", number(1)))
            .when_any([Check::Absent("until"), Check::Between("until", [number(4), number(5)])]);
        let (expression, write) = update.render();
        assert_eq!(
            expression,
            "SET #next = :v0, #attempts = #attempts + :v1, #note = :v2 REMOVE #block.#since, #cut \
             ADD #used :v3 DELETE #owners :v4"
        );
        assert_eq!(
            write.condition.unwrap(),
            "#next = :v5 AND (attribute_not_exists(#until) OR #until BETWEEN :v6 AND :v7)"
        );
        assert_eq!(write.names.unwrap()["#since"], "since");
        assert_eq!(write.values.unwrap()[":v7"], number(5));
    }

    #[test]
    fn a_put_has_a_condition_only_if_one_is_asked_for() {
        let put = Put::of(Item::new()).render();
        assert_eq!((put.condition, put.names, put.values), (None, None, None));
        let put = Put::if_absent(Item::new()).render();
        assert_eq!(put.condition.unwrap(), "attribute_not_exists(#pk)");
        assert_eq!(put.values, None, "DynamoDB rejects an empty map");
    }

    /// An update with one more change or condition.
    fn extended(update: Update, step: u8, path: &'static str) -> Update {
        match step {
            0 => update.set(path, number(0)),
            1 => update.increase(path, number(1)),
            2 => update.remove(path),
            3 => update.add(path, number(3)),
            4 => update.delete(path, text("4")),
            5 => update.when(Check::Exists(path)),
            6 => update.when(Check::Between(path, [number(6), number(7)])),
            7 => update.when(Check::Differs(path, number(8))),
            8 => update.when(Check::AtMost(path, number(9))),
            _ => update.when_any([
                Check::Absent(path),
                Check::Less(path, text("l")),
                Check::Greater(path, text("g")),
            ]),
        }
    }

    /// The placeholders in a text that begin with this sign.
    fn placeholders(text: &str, sign: char) -> BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '#' | ':' | '_')));
        words.filter(|word| word.starts_with(sign)).map(str::to_owned).collect()
    }

    proptest! {
        /// DynamoDB rejects a request that lacks a name or a value, or has one that it does not use.
        #[test]
        fn a_request_has_exactly_the_names_and_values_of_its_expressions(
            steps in prop::collection::vec(
                (0_u8..10, prop::sample::select(vec!["next", "block", "block.since", "due_shard"])), 0..12,
            ),
        ) {
            let update = steps.iter().fold(Update::on(Item::new()), |update, (step, path)| {
                extended(update, *step, path)
            });
            let (expression, write) = update.render();
            let text = format!("{expression} {}", write.condition.unwrap_or_default());
            for keyword in ["SET ", "REMOVE ", "ADD ", "DELETE "] {
                prop_assert!(text.matches(keyword).count() <= 1, "{text}");
            }
            let names: BTreeSet<_> = write.names.unwrap_or_default().into_keys().collect();
            let values: BTreeSet<_> = write.values.unwrap_or_default().into_keys().collect();
            prop_assert_eq!(names, placeholders(&text, '#'));
            prop_assert_eq!(values, placeholders(&text, ':'));
        }
    }
}
