//! Grants on every face: a field that is masked is nowhere, an item outside of a filter is not there.

use crate::harness::{Answer, House, OWNER};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::clock::Clock as _;
use jiff::SignedDuration;
use serde_json::{Value, json};

const SECRET: &str = "ZEBRA";

async fn with(house: &House, kind: &str, grant: Value, config: Value) -> (String, String) {
    house.connect(json!({ "kind": kind, "name": "narrow", "grant": grant, "config": config })).await
}

async fn api(house: &House, grant: Value) -> String {
    with(house, "api", grant, json!({})).await.1
}

async fn post(house: &House, key: &str, task: Value) -> Answer {
    house.call("POST", "/v1/tasks", key, Some(task)).await
}

async fn tool(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    house.call("POST", "/mcp", key, Some(call)).await.body
}

async fn tools(house: &House, key: &str) -> Vec<Value> {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = house.call("POST", "/mcp", key, Some(list)).await;
    listed.body["result"]["tools"].as_array().unwrap().clone()
}

async fn titles(house: &House, key: &str) -> Vec<String> {
    let listed = house.call("GET", "/v1/tasks?limit=100", key, None).await;
    assert_eq!(listed.status, 200, "{}", listed.body);
    let title = |task: &Value| task["title"].as_str().unwrap().to_owned();
    listed.body["data"].as_array().unwrap().iter().map(title).collect()
}

#[tokio::test]
async fn a_masked_field_is_nowhere() {
    let house = House::new();
    let full = house.api("full_access").await;
    let secret = json!({ "title": "Milk", "description": SECRET, "labels": [SECRET] });
    let id = post(&house, &full, secret).await.text("/id");
    let grant = json!([{ "resource": "tasks", "actions": ["read", "write", "delete"], "fields": { "deny": ["description", "labels"] } }]);
    let key = api(&house, grant.clone()).await;
    let config = json!({ "target_url": "https://receiver.example/hook", "payload": "full" });
    let (hook, _) = with(&house, "webhook", grant.clone(), config).await;
    let path = format!("/v1/tasks/{id}");

    let patch = |body: Value| house.call("PATCH", &path, &key, Some(body));
    let seen = [
        house.call("GET", "/v1/tasks", &key, None).await.body,
        house.call("GET", &path, &key, None).await.body,
        patch(json!({ "status": "completed" })).await.body,
        tool(&house, &key, "list_tasks", json!({})).await,
        tool(&house, &key, "get_task", json!({ "id": id })).await,
        tool(&house, &key, "update_task", json!({ "id": id, "priority": "high" })).await,
        house.call("GET", &format!("/connections/{hook}/preview"), OWNER, None).await.body,
    ];
    for answer in seen {
        let text = answer.to_string();
        assert!(!text.contains(SECRET) && text.contains("Mi"), "{text}");
    }
    let offered = json!(tools(&house, &key).await).to_string();
    assert!(
        offered.contains("\"due\"")
            && !offered.contains("\"description\":{\"")
            && !offered.contains("\"labels\""),
        "{offered}"
    );

    // Writing it is as if there were no such field; what is hidden stays as it is.
    for field in ["description", "labels"] {
        let value = if field == "labels" { json!(["x"]) } else { json!("x") };
        let refused = patch(json!({ field: value.clone() })).await;
        assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), format!("/{field}"));
        post(&house, &key, json!({ "title": "New", field: value })).await.is_problem(400);
    }
    let whole = house.call("GET", &path, &full, None).await.body;
    assert_eq!((&whole["description"], &whole["status"]), (&json!(SECRET), &json!("completed")));

    // A change of nothing but hidden fields is no event; what is told of others has no trace of them.
    house.pump.drain().await.unwrap();
    let told = house.network.take();
    assert!(told.len() == 3 && told.iter().all(|sent| !sent.body.contains(SECRET)), "{told:?}");
    house.call("PATCH", &path, &full, Some(json!({ "description": "OTHER", "labels": [] }))).await;
    house.pump.drain().await.unwrap();
    assert_eq!(house.network.take().len(), 0);
    house.call("PATCH", &path, &full, Some(json!({ "description": "THIRD", "due": "2027-01-01" }))).await;
    house.pump.drain().await.unwrap();
    let told: Value = serde_json::from_str(&house.network.take()[0].body).unwrap();
    assert_eq!(told["data"]["changed"], json!(["due"]));
}

/// Neither by its value nor by a message that lists it: what is hidden is as if it were not there at all.
#[tokio::test]
async fn a_masked_field_cannot_be_guessed() {
    let house = House::new();
    let full = house.api("full_access").await;
    let task = json!({ "title": "Milk", "description": SECRET, "due": "2027-03-04" });
    let id = post(&house, &full, task).await.text("/id");
    let hidden = ["description", "due", "status", "labels", "source"];
    let grant = json!([{ "resource": "tasks", "actions": ["read", "write"], "fields": { "deny": hidden } }]);
    let key = api(&house, grant).await;
    let patch = |body: Value| {
        let (house, key, path) = (&house, &key, format!("/v1/tasks/{id}"));
        async move { house.call("PATCH", &path, key, Some(body)).await }
    };
    let nothing = patch(json!({ "salary": 1 })).await;
    for (field, guesses) in [
        ("description", [json!(SECRET), json!("x"), json!(7)]),
        ("due", [json!("2027-03-04"), json!("2027-03-05"), json!("never")]),
        ("status", [json!("pending"), json!("blocked"), json!("no status")]),
        ("labels", [json!([]), json!(["x"]), json!({})]),
    ] {
        for guess in guesses {
            let refused = patch(json!({ field: guess.clone() })).await;
            assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), format!("/{field}"), "{guess}");
            let expected = nothing.text("/errors/0/detail").replace("salary", field);
            assert_eq!(refused.text("/errors/0/detail"), expected);
            let said = tool(&house, &key, "update_task", json!({ "id": id, field: guess })).await;
            assert_eq!(said["result"]["isError"], true, "{said}");
        }
    }
    for answer in [nothing, post(&house, &key, json!({ "title": 7 })).await] {
        for field in hidden {
            assert!(!answer.body.to_string().contains(&format!("`{field}`")), "{}", answer.body);
        }
    }
    // An object by another name: fields in their order, without names to check.
    patch(json!(["Bread", SECRET])).await.is_problem(400);
    assert_eq!(patch(json!({ "title": "Bread" })).await.status, 200);
}

#[tokio::test]
async fn an_item_outside_of_a_filter_is_not_there() {
    let house = House::new();
    let full = house.api("full_access").await;
    let work = post(&house, &full, json!({ "title": "work", "labels": ["work", "x"] })).await.text("/id");
    let area = house.call("POST", "/v1/life-areas", &full, Some(json!({ "name": "Home" }))).await.text("/id");
    let home = post(&house, &full, json!({ "title": "home", "labels": ["home"], "life_area_id": area }))
        .await
        .text("/id");
    let rule = |actions: Value, only: Value| json!({ "resource": "tasks", "actions": actions, "only": only });
    let all = json!(["read", "write", "delete"]);

    let at_work = api(&house, json!([rule(all.clone(), json!({ "tags": ["work"] }))])).await;
    assert_eq!(titles(&house, &at_work).await, ["work"]);
    let in_area = api(&house, json!([rule(all.clone(), json!({ "life_areas": [area] }))])).await;
    assert_eq!(titles(&house, &in_area).await, ["home"]);
    let missing = format!("/v1/tasks/{home}");
    for (method, body) in [("GET", None), ("PATCH", Some(json!({ "title": "x" }))), ("DELETE", None)] {
        let hidden = house.call(method, &missing, &at_work, body.clone()).await;
        let nowhere = house.call(method, "/v1/tasks/task_00000000000000000000000000", &at_work, body).await;
        hidden.is_problem(404);
        assert_eq!(hidden.body["detail"], nowhere.body["detail"], "hidden and missing are the same");
    }
    // Nothing can be made outside of the filter, moved out of it, or taken in from outside.
    post(&house, &at_work, json!({ "title": "x" })).await.is_problem(403);
    let out = house
        .call("PATCH", &format!("/v1/tasks/{work}"), &at_work, Some(json!({ "labels": ["home"] })))
        .await;
    out.is_problem(403);
    assert_eq!(post(&house, &at_work, json!({ "title": "y", "labels": ["work"] })).await.status, 201);

    // Reads everything, changes only its own.
    let grant = json!([{ "resource": "tasks", "actions": ["read"] }, rule(json!(["write", "delete"]), json!({ "own": true }))]);
    let own = api(&house, grant).await;
    let mine = post(&house, &own, json!({ "title": "mine" })).await.text("/id");
    assert_eq!(titles(&house, &own).await.len(), 4);
    house
        .call("PATCH", &format!("/v1/tasks/{work}"), &own, Some(json!({ "title": "x" })))
        .await
        .is_problem(403);
    house.call("DELETE", &format!("/v1/tasks/{work}"), &own, None).await.is_problem(403);
    let changed = json!({ "title": "changed" });
    assert_eq!(house.call("PATCH", &format!("/v1/tasks/{mine}"), &own, Some(changed)).await.status, 200);
}

#[tokio::test]
async fn filtered_pages_lose_and_repeat_nothing() {
    let house = House::new();
    let full = house
        .connect(
            json!({ "kind": "api", "name": "full", "preset": "full_access", "limits": { "burst": null } }),
        )
        .await
        .1;
    for n in 0..150 {
        let labels = if n % 7 == 0 { json!(["seven"]) } else { json!([]) };
        post(&house, &full, json!({ "title": format!("{n}"), "labels": labels })).await;
    }
    let key =
        api(&house, json!([{ "resource": "tasks", "actions": ["read"], "only": { "tags": ["seven"] } }]))
            .await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = house.call("GET", &format!("/v1/tasks?limit=4{cursor}"), &key, None).await.body;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= 4);
        seen.extend(data.iter().map(|task| task["title"].as_str().unwrap().to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        let plain = URL_SAFE_NO_PAD.decode(next).unwrap();
        assert!(!String::from_utf8_lossy(&plain).contains("task"), "a cursor names no row");
        cursor = format!("&cursor={next}");
    }
    let mut expected: Vec<_> = (0..150).filter(|n| n % 7 == 0).map(|n| n.to_string()).collect();
    expected.reverse();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn hours_open_and_shut_on_every_face() {
    let house = House::new();
    // 2027-01-15, a Friday, 08:00 UTC.
    let when = json!({ "hours": { "days": ["fri"], "from": "09:00", "to": "10:00", "time_zone": "UTC" } });
    let (_, key) =
        with(&house, "mcp", json!([{ "resource": "tasks", "actions": ["read"], "when": when }]), json!({}))
            .await;
    let closed = house.call("GET", "/v1/tasks", &key, None).await;
    assert!(closed.is_problem(403).text("/detail").contains("at this time"), "{}", closed.body);
    assert_eq!(tools(&house, &key).await.len(), 0);
    house.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(house.call("GET", "/v1/tasks", &key, None).await.status, 200, "{}", house.clock.now());
    assert_eq!(tools(&house, &key).await.len(), 7);
    house.clock.advance(SignedDuration::from_hours(1));
    house.call("GET", "/v1/tasks", &key, None).await.is_problem(403);
}

#[tokio::test]
async fn a_tool_that_is_not_enabled_is_not_there() {
    let house = House::new();
    let config = json!({ "tools_enabled": ["get_task", "create_task"], "access_level": "read_write" });
    let input = json!({ "kind": "mcp", "name": "two tools", "config": config });
    let (id, key) = house.connect(input).await;
    let names: Vec<_> = tools(&house, &key).await.iter().map(|tool| tool["name"].clone()).collect();
    assert_eq!(names, ["get_task", "create_task"]);
    let made = tool(&house, &key, "create_task", json!({ "title": "Milk" })).await;
    let task = made["result"]["structuredContent"]["id"].clone();
    let unknown = tool(&house, &key, "list_tasks", json!({})).await;
    assert_eq!(unknown["error"]["message"], "there is no tool `list_tasks`");
    let by_rest = house.call("GET", "/v1/tasks", &key, None).await;
    assert!(by_rest.is_problem(403).text("/detail").contains("enabled tools"), "{}", by_rest.body);
    let update = tool(&house, &key, "update_task", json!({ "id": task, "title": "Bread" })).await;
    assert_eq!(update["error"]["code"], -32602, "{update}");
    let seen = tool(&house, &key, "get_task", json!({ "id": task })).await;
    assert_eq!(seen["result"]["structuredContent"]["title"], "Milk", "refused before it was written");
    let preview = house.call("GET", &format!("/connections/{id}/preview"), OWNER, None).await;
    assert_eq!(preview.body["tools"], json!(names));
}

#[tokio::test]
async fn a_preview_shows_what_a_grant_would_see_before_it_is_saved() {
    let house = House::new();
    let full = house.api("full_access").await;
    for n in 0..3 {
        let labels = if n == 0 { json!(["work"]) } else { json!([]) };
        post(
            &house,
            &full,
            json!({ "title": format!("Secret plan {n}"), "description": SECRET, "labels": labels }),
        )
        .await;
    }
    let grant = json!([{ "resource": "tasks", "actions": ["read"], "only": { "tags": ["work"] }, "fields": { "deny": ["description"] } }]);
    let (id, _) = house.connect(json!({ "kind": "mcp", "name": "x", "grant": [] })).await;
    let query: String = form_urlencoded::byte_serialize(grant.to_string().as_bytes()).collect();
    let of_new = json!({ "kind": "mcp", "name": "x", "grant": grant });
    for preview in [
        house.call("POST", "/connections/preview", OWNER, Some(of_new)).await,
        house.call("GET", &format!("/connections/{id}/preview?grant={query}"), OWNER, None).await,
    ] {
        assert_eq!(preview.status, 200, "{}", preview.body);
        let body = &preview.body;
        let told =
            ["query_user_stats", "analyze_progress", "list_trash", "backup_user_data", "sync_with_calendar"];
        assert_eq!(body["tools"], json!([["list_tasks", "get_task"].as_slice(), &told].concat()));
        assert_eq!(body["endpoints"][1], json!({ "method": "GET", "path": "/v1/tasks/{id}" }));
        assert_eq!(body["events"], json!([]), "only webhooks are told");
        let tasks = &body["resources"][0];
        assert_eq!(
            (&tasks["resource"], &tasks["actions"], &tasks["items"]),
            (&json!("tasks"), &json!(["read"]), &json!(1))
        );
        assert_eq!(
            (&tasks["hidden_fields"], &tasks["sample"]["title"]),
            (&json!(["description"]), &json!("Sec…"))
        );
        assert!(!body.to_string().contains(SECRET));
    }
    let hours = json!({ "hours": { "from": "01:00", "to": "02:00", "time_zone": "UTC" } });
    let night = json!([{ "resource": "tasks", "actions": ["read"], "when": hours }]);
    let config = json!({ "target_url": "https://receiver.example", "events": ["task.created"] });
    let webhook = json!({ "kind": "webhook", "name": "x", "grant": night, "config": config });
    let seen = house.call("POST", "/connections/preview", OWNER, Some(webhook)).await.body;
    assert_eq!(seen["events"], json!(["task.created"]));
    assert_eq!(
        (&seen["resources"][0]["items"], &seen["resources"][0]["at_times"]),
        (&json!(3), &json!(true))
    );
    assert_eq!(seen["resources"][0]["sample"]["labels"], json!([]));

    let own = house.call("GET", &format!("/connections/{id}/preview"), OWNER, None).await.body;
    assert_eq!(own, json!({ "tools": [], "endpoints": [], "events": [], "resources": [] }));
    let wrong = house.call("GET", &format!("/connections/{id}/preview?grant=%5B1%5D"), OWNER, None).await;
    assert_eq!(wrong.is_problem(400).text("/errors/0/pointer"), "/grant/0");
}

#[tokio::test]
async fn the_grant_in_the_readme_is_one() {
    let readme = include_str!("../../README.md");
    let example = readme.split("```json").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let house = House::new();
    let made = house.call("POST", "/connections", OWNER, Some(serde_json::from_str(example).unwrap())).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let key = made.text("/key");
    // A Friday, 09:00 in Vienna.
    assert_eq!(post(&house, &key, json!({ "title": "x", "labels": ["work"] })).await.status, 201);
    post(&house, &key, json!({ "title": "x" })).await.is_problem(403);
}

#[tokio::test]
async fn a_webhook_is_told_that_an_item_is_gone_from_what_it_sees_and_not_why() {
    let house = House::new();
    let full = house.api("full_access").await;
    let grant = json!([{ "resource": "tasks", "actions": ["read"], "only": { "tags": ["work"] } }]);
    let config =
        json!({ "target_url": "https://receiver.example/hook", "events": ["task.*"], "payload": "full" });
    house.connect(json!({ "kind": "webhook", "name": "work", "config": config, "grant": grant })).await;
    let id = post(&house, &full, json!({ "title": "Milk", "labels": ["work"] })).await.text("/id");
    let path = format!("/v1/tasks/{id}");
    for patch in [
        json!({ "labels": ["home"], "title": SECRET }),
        json!({ "title": format!("{SECRET} again") }),
        json!({ "labels": ["work"], "title": "Bread" }),
    ] {
        assert_eq!(house.call("PATCH", &path, &full, Some(patch)).await.status, 200);
    }
    house.call("DELETE", &path, &full, None).await;
    house.pump.drain().await.unwrap();
    let told = house.network.take();
    assert!(told.iter().all(|sent| !sent.body.contains(SECRET)), "{told:?}");
    let told: Vec<Value> = told.iter().map(|sent| serde_json::from_str(&sent.body).unwrap()).collect();
    let events: Vec<_> = told.iter().map(|told| told["type"].as_str().unwrap()).collect();
    assert_eq!(events, ["task.created", "task.deleted", "task.created", "task.deleted"]);
    assert_eq!(
        told[1]["data"],
        json!({ "id": id, "sequence": 2, "changed": [], "object": { "id": id, "version": 1 } })
    );
    assert_eq!(
        (&told[2]["data"]["object"]["title"], &told[3]["data"]["object"]["title"]),
        (&json!("Bread"), &json!("Bread"))
    );
}
