//! What always holds.

use super::{Data, noun_of};
use serde_json::Value;
use std::collections::BTreeMap;

/// Whatever is referred to is there, and each goal counts its tasks.
pub(crate) fn is_sound(data: &Data) -> Result<(), String> {
    let mut counted: BTreeMap<&str, [i64; 2]> = BTreeMap::new();
    for (what, item) in data {
        let parent = if noun_of(what) == "goal" { "goal" } else { "task" };
        let areas = [("life_area", "life_area_id"), ("life_area", "default_life_area_id")];
        for (noun, field) in [("goal", "goal_id"), (parent, "parent_id")].into_iter().chain(areas) {
            is_there(data, what, noun, &item[field])?;
        }
        for awaited in item["depends_on"].as_array().into_iter().flatten() {
            is_there(data, what, "task", awaited)?;
        }
        if let Some(goal) = item["goal_id"].as_str().filter(|_| item["status"] != "cancelled") {
            let [tasks, done] = counted.entry(goal).or_default();
            *tasks += 1;
            *done += i64::from(item["status"] == "completed");
        }
    }
    for (what, goal) in data.iter().filter(|(what, _)| noun_of(what) == "goal") {
        let told =
            goal.get("tally").map(|tally| [&tally["tasks"], &tally["done"]].map(|n| n.as_i64().unwrap()));
        if told != counted.get(&what[5..]).copied() {
            return Err(format!("{what} tells {told:?} of {:?}", counted.get(&what[5..])));
        }
    }
    Ok(())
}

fn is_there(data: &Data, what: &str, noun: &str, id: &Value) -> Result<(), String> {
    match id.as_str() {
        Some(id) if !data.contains_key(&format!("{noun}/{id}")) => {
            Err(format!("{what} refers to {noun}/{id}"))
        }
        _ => Ok(()),
    }
}
