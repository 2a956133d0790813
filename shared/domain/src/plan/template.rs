//! Plans for what many people plan: for who has no model at hand.

use super::Plan;
use crate::number::Whole;
use crate::text::List;
use crate::{Error, Result};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    /// A goal that says one of these is of this kind.
    words: Vec<String>,
    /// In how many days all of it is done.
    pub(super) days: i64,
    pub(super) plan: Plan,
}

/// The last one is for whatever the others are not.
pub(super) const TEXTS: [&str; 7] = [
    include_str!("../../../../templates/plans/learn.json"),
    include_str!("../../../../templates/plans/build.json"),
    include_str!("../../../../templates/plans/habit.json"),
    include_str!("../../../../templates/plans/event.json"),
    include_str!("../../../../templates/plans/move.json"),
    include_str!("../../../../templates/plans/health.json"),
    include_str!("../../../../templates/plans/any.json"),
];

/// The first tasks of the kind of plan that the words of a goal ask for, within the days that there are.
pub fn template(goal: &str, days: Option<i64>, most: usize) -> Result<Plan> {
    let said: Vec<_> = goal.split(|letter: char| !letter.is_alphanumeric()).map(str::to_lowercase).collect();
    let all = TEXTS.iter().map(|text| serde_json::from_str(text).map_err(Error::internal));
    let all = all.collect::<Result<Vec<Template>>>()?;
    let is_meant = |kind: &Template| kind.words.iter().any(|word| said.contains(word));
    let nth = all.iter().position(is_meant).unwrap_or(all.len().saturating_sub(1));
    let kind = all.into_iter().nth(nth).ok_or_else(|| Error::internal("there is no template"))?;
    kind.within(days, most)
}

impl Template {
    fn within(self, days: Option<i64>, most: usize) -> Result<Plan> {
        let days = days.map_or(self.days, |days| days.clamp(0, self.days));
        // What a task waits for stands before it.
        let mut tasks = self.plan.suggested_tasks.as_slice().to_vec();
        tasks.truncate(most);
        for task in &mut tasks {
            let sooner = |offset: Whole<0, 3650>| Whole::near(offset.get() * days / self.days.max(1));
            task.due_offset_days = task.due_offset_days.map(sooner);
        }
        Ok(Plan { suggested_tasks: List::try_from(tasks).map_err(Error::internal)?, ..self.plan })
    }
}
