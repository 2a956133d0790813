//! What a mask hides is not told in other ways either.

use crate::conventions::with;
use crate::harness::{Answer, House, OWNER};
use serde_json::{Value, json};

async fn narrow(house: &House, grant: Value) -> (String, String) {
    house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await
}

#[tokio::test]
async fn a_life_area_that_is_hidden_is_not_inherited() {
    let house = House::new();
    let key = house.api("full_access").await;
    let make = async |path: &str, body: Value| house.call("POST", path, &key, Some(body)).await.text("/id");
    let area = make("/v1/life-areas", json!({ "name": "Health" })).await;
    let goal = make("/v1/goals", json!({ "title": "Run", "life_area_id": area })).await;
    let both = ["read", "write"];
    for (hidden, inherits) in [("life_area_id", false), ("description", true)] {
        let fields = json!({ "deny": [hidden] });
        let (_, narrow) = narrow(
            &house,
            json!([
                { "resource": "goals", "actions": ["read"], "fields": fields },
                { "resource": "life_areas", "actions": ["read"], "fields": { "allow": ["name"] } },
                { "resource": "tasks", "actions": both },
                { "resource": "memories", "actions": both },
            ]),
        )
        .await;
        let task = json!({ "title": "Shoes", "goal_id": goal });
        let task = house.call("POST", "/v1/tasks", &narrow, Some(task)).await;
        assert_eq!((task.status.as_u16(), task.body.get("life_area_id").is_some()), (201, inherits));
        let of = |kind: &str, id: &str| {
            let content = format!("{inherits} {kind}");
            json!({ "content": content, "links": [{ "kind": kind, "id": id }] })
        };
        let memory = house.call("POST", "/v1/memories", &narrow, Some(of("goal", &goal))).await;
        assert_eq!((memory.status.as_u16(), memory.body.get("life_area_id").is_some()), (201, inherits));
        let memory = house.call("POST", "/v1/memories", &narrow, Some(of("life_area", &area))).await;
        assert_eq!(memory.body["life_area_id"], json!(area), "whoever names it knows it");
    }
}

#[tokio::test]
async fn who_may_not_know_a_collection_learns_nothing_of_its_schema() {
    let house = House::new();
    let key = house.api("full_access").await;
    let schema = json!({ "required": ["diagnosis"], "properties": { "diagnosis": { "type": "string" } } });
    let health = json!({ "name": "health", "json_schema": schema });
    assert_eq!(house.call("POST", "/v1/collections", &key, Some(health)).await.status, 201);
    let mine = json!([{ "resource": "collections", "actions": ["read", "write"], "only": { "own": true } }]);
    let (_, own) = narrow(&house, mine).await;
    let send = async |name: &str| {
        let path = format!("/v1/collections/{name}/records");
        house.call("POST", &path, &own, Some(json!({ "data": {} }))).await.is_problem(400).text("/detail")
    };
    assert_eq!(
        send("health").await.replace("health", "wealth"),
        send("wealth").await,
        "as if there were none"
    );
    assert_eq!(house.call("POST", "/v1/collections", &own, Some(json!({ "name": "own" }))).await.status, 201);
    let there = house.call("POST", "/v1/collections/own/records", &own, Some(json!({ "data": {} }))).await;
    assert_eq!(there.status, 201, "{}", there.body);

    // What it may write there it still writes, and is told only that it does not fit.
    let body = json!({ "data": { "diagnosis": "x" }, "tags": ["work"] });
    let record = house.call("POST", "/v1/collections/health/records", &key, Some(body)).await.text("/id");
    let work =
        json!([{ "resource": "collections", "actions": ["read", "write"], "only": { "tags": ["work"] } }]);
    let (_, work) = narrow(&house, work).await;
    let fits = json!({ "data": { "diagnosis": "x" }, "tags": ["work"] });
    let made = house.call("POST", "/v1/collections/health/records", &work, Some(fits)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let path = format!("/v1/collections/health/records/{record}");
    let misfit = house.call("PATCH", &path, &work, Some(json!({ "data": {} }))).await;
    assert!(!misfit.is_problem(400).body.to_string().contains("diagnosis"), "{}", misfit.body);
    let fits = house.call("PATCH", &path, &work, Some(json!({ "data": { "diagnosis": "y" } }))).await;
    assert_eq!(fits.status, 200, "{}", fits.body);
}

async fn regrant(house: &House, id: &str, grant: Value) {
    let changed =
        house.call("PATCH", &format!("/connections/{id}"), OWNER, Some(json!({ "grant": grant }))).await;
    assert_eq!(changed.status, 200, "{}", changed.body);
}

#[tokio::test]
async fn an_answer_that_was_kept_shows_nothing_that_was_hidden_since() {
    let house = House::new();
    let whole = json!([{ "resource": "tasks", "actions": ["read", "write"] }]);
    let (id, key) = narrow(&house, whole.clone()).await;
    let token = [("idempotency-key", "k")];
    let body = json!({ "title": "Milk", "description": "SECRET" });
    let one = async || with(&house, "POST", "/v1/tasks", &key, Some(body.clone()), &token).await;
    let many = json!({ "items": [body] });
    let many = async || with(&house, "POST", "/v1/tasks/batch", &key, Some(many.clone()), &token).await;
    let (first, first_of_many) = (one().await, many().await);
    let rules = [
        json!([
            { "resource": "tasks", "actions": ["write"] },
            { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["description"] } },
        ]),
        json!([{ "resource": "tasks", "actions": ["write"] }]),
    ];
    for grant in rules {
        regrant(&house, &id, grant).await;
        let (again, again_of_many) = (one().await, many().await);
        assert_eq!(
            (again.status, &again.headers["idempotency-replayed"]),
            (first.status, &"true".parse().unwrap())
        );
        assert_eq!(again.body, json!({ "id": first.body["id"], "version": 1 }));
        let of_many = &first_of_many.body["data"][0]["item"]["id"];
        assert_eq!(again_of_many.body["data"][0]["item"], json!({ "id": of_many, "version": 1 }));
    }
    regrant(&house, &id, whole).await;
    assert_eq!((one().await.body, many().await.body), (first.body, first_of_many.body));
}

fn version(answer: &Answer) -> &Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["etag"].to_str().unwrap(), format!("\"{}\"", answer.body["version"]));
    &answer.body["version"]
}

#[tokio::test]
async fn whether_a_guess_was_right_is_not_told() {
    let house = House::new();
    let key = house.api("full_access").await;
    let task = json!({ "title": "Milk", "priority": "urgent", "status": "completed" });
    let path = format!("/v1/tasks/{}", house.call("POST", "/v1/tasks", &key, Some(task)).await.text("/id"));
    let (_, narrow) = narrow(
        &house,
        json!([
            { "resource": "tasks", "actions": ["write"] },
            { "resource": "tasks", "actions": ["read"], "fields": { "deny": ["priority", "status"] } },
        ]),
    )
    .await;
    let guess = async |priority: &str| {
        house.call("PATCH", &path, &narrow, Some(json!({ "priority": priority }))).await
    };
    for (at, priority) in ["low", "low", "urgent", "urgent"].into_iter().enumerate() {
        assert_eq!(version(&guess(priority).await), &json!(at + 2));
    }
    for at in 6..8 {
        let done = house.call("POST", &format!("{path}/complete"), &narrow, None).await;
        assert_eq!(version(&done), &json!(at));
    }
    let whole = || Some(json!({ "title": "Milk", "priority": "low" }));
    for at in 8..10 {
        assert_eq!(version(&house.call("PUT", &path, &narrow, whole()).await), &json!(at));
    }
    // What it sees it knows anyway.
    let seen = house.call("PATCH", &path, &narrow, Some(json!({ "title": "Milk" }))).await;
    assert_eq!(version(&seen), &json!(9));
}

#[tokio::test]
async fn what_is_hidden_is_no_parameter_of_a_search() {
    let house = House::new();
    let fields = json!({ "deny": ["type", "occurred_at"] });
    let grant = json!([{ "resource": "memories", "actions": ["read"], "fields": fields }]);
    let (_, narrow) = narrow(&house, grant).await;
    let told = house.call("GET", "/openapi/own.json", &narrow, None).await.body;
    let tools = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let tools = house.call("POST", "/mcp", &narrow, Some(tools)).await.body;
    let tool =
        tools["result"]["tools"].as_array().unwrap().iter().find(|tool| tool["name"] == "search_memory");
    for properties in [
        &told["components"]["schemas"]["Question"]["properties"],
        &tool.unwrap()["inputSchema"]["properties"],
    ] {
        let names: Vec<_> = properties.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["limit", "queries", "query", "tags"]);
    }
    let types = json!({ "query": "tea", "type": "fact" });
    let refused = house.call("POST", "/v1/memories/search", &narrow, Some(types)).await;
    assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "/type");
    let parameters = told["paths"]["/v1/memories"]["get"]["parameters"].to_string();
    assert!(parameters.contains("\"tag\"") && !parameters.contains("\"name\":\"type\""), "{parameters}");
}
