//! A page of an export, its lists in their order.

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::fmt;

#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) exported_at: String,
    pub(super) lists: Vec<(String, Vec<Box<RawValue>>)>,
    pub(super) next_cursor: Option<String>,
}

impl Page {
    pub(super) fn count(&self) -> u64 {
        self.lists.iter().map(|(_, items)| items.len() as u64).sum()
    }
}

impl<'de> Deserialize<'de> for Page {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lists;
        impl<'de> Visitor<'de> for Lists {
            type Value = Page;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a page of an export")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page, A::Error> {
                let mut page = Page::default();
                while let Some(name) = map.next_key::<String>()? {
                    match name.as_str() {
                        "larder" => drop(map.next_value::<IgnoredAny>()?),
                        "exported_at" => page.exported_at = map.next_value()?,
                        "next_cursor" => page.next_cursor = map.next_value()?,
                        _ => page.lists.push((name, map.next_value()?)),
                    }
                }
                Ok(page)
            }
        }
        deserializer.deserialize_map(Lists)
    }
}
