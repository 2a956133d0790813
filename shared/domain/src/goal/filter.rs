//! Which goals are listed, and in which order.

use super::{Goal, Status};
use crate::Result;
use crate::access::Tag;
use crate::filter::{Clock, Day, Filter, NEVER, Part, Shelves, Sort, State as _, Statuses, is};
use crate::id::{GoalId, LifeAreaId, OwnerId};
use crate::list::List;
use crate::shelf::Entity as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// All that is given has to hold. Days and `sort=due` speak of goals that are active or paused, unless `status` says
/// otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GoalFilter {
    /// Of this status or one of these, by commas. `open` stands for active and paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Statuses<Status>>,
    /// Of this life area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_area_id: Option<LifeAreaId>,
    /// A part of this goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<GoalId>,
    /// To be reached before this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_before: Option<Day>,
    /// To be reached after this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_after: Option<Day>,
    /// With this among its tags.
    #[serde(alias = "label", skip_serializing_if = "Option::is_none")]
    pub tag: Option<Tag>,
    /// With this in its title, in upper or lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<Part>,
    /// `-created`, newest first; `created`; or `due`, by target date, earliest first. If it is absent: `due` where days
    /// are asked for and neither a life area nor a parent is, else `-created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
}

impl Filter<Goal> for GoalFilter {
    fn looks_at(parameter: &str, value: &str) -> &'static [&'static str] {
        match (parameter, value) {
            ("status", _) => &["status"],
            ("life_area_id", _) => &["life_area_id"],
            ("parent_id", _) => &["parent_id"],
            ("due_before" | "due_after", _) | ("sort", "due") => &["target_date", "status"],
            ("tag" | "label", _) => &["tags"],
            ("query", _) => &["title"],
            _ => &[],
        }
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        Ok(match self.sort() {
            Sort::Due => self.by_due(shelves.owner),
            Sort::NewestFirst => self.by_age(shelves.owner).newest_first(),
            Sort::OldestFirst => self.by_age(shelves.owner),
        })
    }

    fn covers(&self, goal: &Goal, _: &Clock) -> bool {
        let day = goal.target_date;
        let fits = |asked: Option<Day>, fits: fn(&Day, &Day) -> bool| {
            asked.is_none_or(|asked| day.is_some_and(|day| fits(&day, &asked)))
        };
        self.status().is_none_or(|statuses| statuses.contains(goal.status))
            && is(self.life_area_id.as_ref(), goal.life_area_id.as_ref())
            && is(self.parent_id.as_ref(), goal.parent_id.as_ref())
            && fits(self.due_before, Day::lt)
            && fits(self.due_after, Day::gt)
            && self.tag.as_ref().is_none_or(|tag| goal.tags.as_slice().contains(tag))
            && self.query.as_ref().is_none_or(|part| part.is_in(goal.title.as_str()))
    }

    fn covers_all(&self) -> bool {
        *self == Self::default()
    }
}

impl GoalFilter {
    fn asks_for_days(&self) -> bool {
        self.due_before.or(self.due_after).is_some()
    }

    fn sort(&self) -> Sort {
        let by_due = self.asks_for_days() && self.life_area_id.is_none() && self.parent_id.is_none();
        self.sort.unwrap_or(if by_due { Sort::Due } else { Sort::NewestFirst })
    }

    fn status(&self) -> Option<Cow<'_, Statuses<Status>>> {
        let is_of_open_ones = self.asks_for_days() || self.sort == Some(Sort::Due);
        let given = self.status.as_ref().map(Cow::Borrowed);
        given.or_else(|| is_of_open_ones.then(|| Cow::Owned(Statuses::default())))
    }

    fn by_age(&self, owner: OwnerId) -> List {
        match (self.parent_id, self.life_area_id, self.status()) {
            (Some(parent), ..) => Goal::below(owner, parent).into(),
            (None, Some(area), _) => Goal::of_area(owner, area).into(),
            (None, None, Some(statuses)) => {
                List::of(statuses.iter().map(|status| Goal::of_status(owner, status)))
            }
            (None, None, None) => Goal::all(owner).into(),
        }
    }

    fn by_due(&self, owner: OwnerId) -> List {
        let statuses = self.status().unwrap_or_default();
        let has = |is_open: &bool| statuses.iter().any(|status| status.is_open() == *is_open);
        let states = [true, false].into_iter().filter(has);
        let list = List::of(states.map(|is_open| Goal::by_target(owner, is_open)));
        let from = self.due_after.map(|Day(day)| day.to_string()).unwrap_or_default();
        let until = self.due_before.map(|Day(day)| day.to_string());
        let until = until.or_else(|| self.due_after.map(|_| NEVER.to_owned()));
        list.between(&from, until.as_deref())
    }
}
