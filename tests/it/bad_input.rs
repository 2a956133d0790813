//! What nobody means, or means ill: each is refused with the field that is wrong, and leaves nothing behind.

use crate::harness::{Answer, House, OWNER};
use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

async fn raw(house: &House, method: &str, path: &str, key: &str, body: &str) -> Answer {
    let request =
        Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
    let request = request.header("content-type", "application/json").body(Body::from(body.to_owned()));
    house.send(request.unwrap()).await
}

async fn made(house: &House, key: &str, path: &str, body: Value) -> String {
    let answer = house.call("POST", path, key, Some(body)).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("/id")
}

async fn tool(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    house.call("POST", "/mcp", key, Some(call)).await.body["result"].clone()
}

/// Over both faces.
async fn refused(house: &House, key: &str, method: &str, path: &str, name: &str, body: Value, place: &str) {
    let answer = house.call(method, path, key, Some(body.clone())).await;
    assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), place, "{body}: {}", answer.body);
    let mut arguments = body.as_object().unwrap().clone();
    let (parent, last) = path.rsplit_once('/').unwrap();
    match method {
        "PATCH" => drop(arguments.insert("id".to_owned(), json!(last))),
        _ if last == "records" => {
            drop(arguments.insert("collection".to_owned(), json!(parent.rsplit_once('/').unwrap().1)))
        }
        _ => {}
    }
    let said = tool(house, key, name, json!(arguments)).await;
    let text = said["content"][0]["text"].as_str().unwrap_or_default();
    assert!(said["isError"] == true && text.starts_with(place), "{name} {body}: {said}");
}

#[tokio::test]
async fn nothing_leads_back_to_itself() {
    let house = House::new();
    let key = house.api("full_access").await;
    let first = house.task(&key, "First").await;
    let second = json!({ "title": "Second", "depends_on": [first] });
    let second = made(&house, &key, "/v1/tasks", second).await;
    let third = json!({ "title": "Third", "depends_on": [second] });
    let third = made(&house, &key, "/v1/tasks", third).await;
    let above = made(&house, &key, "/v1/goals", json!({ "title": "Above" })).await;
    let below = made(&house, &key, "/v1/goals", json!({ "title": "Below", "parent_id": above })).await;
    let part = made(&house, &key, "/v1/tasks", json!({ "title": "Part", "parent_id": first })).await;
    let task = |id: &str| format!("/v1/tasks/{id}");
    let goal = |id: &str| format!("/v1/goals/{id}");
    for (path, name, body, place) in [
        (task(&first), "update_task", json!({ "depends_on": [first] }), "/depends_on"),
        (task(&first), "update_task", json!({ "depends_on": [second] }), "/depends_on"),
        (task(&first), "update_task", json!({ "depends_on": [third] }), "/depends_on"),
        (task(&first), "update_task", json!({ "parent_id": first }), "/parent_id"),
        (task(&first), "update_task", json!({ "parent_id": part }), "/parent_id"),
        (goal(&above), "update_goal", json!({ "parent_id": above }), "/parent_id"),
        (goal(&above), "update_goal", json!({ "parent_id": below }), "/parent_id"),
    ] {
        refused(&house, &key, "PATCH", &path, name, body, place).await;
    }
}

#[tokio::test]
async fn what_is_referred_to_has_to_be_there_and_of_its_kind() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = made(&house, &key, "/v1/goals", json!({ "title": "A goal" })).await;
    let task = house.task(&key, "A task").await;
    let none = |kind: &str| format!("{kind}_00000000000000000000000000");
    for (path, name, field, wrong) in [
        ("/v1/tasks", "create_task", "goal_id", none("goal")),
        ("/v1/tasks", "create_task", "goal_id", task.clone()),
        ("/v1/tasks", "create_task", "parent_id", none("task")),
        ("/v1/tasks", "create_task", "parent_id", goal.clone()),
        ("/v1/tasks", "create_task", "life_area_id", none("area")),
        ("/v1/goals", "create_goal", "parent_id", none("goal")),
        ("/v1/goals", "create_goal", "life_area_id", none("area")),
    ] {
        let body = json!({ "title": "x", field: wrong });
        refused(&house, &key, "POST", path, name, body, &format!("/{field}")).await;
    }
    let waits = json!({ "title": "x", "depends_on": [task, none("task")] });
    refused(&house, &key, "POST", "/v1/tasks", "create_task", waits, "/depends_on").await;
    let record = json!({ "data": {} });
    refused(&house, &key, "POST", "/v1/collections/none/records", "create_record", record, "/collection")
        .await;
    let linked = json!({ "data": {}, "links": [{ "kind": "goal", "id": task }] });
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "kept" }))).await;
    refused(&house, &key, "POST", "/v1/collections/kept/records", "create_record", linked, "/links/0").await;
}

#[tokio::test]
async fn data_is_as_its_collection_wants_it_and_neither_too_deep_nor_too_large() {
    let house = House::new();
    let key = house.api("full_access").await;
    let shape = json!({
        "type": "object", "required": ["title"], "additionalProperties": false,
        "properties": { "title": { "type": "string" }, "stars": { "type": "integer", "maximum": 5 } },
    });
    for collection in [json!({ "name": "books", "json_schema": shape }), json!({ "name": "any" })] {
        house.call("POST", "/v1/collections", &key, Some(collection)).await;
    }
    let (books, any) = ("/v1/collections/books/records", "/v1/collections/any/records");
    let nested = |levels: usize| (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }));
    let lists = |levels: usize| json!({ "a": (2..levels).fold(json!([]), |inner, _| json!([inner])) });
    let kept = house.call("POST", any, &key, Some(json!({ "data": nested(32) }))).await;
    assert_eq!(kept.status, 201, "{}", kept.body);
    assert_eq!(house.call("POST", any, &key, Some(json!({ "data": lists(32) }))).await.status, 201);
    for (path, data, place) in [
        (books, json!({}), "/data/title"),
        (books, json!({ "title": 5 }), "/data/title"),
        (books, json!({ "title": "Dune", "stars": 6 }), "/data/stars"),
        (books, json!({ "title": "Dune", "pages": 1 }), "/data/pages"),
        (any, nested(33), "/data"),
        (any, lists(33), "/data"),
        (any, json!({ "text": "x".repeat(64 * 1024) }), "/data"),
        (any, json!({ "\u{e4}".repeat(32 * 1024): 1 }), "/data"),
    ] {
        refused(&house, &key, "POST", path, "create_record", json!({ "data": data }), place).await;
    }
    let abyss = format!("{{\"data\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    assert!(raw(&house, "POST", any, &key, &abyss).await.is_problem(400).text("/detail").contains("limit"));
    let abyss = format!("{{\"data\":{}}}", "[".repeat(100_000));
    raw(&house, "POST", any, &key, &abyss).await.is_problem(400);
    assert_eq!(house.call("GET", any, &key, None).await.body["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_json_has_no_words_for_is_refused_where_it_stands() {
    let house = House::new();
    let key = house.api("full_access").await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "any" }))).await;
    for (path, body, place) in [
        ("/v1/tasks", r#"{"title":"x","estimated_minutes":NaN}"#, "/estimated_minutes"),
        ("/v1/tasks", r#"{"title":"x","estimated_minutes":Infinity}"#, "/estimated_minutes"),
        ("/v1/tasks", r#"{"title":"x","estimated_minutes":1e999}"#, "/estimated_minutes"),
        ("/v1/tasks", r#"{"title":"x","estimated_minutes":-0.1}"#, "/estimated_minutes"),
        ("/v1/tasks", r#"{"title":"\ud800"}"#, "/title"),
        ("/v1/tasks", r#"{"title":"\udc00\ud800"}"#, "/title"),
        ("/v1/tasks", r#"{"title":"\u0000"}"#, "/title"),
        ("/v1/tasks", "{\"title\":\"a\nb\"}", "/title"),
        ("/v1/collections/any/records", r#"{"data":{"a":NaN}}"#, "/data"),
        ("/v1/collections/any/records", r#"{"data":{"a":1e999}}"#, "/data"),
        ("/v1/collections/any/records", r#"{"data":{"a":"\ud800"}}"#, "/data"),
        ("/v1/collections/any/records", r#"{"data":{"\udfff":1}}"#, "/data"),
    ] {
        let answer = raw(&house, "POST", path, &key, body).await;
        let said = answer.is_problem(400).text("/errors/0/pointer");
        assert!(said.starts_with(place), "{body}: {}", answer.body);
        let arguments = body.replacen('{', r#"{"collection":"any","#, usize::from(path.ends_with("records")));
        let name = if path.ends_with("records") { "create_record" } else { "create_task" };
        let call = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","arguments":{arguments}}}}}"#
        );
        let answer = raw(&house, "POST", "/mcp", &key, &call).await;
        let is_refused = answer.status == 400 || answer.body["result"]["isError"] == true;
        assert!(is_refused, "{body}: {} {}", answer.status, answer.body);
    }
    for path in ["/v1/tasks", "/v1/collections/any/records"] {
        assert_eq!(house.call("GET", path, &key, None).await.body["data"], json!([]));
    }
}

#[tokio::test]
async fn a_name_is_no_path() {
    let house = House::new();
    let key = house.api("full_access").await;
    house.call("POST", "/v1/collections", &key, Some(json!({ "name": "books" }))).await;
    let long = "a".repeat(49);
    for name in [
        "..",
        ".",
        "a.b",
        "books%00",
        "%2e%2e",
        "books%2f..",
        "books%2Frecords",
        "%5c",
        "books%20",
        "Books",
        "b%C3%B6ks",
        "_",
        &long,
    ] {
        for (method, path, body) in [
            ("GET", format!("/v1/collections/{name}"), None),
            ("PATCH", format!("/v1/collections/{name}"), Some(json!({ "title": "x" }))),
            ("DELETE", format!("/v1/collections/{name}"), None),
            ("GET", format!("/v1/collections/{name}/history"), None),
            ("GET", format!("/v1/collections/{name}/records"), None),
            ("GET", format!("/v1/collections/{name}/records/rec_00000000000000000000000000"), None),
        ] {
            let answer = house.call(method, &path, &key, body).await;
            let place = answer.is_problem(400).text("/errors/0/pointer");
            assert!(["{id}", "{collection}"].contains(&place.as_str()), "{path}: {}", answer.body);
        }
        let path = format!("/v1/collections/{name}/records");
        let answer = house.call("POST", &path, &key, Some(json!({ "data": {} }))).await;
        assert!(
            ["/collection", "{collection}"]
                .contains(&answer.is_problem(400).text("/errors/0/pointer").as_str())
        );
    }
    for name in ["..", "../task", "books/..", "a/b", "a\\b", "books\u{0}", "", "Books"] {
        for (tool_name, arguments, place) in [
            ("create_collection", json!({ "name": name }), "/name"),
            ("get_collection", json!({ "id": name }), "/id"),
            ("list_records", json!({ "collection": name }), "/collection"),
            ("create_record", json!({ "collection": name, "data": {} }), "/collection"),
        ] {
            let said = tool(&house, &key, tool_name, arguments).await;
            let text = said["content"][0]["text"].as_str().unwrap_or_default();
            assert!(said["isError"] == true && text.starts_with(place), "{tool_name} {name:?}: {said}");
        }
    }
    assert_eq!(
        house.call("GET", "/v1/collections", &key, None).await.body["data"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn fields_have_names_at_every_level() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = |ref_: Value| json!({ "title": "x", "external_ref": ref_ });
    refused(&house, &key, "POST", "/v1/tasks", "create_task", task(json!(["app", "1"])), "/external_ref")
        .await;
    for (shape, place) in [
        (json!([]), "/json_schema"),
        (json!({ "properties": { "a": [] } }), "/json_schema/properties/a"),
        (json!({ "items": [] }), "/json_schema/items"),
    ] {
        let body = json!({ "name": "any", "json_schema": shape });
        refused(&house, &key, "POST", "/v1/collections", "create_collection", body, place).await;
    }
    for (path, field) in [
        ("/owner/preferences", "notifications"),
        ("/owner/preferences", "ai"),
        ("/owner/preferences", "memory"),
        ("/owner/profile", "visible_to_agents"),
        ("/owner/profile", "work_hours"),
    ] {
        let answer = house.call("PATCH", path, OWNER, Some(json!({ field: [] }))).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), format!("/{field}"));
    }
    for (field, value, place) in [
        ("limits", json!([1, 2, 3]), "/limits"),
        ("grant", json!([["tasks", ["read"]]]), "/grant/0"),
        ("grant", json!([{ "resource": "tasks", "actions": ["read"], "only": [] }]), "/grant/0/only"),
        ("grant", json!([{ "resource": "tasks", "actions": ["read"], "when": [] }]), "/grant/0/when"),
    ] {
        let input = json!({ "kind": "api", "name": "x", field: value });
        let answer = house.call("POST", "/connections", OWNER, Some(input)).await;
        assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), place, "{}", answer.body);
    }
}
