//! The JSON Schema of the types of requests and responses, for the document. Only tests have it.
//!
//! `utoipa` and `schemars` have such a trait too, but one of theirs could only be implemented where the types
//! are, in the crates below this one, each with a feature for it. What they derive, `crate::wire` declares.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A type that has a schema (JSON Schema 2020-12).
pub(crate) trait Schema {
    /// Its name in `components/schemas`; without one the schema stands where it is used.
    const NAME: Option<&'static str> = None;

    /// The schema. The schemas that it refers to are added to `components`.
    fn schema(components: &mut Components) -> Value;

    /// The schema of a value that is left out if there is none.
    fn if_present(components: &mut Components) -> Value {
        components.refer::<Self>()
    }

    /// The object whose fields stand among those of another one.
    fn flattened(components: &mut Components) -> Value {
        Self::schema(components)
    }
}

/// The named schemas.
#[derive(Debug, Default)]
pub(crate) struct Components(pub(crate) BTreeMap<&'static str, Value>);

impl Components {
    /// A reference to the schema of a type, or the schema itself if it has no name.
    pub(crate) fn refer<T: Schema + ?Sized>(&mut self) -> Value {
        let Some(name) = T::NAME else { return T::schema(self) };
        if !self.0.contains_key(name) {
            // First the name, so that a type may refer to itself.
            self.0.insert(name, Value::Null);
            let schema = T::schema(self);
            self.0.insert(name, schema);
        }
        json!({"$ref": format!("#/components/schemas/{name}")})
    }
}

/// An attribute of a declaration, as far as it changes the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attribute {
    Doc(&'static str),
    Flatten,
    Optional,
    Rename(&'static str),
    Skip,
    Other,
}

/// The schema of a struct: an object that has these fields and no others.
#[derive(Debug)]
pub(crate) struct Object {
    description: String,
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Object {
    pub(crate) fn new(about: &[Attribute]) -> Self {
        Self { description: description(about), properties: Map::new(), required: Vec::new() }
    }

    /// Adds a field, with `more` keywords than its type has.
    pub(crate) fn field<T: Schema>(
        &mut self,
        components: &mut Components,
        name: &str,
        attributes: &[Attribute],
        more: Value,
    ) {
        if attributes.contains(&Attribute::Skip) {
            return;
        }
        if attributes.contains(&Attribute::Flatten) {
            self.flatten(T::flattened(components));
            return;
        }
        let renamed = attributes.iter().find_map(|one| match one {
            Attribute::Rename(name) => Some(*name),
            _ => None,
        });
        let name = renamed.unwrap_or(name).to_owned();
        let optional = attributes.contains(&Attribute::Optional);
        let mut schema = if optional { T::if_present(components) } else { components.refer::<T>() };
        let about = description(attributes);
        if !about.is_empty() {
            schema["description"] = about.into();
        }
        if let (Some(schema), Value::Object(more)) = (schema.as_object_mut(), more) {
            schema.extend(more);
        }
        self.properties.insert(name.clone(), schema);
        if !optional {
            self.required.push(name);
        }
    }

    fn flatten(&mut self, mut inner: Value) {
        let Value::Object(properties) = inner["properties"].take() else { return };
        self.properties.extend(properties);
        let required = inner["required"].as_array().cloned().unwrap_or_default();
        self.required.extend(required.iter().filter_map(|name| name.as_str().map(ToOwned::to_owned)));
    }

    pub(crate) fn finish(self) -> Value {
        let mut schema = json!({
            "type": "object",
            "properties": self.properties,
            "additionalProperties": false,
        });
        if !self.description.is_empty() {
            schema["description"] = self.description.into();
        }
        if !self.required.is_empty() {
            schema["required"] = self.required.into();
        }
        schema
    }
}

/// The doc comment as one paragraph.
fn description(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|one| match one {
        Attribute::Doc(line) => Some(line.trim()),
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}

/// A pattern of the whole text as JSON Schema has it, where a pattern may match anywhere.
pub(crate) fn whole(pattern: impl AsRef<str>) -> String {
    format!("^{}$", pattern.as_ref())
}

impl<T: Schema + ?Sized> Schema for &T {
    const NAME: Option<&'static str> = T::NAME;
    fn schema(components: &mut Components) -> Value {
        T::schema(components)
    }
}

impl<T: Schema + ?Sized> Schema for Box<T> {
    const NAME: Option<&'static str> = T::NAME;
    fn schema(components: &mut Components) -> Value {
        T::schema(components)
    }
}

/// A value or `null`.
impl<T: Schema> Schema for Option<T> {
    fn schema(components: &mut Components) -> Value {
        json!({"anyOf": [components.refer::<T>(), {"type": "null"}]})
    }
    fn if_present(components: &mut Components) -> Value {
        components.refer::<T>()
    }
    /// All fields or none.
    fn flattened(components: &mut Components) -> Value {
        let mut schema = T::schema(components);
        schema["required"].take();
        schema
    }
}

impl<T: Schema> Schema for Vec<T> {
    fn schema(components: &mut Components) -> Value {
        json!({"type": "array", "items": components.refer::<T>()})
    }
}

macro_rules! primitive {
    ($($type:ty => $schema:tt)*) => {
        $(impl Schema for $type {
            fn schema(_: &mut Components) -> Value {
                json!($schema)
            }
        })*
    };
}
primitive! {
    bool => {"type": "boolean"}
    str => {"type": "string"}
    String => {"type": "string"}
    u32 => {"type": "integer", "minimum": 0}
    u64 => {"type": "integer", "minimum": 0}
    // A document of somebody else's format, such as a policy.
    Value => {"type": "object"}
}
