//! Something to do.

mod depends;
mod filter;
mod rules;

pub use filter::TaskFilter;

use crate::access::{Item, Resource, Subject, Tag};
use crate::filter::NEVER;
use crate::filter::State;
use crate::id::{GoalId, LifeAreaId, OwnerId, TaskId};
use crate::noun::noun;
use crate::number::Whole;
use crate::operation;
use crate::recurrence::Recurrence;
use crate::table::{Places, Query, Slot};
use crate::text::{List, Text};
use crate::when_due::Due;
use crate::zone::Zone;
use jiff::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::fmt;

noun! {
    /// Something to do.
    Task, NewTask, TaskPatch: TaskId, "task", operation::TASKS;
    required {
        /// What is to be done, in a few words.
        title | "name": Title,
    }
    defaulted {
        status: Status,
        priority: Priority,
        labels | "tags": Labels,
        /// Tasks that have to be done before.
        depends_on: List<TaskId, 20>,
    }
    optional {
        /// Anything worth knowing about it.
        description | "notes": Description,
        due | "due_date": Due,
        /// When one means to do it.
        scheduled_for: Due,
        /// When it is too late.
        deadline: Due,
        /// The goal that it serves.
        goal_id: GoalId,
        /// The task that it is a part of; that one is part of none.
        parent_id: TaskId,
        /// The life area that it belongs to; if none is given, that of its goal.
        life_area_id: LifeAreaId,
        estimated_minutes: Minutes,
        actual_minutes: Minutes,
        /// How it comes again, as in RFC 5545: `FREQ=WEEKLY;BYDAY=MO`. When it is completed, the next one is made.
        recurrence: Recurrence,
        /// Where it stands among others.
        position: Whole<0, 1_000_000_000>,
        /// Where it comes from, if it is kept elsewhere.
        external_ref: ExternalRef,
    }
    derived {
        completed_at: Timestamp,
        /// The one that was made when this one, which recurs, was completed.
        followed_by: TaskId,
    }
}

pub type Title = Text<1, 200>;
pub type Description = Text<0, 4000>;
pub type Labels = List<Tag, 20>;
/// A year at most.
pub type Minutes = Whole<0, 527_040>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalRef {
    /// What keeps it: the name of an app or an integration.
    pub card: Text<1, 60>,
    pub id: Text<1, 200>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Text<1, 2000>>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    #[default]
    #[serde(alias = "todo", alias = "open", alias = "backlog")]
    Pending,
    #[serde(alias = "doing", alias = "started")]
    InProgress,
    Blocked,
    #[serde(alias = "done", alias = "complete")]
    Completed,
    #[serde(alias = "canceled")]
    Cancelled,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
    Urgent,
}

impl State for Status {
    const ALL: &'static [Self] =
        &[Self::Pending, Self::InProgress, Self::Blocked, Self::Completed, Self::Cancelled];

    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::InProgress => "in_progress",
            Self::Blocked => "blocked",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    fn is_open(self) -> bool {
        !matches!(self, Self::Completed | Self::Cancelled)
    }
}

/// Many know 1 as the most urgent of four.
impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Said)
    }
}

struct Said;

impl Visitor<'_> for Said {
    type Value = Priority;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("low, medium, high or urgent")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Priority, E> {
        match word {
            "low" | "4" | "p4" => Ok(Priority::Low),
            "medium" | "normal" | "3" | "p3" => Ok(Priority::Medium),
            "high" | "2" | "p2" => Ok(Priority::High),
            "urgent" | "1" | "p1" => Ok(Priority::Urgent),
            other => Err(E::custom(format!("`{other}` is no priority; there are low, medium, high, urgent"))),
        }
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Priority, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Priority, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Priority, E> {
        self.visit_str(&number.to_string())
    }
}

impl JsonSchema for Priority {
    fn schema_name() -> Cow<'static, str> {
        "Priority".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let words = json_schema!({ "type": "string", "enum": ["low", "medium", "high", "urgent"] });
        if generator.contract().is_serialize() {
            return words;
        }
        let numbers =
            json!({ "type": "integer", "minimum": 1, "maximum": 4, "description": "1 is the most urgent." });
        json_schema!({ "anyOf": [words, numbers] })
    }
}

impl Item for Task {
    const RESOURCE: Resource = Resource::Tasks;
    const FREE_TEXT: &'static [&'static str] = &["title", "description", "labels", "external_ref"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            life_area: self.life_area_id,
            tags: self.labels.as_slice(),
            created_by: self.created_by,
            ..Subject::default()
        }
    }

    fn found_at(&self) -> Places {
        let Self { id, status, .. } = self;
        // By the clocks of no place: whoever asks for a day looks around it.
        let due = self.due.as_ref().map_or_else(|| NEVER.to_owned(), |due| due.as_sort_key(&Zone::UTC));
        let state = if status.is_open() { "open" } else { "closed" };
        let mut places = Places::from([
            (Slot::First, format!("task/{state}/{due}/{id}")),
            (Slot::Third, format!("task/{}/{id}", status.name())),
        ]);
        places.extend(self.goal_id.map(|goal| (Slot::Second, format!("task/for/{goal}/{id}"))));
        places.extend(self.parent_id.map(|parent| (Slot::Fourth, format!("task/in/{parent}/{id}"))));
        places
    }
}

impl Task {
    pub fn of_status(owner: OwnerId, status: Status) -> Query {
        Query::places(owner, Slot::Third, &format!("task/{}/", status.name()))
    }

    /// Earliest first by the clocks of UTC, what has no date last.
    pub fn by_due(owner: OwnerId, is_open: bool) -> Query {
        Query::places(owner, Slot::First, if is_open { "task/open/" } else { "task/closed/" })
    }

    pub fn of_goal(owner: OwnerId, goal: GoalId) -> Query {
        Query::places(owner, Slot::Second, &format!("task/for/{goal}/"))
    }

    /// The tasks that are a part of this one.
    pub fn parts_of(owner: OwnerId, id: TaskId) -> Query {
        Query::places(owner, Slot::Fourth, &format!("task/in/{id}/"))
    }
}
