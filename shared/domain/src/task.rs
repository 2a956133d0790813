//! Something to do.

use crate::access::{Item, Resource, Subject, Tag};
use crate::id::{LifeAreaId, TaskId};
use crate::noun::{Rules, noun};
use crate::operation;
use crate::text::{List, Text};
use jiff::Timestamp;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

noun! {
    /// Something to do.
    Task, NewTask, TaskPatch: TaskId, "task", operation::TASKS;
    required {
        /// What is to be done, in a few words.
        title: Title,
    }
    defaulted {
        status: Status,
        priority: Priority,
        labels: Labels,
    }
    optional {
        /// Anything worth knowing about it.
        description: Description,
        /// The day it is due, as YYYY-MM-DD.
        due: Date,
        /// The life area that it belongs to.
        life_area_id: LifeAreaId,
    }
    derived {}
}

pub type Title = Text<1, 200>;
pub type Description = Text<0, 4000>;
pub type Labels = List<Tag, 20>;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Status {
    #[default]
    Pending,
    InProgress,
    Blocked,
    Completed,
    Cancelled,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum Priority {
    Low,
    #[default]
    Medium,
    High,
    Urgent,
}

impl Item for Task {
    const RESOURCE: Resource = Resource::Tasks;
    const FREE_TEXT: &'static [&'static str] = &["title", "description", "labels"];

    fn subject(&self) -> Subject<'_> {
        Subject {
            life_area: self.life_area_id,
            tags: self.labels.as_slice(),
            collection: None,
            created_by: self.created_by,
        }
    }
}

impl Rules for Task {
    fn mint(_: &NewTask, at: Timestamp, random: [u8; 10]) -> TaskId {
        TaskId::new(at, random)
    }
}
