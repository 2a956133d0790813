//! Some of a noun's items, in an order: what a list is narrowed to, asked in the same words on every face.

mod day;
mod sort;
mod statuses;

pub use day::Day;
pub use sort::{Age, ByAge, ByName, Sort};
pub use statuses::{State, Statuses};

use crate::Result;
use crate::collection::CollectionName;
use crate::goal::{Goal, GoalFilter};
use crate::id::OwnerId;
use crate::life_area::{LifeArea, LifeAreaFilter};
use crate::list::List;
use crate::memory::{Memory, MemoryFilter};
use crate::record::{Record, RecordFilter};
use crate::shelf::Entity as _;
use crate::table::Table;
use crate::task::{Task, TaskFilter};
use crate::text::Text;
use crate::zone::Zone;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Where dates are in order, what has none lies here, behind all of them.
pub(crate) const NEVER: &str = "~";

/// What lists of `T`s can be asked for.
pub trait Filter<T>: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// The fields that a parameter looks at, given this value: to whoever cannot see them there is no such parameter.
    fn looks_at(parameter: &str, value: &str) -> &'static [&'static str];

    /// What holds all that is asked for, in the order of the list. What else lies there is left out by `covers`.
    fn list(&self, shelves: &Shelves<'_>) -> impl Future<Output = Result<List>> + Send;

    /// Exactly.
    fn covers(&self, item: &T, clock: &Clock) -> bool;

    /// Whether it surely covers whatever lies there, so that nobody has to look.
    fn covers_all(&self) -> bool {
        false
    }

    /// Which days it asks for, if any.
    fn days(&self) -> Days<'_> {
        Days::None
    }
}

/// By whose clocks the days begin and end that are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Days<'a> {
    None,
    Of(&'a Zone),
    OfTheOwner,
}

/// Of lists of this noun, by its name.
pub fn looks_at(noun: &str, parameter: &str, value: &str) -> &'static [&'static str] {
    match noun {
        Task::NAME => TaskFilter::looks_at(parameter, value),
        Goal::NAME => GoalFilter::looks_at(parameter, value),
        LifeArea::NAME => LifeAreaFilter::looks_at(parameter, value),
        Memory::NAME => MemoryFilter::looks_at(parameter, value),
        Record::NAME => RecordFilter::looks_at(parameter, value),
        _ => &[],
    }
}

/// Where lists are read.
pub struct Shelves<'a> {
    pub table: &'a dyn Table,
    pub owner: OwnerId,
    pub at: Timestamp,
    /// The collection outside of which there is nothing.
    pub within: Option<&'a CollectionName>,
}

/// Which moment it is, and where.
#[derive(Debug, Clone)]
pub struct Clock {
    pub at: Timestamp,
    pub zone: Zone,
}

/// A part of a title, in upper or lower case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Part(Text<1, 100>);

impl Part {
    pub fn is_in(&self, text: &str) -> bool {
        text.to_lowercase().contains(&self.0.as_str().to_lowercase())
    }
}

/// Whether it is what is wanted, if anything is.
pub(crate) fn is<T: PartialEq>(wanted: Option<&T>, have: Option<&T>) -> bool {
    wanted.is_none() || wanted == have
}
