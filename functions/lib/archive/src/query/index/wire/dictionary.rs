//! The stored form of dictionaries.

use serde::{Deserialize, Serialize};

use super::super::dictionary::{Dictionaries, Dictionary, MAX_VALUE_BYTES, MAX_VALUES};
use super::super::error::IndexError;
use super::require;
use crate::fields::Field;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DictionaryWire {
    field: Field,
    complete: bool,
    values: Vec<String>,
    events: Vec<u64>,
}

/// The stored form of all dictionaries.
pub(super) fn of(dictionaries: &Dictionaries) -> Vec<DictionaryWire> {
    let wire = |(field, dictionary): (Field, &Dictionary)| DictionaryWire {
        field,
        complete: dictionary.is_complete(),
        values: dictionary.values.keys().cloned().collect(),
        events: dictionary.values.values().copied().collect(),
    };
    dictionaries.iter().map(wire).collect()
}

/// The dictionaries of a part with so many events.
pub(super) fn check(wires: Vec<DictionaryWire>, events: u64) -> Result<Dictionaries, IndexError> {
    require(wires.iter().map(|wire| wire.field).eq(Dictionaries::all()), "it has other dictionaries")?;
    let mut dictionaries = Dictionaries::default();
    for DictionaryWire { field, complete, values, events: counts } in wires {
        check_values(&values)?;
        require(values.len() == counts.len(), "a dictionary has other counts")?;
        let sum = counts.iter().fold(0_u64, |sum, count| sum.saturating_add(*count));
        require(sum <= events && !counts.contains(&0), "a dictionary has other events")?;
        let values = values.into_iter().zip(counts).collect();
        dictionaries.fields.insert(field, Dictionary { values, is_complete: complete });
    }
    Ok(dictionaries)
}

/// Checks that values are few and short, and each is there once, in order.
pub(super) fn check_values(values: &[String]) -> Result<(), IndexError> {
    let is_short = values.iter().all(|value| value.len() <= MAX_VALUE_BYTES);
    require(values.len() <= MAX_VALUES && is_short, "a dictionary is too large")?;
    require(values.is_sorted_by(|one, next| one < next), "a dictionary is not in order")
}
