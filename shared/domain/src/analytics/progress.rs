//! What was done: by day, by life area, and beside the period before.

use super::SeenTask;
use crate::id::LifeAreaId;
use crate::zone::Zone;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The days that end today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Period {
    #[serde(rename = "7d")]
    Week,
    #[serde(rename = "30d")]
    Month,
    #[serde(rename = "90d")]
    Quarter,
    #[serde(rename = "1y")]
    Year,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Progress {
    pub period: Period,
    /// By whose clocks a day begins and ends.
    pub time_zone: Zone,
    pub this: Span,
    /// The same number of days before that.
    pub before: Span,
    /// Every day of the period, oldest first.
    pub days: Vec<Day>,
    /// Most completed first.
    pub life_areas: Vec<Share>,
    pub streak: Streak,
    /// There is more than was looked through.
    pub at_least: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "ProgressSpan")]
pub struct Span {
    pub since: Date,
    /// The last day of it.
    pub until: Date,
    #[serde(flatten)]
    pub sum: Sum,
    /// Absent where no completed task has both an estimate and the time that it took.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimates: Option<Accuracy>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(inline)]
pub struct Sum {
    pub completed: u64,
    /// What completed tasks took, where that was noted.
    pub minutes: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ProgressDay")]
pub struct Day {
    pub date: Date,
    #[serde(flatten)]
    pub sum: Sum,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "LifeAreaShare")]
pub struct Share {
    /// Null for tasks of no life area.
    pub life_area_id: Option<LifeAreaId>,
    #[serde(flatten)]
    pub sum: Sum,
}

/// Days in a row on which something was completed, looking back two years at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Streak {
    /// Until today; or until yesterday, as long as today can still be won.
    pub current: u16,
    pub longest: u16,
}

/// Of the tasks with both an estimate and the time that they took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Accuracy {
    pub tasks: u64,
    pub estimated_minutes: u64,
    pub actual_minutes: u64,
    /// Actual by estimated, to two digits: 1.5 means that they took half as long again as was thought.
    pub ratio: f64,
}

const STREAK_DAYS: i32 = 730;

impl Period {
    pub const fn days(self) -> i32 {
        match self {
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        }
    }

    /// Nothing that was completed before this has a part in it.
    pub fn looks_back_to(now: Timestamp, zone: &Zone) -> Timestamp {
        let first = zone.to_datetime(now).date().saturating_sub(STREAK_DAYS.days());
        first.to_zoned(zone.clone().into()).map_or(Timestamp::MIN, |first| first.timestamp())
    }
}

impl Progress {
    pub fn of<'t>(
        tasks: impl IntoIterator<Item = &'t SeenTask>,
        period: Period,
        now: Timestamp,
        zone: &Zone,
    ) -> Self {
        let today = zone.to_datetime(now).date();
        let ago = |days: i32| today.saturating_sub(days.days());
        let (mut this, mut before) = (
            Span::new(ago(period.days() - 1), today),
            Span::new(ago(2 * period.days() - 1), ago(period.days())),
        );
        let (mut by_day, mut by_area, mut won) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for task in tasks {
            let Some(day) = task.done().map(|at| zone.to_datetime(at).date()) else { continue };
            if (ago(STREAK_DAYS - 1)..=today).contains(&day) {
                won.insert(day);
            }
            if this.add(day, task) {
                by_day.entry(day).or_insert_with(Sum::default).add(task);
                by_area.entry(task.life_area_id).or_insert_with(Sum::default).add(task);
            }
            before.add(day, task);
        }
        let days = this.since.series(1.day()).take_while(|day| *day <= today);
        let days = days.map(|date| Day { date, sum: by_day.remove(&date).unwrap_or_default() }).collect();
        let areas = by_area.into_iter().map(|(life_area_id, sum)| Share { life_area_id, sum });
        let mut life_areas: Vec<_> = areas.collect();
        life_areas.sort_by_key(|share| std::cmp::Reverse(share.sum.completed));
        let (time_zone, streak) = (zone.clone(), Streak::of(&won, today));
        Self { period, time_zone, this, before, days, life_areas, streak, at_least: false }
    }
}

impl Span {
    const fn new(since: Date, until: Date) -> Self {
        Self { since, until, sum: Sum { completed: 0, minutes: 0 }, estimates: None }
    }

    /// Whether the task belongs to it.
    fn add(&mut self, day: Date, task: &SeenTask) -> bool {
        if !(self.since..=self.until).contains(&day) {
            return false;
        }
        self.sum.add(task);
        if let (Some(estimated @ 1..), Some(actual)) = (task.estimated_minutes, task.actual_minutes) {
            let so_far =
                self.estimates.map_or((0, 0, 0), |it| (it.tasks, it.estimated_minutes, it.actual_minutes));
            self.estimates = Some(Accuracy::of(
                so_far.0 + 1,
                so_far.1 + u64::from(estimated),
                so_far.2 + u64::from(actual),
            ));
        }
        true
    }
}

impl Accuracy {
    #[expect(clippy::cast_precision_loss, reason = "minutes of a life are far below 2^52")]
    fn of(tasks: u64, estimated_minutes: u64, actual_minutes: u64) -> Self {
        let ratio = (actual_minutes as f64 / estimated_minutes as f64 * 100.0).round() / 100.0;
        Self { tasks, estimated_minutes, actual_minutes, ratio }
    }
}

impl Sum {
    fn add(&mut self, task: &SeenTask) {
        self.completed += 1;
        self.minutes += u64::from(task.actual_minutes.unwrap_or_default());
    }
}

impl Streak {
    fn of(won: &BTreeSet<Date>, today: Date) -> Self {
        let (mut streak, mut run, mut last) = (Self::default(), 0, None);
        for day in won {
            let follows = last.and_then(|last: Date| last.tomorrow().ok()) == Some(*day);
            run = if follows { run + 1 } else { 1 };
            streak.longest = streak.longest.max(run);
            last = Some(*day);
        }
        let holds = last.is_some_and(|last| last == today || last.tomorrow().is_ok_and(|next| next == today));
        Self { current: if holds { run } else { 0 }, ..streak }
    }
}

#[cfg(test)]
mod tests;
