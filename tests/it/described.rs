//! What a connection is told of the API is what its grant lets it do: no more, and no less.

use crate::contract::DOCUMENT;
use crate::harness::{House, OWNER};
use http::{StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeSet;

async fn description(house: &House, key: &str) -> Value {
    let answer = house.call("GET", "/openapi/own.json", key, None).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

async fn granted(house: &House, grant: Value) -> (String, String) {
    house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await
}

/// Each operation that connections can be allowed: its method, its path and its name.
fn operations(document: &Value) -> BTreeSet<(String, String, String)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, all)| {
        let of_connections = |said: &&Value| said["security"].to_string().contains("connectionKey");
        let all = all.as_object().unwrap().iter().map(|(method, said)| (method.to_uppercase(), said));
        let all = all.filter(move |(_, said)| of_connections(said));
        all.map(|(method, said)| (method, path.clone(), said["operationId"].as_str().unwrap().to_owned()))
    });
    each.collect()
}

/// An address with ids that there are not.
fn address(path: &str) -> String {
    let ids = [
        ("tasks", "task_"),
        ("goals", "goal_"),
        ("life-areas", "area_"),
        ("records", "rec_"),
        ("memories", "mem_"),
    ];
    let prefix = ids.iter().find(|(noun, _)| path.contains(noun)).map(|(_, prefix)| *prefix);
    let id = prefix.map_or_else(|| "things".to_owned(), |prefix| format!("{prefix}{}", "0".repeat(26)));
    let query = if path == "/v1/progress" { "?period=7d" } else { "" };
    let path = path.replace("{collection}", "things").replace("{date}", "2027-01-15");
    format!("{}{query}", path.replace("{id}", &id))
}

#[tokio::test]
async fn it_holds_what_is_allowed_and_nothing_else() {
    let house = House::new();
    for grant in [
        json!([{ "resource": "tasks", "actions": ["read"] }]),
        json!([{ "resource": "tasks", "actions": ["read", "write"] }, { "resource": "goals", "actions": ["read"] }]),
        json!([{ "resource": "tasks", "actions": ["read"] }, { "resource": "collections", "actions": ["delete"] }]),
        json!([
            { "resource": "tasks", "actions": ["read", "write", "delete"] },
            { "resource": "life_areas", "actions": ["write"] },
        ]),
    ] {
        let (_, key) = granted(&house, grant.clone()).await;
        let told = operations(&description(&house, &key).await);
        for one in operations(&DOCUMENT) {
            let (method, path, _) = &one;
            let takes = &DOCUMENT["paths"][path][method.to_lowercase()]["requestBody"];
            let body = takes.is_object().then(|| json!({}));
            let answer = house.call(method, &address(path), &key, body).await;
            let refused = answer.status == StatusCode::FORBIDDEN;
            assert_ne!(refused, told.contains(&one), "{grant}: {one:?}: {} {}", answer.status, answer.body);
        }
    }
}

#[tokio::test]
async fn it_tells_nothing_of_what_is_hidden() {
    let house = House::new();
    let hidden = ["description", "labels", "due"];
    let (id, key) = granted(
        &house,
        json!([{ "resource": "tasks", "actions": ["read", "write"], "fields": { "deny": hidden } }]),
    )
    .await;
    let told = description(&house, &key).await;
    for name in ["Task", "NewTask", "TaskPatch"] {
        let schema = &told["components"]["schemas"][name];
        let properties: BTreeSet<_> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert!(
            properties.contains("status") && hidden.iter().all(|name| !properties.contains(name)),
            "{name}"
        );
    }
    let create = &told["paths"]["/v1/tasks"]["post"];
    let sent = create["requestBody"]["content"]["application/json"]["example"].as_object().unwrap();
    assert_eq!(sent.keys().collect::<Vec<_>>(), ["title"]);
    let shown = &create["responses"]["201"]["content"]["application/json"]["example"];
    assert!(shown["title"].is_string() && hidden.iter().all(|name| shown.get(name).is_none()), "{shown}");
    let parameters = told["paths"]["/v1/tasks"]["get"]["parameters"].as_array().unwrap();
    let fields =
        parameters.iter().find(|one| one["name"] == "fields").unwrap()["schema"]["items"]["enum"].to_string();
    assert!(fields.contains("status") && hidden.iter().all(|name| !fields.contains(name)), "{fields}");
    let names: BTreeSet<_> = parameters.iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.is_superset(&["limit", "cursor", "status", "query", "sort"].into()), "{names:?}");
    assert!(
        names.is_disjoint(&["due_date", "due_before", "due_after", "overdue", "label"].into()),
        "{names:?}"
    );
    let sort = parameters.iter().find(|one| one["name"] == "sort").unwrap();
    assert_eq!(sort["schema"]["enum"], json!(["-created", "created"]));
    assert_eq!(sort.get("description"), None);
    for other in ["Goal", "Connection", "ownerToken", "connectionKeyQuery"] {
        assert!(!told.to_string().contains(&format!("\"{other}\"")), "{other}");
    }
    let by_owner = house.call("GET", &format!("/connections/{id}/openapi.json"), OWNER, None).await;
    assert_eq!(by_owner.body, told);
}

/// By the field that it looks at, if that alone is hidden.
#[tokio::test]
async fn no_filter_of_a_list_tells_of_a_field_that_is_hidden() {
    let house = House::new();
    for (resource, path, field, gone) in [
        ("tasks", "/v1/tasks", "labels", vec!["label"]),
        ("tasks", "/v1/tasks", "due", vec!["due_date", "due_before", "due_after", "overdue"]),
        ("tasks", "/v1/tasks", "status", vec!["status", "overdue"]),
        ("goals", "/v1/goals", "tags", vec!["tag"]),
        ("goals", "/v1/goals", "target_date", vec!["due_before", "due_after"]),
        ("life_areas", "/v1/life-areas", "is_archived", vec!["is_archived"]),
        ("memories", "/v1/memories", "tags", vec!["tag"]),
        ("memories", "/v1/memories", "type", vec!["type"]),
        ("collections", "/v1/collections/{collection}/records", "tags", vec!["tag"]),
    ] {
        let named = async |fields: Value| {
            let rule = json!({ "resource": resource, "actions": ["read"], "fields": fields });
            let told = description(&house, &granted(&house, json!([rule])).await.1).await;
            let all = told["paths"][path]["get"]["parameters"].as_array().unwrap().clone();
            all.iter().filter_map(|one| one["name"].as_str().map(str::to_owned)).collect::<BTreeSet<_>>()
        };
        let (shown, hidden) =
            (named(json!({ "deny": ["source"] })).await, named(json!({ "deny": [field] })).await);
        for name in gone {
            assert!(shown.contains(name) && !hidden.contains(name), "{path}, {field}: {name}");
        }
    }
}

#[tokio::test]
async fn nothing_in_it_leads_nowhere_and_nothing_lies_unused() {
    let house = House::new();
    for preset in ["read_only", "read_write", "full_access"] {
        let told = description(&house, &house.api(preset).await).await;
        let text = told.to_string();
        let parts = told["components"].as_object().unwrap();
        for (kind, parts) in parts.iter().filter(|(kind, _)| *kind != "securitySchemes") {
            for name in parts.as_object().unwrap().keys() {
                assert!(text.contains(&format!("\"#/components/{kind}/{name}\"")), "{preset}: {name}");
            }
        }
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once("\"$ref\":\"#") {
            let (place, after) = after.split_once('"').unwrap();
            assert!(told.pointer(place).is_some(), "{preset}: {place}");
            rest = after;
        }
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_and_who_may_nothing_is_told_nothing() {
    let house = House::new();
    let key = house.api("read_only").await;
    let (_, nothing) = granted(&house, json!([])).await;
    house.call("GET", "/openapi/own.json", &nothing, None).await.is_problem(403);
    let first = house.call("GET", "/openapi/own.json", &key, None).await;
    let tag = first.headers[header::ETAG].to_str().unwrap().to_owned();
    let mut again = crate::harness::request("GET", "/openapi/own.json", Some(&key), None);
    again.headers_mut().insert(header::IF_NONE_MATCH, tag.parse().unwrap());
    assert_eq!(house.send(again).await.status, StatusCode::NOT_MODIFIED);
}
