//! Which values a block has, as a Bloom filter: it may say that a value is there which isn't, and never that
//! one isn't there which is.

use sha2::{Digest, Sha256 as Hasher};

use crate::fields::Field;
use crate::query::normalize;

/// A value of a field, as it is looked for in filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemberKey(u64);

impl MemberKey {
    /// The key of a normalized value (see [`normalize`]): the first 64 bits of the SHA-256 of the field's
    /// name, a zero byte and the value.
    #[must_use]
    pub fn new(field: Field, normalized: &str) -> Self {
        let mut hasher = Hasher::new();
        hasher.update(field.as_str());
        hasher.update([0]);
        hasher.update(normalized);
        let digest: [u8; 32] = hasher.finalize().into();
        Self(u64::from_be_bytes(*digest.first_chunk().unwrap_or(&[0; 8])))
    }

    /// The key of a value as an event has it.
    pub(super) fn of_value(field: Field, value: &str) -> Self {
        Self::new(field, &normalize(value))
    }
}

/// The values of a block: of all fields but the time and, if there is not room for them, the ID; normalized.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Membership {
    /// `None` if nothing is known: each value may be there.
    pub(super) filter: Option<Filter>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filter {
    /// How many different values it has.
    pub(super) keys: u64,
    pub(super) bits_per_key: u8,
    /// Whether IDs are among them: nearly every event has another one.
    pub(super) has_ids: bool,
    pub(super) bits: Vec<u8>,
}

impl Membership {
    /// The filter of these keys, and of the IDs if they are given; with no bits for a key, nothing is known.
    pub(super) fn new(keys: &[MemberKey], ids: Option<&[MemberKey]>, bits_per_key: u8) -> Self {
        let count = (keys.len() + ids.map_or(0, <[_]>::len)) as u64;
        let Some(size) = Filter::size(count, bits_per_key) else { return Self::default() };
        let mut filter = Filter { keys: count, bits_per_key, has_ids: ids.is_some(), bits: vec![0; size] };
        for key in keys.iter().chain(ids.unwrap_or_default()) {
            for position in positions(*key, size, filter.hashes()) {
                if let Some(byte) = filter.bits.get_mut(position / 8) {
                    *byte |= 1 << (position % 8);
                }
            }
        }
        Self { filter: Some(filter) }
    }

    /// Whether the block may have this value of this field. The value is normalized, see [`normalize`].
    /// Nothing is known of times, so it may have any.
    #[must_use]
    pub fn may_contain(&self, field: Field, normalized: &str) -> bool {
        let Some(filter) = &self.filter else { return true };
        if field == Field::Time || (field == Field::Id && !filter.has_ids) {
            return true;
        }
        let key = MemberKey::new(field, normalized);
        positions(key, filter.bits.len(), filter.hashes()).all(|position| {
            filter.bits.get(position / 8).is_none_or(|byte| byte & (1 << (position % 8)) != 0)
        })
    }
}

impl Filter {
    /// The bytes of a filter; `None` if there is no filter.
    pub(super) fn size(keys: u64, bits_per_key: u8) -> Option<usize> {
        let bits = keys.checked_mul(u64::from(bits_per_key))?;
        if bits_per_key == 0 {
            return None;
        }
        usize::try_from(bits.div_ceil(8).max(1)).ok()
    }

    /// How many bits stand for one key: with `bits_per_key * ln 2` of them the fewest other values seem to be
    /// there.
    const fn hashes(&self) -> u8 {
        match self.bits_per_key {
            0..=4 => 3,
            5..=6 => 4,
            7..=8 => 6,
            _ => 7,
        }
    }
}

/// The bits of a key, by double hashing (Kirsch and Mitzenmacher, "Less hashing, same performance", 2006).
fn positions(key: MemberKey, size: usize, hashes: u8) -> impl Iterator<Item = usize> {
    let bits = (size as u64).saturating_mul(8).max(1);
    let (first, step) = (key.0 >> 32, key.0 & 0xffff_ffff | 1);
    (0..u64::from(hashes)).map(move |index| usize::try_from((first + index * step) % bits).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_key_of_a_value_is_written_in_the_schema() {
        // printf 'actor\0root' | sha256sum
        let digest = crate::sha256::Sha256::of(b"actor\0root");
        assert_eq!(format!("{:016x}", MemberKey::new(Field::Actor, "root").0), digest.short());
        assert_eq!(MemberKey::of_value(Field::Actor, "ROOT"), MemberKey::new(Field::Actor, "root"));
        assert_ne!(MemberKey::new(Field::Actor, "root"), MemberKey::new(Field::Target, "root"));
    }

    #[test]
    fn few_other_values_seem_to_be_there() {
        let keys: Vec<_> = (0..2_000).map(|n| MemberKey::new(Field::Id, &format!("{n}"))).collect();
        // By the theory (1 - e^(-hashes / bits))^hashes: 0.8, 2.2, 5.6 and 14.7 %.
        for (bits, most) in [(10, 12), (8, 29), (6, 67), (4, 165)] {
            let members = Membership::new(&[], Some(&keys), bits);
            let seem = |n: &u32| members.may_contain(Field::Id, &format!("other {n}"));
            let wrong = (0..10_000).filter(seem).count();
            assert!(wrong < most * 10, "{bits} bits: {wrong} of 10,000");
            assert_eq!(members.filter.unwrap().bits.len(), 2_000 * usize::from(bits) / 8);
        }
    }

    #[test]
    fn without_a_filter_each_value_may_be_there() {
        let root = [MemberKey::new(Field::Actor, "root")];
        let members = Membership::new(&root, Some(&[]), 0);
        assert!(members.may_contain(Field::Actor, "nobody"));
        let empty = Membership::new(&[], Some(&[]), 10);
        assert!(!empty.may_contain(Field::Actor, "nobody"), "an empty one has none");
        let without_ids = Membership::new(&root, None, 10);
        assert!(without_ids.may_contain(Field::Id, "e1") && !without_ids.may_contain(Field::Actor, "nobody"));
    }

    proptest! {
        #[test]
        fn a_value_that_is_there_is_found(values: Vec<String>, bits in 0..=10_u8) {
            let key = |value: &String| MemberKey::of_value(Field::Actor, value);
            let members = Membership::new(&values.iter().map(key).collect::<Vec<_>>(), None, bits);
            for value in &values {
                prop_assert!(members.may_contain(Field::Actor, &normalize(value)));
            }
        }
    }
}
