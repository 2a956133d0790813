//! Records are found by the fields that their collection names, whenever it came to name them.

use crate::filters::{made, refused, walked};
use crate::harness::House;
use serde_json::{Value, json};

/// Books, by four of their fields, of which three are looked up.
async fn library() -> (House, String) {
    let house = House::new();
    let key = house.api("full_access").await;
    let fields = json!(["author", "pages", "read", "shelf"]);
    made(&house, &key, "/v1/collections", json!({ "name": "books", "indexed_fields": fields })).await;
    for data in [
        json!({ "t": "a", "author": "Herbert", "pages": 412, "read": true, "shelf": "top" }),
        json!({ "t": "b", "author": "Herbert", "pages": "412", "read": false, "shelf": "low" }),
        json!({ "t": "c", "author": "Herbert/Anderson", "pages": 1, "shelf": "top" }),
        json!({ "t": "d", "author": ["Herbert"], "pages": null, "read": true, "shelf": "ä".repeat(1000) }),
    ] {
        made(&house, &key, "/v1/collections/books/records", json!({ "data": data, "tags": ["x"] })).await;
    }
    (house, key)
}

async fn found(house: &House, key: &str, query: &str) -> String {
    let path = format!("/v1/collections/books/records?{query}");
    let by_one = walked(house, key, &path, 1, "id").await;
    let page = house.call("GET", &path, key, None).await;
    let data = page.body["data"].as_array().unwrap();
    let ids: Vec<_> = data.iter().map(|record| record["id"].as_str().unwrap()).collect();
    assert_eq!(by_one, ids, "{query}");
    data.iter().map(|record| record["data"]["t"].as_str().unwrap()).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn records_are_found_by_what_their_fields_say() {
    let (house, key) = library().await;
    let long = format!("shelf={}", "ä".repeat(1000));
    for (query, expected) in [
        ("author=Herbert", "b a"),
        ("author=Herbert&sort=created", "a b"),
        ("author=Herbert/Anderson", "c"),
        ("author=herbert", ""),
        ("pages=412", "b a"),
        ("pages=412&read=true", "a"),
        ("read=true&tag=x", "d a"),
        ("read=true&tag=y", ""),
        ("shelf=top", "c a"),
        ("shelf=top&author=Herbert", "a"),
        ("shelf=", ""),
        (long.as_str(), "d"),
    ] {
        assert_eq!(found(&house, &key, query).await, expected, "{query}");
    }
    let call = |arguments: Value| {
        let params = json!({ "name": "list_records", "arguments": arguments });
        Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }))
    };
    for (field, value, many) in
        [("pages", json!(412), 2), ("read", json!(true), 2), ("author", json!("Herbert"), 2)]
    {
        let answer =
            house.call("POST", "/mcp", &key, call(json!({ "collection": "books", field: value }))).await;
        let data = &answer.body["result"]["structuredContent"]["data"];
        assert_eq!(data.as_array().map(Vec::len), Some(many), "{}", answer.body);
    }
    let ask = async |query: &str| {
        house.call("GET", &format!("/v1/collections/books/records?{query}"), &key, None).await
    };
    let detail = refused(&ask("t=a").await, "?t");
    assert!(detail.contains("`tag`, `sort`, `author`, `pages`, `read`, `shelf`"), "{detail}");
    refused(&ask(&format!("shelf={}", "x".repeat(1001))).await, "?shelf");
    refused(&ask("sort=author").await, "?sort");
    refused(&ask("author=a&author=b").await, "?author");
    let said = house.call("POST", "/mcp", &key, call(json!({ "collection": "books", "t": "a" }))).await;
    assert!(said.body.to_string().contains("/t: unknown field `t`"), "{}", said.body);
}

/// What is written moves where it is found.
#[tokio::test]
async fn a_record_is_found_by_what_it_says_now() {
    let (house, key) = library().await;
    let all = walked(&house, &key, "/v1/collections/books/records?author=Herbert", 9, "id").await;
    let path = format!("/v1/collections/books/records/{}", all[0]);
    let patch = json!({ "data": { "t": "b", "author": "Asimov" } });
    assert_eq!(house.call("PATCH", &path, &key, Some(patch)).await.status, 200);
    assert_eq!(found(&house, &key, "author=Herbert").await, "a");
    assert_eq!(found(&house, &key, "author=Asimov").await, "b");
    assert_eq!(house.call("PATCH", &path, &key, Some(json!({ "tags": [] }))).await.status, 200);
    assert_eq!(found(&house, &key, "author=Asimov").await, "b");
    assert_eq!(house.call("DELETE", &path, &key, None).await.status, 204);
    assert_eq!(found(&house, &key, "author=Asimov").await, "");
}

#[tokio::test]
async fn fields_that_are_named_later_find_all_records_too() {
    let (house, key) = library().await;
    let name = async |fields: Value| {
        house.call("PATCH", "/v1/collections/books", &key, Some(json!({ "indexed_fields": fields }))).await
    };
    assert_eq!(name(json!(["t", "shelf", "author"])).await.status, 200);
    let later = json!({ "data": { "t": "e", "author": "Herbert" } });
    made(&house, &key, "/v1/collections/books/records", later).await;
    for (query, expected) in [("t=a", "a"), ("t=e", "e"), ("author=Herbert", "e b a"), ("shelf=top", "c a")] {
        assert_eq!(found(&house, &key, query).await, expected, "{query}");
    }
    let gone = house.call("GET", "/v1/collections/books/records?pages=412", &key, None).await;
    refused(&gone, "?pages");
    // Once more: what was written meanwhile is found by it as well.
    assert_eq!(name(json!(["pages"])).await.status, 200);
    made(&house, &key, "/v1/collections/books/records", json!({ "data": { "t": "f", "pages": 412 } })).await;
    assert_eq!(found(&house, &key, "pages=412").await, "f b a");
    for (fields, pointer) in [
        (json!(["a", "b", "c", "d", "e"]), "/indexed_fields"),
        (json!(["a", "a"]), "/indexed_fields"),
        (json!(["limit"]), "/indexed_fields/0"),
        (json!(["a/b"]), "/indexed_fields/0"),
        (json!(["1a"]), "/indexed_fields/0"),
        (json!(["a".repeat(61)]), "/indexed_fields/0"),
    ] {
        refused(&name(fields).await, pointer);
    }
    assert_eq!(name(json!(["a".repeat(60), "_b1"])).await.status, 200);
}

#[tokio::test]
async fn whoever_does_not_see_a_collection_learns_nothing_of_its_fields() {
    let (house, key) = library().await;
    made(&house, &key, "/v1/collections", json!({ "name": "diary", "indexed_fields": ["mood"] })).await;
    made(&house, &key, "/v1/collections/diary/records", json!({ "data": { "mood": "low" } })).await;
    let grant = |rule: Value| json!({ "kind": "api", "name": "narrow", "grant": [rule] });
    let books =
        json!({ "resource": "collections", "actions": ["read"], "only": { "collections": ["books"] } });
    let (_, narrow) = house.connect(grant(books)).await;
    for path in ["diary/records?mood=low", "diary/records?x=low", "nowhere/records?x=low"] {
        let answer = house.call("GET", &format!("/v1/collections/{path}"), &narrow, None).await;
        assert_eq!((answer.status.as_u16(), &answer.body["data"]), (200, &json!([])), "{path}");
    }
    assert_eq!(found(&house, &narrow, "author=Herbert").await, "b a");
    let blind = json!({ "resource": "collections", "actions": ["read"], "fields": { "deny": ["data"] } });
    let (_, blind) = house.connect(grant(blind)).await;
    let said = async |name: &str| {
        let path = format!("/v1/collections/books/records?{name}=1");
        let answer = house.call("GET", &path, &blind, None).await;
        refused(&answer, &format!("?{name}")).replace(name, "…")
    };
    assert_eq!(said("author").await, said("nonsense").await);
}
