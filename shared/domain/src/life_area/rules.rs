//! No two life areas have one name.

use super::{LifeArea, LifeAreaFilter, NewLifeArea};
use crate::id::LifeAreaId;
use crate::noun::{Desk, Further, Rules};
use crate::schema;
use crate::shelf::Entity as _;
use crate::table::{Expect, Put, Write};
use crate::{Error, Result};
use jiff::Timestamp;

impl Rules for LifeArea {
    type Filter = LifeAreaFilter;

    fn mint(_: &NewLifeArea, at: Timestamp, random: [u8; 10]) -> LifeAreaId {
        LifeAreaId::new(at, random)
    }

    async fn settle(
        desk: &Desk<'_>,
        before: Option<&Self>,
        after: Option<&mut Self>,
        further: &mut Further,
    ) -> Result<()> {
        let name = |area: &Self| schema::name(desk.owner, Self::NAME, area.name.as_str());
        let (old, new) = (before.map(name), after.as_deref().map(name));
        if old == new {
            return Ok(());
        }
        if let (Some(key), Some(area)) = (new, after) {
            let holder = desk.table.get(&key).await?;
            if holder.is_some_and(|holder| holder.body != area.id.to_string()) {
                let detail = "another life area has this name; choose another name, or change that one";
                return Err(Error::Taken { pointer: "/name", detail });
            }
            further.row(Put::new(key, area.id.to_string(), Expect::Absent));
        }
        if let Some(key) = old {
            further.add(Write::Delete { key, version: 1 });
        }
        Ok(())
    }
}
