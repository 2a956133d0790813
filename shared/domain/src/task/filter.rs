//! Which tasks are listed, and in which order.

use super::{Priority, Status, Task};
use crate::Result;
use crate::access::Tag;
use crate::filter::{Clock, Day, Days, Filter, NEVER, Part, Shelves, Sort, State as _, Statuses, is};
use crate::id::{GoalId, LifeAreaId, OwnerId, TaskId};
use crate::list::List;
use crate::shelf::Entity as _;
use crate::when_due::Due;
use crate::zone::Zone;
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// All that is given has to hold. Days, `overdue` and `sort=due` speak of open tasks, unless `status` says otherwise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TaskFilter {
    /// Of this goal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goal_id: Option<GoalId>,
    /// Of this status or one of these, by commas. `open` stands for all that are neither completed nor cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Statuses<Status>>,
    /// Due on this day.
    #[serde(alias = "due", skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Day>,
    /// Due on a day before this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_before: Option<Day>,
    /// Due on a day after this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_after: Option<Day>,
    /// Whether it should be done by now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overdue: Option<bool>,
    /// With this among its labels.
    #[serde(alias = "tag", skip_serializing_if = "Option::is_none")]
    pub label: Option<Tag>,
    /// Of this life area.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub life_area_id: Option<LifeAreaId>,
    /// A part of this task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_id: Option<TaskId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// With this in its title, in upper or lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<Part>,
    /// `-created`, newest first; `created`; or `due`, earliest first. If it is absent: `due` where days or `overdue` are
    /// asked for and neither a goal nor a parent is, else `-created`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<Sort>,
    /// By whose clocks days begin and end; if it is absent, the owner's, as far as they may be read, else UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
}

/// The day of one place ends this much earlier or later than that of UTC, and not more.
const AROUND: SignedDuration = SignedDuration::from_hours(26);

impl Filter<Task> for TaskFilter {
    fn looks_at(parameter: &str, value: &str) -> &'static [&'static str] {
        match (parameter, value) {
            ("goal_id", _) => &["goal_id"],
            ("status", _) => &["status"],
            ("due_date" | "due" | "due_before" | "due_after" | "overdue", _) | ("sort", "due") => {
                &["due", "status"]
            }
            ("label" | "tag", _) => &["labels"],
            ("life_area_id", _) => &["life_area_id"],
            ("parent_id", _) => &["parent_id"],
            ("priority", _) => &["priority"],
            ("query", _) => &["title"],
            _ => &[],
        }
    }

    async fn list(&self, shelves: &Shelves<'_>) -> Result<List> {
        Ok(match self.sort() {
            Sort::Due => self.by_due(shelves),
            Sort::NewestFirst => self.by_age(shelves.owner).newest_first(),
            Sort::OldestFirst => self.by_age(shelves.owner),
        })
    }

    fn covers(&self, task: &Task, clock: &Clock) -> bool {
        is(self.goal_id.as_ref(), task.goal_id.as_ref())
            && self.status().is_none_or(|statuses| statuses.contains(task.status))
            && is(self.life_area_id.as_ref(), task.life_area_id.as_ref())
            && is(self.parent_id.as_ref(), task.parent_id.as_ref())
            && is(self.priority.as_ref(), Some(&task.priority))
            && self.label.as_ref().is_none_or(|label| task.labels.as_slice().contains(label))
            && self.query.as_ref().is_none_or(|part| part.is_in(task.title.as_str()))
            && (!self.asks_for_dates() || self.is_due(task.due.as_ref(), clock))
    }

    fn covers_all(&self) -> bool {
        *self == Self::default()
    }

    fn days(&self) -> Days<'_> {
        match &self.time_zone {
            _ if !self.asks_for_dates() => Days::None,
            Some(zone) => Days::Of(zone),
            None => Days::OfTheOwner,
        }
    }
}

impl TaskFilter {
    fn asks_for_dates(&self) -> bool {
        self.due_date.or(self.due_before).or(self.due_after).is_some() || self.overdue.is_some()
    }

    fn sort(&self) -> Sort {
        let by_due = self.asks_for_dates() && self.goal_id.is_none() && self.parent_id.is_none();
        self.sort.unwrap_or(if by_due { Sort::Due } else { Sort::NewestFirst })
    }

    fn status(&self) -> Option<Cow<'_, Statuses<Status>>> {
        let is_of_open_ones = self.asks_for_dates() || self.sort == Some(Sort::Due);
        let given = self.status.as_ref().map(Cow::Borrowed);
        given.or_else(|| is_of_open_ones.then(|| Cow::Owned(Statuses::default())))
    }

    fn is_due(&self, due: Option<&Due>, Clock { at, zone }: &Clock) -> bool {
        let day = due.map(|due| Day(due.day_in(zone)));
        let fits = |asked: Option<Day>, fits: fn(&Day, &Day) -> bool| {
            asked.is_none_or(|asked| day.is_some_and(|day| fits(&day, &asked)))
        };
        fits(self.due_date, Day::eq)
            && fits(self.due_before, Day::lt)
            && fits(self.due_after, Day::gt)
            && self.overdue.is_none_or(|is| due.is_some_and(|due| due.is_overdue(*at, zone)) == is)
    }

    fn by_age(&self, owner: OwnerId) -> List {
        match (self.parent_id, self.goal_id, self.status()) {
            (Some(parent), ..) => Task::parts_of(owner, parent).into(),
            (None, Some(goal), _) => Task::of_goal(owner, goal).into(),
            (None, None, Some(statuses)) => {
                List::of(statuses.iter().map(|status| Task::of_status(owner, status)))
            }
            (None, None, None) => Task::all(owner).into(),
        }
    }

    /// As much around the days that are asked for as any place's clocks could make of them.
    fn by_due(&self, shelves: &Shelves<'_>) -> List {
        let statuses = self.status().unwrap_or_default();
        let has = |is_open: &bool| statuses.iter().any(|status| status.is_open() == *is_open);
        let states = [true, false].into_iter().filter(has);
        let list = List::of(states.map(|is_open| Task::by_due(shelves.owner, is_open)));
        let begins = |Day(day)| Due::Day(day).begins(&Zone::UTC);
        let ends = |Day(day)| Due::Day(day).ends(&Zone::UTC);
        let now = |is_overdue| (self.overdue == Some(is_overdue)).then_some(shelves.at);
        let from = self.due_date.map(begins).into_iter().chain(self.due_after.map(ends));
        let from = from.chain(now(false)).max().map(|at| at.saturating_sub(AROUND).unwrap_or(at));
        let until = self.due_date.map(ends).into_iter().chain(self.due_before.map(begins));
        let until = until.chain(now(true)).min().map(|at| at.saturating_add(AROUND).unwrap_or(at));
        // Behind all that ends in that second.
        let until = until.map(|at| format!("{}0", Due::sort_key_of(at)));
        let until = until.or_else(|| self.due_after.map(|_| NEVER.to_owned()));
        list.between(&from.map(Due::sort_key_of).unwrap_or_default(), until.as_deref())
    }
}
