//! An access token holds where it was made for, for as long as it says, and not a letter of it can be another.

use super::flow::{Tokens, connection, let_in, refresh, register, status, tool};
use crate::harness::{House, OWNER, request};
use http::header;
use jiff::SignedDuration;
use serde_json::json;

#[tokio::test]
async fn it_opens_one_door_of_one_address() {
    let house = House::new();
    let tokens = let_in(&house, &register(&house).await).await;
    let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
    let at = async |host: &str| {
        let mut sent = request("POST", "/mcp", Some(&tokens.access), Some(list.clone()));
        sent.headers_mut().insert(header::HOST, host.parse().unwrap());
        house.send(sent).await
    };
    assert_eq!(at("larder.test").await.status, 200);
    for host in ["localhost", "larder.test:80", "larder.test.evil.example"] {
        let refused = at(host).await;
        assert_eq!(refused.is_problem(401).text("/type"), "urn:larder:problem:other-audience");
    }
    for path in ["/v1/tasks", "/v1/profile", "/openapi/own.json", "/data"] {
        let refused = house.call("GET", path, &tokens.access, None).await;
        assert_eq!(refused.is_problem(401).text("/type"), "urn:larder:problem:other-audience");
    }
    for path in ["/connections", "/export", "/audit/logs"] {
        house.call("GET", path, &tokens.access, None).await.is_problem(401);
    }
    let in_address = format!("/mcp?api_key={}", tokens.access);
    let refused = house.send(request("POST", &in_address, None, Some(list.clone()))).await;
    assert_eq!(refused.is_problem(401).text("/type"), "urn:larder:problem:key-in-address");
    let other = House::new();
    register(&other).await;
    assert_eq!(status(&other, &tokens.access).await, 401, "not known elsewhere");
    let slash = house.call("POST", "/mcp/", &tokens.access, Some(list)).await;
    assert_eq!(slash.status, 200, "the same door: {}", slash.body);
}

#[tokio::test]
async fn it_lives_for_a_quarter_of_an_hour() {
    let house = House::new();
    let client = register(&house).await;
    let tokens = let_in(&house, &client).await;
    house.clock.advance(SignedDuration::from_secs(899));
    assert_eq!(status(&house, &tokens.access).await, 200);
    house.clock.advance(SignedDuration::from_secs(1));
    let over = tool(&house, &tokens.access, "list_tasks", json!({})).await;
    assert_eq!(over.is_problem(401).text("/type"), "urn:larder:problem:token-over");
    let next = Tokens::of(&refresh(&house, &client, &tokens.refresh).await);
    assert_eq!(status(&house, &next.access).await, 200);
}

#[tokio::test]
async fn what_the_owner_does_to_its_connection_holds_from_the_next_call_on() {
    let house = House::new();
    let tokens = let_in(&house, &register(&house).await).await;
    let path = format!("/connections/{}", connection(&house).await);
    let code = async || {
        let answer = tool(&house, &tokens.access, "list_tasks", json!({})).await;
        answer.body["type"].as_str().map(|code| code.rsplit(':').next().unwrap().to_owned())
    };
    assert_eq!(code().await, None);
    house.call("POST", &format!("{path}/rotate"), OWNER, Some(json!({}))).await;
    assert_eq!(code().await, None, "a new key is no matter of the app");
    house.call("POST", &format!("{path}/pause"), OWNER, None).await;
    assert_eq!(code().await.as_deref(), Some("paused"));
    house.call("POST", &format!("{path}/resume"), OWNER, None).await;
    assert_eq!(code().await, None);
    let end = json!({ "expires_at": "2027-01-15T08:10:00Z" });
    assert_eq!(house.call("PATCH", &path, OWNER, Some(end)).await.status, 200);
    house.clock.advance(SignedDuration::from_mins(10));
    assert_eq!(code().await.as_deref(), Some("expired"));
    house.call("POST", &format!("{path}/revoke"), OWNER, None).await;
    assert_eq!(code().await.as_deref(), Some("revoked"));
    house.call("DELETE", &path, OWNER, None).await;
    assert_eq!(code().await.as_deref(), Some("deleted"));
}
