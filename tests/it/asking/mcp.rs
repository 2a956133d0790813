//! Tools that ask: through the client that can be asked, else in the dashboard.

use super::{asker, decide, titles};
use crate::harness::{Answer, House, OWNER};
use crate::mcp::{legacy, modern, modern_with};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

fn milk() -> Value {
    json!({ "name": "create_task", "arguments": { "title": "Milk" } })
}

async fn sent(house: &House, key: &str, params: Value) -> Answer {
    modern_with(house, key, "tools/call", params, json!({ "elicitation": { "form": {} } })).await
}

/// What the client carries to the answer.
async fn question(house: &House, key: &str, params: Value) -> String {
    let asked = sent(house, key, params).await;
    assert_eq!(asked.text("/result/resultType"), "input_required", "{}", asked.body);
    asked.text("/result/requestState")
}

fn with(mut params: Value, state: &str, answer: Value) -> Value {
    params["requestState"] = state.into();
    params["inputResponses"] = json!({ "approve": answer });
    params
}

fn yes() -> Value {
    json!({ "action": "accept", "content": { "approve": true } })
}

#[tokio::test]
async fn a_client_that_can_be_asked_is_asked() {
    let house = House::new();
    let (_, key) = asker(&house, "mcp").await;
    let asked = sent(&house, &key, milk()).await;
    let form = &asked.body["result"]["inputRequests"]["approve"];
    assert_eq!((&form["method"], &form["params"]["mode"]), (&json!("elicitation/create"), &json!("form")));
    let said = form["params"]["message"].as_str().unwrap();
    assert!(said.starts_with("asks first asks: Create task \u{201c}Milk\u{201d}?"), "{said}");
    assert_eq!(form["params"]["requestedSchema"]["required"], json!(["approve"]));
    assert!(titles(&house).await.is_empty());
    assert_eq!(house.call("GET", "/approvals", OWNER, None).await.body["data"], json!([]), "nothing waits");

    let state = asked.text("/result/requestState");
    let done = sent(&house, &key, with(milk(), &state, yes())).await;
    assert_eq!(done.text("/result/structuredContent/title"), "Milk");
    let again = sent(&house, &key, with(milk(), &state, yes())).await;
    assert_eq!(again.body["result"]["isError"], true, "{}", again.body);
    assert_eq!(titles(&house).await, ["Milk"]);
    // Reading asks nobody.
    let listed = sent(&house, &key, json!({ "name": "list_tasks", "arguments": {} })).await;
    assert_eq!(listed.body["result"]["structuredContent"]["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn whatever_is_not_a_yes_is_a_no() {
    let house = House::new();
    let (_, key) = asker(&house, "mcp").await;
    let state = question(&house, &key, milk()).await;
    let mut noes = vec![
        json!({ "action": "decline" }),
        json!({ "action": "cancel" }),
        json!({ "action": "decline", "content": { "approve": true } }),
        json!({ "action": "accept" }),
        json!(true),
    ];
    for approve in [json!(false), json!("true"), json!(1), Value::Null] {
        noes.push(json!({ "action": "accept", "content": { "approve": approve } }));
    }
    for no in noes {
        let answer = sent(&house, &key, with(milk(), &state, no)).await;
        assert_eq!(answer.body["result"]["isError"], true, "{}", answer.body);
        assert_eq!(answer.text("/result/content/0/text"), "It was not allowed.");
    }
    let mut silent = milk();
    silent["requestState"] = state.into();
    assert_eq!(sent(&house, &key, silent).await.body["result"]["isError"], true);
    assert!(titles(&house).await.is_empty());
    let log = house.call("GET", "/audit/logs?limit=100", OWNER, None).await.body.to_string();
    assert!(log.contains("call.denied"), "{log}");
}

#[tokio::test]
async fn a_state_is_good_for_its_own_request_by_its_own_caller_and_no_longer_than_ten_minutes() {
    let house = House::new();
    let (connection, key) = asker(&house, "mcp").await;
    let (_, other) = asker(&house, "mcp").await;
    let state = question(&house, &key, milk()).await;
    let refused = |answer: &Answer, said: &str| {
        assert_eq!(answer.body["error"]["code"], -32602, "{said}: {}", answer.body);
    };
    let bread = json!({ "name": "create_task", "arguments": { "title": "Bread" } });
    let goal = json!({ "name": "create_goal", "arguments": { "title": "Milk" } });
    for params in [bread, goal, json!({ "name": "create_task" })] {
        refused(&sent(&house, &key, with(params, &state, yes())).await, "another request");
    }
    refused(&sent(&house, &other, with(milk(), &state, yes())).await, "another caller");
    let sealed = URL_SAFE_NO_PAD.decode(&state).unwrap();
    for byte in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[byte] ^= 1;
        let changed = URL_SAFE_NO_PAD.encode(changed);
        refused(&sent(&house, &key, with(milk(), &changed, yes())).await, &format!("byte {byte}"));
    }
    for text in ["", "x", &state[1..], &format!("{state}A"), &"A".repeat(10_000)] {
        refused(&sent(&house, &key, with(milk(), text, yes())).await, text);
    }
    // What is not offered is unknown, whatever comes with it.
    let (_, reader) = house.connect(json!({ "kind": "mcp", "name": "reads", "preset": "read_only" })).await;
    let unknown = sent(&house, &reader, with(milk(), &state, yes())).await;
    assert_eq!(unknown.text("/error/message"), "there is no tool `create_task`");

    house.clock.advance(SignedDuration::from_mins(10));
    refused(&sent(&house, &key, with(milk(), &state, yes())).await, "it is over");
    let state = question(&house, &key, milk()).await;
    house.call("POST", &format!("/connections/{connection}/pause"), OWNER, None).await;
    sent(&house, &key, with(milk(), &state, yes())).await.is_problem(401);
    assert!(titles(&house).await.is_empty());
}

#[tokio::test]
async fn a_yes_is_worth_one_effect_however_often_it_comes() {
    let house = House::new();
    let (_, key) = asker(&house, "mcp").await;
    let state = question(&house, &key, milk()).await;
    let all = join_all((0..50).map(|_| sent(&house, &key, with(milk(), &state, yes())))).await;
    let done = all.iter().filter(|answer| answer.body["result"]["isError"] != json!(true)).count();
    assert_eq!((done, titles(&house).await.len()), (1, 1));
    let many =
        json!({ "name": "create_tasks", "arguments": { "items": [{ "title": "a" }, { "title": "b" }] } });
    let state = question(&house, &key, many.clone()).await;
    join_all((0..20).map(|_| sent(&house, &key, with(many.clone(), &state, yes())))).await;
    assert_eq!(titles(&house).await.len(), 3);
    let plan = json!({ "goal_description": "Speak Italian", "method": "template", "apply": true });
    let plan = json!({ "name": "decompose_goal", "arguments": plan });
    let state = question(&house, &key, plan.clone()).await;
    join_all((0..20).map(|_| sent(&house, &key, with(plan.clone(), &state, yes())))).await;
    let goals = house.call("GET", "/v1/goals", &key, None).await;
    assert_eq!(goals.body["data"].as_array().unwrap().len(), 1);
    // What changes nothing uses it up, too.
    let id = {
        let free = house.api("full_access").await;
        house.call("GET", "/v1/tasks", &free, None).await.text("/data/0/id")
    };
    let same = json!({ "name": "update_task", "arguments": { "id": id, "title": "b" } });
    let state = question(&house, &key, same.clone()).await;
    let first = sent(&house, &key, with(same.clone(), &state, yes())).await;
    assert_eq!(first.text("/result/structuredContent/title"), "b");
    assert_eq!(sent(&house, &key, with(same, &state, yes())).await.body["result"]["isError"], true);
}

/// Clients of either era that cannot be asked, or not by a form.
#[tokio::test]
async fn any_other_client_is_told_where_it_waits() {
    let house = House::new();
    let (_, key) = asker(&house, "mcp").await;
    let by_address = json!({ "elicitation": { "url": {} } });
    let answers = [
        legacy(&house, &key, "tools/call", milk()).await,
        modern(&house, &key, "tools/call", milk()).await,
        modern_with(&house, &key, "tools/call", milk(), by_address).await,
    ];
    let id = answers[0].text("/result/_meta/larder~1approval/id");
    for answer in &answers {
        let waits = &answer.body["result"]["_meta"]["larder/approval"];
        assert_eq!(
            (&answer.body["result"]["isError"], &waits["id"]),
            (&json!(true), &json!(id)),
            "{}",
            answer.body
        );
    }
    let uri = answers[0].text("/result/_meta/larder~1approval/uri");
    let read = async || {
        let answer = legacy(&house, &key, "resources/read", json!({ "uri": uri })).await;
        serde_json::from_str::<Value>(&answer.text("/result/contents/0/text")).unwrap()
    };
    assert_eq!(read().await["status"], "pending");
    assert_eq!(read().await["request"]["body"], json!({ "title": "Milk" }));
    let other = asker(&house, "mcp").await.1;
    let unknown = legacy(&house, &other, "resources/read", json!({ "uri": uri })).await;
    assert_eq!(unknown.body["error"]["message"], "there is no such resource");

    let done = decide(&house, &id, "approve").await;
    assert_eq!(done.body["answer"]["status"], 200, "{}", done.body);
    assert!(done.text("/answer/body/id").starts_with("task_"));
    assert_eq!(read().await["status"], "done");
    assert_eq!(titles(&house).await, ["Milk"]);

    let gone = json!({ "name": "delete_task", "arguments": { "id": done.text("/answer/body/id") } });
    let asked = legacy(&house, &key, "tools/call", gone.clone()).await;
    let free = house.api("full_access").await;
    house.call("DELETE", &format!("/v1/tasks/{}", done.text("/answer/body/id")), &free, None).await;
    let refused = decide(&house, &asked.text("/result/_meta/larder~1approval/id"), "approve").await;
    assert_eq!(refused.body["answer"]["status"], 404, "{}", refused.body);
}

#[tokio::test]
async fn who_decides_in_the_dashboard_is_not_answered_for_by_a_client() {
    let house = House::new();
    let (id, key) = asker(&house, "mcp").await;
    let state = question(&house, &key, milk()).await;
    let there = json!({ "config": { "ask_in": "dashboard" } });
    let edited = house.call("PATCH", &format!("/connections/{id}"), OWNER, Some(there)).await;
    assert_eq!(edited.status, 200, "{}", edited.body);
    let late = sent(&house, &key, with(milk(), &state, yes())).await;
    assert_eq!(late.body["error"]["code"], -32602, "what was asked before is over, too: {}", late.body);
    let (_, program) = asker(&house, "api").await;
    for key in [&key, &program] {
        let asked = sent(&house, key, milk()).await;
        assert_eq!(asked.body["result"]["isError"], true, "{}", asked.body);
        assert!(asked.body["result"]["_meta"]["larder/approval"].is_object(), "{}", asked.body);
    }
    assert!(titles(&house).await.is_empty());
    assert_eq!(house.call("GET", "/approvals", OWNER, None).await.body["data"].as_array().unwrap().len(), 2);
}
