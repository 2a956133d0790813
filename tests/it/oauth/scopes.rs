//! A token does no more than its scopes say and no more than the grant allows; what it lacks it is told.

use super::flow::{Tokens, allow, connection, is_refused, post, refresh, register, tool, trade, wanted};
use crate::harness::{House, OWNER};
use serde_json::{Value, json};

async fn with_scope(house: &House, client: &str, scope: &str) -> Tokens {
    let mut asked = wanted(client);
    asked.push(("scope", scope));
    let code = allow(house, &asked, |_| true).await.told("code").unwrap();
    Tokens::of(&post(house, "/token", &trade(client, &code)).await)
}

async fn tools(house: &House, access: &str) -> Vec<String> {
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let listed = house.call("POST", "/mcp", access, Some(list)).await;
    let tools = listed.body["result"]["tools"].as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn what_a_token_lacks_is_not_listed_and_asked_for_by_name() {
    let house = House::new();
    let client = register(&house).await;
    let all = "larder:read larder:write larder:delete offline_access openid";
    let tokens = with_scope(&house, &client, all).await;
    let narrow = [
        ("grant_type", "refresh_token"),
        ("client_id", client.as_str()),
        ("refresh_token", tokens.refresh.as_str()),
        ("scope", "larder:read"),
    ];
    let narrowed = post(&house, "/token", &narrow).await;
    assert_eq!(narrowed.text("/scope"), "larder:read");
    let reader = Tokens::of(&narrowed);
    assert!(tools(&house, &tokens.access).await.iter().any(|tool| tool == "delete_task"));
    assert!(tools(&house, &reader.access).await.iter().all(|tool| !tool.starts_with("create_")));
    let refused = tool(&house, &reader.access, "create_task", json!({ "title": "Milk" })).await;
    assert_eq!(refused.is_problem(403).text("/type"), "urn:larder:problem:insufficient-scope");
    let said = refused.headers["www-authenticate"].to_str().unwrap();
    assert!(
        said.starts_with("Bearer error=\"insufficient_scope\"") && said.contains("resource_metadata="),
        "{said}"
    );
    assert!(said.ends_with("scope=\"larder:read larder:write\""), "{said}");
    let done = tool(&house, &tokens.access, "create_task", json!({ "title": "Milk" })).await;
    assert_eq!((done.status.as_u16(), &done.body["result"]["isError"]), (200, &Value::Bool(false)));
    // The family stays as wide as it was.
    assert_eq!(
        refresh(&house, &client, &reader.refresh).await.text("/scope"),
        "larder:read larder:write larder:delete"
    );
}

#[tokio::test]
async fn it_never_widens() {
    let house = House::new();
    let client = register(&house).await;
    let tokens = with_scope(&house, &client, "larder:read").await;
    for scope in ["larder:read larder:write", "larder:delete", "openid"] {
        let pairs = [
            ("grant_type", "refresh_token"),
            ("client_id", client.as_str()),
            ("refresh_token", tokens.refresh.as_str()),
            ("scope", scope),
        ];
        is_refused(&post(&house, "/token", &pairs).await, 400, "invalid_scope");
    }
    // Nor when the owner gives the connection more.
    let path = format!("/connections/{}", connection(&house).await);
    let more = json!({ "preset": "full_access" });
    assert_eq!(house.call("PATCH", &path, OWNER, Some(more)).await.status, 200);
    let refused = tool(&house, &tokens.access, "create_task", json!({ "title": "Milk" })).await;
    assert_eq!(refused.is_problem(403).text("/type"), "urn:larder:problem:insufficient-scope");
    // What the grant itself does not allow, no scope would help with.
    let less = json!({ "grant": [{ "resource": "goals", "actions": ["read"] }] });
    assert_eq!(house.call("PATCH", &path, OWNER, Some(less)).await.status, 200);
    let refused = tool(&house, &tokens.access, "create_task", json!({ "title": "Milk" })).await;
    assert_eq!((refused.status.as_u16(), refused.headers.contains_key("www-authenticate")), (200, false));
}
