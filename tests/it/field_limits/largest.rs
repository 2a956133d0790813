//! The largest item of each noun, written over and over: each of its changes is kept whole and told whole.

use super::limit::Limit;
use super::table::{Noun, nouns};
use crate::delivering::{drain, owner, webhook};
use crate::harness::House;
use domain::schema;
use domain::table::Table as _;
use serde_json::{Map, Value, json};

/// What DynamoDB takes.
const MOST_BYTES: usize = 400 * 1_024;

impl Noun {
    /// Every field at its longest, of characters that weigh most.
    fn largest(&self) -> Value {
        let longest =
            |Limit { works, .. }: &Limit| works.iter().max_by_key(|value| value.to_string().len()).cloned();
        let fields = self.limits.iter().filter_map(|limit| Some((limit.field.clone(), longest(limit)?)));
        let body = fields.fold((self.base)(0), |body, (field, value)| both(body, json!({ field: value })));
        serde_json::from_str(&body.to_string().replace('ä', "\u{1f600}")).unwrap()
    }
}

/// As large as either of them.
fn both(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::Object(mut one), Value::Object(other)) => {
            for (name, value) in other {
                let held = one.remove(&name);
                one.insert(name, held.map_or(value.clone(), |held| both(held, value)));
            }
            Value::Object(one)
        }
        (Value::Array(list), Value::Array(entry)) if entry.len() == 1 && list.len() > 1 => {
            list.into_iter().enumerate().map(|(nth, item)| apart(both(item, entry[0].clone()), nth)).collect()
        }
        (one, other) if other.to_string().len() > one.to_string().len() => other,
        (one, _) => one,
    }
}

/// No two of a list are the same.
fn apart(item: Value, nth: usize) -> Value {
    let Some(text) = item.as_str() else { return item };
    let all = text.chars().count();
    json!(text.chars().take(all - 2).chain(format!("{nth:02}").chars()).collect::<String>())
}

/// As large, with every text another one.
fn turned(body: &Value, round: usize) -> Value {
    let (face, letters) = [("\u{1f601}", "yyy"), ("\u{1f602}", "zzz")][round];
    serde_json::from_str(&body.to_string().replace('\u{1f600}', face).replace("xxx", letters)).unwrap()
}

#[tokio::test]
async fn each_change_of_the_largest_item_of_each_noun_is_kept_whole_and_told_whole() {
    let house = House::new();
    webhook(&house, json!({})).await;
    let key = house.api("full_access").await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "kept" }))).await;
    let mut ids = Vec::new();
    for nth in 0..21 {
        ids.push(house.task(&key, &format!("Task {nth}")).await);
    }
    drain(&house).await;
    for noun in nouns(&ids) {
        let body = noun.largest();
        let first = noun.rest(&house, &key, body.clone()).await;
        assert!(first.status.is_success(), "{}: {}", noun.tool, first.body);
        let one =
            if noun.is_one() { noun.path.to_owned() } else { format!("{}/{}", noun.path, first.text("/id")) };
        for round in 0..2 {
            let mut change: Map<String, Value> = turned(&body, round).as_object().unwrap().clone();
            match noun.tool {
                "collection" => change.retain(|field, _| ["title", "json_schema"].contains(&field.as_str())),
                "preferences" => _ = change.insert("daily_capacity_minutes".to_owned(), json!(1_438 + round)),
                _ => {}
            }
            let changed = house.call("PATCH", &one, &key, Some(change.into())).await;
            assert_eq!(changed.status, 200, "{}: {}", noun.tool, changed.body);
        }
        let told = drain(&house).await;
        let what = format!("{}/{}", noun.tool, first.body["id"].as_str().unwrap_or("me"));
        let kept = house.store.query(&schema::history_of(owner(), &what).page(None, 10)).await.unwrap().rows;
        let sizes: Vec<_> = kept.iter().map(|row| row.body.len()).collect();
        assert_eq!((kept.len(), told.len()), (3, 3), "{what}: {sizes:?}");
        assert!(sizes[2] > 2 * body.to_string().len() && sizes[2] < MOST_BYTES, "{what}: {sizes:?}");
        println!("{:12} {:>7} bytes, the change of it {:>7}", noun.tool, body.to_string().len(), sizes[2]);
    }
}
