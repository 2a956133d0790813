//! One day at a glance.

use super::markdown::text;
use super::{SeenGoal, SeenTask};
use crate::task::Status;
use crate::when_due::Due;
use crate::zone::Zone;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use schemars::JsonSchema;
use serde::Serialize;
use std::fmt::{self, Write as _};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Daily {
    pub date: Date,
    /// By whose clocks the day begins and ends.
    pub time_zone: Zone,
    /// Earliest first, what is due at any time of the day last.
    pub due: Section,
    /// What was due on an earlier day, oldest first.
    pub overdue: Section,
    /// What is in progress besides.
    pub in_progress: Section,
    pub done_yesterday: Section,
    /// Active goals whose date is in the coming week, this day included.
    pub goals: Section,
    /// There is more than was looked through.
    pub at_least: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DailySection")]
pub struct Section {
    /// 50 at most.
    pub items: Vec<Line>,
    /// How many there are beyond those.
    pub more: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "DailyLine")]
pub struct Line {
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A time is the one that the owner's clocks show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<Due>,
    #[serde(skip)]
    when: Option<String>,
}

const MOST_LINES: usize = 50;
const GOAL_DAYS: i32 = 7;

impl Daily {
    pub fn of<'s>(
        date: Date,
        zone: &Zone,
        tasks: impl IntoIterator<Item = &'s SeenTask>,
        goals: impl IntoIterator<Item = &'s SeenGoal>,
    ) -> Self {
        let (mut due, mut overdue, mut in_progress, mut done) = (vec![], vec![], vec![], vec![]);
        for task in tasks {
            let day = task.due.as_ref().map(|due| due.day_in(zone));
            match (task.is_open(), day) {
                (true, Some(day)) if day == date => due.push(task),
                (true, Some(day)) if day < date => overdue.push(task),
                (true, _) if task.status == Some(Status::InProgress) => in_progress.push(task),
                (true, _) => {}
                (false, _) => {
                    let completed = task.done().map(|at| zone.to_datetime(at).date());
                    if completed.and_then(|day| day.tomorrow().ok()) == Some(date) {
                        done.push(task);
                    }
                }
            }
        }
        let by_due = |task: &&SeenTask| (task.due.as_ref().map(|due| due.ends(zone)), task.id);
        due.sort_by_key(by_due);
        overdue.sort_by_key(by_due);
        in_progress.sort_by_key(|task| (task.due.is_none(), by_due(task)));
        done.sort_by_key(|task| (task.completed_at, task.id));
        let tasks = |tasks: Vec<&SeenTask>| {
            Section::of(tasks.into_iter().map(|task| Line::of_task(task, date, zone)))
        };
        let week = date..=date.saturating_add((GOAL_DAYS - 1).days());
        let coming =
            |goal: &&SeenGoal| goal.is_active() && goal.target_date.is_some_and(|day| week.contains(&day));
        let mut goals: Vec<_> = goals.into_iter().filter(coming).collect();
        goals.sort_by_key(|goal| (goal.target_date, &goal.id));
        Self {
            date,
            time_zone: zone.clone(),
            due: tasks(due),
            overdue: tasks(overdue),
            in_progress: tasks(in_progress),
            done_yesterday: tasks(done),
            goals: Section::of(goals.into_iter().map(Line::of_goal)),
            at_least: false,
        }
    }

    /// Which day is today, there.
    pub fn today(now: Timestamp, zone: &Zone) -> Date {
        zone.to_datetime(now).date()
    }

    pub fn markdown(&self) -> String {
        let mut page = format!("# {}\n", self.date.strftime("%A, %-d %B %Y"));
        let sections = [
            ("Due", &self.due),
            ("Overdue", &self.overdue),
            ("In progress", &self.in_progress),
            ("Done yesterday", &self.done_yesterday),
            ("Goals that come due", &self.goals),
        ];
        for (title, section) in sections.iter().filter(|(_, section)| !section.items.is_empty()) {
            let _ = write!(page, "\n## {title}\n\n{section}");
        }
        if sections.iter().all(|(_, section)| section.items.is_empty()) {
            page.push_str("\nNothing is due, in progress or done.\n");
        }
        if self.at_least {
            page.push_str("\nThere is more than was looked through.\n");
        }
        page
    }
}

impl Section {
    fn of(lines: impl ExactSizeIterator<Item = Line>) -> Self {
        let more = lines.len().saturating_sub(MOST_LINES);
        Self { items: lines.take(MOST_LINES).collect(), more }
    }
}

impl Line {
    fn of_task(task: &SeenTask, date: Date, zone: &Zone) -> Self {
        let time = |due: &Due| match due {
            Due::Day(_) => None,
            time => Some(zone.to_datetime(time.ends(zone)).strftime("%H:%M").to_string()),
        };
        let when = task.due.as_ref().and_then(|due| {
            let day = due.day_in(zone);
            if day == date { time(due) } else { Some(day.to_string()) }
        });
        Self { id: task.id.to_string(), title: task.title.clone(), due: task.due.clone(), when }
    }

    fn of_goal(goal: &SeenGoal) -> Self {
        let when = goal.target_date.map(|day| day.to_string());
        let due = goal.target_date.map(Due::Day);
        Self { id: goal.id.clone(), title: goal.title.clone(), due, when }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.items {
            writeln!(f, "- {line}")?;
        }
        if self.more > 0 {
            writeln!(f, "- and {} more", self.more)?;
        }
        Ok(())
    }
}

/// The id in front, so that what people wrote never begins the line.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.id)?;
        if let Some(title) = &self.title {
            write!(f, " {}", text(title))?;
        }
        self.when.as_ref().map_or(Ok(()), |when| write!(f, " ({when})"))
    }
}

#[cfg(test)]
mod tests;
