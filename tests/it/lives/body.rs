//! What is written of an item, at random.

use super::{Data, Life};
use serde_json::{Map, Value, json};

type Fields = Vec<(&'static str, Value)>;

impl Life {
    /// A new one, with what it needs; or some of the fields, of which null clears one.
    pub(super) fn body(&mut self, noun: &str, data: &Data, is_new: bool) -> Value {
        self.named += 1;
        let name = self.named.to_string();
        let (needed, more) = self.fields(noun, data, &name);
        let mut body = Map::new();
        for (field, value) in needed {
            if is_new || self.random.below(2) == 0 {
                body.insert(field.to_owned(), value);
            }
        }
        for (field, value) in more {
            if self.random.below(3) == 0 && !(is_new && value.is_null()) {
                body.insert(field.to_owned(), value);
            }
        }
        Value::Object(body)
    }

    fn fields(&mut self, noun: &str, data: &Data, name: &str) -> (Fields, Fields) {
        let area = self.pick_id("life_area", data).unwrap_or_default();
        let (goal, task) = (self.pick_id("goal", data).unwrap_or_default(), self.pick_id("task", data));
        let memory = self.pick_id("memory", data).unwrap_or_default();
        let some = self.random.below(100);
        let link = task.clone().map_or_else(|| json!([]), |id| json!([{ "kind": "task", "id": id }]));
        let mut or_none = |value: Value| if self.random.below(3) == 0 { Value::Null } else { value };
        match noun {
            "task" => {
                let statuses = ["pending", "in_progress", "blocked", "completed", "cancelled"];
                let waits: Vec<_> = task.clone().into_iter().filter(|_| !some.is_multiple_of(3)).collect();
                let more = vec![
                    ("status", json!(statuses[some % 5])),
                    ("goal_id", or_none(goal)),
                    ("parent_id", or_none(task.unwrap_or_default())),
                    ("life_area_id", or_none(area)),
                    ("depends_on", json!(waits)),
                    ("estimated_minutes", or_none(json!(some))),
                    ("due", json!("2027-02-01")),
                    ("recurrence", or_none(json!("FREQ=DAILY"))),
                ];
                (vec![("title", json!(name))], more)
            }
            "goal" => {
                let statuses = ["active", "paused", "completed", "abandoned"];
                let mode = ["auto", "manual"][some % 2];
                let more = vec![
                    ("status", json!(statuses[some % 4])),
                    ("parent_id", or_none(goal)),
                    ("life_area_id", or_none(area)),
                    ("progress_mode", json!(mode)),
                    ("target_date", or_none(json!("2027-03-01"))),
                ];
                (vec![("title", json!(name))], more)
            }
            "life_area" => (vec![("name", json!(name))], vec![("weight", json!(some))]),
            "memory" => {
                let more = vec![
                    ("life_area_id", or_none(area)),
                    ("supersedes", or_none(memory)),
                    ("links", link),
                    ("type", json!(if some < 50 { "fact" } else { "note" })),
                ];
                (vec![("content", json!(name))], more)
            }
            "collection" => {
                let kind = ["integer", "string"][some % 2];
                let kind = json!({ "properties": { "a": { "type": kind } } });
                let names = ["films", "books", "plays"];
                let more = vec![("title", or_none(json!(name))), ("json_schema", or_none(kind))];
                (vec![("name", json!(names[some % 3]))], more)
            }
            "record" => {
                let says = [json!(some), json!(name)][some % 2].clone();
                (vec![("data", json!({ "a": says }))], vec![("links", link), ("tags", json!([name]))])
            }
            "profile" => {
                (vec![("about", or_none(json!(name)))], vec![("display_name", or_none(json!(name)))])
            }
            _ => {
                let tone = ["coach", "minimal"][some % 2];
                (vec![("tone", json!(tone))], vec![("default_life_area_id", or_none(area))])
            }
        }
    }
}
