//! The attributes that the watchdog reads, and nothing else of a connector. They are all that its role may
//! read, so the deployment's template has these lists too.

use archive::frequency::Frequency;
use archive::names::TenantId;
use archive::time::Time;
use protocol::connector::State;
use serde::Deserialize;

use crate::dynamodb::ledger::keys::{
    BLOCK, CHAIN_HEAD, CUT, DELIVERED, NEXT, NEXT_RUN_AT, PK, PUBLISHED, READING, RECONCILE, SOURCE, SWEPT,
    TENANT_ID, WATERMARK,
};

/// The attributes of the settings that the watchdog reads.
pub const SETTINGS_ATTRIBUTES: [&str; 5] = [PK, TENANT_ID, "state", "frequency", "activated_at"];
/// The attributes of a part that it reads.
pub const PART_ATTRIBUTES: [&str; 2] = [PK, "sealed_at"];
/// The attributes of a cursor that it reads: all of it, and the connector's notification state.
pub const CURSOR_ATTRIBUTES: [&str; 15] = [
    PK,
    NEXT,
    WATERMARK,
    DELIVERED,
    "since",
    NEXT_RUN_AT,
    CUT,
    READING,
    RECONCILE,
    CHAIN_HEAD,
    PUBLISHED,
    BLOCK,
    SWEPT,
    SOURCE,
    NOTIFICATION_STATE,
];

/// The connector's notification state, stored with its cursor.
pub(super) const NOTIFICATION_STATE: &str = "told";

/// What is read of the settings.
#[derive(Deserialize)]
pub(super) struct Settings {
    pub(super) tenant_id: TenantId,
    pub(super) state: State,
    pub(super) frequency: Frequency,
    pub(super) activated_at: Option<Time>,
}

/// What is read of a part.
#[derive(Deserialize)]
pub(super) struct SealedPart {
    pub(super) sealed_at: Time,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fmt;

    use protocol::cursor::Cursor;
    use serde::de::{DeserializeOwned, Deserializer, Error, Visitor};
    use serde::forward_to_deserialize_any;

    use super::*;

    /// A deserializer that fails with the names of the fields that a struct reads.
    struct Asking;

    #[derive(Debug)]
    struct Fields(&'static [&'static str]);

    impl fmt::Display for Fields {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "{:?}", self.0)
        }
    }

    impl std::error::Error for Fields {}

    impl Error for Fields {
        fn custom<T: fmt::Display>(_: T) -> Self {
            Self(&[])
        }
    }

    impl<'de> Deserializer<'de> for Asking {
        type Error = Fields;

        fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Fields> {
            Err(Fields(&[]))
        }

        fn deserialize_struct<V: Visitor<'de>>(
            self,
            _: &'static str,
            fields: &'static [&'static str],
            _: V,
        ) -> Result<V::Value, Fields> {
            Err(Fields(fields))
        }

        forward_to_deserialize_any! {
            bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct
            newtype_struct seq tuple tuple_struct map enum identifier ignored_any
        }
    }

    /// The fields of a struct, and these extra ones.
    fn fields<T: DeserializeOwned>(extra: &[&'static str]) -> BTreeSet<&'static str> {
        let Err(Fields(fields)) = T::deserialize(Asking) else { return BTreeSet::new() };
        fields.iter().chain(extra).copied().collect()
    }

    /// A field of a new version must be read too, or the watchdog would take its default for the stored
    /// value.
    #[test]
    fn exactly_the_used_fields_are_read() {
        assert_eq!(BTreeSet::from(CURSOR_ATTRIBUTES), fields::<Cursor>(&[PK, NOTIFICATION_STATE]));
        assert_eq!(BTreeSet::from(SETTINGS_ATTRIBUTES), fields::<Settings>(&[PK]));
        assert_eq!(BTreeSet::from(PART_ATTRIBUTES), fields::<SealedPart>(&[PK]));
    }
}
