//! How a goal becomes tasks: a plan, whoever made it, which is checked before anything is made of it.

mod asking;
mod making;
mod template;
#[cfg(test)]
mod tests;

pub use asking::{hide, is_hidden, prompt, schema};
pub use making::{For, Making};
pub use template::template;

use crate::memory::Importance;
use crate::number::Whole;
use crate::task::{Minutes, Priority, Title};
use crate::text::{List, Text};
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const MOST_TASKS: usize = 30;

/// What a plan calls one of its tasks.
pub type Ref = Text<1, 60>;

/// From 0 to 1.
pub type Confidence = Importance;

/// What there is to do for a goal.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// 1 to 30, in an order in which they can be done.
    #[schemars(length(min = 1))]
    pub suggested_tasks: List<PlannedTask, MOST_TASKS>,
    /// How long it takes, in a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overall_timeline: Option<Text<0, 1000>>,
    /// What could go wrong.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub potential_challenges: List<Text<1, 500>, 10>,
    /// How one will know that the goal is reached.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub success_metrics: List<Text<1, 500>, 10>,
    /// What can be done today.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub next_steps: List<Text<1, 500>, 10>,
    /// The part of life that it belongs to, in a word or two; it changes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_life_area: Option<Text<1, 100>>,
    /// How sure its maker is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<Confidence>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlannedTask {
    /// What the plan calls it, such as `t1`; no two are called the same.
    pub r#ref: Ref,
    /// What is to be done, in a few words; no two say the same.
    pub title: Title,
    /// How, and with what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text<0, 3000>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_minutes: Option<Minutes>,
    /// The `ref`s of those that have to be done before.
    #[serde(default, skip_serializing_if = "List::is_empty")]
    pub depends_on: List<Ref, 20>,
    /// In how many days from today on it is due; not after the goal's target date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_offset_days: Option<Whole<0, 3650>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// How one will know that it is done; it is written below the description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub success_criteria: Option<Text<0, 900>>,
}

impl PlannedTask {
    /// The field of a task that becomes of this one.
    pub(crate) fn becomes(name: &str) -> &str {
        match name {
            "due_offset_days" => "due",
            "success_criteria" => "description",
            same => same,
        }
    }
}

const TASKS: &str = "/plan/suggested_tasks";

impl Plan {
    /// Every `ref` leads somewhere, no two tasks are the same, and none waits for itself.
    pub fn checked(self) -> Result<Self> {
        if self.suggested_tasks.is_empty() {
            return Err(Error::invalid(TASKS, format!("1 to {MOST_TASKS} tasks are expected, not 0")));
        }
        let (mut refs, mut titles) = (BTreeSet::new(), BTreeSet::new());
        for (nth, task) in self.suggested_tasks.iter().enumerate() {
            if !refs.insert(&task.r#ref) {
                return Err(wrong(nth, "ref", "another task of the plan is called the same"));
            }
            if !titles.insert(task.title.as_str().trim().to_lowercase()) {
                return Err(wrong(nth, "title", "another task of the plan has the same title"));
            }
        }
        for (nth, task) in self.suggested_tasks.iter().enumerate() {
            if let Some(at) = task.depends_on.iter().position(|awaited| !refs.contains(awaited)) {
                return Err(wrong(nth, &format!("depends_on/{at}"), "no task of the plan is called so"));
            }
        }
        let waits_for_itself =
            |task: &PlannedTask| self.awaited(task.depends_on.iter()).contains(&task.r#ref);
        match self.suggested_tasks.iter().position(waits_for_itself) {
            Some(nth) => Err(wrong(nth, "depends_on", "it would wait for itself")),
            None => Ok(self),
        }
    }

    /// Those that are selected and whatever they wait for, each with its place; without a selection all.
    pub fn chosen(&self, selection: &[Ref]) -> Result<Vec<(usize, &PlannedTask)>> {
        let tasks = self.by_ref();
        if let Some(at) = selection.iter().position(|wanted| !tasks.contains_key(wanted)) {
            return Err(Error::invalid(format!("/selection/{at}"), "no task of the plan is called so"));
        }
        let wanted = self.awaited(selection);
        let is_wanted = |task: &PlannedTask| selection.is_empty() || wanted.contains(&task.r#ref);
        Ok(self.suggested_tasks.iter().enumerate().filter(|(_, task)| is_wanted(task)).collect())
    }

    /// These, what they wait for, and so on.
    fn awaited<'a>(&'a self, refs: impl IntoIterator<Item = &'a Ref>) -> BTreeSet<&'a Ref> {
        let tasks = self.by_ref();
        let (mut seen, mut next) = (BTreeSet::new(), refs.into_iter().collect::<Vec<_>>());
        while let Some(one) = next.pop() {
            if seen.insert(one) {
                next.extend(tasks.get(one).into_iter().flat_map(|task| task.depends_on.iter()));
            }
        }
        seen
    }

    fn by_ref(&self) -> BTreeMap<&Ref, &PlannedTask> {
        self.suggested_tasks.iter().map(|task| (&task.r#ref, task)).collect()
    }
}

/// Something is wrong with the nth task.
fn wrong(nth: usize, field: &str, detail: impl Into<String>) -> Error {
    Error::invalid(format!("{TASKS}/{nth}/{field}"), detail)
}
