//! What there is, as a plain list of it would say: the same rules, and nothing of how they are kept.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) noun: &'static str,
    pub(super) fields: Map<String, Value>,
    pub(super) version: u64,
    /// Of a goal: tasks, those that are done, and the minutes of both.
    tally: [i64; 4],
}

#[derive(Default)]
pub(super) struct Plain {
    pub(super) there: BTreeMap<String, Item>,
    pub(super) gone: BTreeMap<String, Item>,
}

pub(super) fn defaults(noun: &str) -> Map<String, Value> {
    let defaults = match noun {
        "task" => json!({ "status": "pending", "priority": "medium", "labels": [] }),
        "goal" => json!({ "status": "active", "priority": "medium", "tags": [] }),
        "life_area" => json!({ "weight": 10, "is_archived": false }),
        "memory" => json!({ "type": "reflection", "importance": 0.5, "tags": [] }),
        "record" => json!({ "tags": [] }),
        _ => json!({}),
    };
    defaults.as_object().unwrap().clone()
}

impl Item {
    pub(super) fn says(&self, field: &str) -> Option<&str> {
        self.fields.get(field).and_then(Value::as_str)
    }

    pub(super) fn tags(&self) -> Vec<&str> {
        let tags = self.fields.get("tags").or(self.fields.get("labels")).and_then(Value::as_array);
        tags.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Without this field, or with that value instead.
    fn turn(&mut self, field: &str, from: &str, to: Option<&Value>) {
        if self.says(field) == Some(from) {
            self.version += 1;
            self.fields.remove(field);
            self.fields.extend(to.map(|to| (field.to_owned(), to.clone())));
        }
    }
}

impl Plain {
    /// What is given is written over what is there, or over what a new one says.
    pub(super) fn write(&mut self, noun: &'static str, id: &str, given: &Map<String, Value>, is_patch: bool) {
        let before = self.there.remove(id);
        let mut fields =
            before.as_ref().filter(|_| is_patch).map_or_else(|| defaults(noun), |it| it.fields.clone());
        fields.extend(given.clone());
        fields.retain(|_, value| !value.is_null());
        let goal = fields.get("goal_id").and_then(Value::as_str);
        if goal != before.as_ref().and_then(|it| it.says("goal_id")) && !fields.contains_key("life_area_id") {
            let area = goal.and_then(|goal| self.there[goal].fields.get("life_area_id").cloned());
            fields.extend(area.map(|area| ("life_area_id".to_owned(), area)));
        }
        let tally = before.as_ref().map_or([0; 4], |it| it.tally);
        let version = match before {
            Some(before) => before.version + u64::from(before.fields != fields),
            None => self.gone.remove(id).map_or(1, |gone| gone.version + 1),
        };
        self.there.insert(id.to_owned(), Item { noun, fields, version, tally });
        self.tally();
    }

    pub(super) fn delete(&mut self, id: &str) {
        let above = self.there[id].fields.get("parent_id").cloned().filter(|_| self.there[id].noun == "goal");
        for item in self.there.values_mut() {
            item.turn("parent_id", id, above.as_ref());
            item.turn("goal_id", id, None);
            item.turn("life_area_id", id, None);
        }
        self.tally();
        let mut item = self.there.remove(id).unwrap();
        item.version += 1;
        self.gone.insert(id.to_owned(), item);
        self.tally();
    }

    pub(super) fn restore(&mut self, id: &str) {
        let Some(mut item) = self.gone.remove(id) else { return };
        item.version += 1;
        for field in ["parent_id", "goal_id", "life_area_id"] {
            if item.says(field).is_some_and(|of| !self.there.contains_key(of)) {
                item.fields.remove(field);
            }
        }
        self.there.insert(id.to_owned(), item);
        self.tally();
    }

    /// What a goal counts is written with it.
    fn tally(&mut self) {
        let mut counts: BTreeMap<String, [i64; 4]> = BTreeMap::new();
        for task in
            self.there.values().filter(|it| it.noun == "task" && it.says("status") != Some("cancelled"))
        {
            let Some(goal) = task.says("goal_id") else { continue };
            let minutes =
                task.fields.get("estimated_minutes").map_or(30, |minutes| minutes.as_i64().unwrap());
            let done = i64::from(task.says("status") == Some("completed"));
            let count = counts.entry(goal.to_owned()).or_default();
            for (count, more) in count.iter_mut().zip([1, done, minutes, minutes * done]) {
                *count += more;
            }
        }
        for (id, goal) in self.there.iter_mut().filter(|(_, it)| it.noun == "goal") {
            let tally = counts.remove(id).unwrap_or_default();
            goal.version += u64::from(goal.tally != tally);
            goal.tally = tally;
        }
    }

    /// The ids of those that a list with these parameters holds, in its order.
    pub(super) fn list(&self, noun: &str, within: Option<&str>, asked: &BTreeMap<&str, String>) -> Vec<&str> {
        let asks_for_days = asked.keys().any(|name| name.starts_with("due"));
        let is_narrow = asked.contains_key("parent_id")
            || asked.contains_key(if noun == "goal" { "life_area_id" } else { "goal_id" });
        let by_due = if asks_for_days && !is_narrow { "due" } else { "-created" };
        let sort =
            if noun == "collection" { "created" } else { asked.get("sort").map_or(by_due, String::as_str) };
        let only_open = asks_for_days || asked.get("sort").is_some_and(|sort| sort == "due");
        let fits = |item: &&Item| {
            item.noun == noun
                && item.says("collection") == within
                && asked.iter().all(|(name, value)| fits(item, name, value))
                && (asked.contains_key("status") || !only_open || is_open(item))
        };
        let mut ids: Vec<_> = self.there.iter().filter(|(_, item)| fits(item)).collect();
        let day = |item: &Item| day(item).unwrap_or("~").to_owned();
        ids.sort_by_key(|(id, item)| ((sort == "due").then(|| day(item)), (*id).clone()));
        if sort == "-created" {
            ids.reverse();
        }
        ids.into_iter().map(|(id, _)| id.as_str()).collect()
    }
}

fn day(item: &Item) -> Option<&str> {
    item.says(if item.noun == "goal" { "target_date" } else { "due" })
}

fn is_open(item: &Item) -> bool {
    !["completed", "cancelled", "abandoned"].contains(&item.says("status").unwrap())
}

fn fits(item: &Item, name: &str, value: &str) -> bool {
    match name {
        "sort" => true,
        "status" => value.split(',').any(|status| match status {
            "open" => is_open(item),
            status => item.says("status") == Some(status),
        }),
        "due_date" => day(item) == Some(value),
        "due_before" => day(item).is_some_and(|day| day < value),
        "due_after" => day(item).is_some_and(|day| day > value),
        "tag" | "label" => item.tags().contains(&value),
        "query" => item.says("title").is_some_and(|title| title.contains(value)),
        "is_archived" => item.fields["is_archived"] == (value == "true"),
        "a" | "b" => item.fields["data"].get(name).is_some_and(|said| *said == read(value)),
        _ => item.says(name) == Some(value),
    }
}

fn read(value: &str) -> Value {
    serde_json::from_str(value).unwrap()
}
