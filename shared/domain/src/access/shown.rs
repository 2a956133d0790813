//! Items as a caller may see them: what its scope does not cover is not there.

use super::{ALWAYS, Resource, Scope, Subject};
use crate::noun::UNMADE;
use crate::shelf::Entity;
use crate::table::{Expiry, Places};
use crate::{Error, Result};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::sync::Arc;

/// An entity that grants speak of.
pub trait Item: Entity {
    const RESOURCE: Resource;
    /// The fields in which people write what they like.
    const FREE_TEXT: &'static [&'static str];

    fn subject(&self) -> Subject<'_>;

    /// Where else it is found, for lists that are filtered or sorted.
    fn found_at(&self) -> Places {
        Places::new()
    }

    /// When it is no longer there, if it ends by itself.
    fn ends(&self) -> Option<Expiry> {
        None
    }
}

/// All of an item, or the fields of it that a mask leaves.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Shown<T> {
    Whole(T),
    /// All of it, as it is told.
    Told(Arc<RawValue>),
    Part(Map<String, Value>),
}

impl<T: Item> Shown<T> {
    /// `None` if the item is not there for this caller.
    pub fn of(item: T, scope: &Scope<'_>) -> Result<Option<Self>> {
        if scope.is_whole() {
            return Self::whole(item).map(Some);
        }
        let Some(scope) = scope.of(&item.subject()) else { return Ok(None) };
        if scope.is_whole_item() {
            return Self::whole(item).map(Some);
        }
        let mut fields = Self::whole(item)?.fields()?;
        fields.retain(|field, _| scope.shows(field));
        Ok(Some(Self::Part(fields)))
    }

    /// The same as `whole`, for whoever tells it again and again.
    pub fn told(item: T) -> Result<Arc<RawValue>> {
        Ok(to_raw_value(&Self::whole(item)?).map_err(Error::internal)?.into())
    }

    /// As its owner sees it. Of what nobody has made yet there is nobody who did, and no time.
    pub fn whole(item: T) -> Result<Self> {
        if item.version() != UNMADE {
            return Ok(Self::Whole(item));
        }
        let mut fields = fields_of(&item)?;
        fields.retain(|field, _| !["created_at", "created_by", "updated_at", "source"].contains(&&**field));
        Ok(Self::Part(fields))
    }
}

/// But for what is always there, any field of an item may be hidden.
impl<T: JsonSchema> JsonSchema for Shown<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        schema.insert("required".to_owned(), ALWAYS.as_slice().into());
        schema
    }
}

impl<T: Serialize> Shown<T> {
    pub fn fields(self) -> Result<Map<String, Value>> {
        match self {
            Self::Whole(item) => fields_of(&item),
            Self::Told(item) => serde_json::from_str(item.get()).map_err(Error::internal),
            Self::Part(fields) => Ok(fields),
        }
    }
}

/// Leaves fields out of a schema, and out of what it needs.
pub fn leave_out(schema: &mut Map<String, Value>, is_left_out: impl Fn(&str) -> bool) {
    if let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        fields.retain(|name, _| !is_left_out(name));
    }
    if let Some(needed) = schema.get_mut("required").and_then(Value::as_array_mut) {
        needed.retain(|name| !name.as_str().is_some_and(&is_left_out));
    }
}

/// An item as it is told, field by field.
pub fn fields_of(item: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(item).map_err(Error::internal)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::internal("an item that is no object")),
    }
}
