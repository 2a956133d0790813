//! The limits of every field, from one table: what is just within works and is kept as it is, what is just beyond is
//! refused with the field's place, over REST, for one that is made and one that is changed, and over MCP.

mod largest;
mod limit;
mod table;

use crate::harness::{Answer, House};
use limit::Limit;
use serde_json::{Map, Value, json};
use table::{Noun, nouns};

/// What there is one of is made by the first change.
const ONES: [&str; 2] = ["profile", "preferences"];

fn with(mut body: Value, field: &str, value: &Value) -> Value {
    body[field] = value.clone();
    body
}

impl Noun {
    fn is_one(&self) -> bool {
        ONES.contains(&self.tool)
    }

    async fn rest(&self, house: &House, key: &str, body: Value) -> Answer {
        let method = if self.is_one() { "PATCH" } else { "POST" };
        house.call(method, self.path, key, Some(body)).await
    }

    async fn mcp(&self, house: &House, key: &str, body: Value) -> String {
        let mut arguments: Map<String, Value> = body.as_object().unwrap().clone();
        if self.tool == "record" {
            arguments.insert("collection".to_owned(), json!("kept"));
        }
        let verb = match self.tool {
            "memory" => "add",
            tool if ONES.contains(&tool) => "update",
            _ => "create",
        };
        let name = format!("{verb}_{}", self.tool);
        let params = json!({ "name": name, "arguments": arguments });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        let answer = house.call("POST", "/mcp", key, Some(call)).await.body;
        answer["result"]["content"][0]["text"].as_str().unwrap_or_default().to_owned()
    }

    /// What does not hold.
    async fn wrong(&self, house: &House, key: &str) -> Vec<String> {
        let (mut nth, mut wrong) = (0, Vec::new());
        let mut base = || {
            nth += 1;
            (self.base)(nth)
        };
        let one = self.rest(house, key, base()).await;
        let one =
            if self.is_one() { self.path.to_owned() } else { format!("{}/{}", self.path, one.text("/id")) };
        for Limit { field, works, fails } in &self.limits {
            for value in works {
                let answer = self.rest(house, key, with(base(), field, value)).await;
                if answer.body[field] != *value {
                    wrong.push(format!("{}: {field} does not take {value}: {}", self.tool, answer.body));
                }
            }
            let before = house.call("GET", &one, key, None).await.body;
            for (value, place) in fails {
                let made = self.rest(house, key, with(base(), field, value)).await;
                let changed = house.call("PATCH", &one, key, Some(json!({ field: value }))).await;
                for answer in [made, changed] {
                    if answer.status != 400 || answer.body["errors"][0]["pointer"] != *place {
                        wrong.push(format!("{}: {place} takes {value}: {}", self.tool, answer.body));
                    }
                }
                let said = self.mcp(house, key, with(base(), field, value)).await;
                if !said.starts_with(place.as_str()) {
                    wrong.push(format!("{}: over MCP, {place} takes {value}: {said}", self.tool));
                }
            }
            if house.call("GET", &one, key, None).await.body != before {
                wrong.push(format!("{}: a change of {field} that was refused left something", self.tool));
            }
        }
        wrong
    }
}

#[tokio::test]
async fn each_field_takes_what_is_within_its_limits_and_nothing_beyond() {
    let house = House::new();
    let limits = json!({ "burst": null, "per_hour": null, "per_day": null });
    let input = json!({ "kind": "api", "name": "x", "preset": "full_access", "limits": limits });
    let (_, key) = house.connect(input).await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "kept" }))).await;
    let (mut ids, mut wrong) = (Vec::new(), Vec::new());
    for nth in 0..21 {
        ids.push(house.task(&key, &format!("Task {nth}")).await);
    }
    for noun in nouns(&ids) {
        wrong.extend(noun.wrong(&house, &key).await);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
