//! An item as a reader sees it: a field that is hidden from the reader is missing.

use crate::id::{LifeAreaId, TaskId};
use crate::task::{Priority, Status};
use crate::when_due::Due;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SeenTask {
    pub id: TaskId,
    pub version: u64,
    pub title: Option<String>,
    pub description: Option<String>,
    pub status: Option<Status>,
    pub priority: Option<Priority>,
    pub due: Option<Due>,
    #[serde(default)]
    pub labels: Vec<String>,
    pub life_area_id: Option<LifeAreaId>,
    pub estimated_minutes: Option<u32>,
    pub actual_minutes: Option<u32>,
    pub completed_at: Option<Timestamp>,
    pub updated_at: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SeenGoal {
    pub id: String,
    pub version: u64,
    pub title: Option<String>,
    pub status: Option<String>,
    pub target_date: Option<Date>,
    pub progress: Option<u8>,
    pub updated_at: Option<Timestamp>,
}

impl SeenTask {
    /// Still to be done, as far as can be seen.
    pub fn is_open(&self) -> bool {
        matches!(self.status, Some(Status::Pending | Status::InProgress | Status::Blocked))
    }

    /// When it was done, as far as can be seen.
    pub fn done(&self) -> Option<Timestamp> {
        self.completed_at.filter(|_| self.status.is_none_or(|status| status == Status::Completed))
    }
}

impl SeenGoal {
    pub fn is_active(&self) -> bool {
        self.status.as_deref() == Some("active")
    }
}
