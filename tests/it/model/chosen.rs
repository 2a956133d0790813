//! What is written and asked for, at random.

use super::{Fields, Run};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Run {
    fn or_none(&mut self, value: impl Into<Value>) -> Value {
        if self.random.below(4) == 0 { Value::Null } else { value.into() }
    }

    /// What a new one needs, and what it may have.
    pub(super) fn fields(&mut self, noun: &str) -> (Fields, Fields) {
        let [area, goal, task] = ["life_area", "goal", "task"].map(|noun| self.pick(noun));
        let [area, goal, task] = [area, goal, task].map(|id| self.or_none(id));
        let (n, m) = (self.random.below(1_000), self.random.below(5));
        let day = format!("2027-02-0{}", 1 + m);
        let tags: Vec<_> = ["x", "y", "z"].into_iter().filter(|_| self.random.below(2) == 0).collect();
        let name = format!("{} {n}", ["milk", "bread"][m % 2]);
        let priority = ["low", "medium", "high"][m % 3];
        let (needed, mut more) = match noun {
            "task" => (
                json!({ "title": name }),
                json!({ "status": (["pending", "in_progress", "blocked", "completed", "cancelled"][m]),
                        "priority": priority, "labels": tags, "due": day, "goal_id": goal, "parent_id": task,
                        "life_area_id": area, "estimated_minutes": m }),
            ),
            "goal" => (
                json!({ "title": name }),
                json!({ "status": (["active", "paused", "completed", "abandoned"][m % 4]), "priority": priority,
                        "tags": tags, "target_date": day, "parent_id": goal, "life_area_id": area }),
            ),
            "life_area" => (json!({ "name": name }), json!({ "weight": m, "is_archived": m == 0 })),
            "memory" => (
                json!({ "content": name }),
                json!({ "type": (["fact", "note"][m % 2]), "tags": tags, "importance": 0.25, "life_area_id": area }),
            ),
            "collection" => {
                let called = ["films", "books", "plays"][n % 3];
                (json!({ "name": called, "indexed_fields": ["a", "b"] }), json!({ "title": name }))
            }
            _ => (json!({ "data": { "a": m, "b": n % 2 == 0 } }), json!({ "tags": tags })),
        };
        let cleared = ["due", "estimated_minutes", "target_date"];
        for (_, value) in
            more.as_object_mut().unwrap().iter_mut().filter(|(name, _)| cleared.contains(&name.as_str()))
        {
            *value = self.or_none(value.take());
        }
        (needed.as_object().unwrap().clone(), more.as_object().unwrap().clone())
    }

    pub(super) fn some_of(&mut self, mut fields: Fields) -> Fields {
        fields.retain(|_, _| self.random.below(3) == 0);
        fields
    }

    /// As it is sent for a new one, which has nothing to clear.
    pub(super) fn new_fields(&mut self, noun: &str) -> Fields {
        let (mut fields, more) = self.fields(noun);
        fields.extend(self.some_of(more).into_iter().filter(|(_, value)| !value.is_null()));
        fields
    }

    pub(super) fn asked(&mut self, noun: &str) -> BTreeMap<&'static str, String> {
        let [area, goal, task] = ["life_area", "goal", "task"].map(|noun| self.pick(noun));
        let m = self.random.below(5);
        let day = format!("2027-02-0{}", 1 + m);
        let tag = Some(["x", "y", "z"][m % 3].to_owned());
        let days = [("due_before", Some(day.clone())), ("due_after", Some(day.clone()))];
        let tasks = ["open", "pending,completed", "cancelled", "in_progress,blocked", "completed"];
        let title = Some(["milk", "7", "bread 1"][m % 3].to_owned());
        let mut may = vec![];
        match noun {
            "task" => {
                may.extend(days);
                may.extend([("due_date", Some(day)), ("goal_id", goal), ("parent_id", task), ("label", tag)]);
                may.extend([("status", Some(tasks[m].to_owned())), ("life_area_id", area), ("query", title)]);
                may.push(("priority", Some(["low", "medium", "high"][m % 3].to_owned())));
            }
            "goal" => {
                may.extend(days);
                let status = ["open", "active,completed", "paused"][m % 3];
                may.extend([("parent_id", goal), ("tag", tag), ("status", Some(status.to_owned()))]);
                may.extend([("life_area_id", area), ("query", title)]);
            }
            "life_area" => may.push(("is_archived", Some((m < 2).to_string()))),
            "memory" => {
                may.extend([("type", Some(["fact", "note", "reflection"][m % 3].to_owned())), ("tag", tag)])
            }
            "record" => {
                may.extend([("a", Some(m.to_string())), ("b", Some((m < 2).to_string())), ("tag", tag)])
            }
            _ => {}
        }
        let sorts: &[&str] = match noun {
            "task" | "goal" => &["-created", "created", "due"],
            "collection" => &[],
            _ => &["-created", "created"],
        };
        may.push(("sort", self.random.one(sorts).map(|sort| (*sort).to_owned())));
        may.retain(|_| self.random.below(4) == 0);
        may.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}
