//! No two life areas have one name, and nothing belongs to one that is gone.

use super::{LifeArea, LifeAreaFilter, LifeAreaPatch, NewLifeArea};
use crate::goal::Goal;
use crate::id::LifeAreaId;
use crate::list::List;
use crate::memory::Memory;
use crate::noun::{Deed, Desk, Further, Given, Rules};
use crate::operation;
use crate::preferences::Preferences;
use crate::schema;
use crate::shelf::Entity as _;
use crate::table::{Expect, Put, Query, Write};
use crate::task::Task;
use crate::{Error, Result};
use futures_util::future::try_join4;
use jiff::Timestamp;

/// Tasks and memories are not found by their life area, so all are looked through.
const ROWS_IN_A_READ: usize = 1_000;

impl Rules for LifeArea {
    type Filter = LifeAreaFilter;

    const IS_LET_GO: bool = true;

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

    /// What belongs to it stays, and belongs to none.
    async fn release(desk: &Desk<'_>, area: &Self) -> Result<bool> {
        let id = Some(area.id);
        let goals = let_go(
            desk,
            Goal::of_area(desk.owner, area.id),
            |_: &Goal| true,
            |goal| Goal { life_area_id: None, ..goal },
        );
        let tasks = let_go(
            desk,
            Task::all(desk.owner),
            |task: &Task| task.life_area_id == id,
            |task| Task { life_area_id: None, ..task },
        );
        let memories = let_go(
            desk,
            Memory::all(desk.owner),
            |memory: &Memory| memory.life_area_id == id,
            |memory| Memory { life_area_id: None, ..memory },
        );
        let preferences = let_go(
            desk,
            Preferences::all(desk.owner),
            |preferences: &Preferences| preferences.default_life_area_id == id,
            |preferences| Preferences { default_life_area_id: None, ..preferences },
        );
        let (goals, tasks, memories, preferences) = try_join4(goals, tasks, memories, preferences).await?;
        Ok(goals || tasks || memories || preferences)
    }
}

/// Writes each of a list that refers to something, without it; whether there was any.
async fn let_go<T: Rules>(
    desk: &Desk<'_>,
    list: Query,
    refers: impl Fn(&T) -> bool,
    without: impl Fn(T) -> T,
) -> Result<bool> {
    let (shelf, list) = (desk.shelf::<T>(), List::from(list));
    let (mut after, mut any) = (None::<String>, false);
    loop {
        let page = list.page(desk.table, after.as_deref(), ROWS_IN_A_READ).await?;
        let listing = shelf.kept(&list, page, ROWS_IN_A_READ, &refers).await?;
        for item in listing.items {
            let free = desk.stamped(without(item.clone()));
            desk.replace(&item, free, |_| Ok(())).await?;
            any = true;
        }
        after = listing.next;
        if after.is_none() {
            return Ok(any);
        }
    }
}
