//! A key in the address is taken only where the connection was made for it, and goes no further than the door.

use crate::harness::{House, OWNER, request};
use http::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_key_in_the_address_is_taken_only_where_it_was_asked_for() {
    let house = House::new();
    let make = async |key_in: &str| {
        let config = json!({ "key_in": key_in });
        house
            .connect(json!({ "kind": "api", "name": key_in, "preset": "full_access", "config": config }))
            .await
    };
    let (id, key) = make("query").await;
    let get = async |path: String| house.send(request("GET", &path, None, None)).await;
    assert_eq!(get(format!("/v1/tasks?api_key={key}")).await.status, StatusCode::OK);
    let task = house.task(&key, "by header").await;
    assert_eq!(get(format!("/v1/tasks/{task}?api_key={key}")).await.status, StatusCode::OK);
    let limited = get(format!("/v1/tasks?limit=1&api_key={key}")).await;
    assert_eq!(limited.body["data"].as_array().map(Vec::len), Some(1));
    let wrong = get(format!("/v1/tasks?page=2&api_key={key}&api_key=x")).await;
    assert_eq!(wrong.is_problem(400).text("/errors/0/pointer"), "?page");
    assert!(!wrong.body.to_string().contains("lrd_"), "{}", wrong.body);

    for other in ["bearer", "header"] {
        let (_, other) = make(other).await;
        let refused = get(format!("/v1/tasks?api_key={other}")).await;
        assert_eq!(refused.is_problem(401).text("/type"), "urn:larder:problem:key-in-address");
        assert_eq!(house.call("GET", "/v1/tasks", &other, None).await.status, StatusCode::OK);
    }
    get("/v1/tasks?api_key=".to_owned()).await.is_problem(401);
    get(format!("/v1/tasks?api_key={}", &key[..88])).await.is_problem(401);
    get(format!("/connections?api_key={key}")).await.is_problem(401);
    house.call("POST", &format!("/connections/{id}/revoke"), OWNER, None).await;
    let revoked = get(format!("/v1/tasks?api_key={key}")).await;
    assert_eq!(revoked.is_problem(401).text("/type"), "urn:larder:problem:revoked");
}
