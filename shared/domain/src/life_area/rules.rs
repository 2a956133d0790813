//! No two life areas have one name, and nothing belongs to one that is gone.

use super::{LifeArea, LifeAreaFilter, LifeAreaPatch, NewLifeArea};
use crate::goal::Goal;
use crate::id::LifeAreaId;
use crate::memory::Memory;
use crate::noun::{Deed, Desk, Further, Given, Rules};
use crate::operation;
use crate::preferences::Preferences;
use crate::schema;
use crate::shelf::Entity as _;
use crate::table::{Expect, Put, Write};
use crate::task::Task;
use crate::{Error, Result};
use futures_util::future::try_join4;
use jiff::Timestamp;

impl Rules for LifeArea {
    type Filter = LifeAreaFilter;

    const DEEDS: &'static [Deed<Self>] = &[Deed {
        does: &operation::ARCHIVE_LIFE_AREA,
        says: "Put it aside; what belongs to it stays as it is",
        field: "is_archived",
        patch: |_| LifeAreaPatch { is_archived: Given(Some(true)), ..LifeAreaPatch::default() },
    }];

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

    /// What belongs to it stays, and belongs to none. Tasks and memories are not found by it, so all are looked through.
    async fn release(desk: &Desk<'_>, area: &Self) -> Result<bool> {
        let is_it = |id: Option<LifeAreaId>| id == Some(area.id);
        let goals = desk.let_go(Goal::of_area(desk.owner, area.id), |goal: &Goal| {
            is_it(goal.life_area_id).then(|| Goal { life_area_id: None, ..goal.clone() })
        });
        let tasks = desk.let_go(Task::all(desk.owner), |task: &Task| {
            is_it(task.life_area_id).then(|| Task { life_area_id: None, ..task.clone() })
        });
        let memories = desk.let_go(Memory::all(desk.owner), |memory: &Memory| {
            is_it(memory.life_area_id).then(|| Memory { life_area_id: None, ..memory.clone() })
        });
        let preferences = desk.let_go(Preferences::all(desk.owner), |preferences: &Preferences| {
            let freed = || Preferences { default_life_area_id: None, ..preferences.clone() };
            is_it(preferences.default_life_area_id).then(freed)
        });
        let (goals, tasks, memories, preferences) = try_join4(goals, tasks, memories, preferences).await?;
        Ok(goals || tasks || memories || preferences)
    }
}
