//! What a grant hides is no way to find anything.

use crate::filters::{furnished, made, refused, titles};
use crate::harness::House;
use serde_json::{Value, json};

#[tokio::test]
async fn what_is_hidden_can_be_neither_asked_for_nor_sorted_by() {
    let (house, key, _) = furnished().await;
    let grant = json!([
        { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["due", "labels", "title"] } },
    ]);
    let (_, blind) = house.connect(json!({ "kind": "mcp", "name": "blind", "grant": grant })).await;
    let ask = async |query: &str| house.call("GET", &format!("/v1/tasks?{query}"), &blind, None).await;
    let unknown = refused(&ask("nonsense=1").await, "?nonsense").replace("nonsense", "…");
    for name in ["due_before", "due_after", "due_date", "due", "overdue", "label", "tag", "query"] {
        for value in ["2027-01-15", "nonsense", "true", ""] {
            let said = refused(&ask(&format!("{name}={value}")).await, &format!("?{name}"));
            assert_eq!(said.replace(name, "…"), unknown, "{name}={value}");
        }
    }
    let unknown = refused(&ask("sort=nonsense").await, "?sort").replace("nonsense", "…");
    assert_eq!(refused(&ask("sort=due").await, "?sort").replace("due", "…"), unknown);
    assert_eq!(ask("status=open&sort=created").await.status, 200);

    let listed = house
        .call("POST", "/mcp", &blind, Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })))
        .await;
    let tools = listed.body["result"]["tools"].as_array().unwrap();
    let list = &tools.iter().find(|tool| tool["name"] == "list_tasks").unwrap()["inputSchema"]["properties"];
    assert!(list["status"].is_object() && list["limit"].is_object() && list.get("label").is_none(), "{list}");
    assert!(!list["sort"].to_string().contains("due") && list.get("due_before").is_none(), "{list}");
    let tool = async |arguments: Value| {
        let params = json!({ "name": "list_tasks", "arguments": arguments });
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
        house.call("POST", "/mcp", &blind, Some(call)).await.body["result"].to_string()
    };
    let said = tool(json!({ "due_before": "2027-01-15" })).await;
    assert!(said.contains("/due_before: unknown field `due_before`"), "{said}");
    let said = tool(json!({ "sort": "due" })).await;
    assert!(said.contains("/sort: unknown variant `due` ("), "{said}");
    let said = tool(json!({ "sort": { "due": null } })).await;
    assert!(said.contains("/sort: a plain value is expected"), "{said}");
    assert!(!house.call("GET", "/v1/tasks?status=open", &key, None).await.body.to_string().is_empty());
}

/// Of one list some items show a field and others do not: those that do not are not found by it.
#[tokio::test]
async fn an_item_is_not_found_by_what_it_does_not_show() {
    let (house, key, [area, ..]) = furnished().await;
    made(&house, &key, "/v1/tasks", json!({ "title": "h", "priority": "urgent", "life_area_id": area }))
        .await;
    let only = json!({ "life_areas": [area] });
    let grant = json!([
        { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["priority", "due"] } },
        { "resource": "tasks", "actions": ["read"], "only": only },
    ]);
    let (_, half) = house.connect(json!({ "kind": "api", "name": "half", "grant": grant })).await;
    assert_eq!(titles(&house, &half, "/v1/tasks?").await, "h g f e d c b a");
    assert_eq!(titles(&house, &half, "/v1/tasks?priority=urgent").await, "h");
    assert_eq!(titles(&house, &half, "/v1/tasks?sort=due").await, "a d h");
    let grant = json!([{ "resource": "tasks", "actions": ["read"], "only": only }]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await;
    assert_eq!(titles(&house, &narrow, "/v1/tasks?status=open").await, "h d a");
    assert_eq!(titles(&house, &narrow, "/v1/tasks?due_before=2027-01-16").await, "");
}

#[tokio::test]
async fn where_the_next_page_begins_does_not_tell_of_items_that_are_hidden() {
    let house = House::new();
    let grant = json!([
        { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["due"] } },
        { "resource": "tasks", "actions": ["read", "write"], "only": { "own": true } },
    ]);
    let (_, prober) = house.connect(json!({ "kind": "api", "name": "prober", "grant": grant })).await;
    made(&house, &prober, "/v1/tasks", json!({ "title": "probe", "due": "2030-01-01" })).await;
    let full = house.api("full_access").await;
    made(&house, &full, "/v1/tasks", json!({ "title": "hidden", "due": "2031-06-17" })).await;
    for before in ["2031-06-01", "2031-07-01"] {
        let path = format!("/v1/tasks?sort=due&due_after=2029-12-31&due_before={before}&limit=1");
        let page = house.call("GET", &path, &prober, None).await;
        let cursor = page.text("/next_cursor");
        let next = house.call("GET", &format!("{path}&cursor={cursor}"), &prober, None).await;
        assert_eq!((&next.body["data"], &next.body["next_cursor"]), (&json!([]), &Value::Null), "{before}");
    }
}

/// Who may see all of what it made itself does not come to see more by completing what others made.
#[tokio::test]
async fn what_follows_of_a_task_is_whose_the_task_was() {
    let house = House::new();
    let full = house.api("full_access").await;
    let task = json!({ "title": "t", "description": "ZEBRA", "labels": ["work"], "due": "2027-01-05" });
    let id = made(&house, &full, "/v1/tasks", task).await;
    let only = json!({ "tags": ["work"] });
    let grant = json!([
        { "resource": "tasks", "actions": ["read", "write"], "only": only, "fields": { "deny": ["description"] } },
        { "resource": "tasks", "actions": ["read"], "only": { "own": true } },
    ]);
    let (_, half) = house.connect(json!({ "kind": "api", "name": "half", "grant": grant })).await;
    let patch = json!({ "recurrence": "FREQ=DAILY", "status": "completed" });
    let done = house.call("PATCH", &format!("/v1/tasks/{id}"), &half, Some(patch)).await;
    let next = house.call("GET", &format!("/v1/tasks/{}", done.text("/followed_by")), &half, None).await;
    assert_eq!((next.status.as_u16(), next.body.get("description")), (200, None), "{}", next.body);
}
