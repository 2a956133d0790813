//! A sensitive collection is there only for connections whose grant names it.

use crate::harness::{House, OWNER};
use serde_json::{Value, json};

async fn granted(house: &House, collections: Value) -> String {
    let rule = json!({ "resource": "collections", "actions": ["read", "write", "delete"], "only": { "collections": collections } });
    house.connect(json!({ "kind": "api", "name": "named", "grant": [rule] })).await.1
}

#[tokio::test]
async fn it_is_nowhere_for_whom_does_not_name_it() {
    let house = House::new();
    let config = json!({ "target_url": "https://a.example", "payload": "full" });
    house
        .connect(json!({ "kind": "webhook", "name": "hook", "config": config, "preset": "full_access" }))
        .await;
    let (named, all) = (granted(&house, json!(["health"])).await, house.api("full_access").await);
    let tagged = json!([{ "resource": "collections", "actions": ["read"], "only": { "tags": ["x"] } }]);
    let (_, tagged) = house.connect(json!({ "kind": "api", "name": "t", "grant": tagged })).await;
    let (_, own) = house
        .connect(json!({ "kind": "api", "name": "o", "grant": [{ "resource": "collections", "actions": ["read", "write"], "only": { "own": true } }] }))
        .await;
    let sensitive = json!({ "name": "health", "sensitivity": "sensitive" });
    // Nobody makes what they would not be allowed to know.
    for key in [&all, &own] {
        house.call("POST", "/v1/collections", key, Some(sensitive.clone())).await.is_problem(403);
    }
    let made = house.call("POST", "/v1/collections", &named, Some(sensitive)).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let records = "/v1/collections/health/records";
    let body = json!({ "data": { "note": "SECRET" }, "tags": ["x"] });
    let record = house.call("POST", records, &named, Some(body.clone())).await;
    assert_eq!((record.status.as_u16(), &record.body["sensitivity"]), (201, &json!("sensitive")));
    let one = format!("{records}/{}", record.text("/id"));
    house.call("PATCH", &one, &named, Some(json!({ "data": { "note": "SECRET too" } }))).await;
    house.call("POST", "/v1/collections", &all, Some(json!({ "name": "books" }))).await;
    house.pump.drain().await.unwrap();

    assert!(
        house
            .network
            .take()
            .iter()
            .all(|sent| !sent.body.contains("health") && !sent.body.contains("SECRET"))
    );
    for key in [&all, &tagged, &own] {
        for path in
            ["/v1/collections/health", "/v1/collections/health/history", &one, &format!("{one}/history")]
        {
            house.call("GET", path, key, None).await.is_problem(404);
        }
        for path in ["/v1/collections", "/data", records, "/v1/changes", "/v1/trash"] {
            let listed = house.call("GET", path, key, None).await;
            let said = listed.body.to_string();
            assert!(
                listed.status == 200 && !said.contains("health") && !said.contains("SECRET"),
                "{path}: {said}"
            );
        }
    }
    let refused = house.call("POST", records, &all, Some(body)).await;
    let none = house.call("POST", "/v1/collections/wealth/records", &all, Some(json!({ "data": {} }))).await;
    let (refused, none) = (refused.is_problem(400).text("/detail"), none.is_problem(400).text("/detail"));
    assert_eq!(refused, none.replace("wealth", "health"), "as if there were none");
    house.call("PATCH", &one, &all, Some(json!({ "tags": [] }))).await.is_problem(404);
    house.call("DELETE", &one, &all, None).await.is_problem(404);
    house.call("DELETE", "/v1/collections/health", &all, None).await.is_problem(404);
    let preview = json!({ "kind": "api", "name": "y", "preset": "read_only" });
    let preview = house.call("POST", "/connections/preview", OWNER, Some(preview)).await.body.to_string();
    assert!(!preview.contains("health") && !preview.contains("SEC"), "{preview}");

    let seen = house.call("GET", &one, &named, None).await;
    assert_eq!(seen.body["data"]["note"], "SECRET too");
    assert_eq!(house.call("GET", records, &named, None).await.body["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn it_stays_as_sensitive_as_it_was_made() {
    let house = House::new();
    let named = granted(&house, json!(["health", "books"])).await;
    house
        .call(
            "POST",
            "/v1/collections",
            &named,
            Some(json!({ "name": "health", "sensitivity": "sensitive" })),
        )
        .await;
    house.call("POST", "/v1/collections", &named, Some(json!({ "name": "books" }))).await;
    for (name, other) in [("health", "normal"), ("books", "sensitive")] {
        let path = format!("/v1/collections/{name}");
        let refused = house.call("PATCH", &path, &named, Some(json!({ "sensitivity": other }))).await;
        assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "/sensitivity");
    }
    let normal =
        house.call("POST", "/v1/collections/books/records", &named, Some(json!({ "data": {} }))).await;
    assert_eq!(normal.body.get("sensitivity"), None);
}
