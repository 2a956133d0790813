//! What an owner's data tells, of what a call may read: whoever may list a kind of items may be told of them.

mod look;

use crate::call::Call;
use crate::problem::Problem;
use domain::Result;
use domain::analytics::{Daily, Period, Progress, SeenGoal, SeenTask, Tally};
use domain::calendar;
use domain::collection::Collection;
use domain::filter::{Day, Filter as _};
use domain::goal::{Goal, GoalFilter};
use domain::life_area::LifeArea;
use domain::list::List;
use domain::memory::Memory;
use domain::noun::Rules;
use domain::record::Record;
use domain::table::Query;
use domain::task::{Status, Task, TaskFilter};
use domain::zone::Zone;
use futures_util::future::{join, join3, join5, try_join, try_join4};
use jiff::ToSpan as _;
use jiff::civil::Date;
use look::Sight;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::future::ready;

pub struct Analytics<'a>(pub &'a Call);

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// By whose clocks days begin and end; if it is absent, the owner's, as far as they may be read, else UTC.
    time_zone: Option<Zone>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProgressParams {
    /// How many days, today included.
    period: Period,
    /// By whose clocks days begin and end; if it is absent, the owner's, as far as they may be read, else UTC.
    time_zone: Option<Zone>,
}

/// How many there are of what; a kind that may not be listed is absent.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Stats {
    /// By status.
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<Tally>,
    /// By status.
    #[serde(skip_serializing_if = "Option::is_none")]
    goals: Option<Tally>,
    /// `archived`, or `in_use`.
    #[serde(skip_serializing_if = "Option::is_none")]
    life_areas: Option<Tally>,
    /// By type.
    #[serde(skip_serializing_if = "Option::is_none")]
    memories: Option<Tally>,
    /// By sensitivity.
    #[serde(skip_serializing_if = "Option::is_none")]
    collections: Option<Tally>,
    /// By collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Tally>,
}

/// What items are told apart by; each kind has one of these.
#[derive(Deserialize)]
struct Kind {
    status: Option<String>,
    is_archived: Option<bool>,
    r#type: Option<String>,
    sensitivity: Option<String>,
    collection: Option<String>,
}

impl Kind {
    fn name(self) -> Option<String> {
        let in_use = self.is_archived.map(|is| if is { "archived" } else { "in_use" }.to_owned());
        self.status.or(in_use).or(self.r#type).or(self.sensitivity).or(self.collection)
    }
}

/// How many days from this one on the goals of a day are looked for.
const GOAL_DAYS: i32 = 7;

impl Analytics<'_> {
    /// Each kind is counted by itself.
    pub async fn stats(&self) -> Result<Stats, Problem> {
        let (tasks, goals, life_areas) =
            (self.tally::<Task>(), self.tally::<Goal>(), self.tally::<LifeArea>());
        let (memories, collections) = (self.tally::<Memory>(), self.tally::<Collection>());
        let some = try_join4(tasks, goals, life_areas, memories);
        let (some, others) = try_join(some, try_join(collections, self.tally::<Record>())).await?;
        let ((tasks, goals, life_areas, memories), (collections, records)) = (some, others);
        let all = [&tasks, &goals, &life_areas, &memories, &collections, &records];
        if all.iter().all(|tally| tally.is_none()) {
            self.0.may_list(ready(Ok(()))).await?;
        }
        Ok(Stats { tasks, goals, life_areas, memories, collections, records })
    }

    pub async fn progress(&self, params: ProgressParams) -> Result<Progress, Problem> {
        let (tasks, zone) = join(self.completed(), self.0.zone(params.time_zone)).await;
        let (Sight { items, at_least }, zone) = (tasks??, zone?);
        Ok(Progress { at_least, ..Progress::of(&items, params.period, self.0.at(), &zone) })
    }

    pub async fn daily(&self, date: Date, place: Place) -> Result<Daily, Problem> {
        let until =
            TaskFilter { due_before: Some(Day(date.saturating_add(1.day()))), ..TaskFilter::default() };
        let coming = GoalFilter {
            due_after: Some(Day(date.saturating_sub(1.day()))),
            due_before: Some(Day(date.saturating_add(GOAL_DAYS.days()))),
            ..GoalFilter::default()
        };
        let begun = Task::of_status(self.0.owner(), Status::InProgress);
        let (due, begun, done, goals, zone) = join5(
            self.asked::<Task, SeenTask>(&until),
            self.newest::<Task, SeenTask>(begun),
            self.completed(),
            self.asked::<Goal, SeenGoal>(&coming),
            self.0.zone(place.time_zone),
        )
        .await;
        let sights = [due??, begun??, done??];
        let at_least = sights.iter().any(|sight| sight.at_least);
        let tasks = sights.into_iter().flat_map(|sight| sight.items);
        let tasks: BTreeMap<_, _> = tasks.map(|task| (task.id, task)).collect();
        let goals = goals?.unwrap_or_default();
        let at_least = at_least || goals.at_least;
        Ok(Daily { at_least, ..Daily::of(date, &zone?, tasks.values(), &goals.items) })
    }

    /// Which day it is where the owner is.
    pub async fn today(&self) -> Result<Day, Problem> {
        Ok(Day(self.0.zone(None).await?.to_datetime(self.0.at()).date()))
    }

    pub async fn calendar(&self) -> Result<String, Problem> {
        let since = Some(Day(calendar::looks_back_to(self.0.at())));
        let tasks = TaskFilter { due_after: since, ..TaskFilter::default() };
        let goals = GoalFilter { due_after: since, ..GoalFilter::default() };
        let (tasks, goals, zone) = join3(
            self.asked::<Task, SeenTask>(&tasks),
            self.asked::<Goal, SeenGoal>(&goals),
            self.0.zone(None),
        )
        .await;
        let (tasks, goals) = match (tasks?, goals?) {
            (Err(denied), Err(_)) => return Err(denied.into()),
            (tasks, goals) => (tasks.unwrap_or_default(), goals.unwrap_or_default()),
        };
        Ok(calendar::feed(&tasks.items, &goals.items, self.0.at(), &zone?))
    }

    /// None if they may not be listed.
    async fn tally<T: Rules>(&self) -> Result<Option<Tally>, Problem> {
        let sight = self.newest::<T, Kind>(T::all(self.0.owner())).await?.ok();
        Ok(sight.map(|Sight { items, at_least }| Tally {
            at_least,
            ..Tally::of(items.into_iter().map(Kind::name))
        }))
    }

    async fn completed(&self) -> Result<Result<Sight<SeenTask>>, Problem> {
        self.newest::<Task, _>(Task::of_status(self.0.owner(), Status::Completed)).await
    }

    async fn newest<T: Rules, S: for<'de> Deserialize<'de>>(
        &self,
        query: Query,
    ) -> Result<Result<Sight<S>>, Problem> {
        self.look::<T, S>(List::from(query).newest_first()).await
    }

    /// What lies where this is looked for, and around it.
    async fn asked<T: Rules, S: for<'de> Deserialize<'de>>(
        &self,
        filter: &T::Filter,
    ) -> Result<Result<Sight<S>>, Problem> {
        self.look::<T, S>(filter.list(&self.0.shelves(None)).await?).await
    }
}
