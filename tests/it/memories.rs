//! What is remembered, and for whom.

use crate::harness::{Answer, House, OWNER};
use serde_json::{Value, json};

pub(crate) async fn send(house: &House, key: &str, method: &str, path: &str, body: Value) -> Answer {
    let body = Some(body).filter(|body| !body.is_null());
    house.call(method, &format!("/v1/memories{path}"), key, body).await
}

pub(crate) async fn remember(house: &House, key: &str, body: Value) -> String {
    let made = send(house, key, "POST", "", body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("/id");
    assert_eq!(made.headers["location"], format!("/v1/memories/{id}"));
    id
}

pub(crate) async fn api(house: &House, grant: Value) -> String {
    house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await.1
}

pub(crate) fn refused(answer: &Answer, pointer: &str) {
    assert_eq!(answer.is_problem(400).text("/errors/0/pointer"), pointer, "{}", answer.body);
}

pub(crate) async fn is_there(house: &House, key: &str, id: &str) -> bool {
    let one = send(house, key, "GET", &format!("/{id}"), Value::Null).await;
    let listed = send(house, key, "GET", "?limit=100", Value::Null).await;
    let listed = listed.body["data"].as_array().unwrap().iter().any(|one| one["id"] == id);
    assert_eq!(one.status == 200, listed, "{}", one.body);
    listed
}

pub(crate) async fn tool(house: &House, key: &str, name: &str, arguments: Value) -> Value {
    let params = json!({ "name": name, "arguments": arguments });
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params });
    let answer = house.call("POST", "/mcp", key, Some(call)).await.body;
    assert_eq!(answer["result"]["isError"], false, "{answer}");
    answer["result"]["structuredContent"].clone()
}

#[tokio::test]
async fn a_memory_keeps_what_it_was_told() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = house.call("POST", "/v1/goals", &key, Some(json!({ "title": "Sail" }))).await.text("/id");
    let old = remember(&house, &key, json!({ "content": "We meet on Mondays" })).await;
    let body = json!({
        "content": "We meet on Tuesdays\n\tat noon",
        "type": "decision",
        "title": "Meetings",
        "tags": ["work"],
        "importance": 0.9,
        "occurred_at": "2027-01-14",
        "origin": "a call with Bo",
        "links": [{ "kind": "goal", "id": goal, "relation": "about" }, { "kind": "memory", "id": old }],
        "expires_at": "2027-06-30T00:00:00Z",
        "supersedes": old,
        "metadata": { "app": { "n": 1 } },
    });
    let id = remember(&house, &key, body.clone()).await;
    let got = send(&house, &key, "GET", &format!("/{id}"), Value::Null).await.body;
    for (field, value) in body.as_object().unwrap() {
        assert_eq!(&got[field], value, "{field}");
    }
    let plain = send(&house, &key, "GET", &format!("/{old}"), Value::Null).await.body;
    assert_eq!((&plain["type"], &plain["importance"]), (&json!("reflection"), &json!(0.5)));
    let cleared = json!({ "title": null, "supersedes": null, "links": [], "importance": 0 });
    let patched = send(&house, &key, "PATCH", &format!("/{id}"), cleared).await.body;
    assert!(patched.get("title").is_none() && patched["version"] == 2, "{patched}");
    assert_eq!((&patched["importance"], &patched["type"]), (&json!(0.0), &json!("decision")));
}

#[tokio::test]
async fn every_field_holds_at_its_bounds_and_not_beyond() {
    let house = House::new();
    let key = house.api("full_access").await;
    let goal = house.call("POST", "/v1/goals", &key, Some(json!({ "title": "Sail" }))).await.text("/id");
    let link = |relation: String| json!({ "kind": "goal", "id": goal, "relation": relation });
    let ä = |count: usize| json!("ä".repeat(count));
    let metadata = |bytes: usize| json!({ "a": "x".repeat(bytes - 8) });
    let cases = [
        ("content", ä(1), ä(8000), [ä(0), ä(8001), json!("  \n")]),
        ("title", ä(1), ä(200), [ä(0), ä(201), json!(1)]),
        ("origin", ä(1), ä(200), [ä(0), ä(201), json!(["x"])]),
        ("importance", json!(0), json!(1), [json!(-0.001), json!(1.001), json!("high")]),
        ("tags", json!([]), json!(vec!["t"; 20]), [json!(vec!["t"; 21]), json!("t"), json!(null)]),
        (
            "links",
            json!([]),
            json!(vec![link("x".repeat(60)); 20]),
            [json!(vec![link("x".into()); 21]), json!({}), json!(null)],
        ),
        ("metadata", json!({}), metadata(4096), [metadata(4097), json!([]), json!(null)]),
        ("type", json!("reflection"), json!("insight"), [json!("thought"), json!(null), json!(0)]),
        (
            "occurred_at",
            json!("0001-01-01"),
            json!("9999-12-31"),
            [json!("0000-12-31"), json!("10000-01-01"), json!("2027-02-30")],
        ),
        (
            "expires_at",
            json!("2027-01-15T08:00:01Z"),
            json!("9999-12-31"),
            [json!("2027-01-15T08:00:00Z"), json!("+10000-01-01T00:00:00Z"), json!("soon")],
        ),
    ];
    for (nth, (field, least, most, beyond)) in cases.into_iter().enumerate() {
        for (at, value) in [least, most].into_iter().enumerate() {
            let mut body = json!({ "content": format!("case {nth} {at}") });
            body[field] = value.clone();
            let made = send(&house, &key, "POST", "", body.clone()).await;
            assert_eq!(made.status, 201, "{body}: {}", made.body);
        }
        for value in beyond {
            let mut body = json!({ "content": format!("case {nth}") });
            body[field] = value.clone();
            // What may be missing is not missed.
            refused(&send(&house, &key, "POST", "", body).await, &format!("/{field}"));
        }
    }
    for (field, value, pointer) in [
        ("tags", json!(["x".repeat(61)]), "/tags/0"),
        ("links", json!([link("x".repeat(61))]), "/links/0/relation"),
        ("links", json!([{ "kind": "planet", "id": "x" }]), "/links/0"),
        ("links", json!([{ "kind": "goal", "id": "task_00000000000000000000000000" }]), "/links/0/id"),
        ("supersedes", json!("x"), "/supersedes"),
        ("life_area_id", json!("x"), "/life_area_id"),
        ("superseded_by", json!("x"), "/superseded_by"),
    ] {
        let mut body = json!({ "content": "one more" });
        body[field] = value;
        let answer = send(&house, &key, "POST", "", body.clone()).await;
        let found = answer.is_problem(400).text("/errors/0/pointer");
        assert!(found.starts_with(pointer) || pointer.starts_with(&found), "{body}: {found}");
    }
}

#[tokio::test]
async fn filters_and_masks_hold_on_every_face() {
    let house = House::new();
    let key = house.api("full_access").await;
    let make = |path: &'static str, body: Value| house.call("POST", path, &key, Some(body));
    let area = make("/v1/life-areas", json!({ "name": "Work" })).await.text("/id");
    let goal = make("/v1/goals", json!({ "title": "Ship", "life_area_id": area })).await.text("/id");
    let secret = json!({ "content": "SECRET", "tags": ["private"] });
    let hidden = remember(&house, &key, secret).await;
    let links = json!([{ "kind": "goal", "id": goal }]);
    let seen = remember(&house, &key, json!({ "content": "seen", "origin": "SECRET", "links": links })).await;
    let only = json!({ "life_areas": [area] });
    let rules = |actions: Value| json!({ "resource": "memories", "actions": actions, "only": only, "fields": { "deny": ["origin"] } });
    let grant = json!([rules(json!(["read", "write", "delete"]))]);
    let narrow = api(&house, grant.clone()).await;
    let config = json!({ "target_url": "https://a.example", "events": ["memory.*"], "payload": "full" });
    house.connect(json!({ "kind": "webhook", "name": "x", "config": config, "grant": grant })).await;

    assert!(is_there(&house, &narrow, &seen).await && !is_there(&house, &narrow, &hidden).await);
    for (method, body) in [("PATCH", json!({ "title": "x" })), ("DELETE", Value::Null)] {
        send(&house, &narrow, method, &format!("/{hidden}"), body).await.is_problem(404);
    }
    refused(&send(&house, &narrow, "PATCH", &format!("/{seen}"), json!({ "origin": "x" })).await, "/origin");
    send(&house, &narrow, "POST", "", json!({ "content": "outside" })).await.is_problem(403);
    send(&house, &narrow, "GET", &format!("/{hidden}/history"), Value::Null).await.is_problem(404);
    let csv = send(&house, &narrow, "GET", "?fields=content,type", Value::Null).await.body;
    assert_eq!(csv["data"][0]["type"], "reflection");
    assert_eq!(
        send(&house, &narrow, "PATCH", &format!("/{seen}"), json!({ "title": "y" })).await.status,
        200
    );
    house.pump.drain().await.unwrap();
    let mut all = house.call("GET", "/v1/changes", &narrow, None).await.body.to_string();
    all.push_str(
        &send(&house, &narrow, "GET", &format!("/{seen}/history"), Value::Null).await.body.to_string(),
    );
    all.push_str(&send(&house, &narrow, "GET", "", Value::Null).await.body.to_string());
    let told = house.network.take();
    all.extend(told.iter().map(|sent| sent.body.as_str()));
    assert!(!all.contains("SECRET") && all.contains("memory.updated"), "{all}");
}

#[tokio::test]
async fn agents_say_it_in_their_own_words() {
    let house = House::new();
    let key = house.api("full_access").await;
    let guess =
        json!({ "text": "Bo likes tea", "memory_type": "preference", "labels": ["food"], "name": "Tea" });
    let made = tool(&house, &key, "create_memory", guess).await;
    let said = ["content", "type", "title"].map(|field| made[field].clone());
    assert_eq!(
        (said, &made["tags"]),
        (["Bo likes tea", "preference", "Tea"].map(Value::from), &json!(["food"]))
    );
    let update = json!({ "id": made["id"], "memory_type": "fact" });
    assert_eq!(tool(&house, &key, "update_memory", update).await["type"], "fact");
    assert_eq!(tool(&house, &key, "list_memories", json!({})).await["data"].as_array().unwrap().len(), 1);
    assert_eq!(tool(&house, &key, "delete_memory", json!({ "id": made["id"] })).await["deleted"], made["id"]);
    let config = json!({ "tools_enabled": ["add_memory"] });
    let (id, only) =
        house.connect(json!({ "kind": "mcp", "name": "x", "preset": "read_write", "config": config })).await;
    tool(&house, &only, "create_memory", json!({ "content": "x" })).await;
    let usage = house.call("GET", &format!("/connections/{id}/usage"), OWNER, None).await.body.to_string();
    assert!(usage.contains("tools/call add_memory") && !usage.contains("create_memory"), "{usage}");
}

#[tokio::test]
async fn lists_are_narrowed_by_type_and_tag() {
    let house = House::new();
    let key = house.api("full_access").await;
    for (content, of, tags) in
        [("a", "fact", json!(["x"])), ("b", "note", json!([])), ("c", "fact", json!([]))]
    {
        remember(&house, &key, json!({ "content": content, "type": of, "tags": tags })).await;
    }
    for (query, wanted) in [
        ("type=fact", vec!["c", "a"]),
        ("type=fact&sort=created", vec!["a", "c"]),
        ("memory_type=note", vec!["b"]),
        ("tag=x", vec!["a"]),
        ("type=note&tag=x", vec![]),
        ("type=event", vec![]),
    ] {
        let listed = send(&house, &key, "GET", &format!("?{query}"), Value::Null).await.body;
        let found: Vec<_> =
            listed["data"].as_array().unwrap().iter().map(|one| one["content"].clone()).collect();
        assert_eq!(found, wanted, "{query}");
    }
    let hidden =
        json!([{ "resource": "memories", "actions": ["read"], "fields": { "deny": ["type", "tags"] } }]);
    let narrow = api(&house, hidden).await;
    for (query, pointer) in [("type=fact", "?type"), ("tag=x", "?tag")] {
        refused(&send(&house, &narrow, "GET", &format!("?{query}"), Value::Null).await, pointer);
    }
}
