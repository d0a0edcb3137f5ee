//! One declaration for a response: the type that is serialized, and what the document says about it.

/// Declares a struct that is serialized into responses, and its schema (`crate::schema`, for tests only).
///
/// The doc comments are the document's descriptions. `as "Name"` names the schema; without a name it stands
/// where it is used. A field is required, unless `skip_serializing_if` leaves it out; an `Option` that is not
/// left out may be `null`. Keywords of JSON Schema that the field's type doesn't have follow it:
/// `version: u64 => {"minimum": 1}`.
macro_rules! wire {
    (
        $(#[$($about:tt)*])*
        $vis:vis struct $name:ident $(<$life:lifetime>)? $(as $schema:literal)? {
            $(
                $(#[$($attribute:tt)*])*
                $field_vis:vis $field:ident : $type:ty $(=> $more:tt)?
            ),* $(,)?
        }
    ) => {
        $(#[$($about)*])*
        $vis struct $name $(<$life>)? {
            $( $(#[$($attribute)*])* $field_vis $field: $type, )*
        }

        $crate::wire::described! {
            $(#[$($about)*])*
            impl ($(<$life>)?) for ($name $(<$life>)?) $(as $schema)? {
                $( $(#[$($attribute)*])* $field: $type $(=> $more)?, )*
            }
        }
    };
}
pub(crate) use wire;

/// The schema of a struct with these fields; `wire!` uses it, and the document for structs of other crates.
macro_rules! described {
    (
        $(#[$($about:tt)*])*
        impl ($($generics:tt)*) for ($name:ty) $(as $schema:literal)? {
            $( $(#[$($attribute:tt)*])* $field:ident : $type:ty $(=> $more:tt)? ),* $(,)?
        }
    ) => {
        #[cfg(test)]
        impl $($generics)* $crate::schema::Schema for $name {
            $(const NAME: Option<&'static str> = Some($schema);)?
            fn schema(components: &mut $crate::schema::Components) -> serde_json::Value {
                let mut object = $crate::schema::Object::new(&[$($crate::wire::attribute!($($about)*)),*]);
                $(object.field::<$type>(
                    components,
                    stringify!($field),
                    &[$($crate::wire::attribute!($($attribute)*)),*],
                    $crate::wire::more!($($more)?),
                );)*
                object.finish()
            }
        }
    };
}
pub(crate) use described;

/// An attribute, as far as it changes the schema.
#[cfg(test)]
macro_rules! attribute {
    (doc = $text:literal) => {
        $crate::schema::Attribute::Doc($text)
    };
    (optional) => {
        $crate::schema::Attribute::Optional
    };
    (serde(flatten)) => {
        $crate::schema::Attribute::Flatten
    };
    (serde(rename = $name:literal)) => {
        $crate::schema::Attribute::Rename($name)
    };
    (serde(skip)) => {
        $crate::schema::Attribute::Skip
    };
    (serde(skip_serializing_if = $is_absent:literal)) => {
        $crate::schema::Attribute::Optional
    };
    ($($other:tt)*) => {
        $crate::schema::Attribute::Other
    };
}
#[cfg(test)]
pub(crate) use attribute;

/// The keywords that a field has beside its type's.
#[cfg(test)]
macro_rules! more {
    () => {
        serde_json::Value::Null
    };
    ($more:tt) => {
        serde_json::json!($more)
    };
}
#[cfg(test)]
pub(crate) use more;
