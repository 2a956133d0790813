//! What tools say of what they answer, held against everything that they answer in all tests.

use super::legacy;
use crate::harness::{Answer, House};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tokio::sync::OnceCell;

/// As a connection sees them that may do everything; masks leave out fields, which no schema requires.
async fn schemas() -> &'static BTreeMap<String, Validator> {
    static SCHEMAS: OnceCell<BTreeMap<String, Validator>> = OnceCell::const_new();
    let all = async || {
        let house = House::new();
        let tools = tools(&house).await;
        let validator = |tool: &Value| jsonschema::validator_for(&tool["outputSchema"]).unwrap();
        tools.iter().map(|tool| (tool["name"].as_str().unwrap().to_owned(), validator(tool))).collect()
    };
    Box::pin(SCHEMAS.get_or_init(all)).await
}

/// The harness does it with every call.
pub(crate) async fn check(sent: &[u8], answer: &Answer) {
    let Some(told) = answer.body.pointer("/result/structuredContent") else { return };
    let sent: Value = serde_json::from_slice(sent).unwrap();
    let name = match sent["params"]["name"].as_str().unwrap() {
        "create_memory" => "add_memory",
        "put_record" => "create_record",
        "query_records" => "list_records",
        name => name,
    };
    let schema = schemas().await.get(name).unwrap_or_else(|| panic!("no tool {name} is listed"));
    let errors: Vec<_> = schema.iter_errors(told).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name} answers otherwise than it says: {errors:?}: {told}");
    let result = &answer.body["result"];
    let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
    assert_eq!((&text, &result["_meta"]["larder/untrusted"]), (told, &json!(true)));
}

async fn tools(house: &House) -> Vec<Value> {
    let key = house.api("full_access").await;
    legacy(house, &key, "tools/list", json!({})).await.body["result"]["tools"].as_array().unwrap().clone()
}

#[tokio::test]
async fn every_tool_says_what_it_takes_answers_and_does() {
    let house = House::new();
    let tools = tools(&house).await;
    let size = json!(tools).to_string().len();
    assert!(size <= 120_000, "{size} bytes of tools are read by every client that connects");
    for tool in &tools {
        let name = tool["name"].as_str().unwrap();
        for what in ["title", "description"] {
            assert!(tool[what].as_str().is_some_and(|text| !text.is_empty()), "{name} has no {what}");
        }
        for schema in ["inputSchema", "outputSchema"] {
            assert_eq!(tool[schema]["type"], "object", "{name}");
            jsonschema::meta::validate(&tool[schema]).unwrap();
        }
        let hints = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"].map(|hint| {
            tool["annotations"][hint].as_bool().unwrap_or_else(|| panic!("{name} has no {hint}"))
        });
        let verb = name.split('_').next().unwrap();
        let expected = match verb {
            "list" | "get" | "search" | "query" | "analyze" | "backup" | "sync" => [true, false, true, false],
            "create" | "add" | "decompose" | "apply" => [false, false, false, false],
            "update" | "delete" => [false, true, true, false],
            "complete" | "reopen" | "restore" | "archive" => [false, false, true, false],
            other => panic!("what does a tool do that begins with {other}?"),
        };
        assert_eq!(hints, expected, "{name}");
    }
}

/// Each tool once, over the harness, which holds the answer against its schema.
#[tokio::test]
async fn every_tool_answers_as_it_says() {
    let house = House::new();
    let key = house.api("full_access").await;
    let mut used = BTreeSet::new();
    let mut call = async |name: &str, arguments: Value| {
        let called =
            legacy(&house, &key, "tools/call", json!({ "name": name, "arguments": arguments })).await;
        assert_eq!(called.body["result"]["isError"], false, "{name}: {}", called.body);
        used.insert(name.to_owned());
        called.body["result"].clone()
    };
    let id = |made: &Value| made["structuredContent"]["id"].clone();
    for (one, many, new, patch) in [
        ("task", "tasks", json!({ "title": "Milk", "due": "2027-01-15" }), json!({ "title": "Bread" })),
        ("goal", "goals", json!({ "title": "Swim" }), json!({ "priority": "high" })),
        ("life_area", "life_areas", json!({ "name": "Health" }), json!({ "weight": 5 })),
        ("memory", "memories", json!({ "content": "Likes to swim" }), json!({ "importance": 0.9 })),
        ("collection", "collections", json!({ "name": "books" }), json!({ "title": "Books" })),
        ("record", "records", json!({ "collection": "books", "data": { "a": 1 } }), json!({ "data": {} })),
    ] {
        let create = if one == "memory" { "add_memory".to_owned() } else { format!("create_{one}") };
        let made = call(&create, new.clone()).await;
        let of = if one == "collection" { json!("books") } else { id(&made) };
        let links: Vec<_> =
            made["content"].as_array().unwrap().iter().skip(1).map(|it| it["uri"].clone()).collect();
        let place = match one {
            "goal" => vec![format!("larder://goals/{}/context", of.as_str().unwrap())],
            "memory" => vec![format!("larder://memories/{}", of.as_str().unwrap())],
            "record" => vec![format!("larder://collections/books/{}", of.as_str().unwrap())],
            _ => vec![],
        };
        assert_eq!(links, place, "{one}");
        for link in links {
            let read = legacy(&house, &key, "resources/read", json!({ "uri": link })).await;
            assert_eq!(read.body["result"]["contents"][0]["uri"], link, "{}", read.body);
        }
        let mut change = patch.clone();
        change["id"] = of.clone();
        call(&format!("update_{one}"), change).await;
        call(&format!("get_{one}"), json!({ "id": of })).await;
        let of_list = if one == "record" { json!({ "collection": "books" }) } else { json!({}) };
        let listed = call(&format!("list_{many}"), of_list).await;
        assert!(!listed["structuredContent"]["data"].as_array().unwrap().is_empty(), "{listed}");
        match one {
            "task" => {
                call("complete_task", json!({ "id": of })).await;
                call("query_user_stats", json!({})).await;
                call("analyze_progress", json!({ "period": "7d" })).await;
                call("reopen_task", json!({ "id": of })).await;
                call("create_tasks", json!({ "items": [{ "title": "Eggs" }, {}] })).await;
            }
            "goal" => {
                let include = json!(["tasks", "parts", "memories", "timeline"]);
                let whole = call("get_goal", json!({ "id": of, "include": include })).await;
                assert!(whole["structuredContent"]["timeline"]["data"].is_array(), "{whole}");
                let plan = call("decompose_goal", json!({ "goal_id": of, "method": "template" })).await;
                let plan = &plan["structuredContent"]["plan"];
                call("apply_goal_plan", json!({ "goal_id": of, "plan": plan })).await;
                call("complete_goal", json!({ "id": of })).await;
                call("reopen_goal", json!({ "id": of })).await;
            }
            "life_area" => drop(call("archive_life_area", json!({ "id": of })).await),
            "memory" => drop(call("search_memory", json!({ "query": "swim" })).await),
            "record" => {
                let items = json!({ "items": [{ "collection": "books", "data": {} }] });
                call("create_records", items).await;
            }
            _ => {}
        }
        if one == "collection" {
            continue;
        }
        call(&format!("delete_{one}"), json!({ "id": of })).await;
        call("list_trash", json!({ "noun": one })).await;
        call(&format!("restore_{one}"), json!({ "id": of })).await;
    }
    call("create_collection", json!({ "name": "films" })).await;
    call("delete_collection", json!({ "id": "films" })).await;
    call("restore_collection", json!({ "id": "films" })).await;
    for one in ["profile", "preferences"] {
        call(&format!("get_{one}"), json!({})).await;
    }
    call("backup_user_data", json!({})).await;
    call("sync_with_calendar", json!({})).await;
    call("update_profile", json!({ "about": "I swim" })).await;
    call("update_preferences", json!({ "tone": "coach" })).await;
    let all: BTreeSet<_> = schemas().await.keys().cloned().collect();
    assert_eq!(used, all);
}

/// A mask leaves fields out, and what leads to more with them.
#[tokio::test]
async fn what_is_hidden_is_in_no_schema() {
    let house = House::new();
    let all = house.api("full_access").await;
    house.call("POST", "/v1/goals", &all, Some(json!({ "title": "Swim", "description": "SECRET" }))).await;
    let grant = json!([{ "resource": "goals", "actions": ["read"], "fields": { "deny": ["description"] } }]);
    let (_, key) = house.connect(json!({ "kind": "mcp", "name": "goals", "grant": grant })).await;
    let listed = legacy(&house, &key, "tools/list", json!({})).await.body["result"]["tools"].clone();
    for tool in listed.as_array().unwrap() {
        let said = tool["outputSchema"].to_string();
        assert!(!said.contains("\"description\""), "{said}");
    }
    let used = legacy(&house, &key, "tools/call", json!({ "name": "list_goals", "arguments": {} })).await;
    let goal = &used.body["result"]["structuredContent"]["data"][0];
    assert!(goal["title"] == "Swim" && goal.get("description").is_none(), "{goal}");
}
