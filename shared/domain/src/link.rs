//! What an item has to do with others.

use crate::access::Item;
use crate::goal::Goal;
use crate::id::{GoalId, LifeAreaId, MemoryId, OwnerId, RecordId, TaskId};
use crate::life_area::LifeArea;
use crate::memory::Memory;
use crate::noun::{Desk, Noun};
use crate::record::Record;
use crate::shelf::Entity as _;
use crate::table::{Row, RowKey};
use crate::task::Task;
use crate::text::Text;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a record, or anything else, has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schemars(inline)]
pub enum Link {
    Goal(To<GoalId>),
    Task(To<TaskId>),
    LifeArea(To<LifeAreaId>),
    Memory(To<MemoryId>),
    Record(To<RecordId>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(inline)]
pub struct To<Id> {
    pub id: Id,
    /// In which way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relation: Option<Text<1, 60>>,
}

const AREA: &str = "life_area_id";

/// What whoever writes sees of what a link leads to: the life area that it belongs to, if it belongs to one.
struct Seen(Option<LifeAreaId>);

/// Those that were not there before have to lead to what whoever writes can see. Answers the first life area of theirs.
pub async fn check(desk: &Desk<'_>, links: &[Link], before: &[Link]) -> Result<Option<LifeAreaId>> {
    let key = |link: &Link| link.key(desk.owner);
    let known: Vec<RowKey> = before.iter().map(key).collect();
    let new = links.iter().zip(0..).map(|(link, at)| (link, at, key(link)));
    let new: Vec<(&Link, usize, RowKey)> = new.filter(|(.., key)| !known.contains(key)).collect();
    if new.is_empty() {
        return Ok(None);
    }
    let keys: Vec<RowKey> = new.iter().map(|(.., key)| key.clone()).collect();
    let mut area = None;
    for ((link, at, _), row) in new.into_iter().zip(desk.table.get_many(&keys).await?) {
        let seen = row.map(|row| link.seen(desk, &row)).transpose()?.flatten();
        let missing = || Error::invalid(format!("/links/{at}/id"), "there is no such thing");
        let Seen(of) = seen.ok_or_else(missing)?;
        area = area.or(of);
    }
    Ok(area)
}

impl Link {
    fn key(&self, owner: OwnerId) -> RowKey {
        match self {
            Self::Goal(to) => Goal::key(owner, to.id),
            Self::Task(to) => Task::key(owner, to.id),
            Self::LifeArea(to) => LifeArea::key(owner, to.id),
            Self::Memory(to) => Memory::key(owner, to.id),
            Self::Record(to) => Record::key(owner, to.id),
        }
    }

    fn seen(&self, desk: &Desk<'_>, row: &Row) -> Result<Option<Seen>> {
        match self {
            Self::Goal(_) => seen::<Goal>(desk, row, AREA),
            Self::Task(_) => seen::<Task>(desk, row, AREA),
            Self::LifeArea(_) => seen::<LifeArea>(desk, row, "id"),
            Self::Memory(_) => seen::<Memory>(desk, row, AREA),
            Self::Record(_) => seen::<Record>(desk, row, AREA),
        }
    }
}

/// `area` is the field that tells of its life area.
fn seen<T: Noun>(desk: &Desk<'_>, row: &Row, area: &str) -> Result<Option<Seen>> {
    let item: T = serde_json::from_str(&row.body).map_err(|error| Error::unreadable(&row.key, &error))?;
    let of = Item::subject(&item).life_area.filter(|_| desk.shows(&item, area));
    Ok(desk.sees(&item).then_some(Seen(of)))
}
