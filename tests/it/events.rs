//! What events are called and say, to whom they are told.

use crate::harness::{House, request};
use serde_json::{Value, json};

struct Hook<'a> {
    house: &'a House,
    url: &'static str,
}

impl<'a> Hook<'a> {
    async fn new(house: &'a House, url: &'static str, grant: Value, events: Value) -> Self {
        let config = json!({ "target_url": url, "events": events });
        let input = json!({ "kind": "webhook", "name": "hook", "grant": grant, "config": config });
        house.connect(input).await;
        Self { house, url }
    }

    /// Its events so far, once all that happened is told.
    async fn told(&self) -> Vec<Value> {
        self.house.pump.drain().await.unwrap();
        let sent = self.house.network.sent.lock().unwrap();
        let own = sent.iter().filter(|sent| sent.url.as_str() == self.url);
        own.map(|sent| serde_json::from_str(&sent.body).unwrap()).collect()
    }

    async fn types(&self) -> Vec<String> {
        self.told().await.iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
    }
}

fn reads(resource: &str) -> Value {
    json!([{ "resource": resource, "actions": ["read"] }])
}

#[tokio::test]
async fn who_may_see_that_something_is_done_is_told_so_and_others_that_it_changed() {
    let house = House::new();
    let key = house.api("full_access").await;
    let masked = json!([{ "resource": "tasks", "actions": ["read"], "fields": { "deny": ["status"] } }]);
    let sees = Hook::new(&house, "https://sees.example/", reads("tasks"), json!([])).await;
    let blind = Hook::new(&house, "https://blind.example/", masked, json!([])).await;
    let id = house.task(&key, "Milk").await;
    let path = format!("/v1/tasks/{id}");
    house.call("PATCH", &path, &key, Some(json!({ "status": "completed" }))).await;
    house.call("PATCH", &path, &key, Some(json!({ "title": "Oat milk" }))).await;
    house.call("PATCH", &path, &key, Some(json!({ "status": "pending" }))).await;
    assert_eq!(sees.types().await, ["task.created", "task.completed", "task.updated", "task.updated"]);
    assert!(!blind.types().await.contains(&"task.completed".to_owned()), "it cannot see that");
    assert!(blind.told().await.iter().all(|event| !event.to_string().contains("status")));
}

#[tokio::test]
async fn an_event_says_which_change_it_is_and_where_the_item_is() {
    let house = House::new();
    let key = house.api("full_access").await;
    let hook = Hook::new(&house, "https://a.example/", reads("tasks"), json!([])).await;
    let path = format!("/v1/tasks/{}", house.task(&key, "Milk").await);
    house.call("PATCH", &path, &key, Some(json!({ "title": "Oat milk" }))).await;
    house.call("DELETE", &path, &key, None).await;
    house.call("POST", &format!("{path}/restore"), &key, None).await;
    let told = hook.told().await;
    let sequences: Vec<_> = told.iter().map(|event| event["data"]["sequence"].as_u64().unwrap()).collect();
    assert!(sequences.is_sorted_by(|before, after| before < after), "{sequences:?}");
    let links: Vec<_> = told.iter().map(|event| event["data"].get("link")).collect();
    let there = json!(path);
    assert_eq!(links, [Some(&there), Some(&there), None, Some(&there)]);
}

#[tokio::test]
async fn an_event_of_a_record_names_its_collection_to_who_may_know_it() {
    let house = House::new();
    let key = house.api("full_access").await;
    let hidden =
        json!([{ "resource": "collections", "actions": ["read"], "fields": { "deny": ["collection"] } }]);
    let every = Hook::new(&house, "https://a.example/", reads("collections"), json!(["record.*"])).await;
    let books =
        Hook::new(&house, "https://b.example/", reads("collections"), json!(["record.books.*"])).await;
    let blind = Hook::new(&house, "https://c.example/", hidden, json!(["record.*"])).await;
    for name in ["books", "created"] {
        house.call("POST", "/v1/collections", &key, Some(json!({ "name": name }))).await;
        let records = format!("/v1/collections/{name}/records");
        let made = house.call("POST", &records, &key, Some(json!({ "data": { "title": "Dune" } }))).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
    assert_eq!(every.types().await, ["record.books.created", "record.created.created"]);
    assert_eq!(books.types().await, ["record.books.created"]);
    assert_eq!(blind.types().await, ["record.created", "record.created"]);
    assert!(blind.told().await.iter().all(|event| event["data"].get("link").is_none()));
}

#[tokio::test]
async fn every_event_has_a_schema_by_itself() {
    let house = House::new();
    let all = house.send(request("GET", "/schemas", None, None)).await.body;
    let all = all["data"].as_array().unwrap();
    assert!(all.len() > 30, "{all:?}");
    for one in all {
        let place = one["schema"].as_str().unwrap();
        let schema = house.send(request("GET", place, None, None)).await.body;
        assert!(jsonschema::meta::is_valid(&schema) && schema["$id"] == place, "{schema}");
        let held = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        for example in schema["examples"].as_array().unwrap() {
            assert!(held.is_valid(example), "{place}: {example}");
            let mut other = example.clone();
            other["type"] = "task.created.twice".into();
            assert!(!held.is_valid(&other), "{place} takes another event");
        }
    }
    let of = async |name: &str| house.send(request("GET", &format!("/schemas/v1/{name}"), None, None)).await;
    assert_eq!(of("record.books.created").await.body["title"], "record.*.created");
    of("task.flown").await.is_problem(404);
}

#[tokio::test]
async fn the_description_of_a_connection_tells_the_events_that_it_is_told() {
    let house = House::new();
    let masked = json!([
        { "resource": "collections", "actions": ["read"], "fields": { "deny": ["collection", "tags"] } },
        { "resource": "tasks", "actions": ["read"] },
    ]);
    let config = json!({ "target_url": "https://a.example/", "events": ["record.*"] });
    let input = json!({ "kind": "webhook", "name": "hook", "grant": masked, "config": config });
    let (_, key) = house.connect(input).await;
    let own = house.call("GET", "/openapi/own.json", &key, None).await.body;
    let names: Vec<_> = own["webhooks"].as_object().unwrap().keys().collect();
    let of_records = ["record.*.created", "record.*.deleted", "record.*.restored", "record.*.updated"];
    assert_eq!(names, ["larder.test"].into_iter().chain(of_records).collect::<Vec<_>>());
    let content =
        own.pointer("/webhooks/record.*.created/post/requestBody/content/application~1json").unwrap();
    let example = &content["examples"]["full"]["value"];
    assert_eq!((&example["type"], example["data"].get("link")), (&json!("record.created"), None));
    assert!(
        !example.to_string().contains("fiction") && !example["data"].to_string().contains("tags"),
        "{example}"
    );
    assert!(own["components"]["schemas"]["Record"]["properties"].get("tags").is_none());
    let agent = house.api("full_access").await;
    assert!(house.call("GET", "/openapi/own.json", &agent, None).await.body.get("webhooks").is_none());
}
