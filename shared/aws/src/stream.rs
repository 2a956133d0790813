//! The table's own stream, record by record, in the shape in which Lambda hands it over.

use crate::table::{BODY, OWNER, SORT, VERSION};
use domain::audit::Record;
use domain::schema::is_logged;
use domain::table::{Image, RowChange, RowKey};
use domain::{Error, Result};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Debug, Deserialize)]
pub struct StreamRecord {
    dynamodb: Written,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    keys: Item,
    #[serde(default)]
    new_image: Option<Item>,
    #[serde(default)]
    old_image: Option<Item>,
    sequence_number: String,
}

type Item = HashMap<String, Attribute>;

/// Only texts and numbers matter; attributes of other types are empty here.
#[derive(Debug, Deserialize)]
struct Attribute {
    #[serde(rename = "S")]
    text: Option<String>,
    #[serde(rename = "N")]
    number: Option<String>,
}

impl StreamRecord {
    /// `None` for a row whose changes nobody follows.
    pub fn change(self) -> Result<Option<RowChange>> {
        let Written { mut keys, new_image, old_image, sequence_number } = self.dynamodb;
        let sort = text(&mut keys, SORT)?;
        if !is_logged(&sort) {
            return Ok(None);
        }
        let owner = text(&mut keys, OWNER)?.parse().map_err(Error::internal)?;
        let (before, after) = (old_image.map(image).transpose()?, new_image.map(image).transpose()?);
        if after.as_ref().is_some_and(|after| Record::is_sealed(&sort, &after.body)) {
            return Ok(None);
        }
        Ok(Some(RowChange { position: sequence_number, key: RowKey::new(owner, sort), before, after }))
    }
}

fn image(mut item: Item) -> Result<Image> {
    let number = item.get(VERSION).and_then(|attribute| attribute.number.as_ref());
    let version = number.and_then(|number| number.parse().ok()).ok_or_else(|| strange(VERSION))?;
    Ok(Image { version, body: text(&mut item, BODY)? })
}

fn text(item: &mut Item, name: &str) -> Result<String> {
    item.remove(name).and_then(|attribute| attribute.text).ok_or_else(|| strange(name))
}

fn strange(name: &str) -> Error {
    Error::internal(format!("a stream record whose `{name}` is missing or strange"))
}
