//! Items as a caller may see them: what its scope does not cover is not there.

use super::{Resource, Scope, Subject};
use crate::change::STAMPS;
use crate::shelf::Entity;
use crate::{Error, Result};
use serde::Serialize;
use serde_json::{Map, Value};

/// An entity that grants speak of.
pub trait Item: Entity {
    const RESOURCE: Resource;
    /// The fields in which people write what they like.
    const FREE_TEXT: &'static [&'static str];

    fn subject(&self) -> Subject<'_>;
}

/// All of an item, or the fields of it that a mask leaves.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Shown<T> {
    Whole(T),
    Part(Map<String, Value>),
}

impl<T: Item> Shown<T> {
    /// `None` if the item is not there for this caller.
    pub fn of(item: T, scope: &Scope<'_>) -> Result<Option<Self>> {
        if scope.is_whole() {
            return Ok(Some(Self::Whole(item)));
        }
        let Some(scope) = scope.of(&item.subject()) else { return Ok(None) };
        if scope.is_whole_item() {
            return Ok(Some(Self::Whole(item)));
        }
        let mut fields = map(&item)?;
        fields.retain(|field, _| scope.shows(field));
        Ok(Some(Self::Part(fields)))
    }
}

impl<T: Serialize> Shown<T> {
    pub fn fields(self) -> Result<Map<String, Value>> {
        match self {
            Self::Whole(item) => map(&item),
            Self::Part(fields) => Ok(fields),
        }
    }
}

/// Whether a scope covers every field that differs between two states of an item; the first that it does not.
pub fn covered<T: Item>(scope: &Scope<'_>, before: &T, after: &T) -> Result<(), Uncovered> {
    if scope.is_whole() {
        return Ok(());
    }
    let scope = scope.of(&after.subject()).ok_or(Uncovered::Item)?;
    if scope.is_whole_item() {
        return Ok(());
    }
    let (before, after) = (map(before).map_err(Uncovered::Broken)?, map(after).map_err(Uncovered::Broken)?);
    let names = before.keys().chain(after.keys());
    let mut changed = names.filter(|name| before.get(*name) != after.get(*name));
    let hidden = changed.find(|name| !STAMPS.contains(&name.as_str()) && !scope.shows(name));
    hidden.map_or(Ok(()), |name| Err(Uncovered::Field(name.clone())))
}

/// What a write would touch that its scope does not cover.
#[derive(Debug)]
pub enum Uncovered {
    Item,
    Field(String),
    Broken(Error),
}

fn map(item: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(item).map_err(Error::internal)? {
        Value::Object(fields) => Ok(fields),
        _ => Err(Error::internal("an item that is no object")),
    }
}
