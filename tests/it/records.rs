//! Collections and their records.

use crate::harness::{Answer, House, OWNER};
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn send(house: &House, key: &str, method: &str, path: &str, body: Value) -> Answer {
    let body = Some(body).filter(|body| !body.is_null());
    house.call(method, &format!("/v1/collections{path}"), key, body).await
}

/// A house with a collection of books, and who made it.
async fn books() -> (House, String) {
    let house = House::new();
    let key = house.api("full_access").await;
    let schema = json!({
        "type": "object",
        "properties": { "title": { "type": "string" }, "pages": { "type": "integer", "minimum": 1 } },
        "required": ["title"],
        "additionalProperties": false,
    });
    let books = json!({ "name": "books", "title": "Books", "json_schema": schema });
    let made = send(&house, &key, "POST", "", books).await;
    assert_eq!((made.status.as_u16(), &made.body["id"]), (201, &json!("books")), "{}", made.body);
    assert_eq!(made.headers["location"], "/v1/collections/books");
    (house, key)
}

async fn record(house: &House, key: &str, collection: &str, body: Value) -> String {
    let made = send(house, key, "POST", &format!("/{collection}/records"), body).await;
    assert_eq!(made.status, 201, "{}", made.body);
    let id = made.text("/id");
    assert_eq!(made.headers["location"], format!("/v1/collections/{collection}/records/{id}"));
    id
}

#[tokio::test]
async fn a_record_lives_in_its_collection() {
    let (house, key) = books().await;
    send(&house, &key, "POST", "", json!({ "name": "films" })).await;
    let body = json!({
        "data": { "title": "Dune", "pages": 412 },
        "tags": ["novel"],
        "links": [{ "kind": "task", "id": house.task(&key, "Read").await, "relation": "read" }],
        "external_ref": { "card": "shelf", "id": "1" },
    });
    let id = record(&house, &key, "books", body.clone()).await;
    let other = record(&house, &key, "films", json!({ "data": { "any": ["thing"] } })).await;
    let path = format!("/books/records/{id}");
    let got = send(&house, &key, "GET", &path, Value::Null).await;
    assert_eq!(
        (&got.body["collection"], &got.body["data"], &got.body["links"]),
        (&json!("books"), &body["data"], &body["links"])
    );
    let patched = send(&house, &key, "PATCH", &path, json!({ "tags": [] })).await;
    assert_eq!((patched.status.as_u16(), &patched.body["version"]), (200, &json!(2)), "{}", patched.body);

    let listed = send(&house, &key, "GET", "/books/records", Value::Null).await;
    let ids: Vec<_> = listed.body["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect();
    assert_eq!(ids, [json!(id)]);
    for method in ["GET", "PATCH", "DELETE"] {
        let body = if method == "PATCH" { json!({}) } else { Value::Null };
        send(&house, &key, method, &format!("/films/records/{id}"), body).await.is_problem(404);
    }
    let elsewhere =
        send(&house, &key, "POST", "/books/records", json!({ "collection": "films", "data": {} })).await;
    assert_eq!(elsewhere.is_problem(400).text("/errors/0/pointer"), "/collection");
    assert_eq!(
        send(&house, &key, "DELETE", &format!("/films/records/{other}"), Value::Null).await.status,
        204
    );
    let empty = send(&house, &key, "GET", "/films/records", Value::Null).await;
    assert_eq!(empty.body["data"], json!([]));
}

#[tokio::test]
async fn pages_of_one_collection_are_of_that_one() {
    let (house, key) = books().await;
    send(&house, &key, "POST", "", json!({ "name": "films" })).await;
    for nth in 0..3 {
        record(&house, &key, "books", json!({ "data": { "title": nth.to_string() } })).await;
        record(&house, &key, "films", json!({ "data": {} })).await;
    }
    let (mut titles, mut query) = (Vec::new(), "?limit=2".to_owned());
    loop {
        let page = send(&house, &key, "GET", &format!("/books/records{query}"), Value::Null).await;
        titles.extend(page.body["data"].as_array().unwrap().iter().map(|one| one["data"]["title"].clone()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        query = format!("?limit=2&cursor={cursor}");
        send(&house, &key, "GET", &format!("/films/records{query}"), Value::Null).await.is_problem(400);
    }
    assert_eq!(titles, ["2", "1", "0"]);
}

#[tokio::test]
async fn data_is_held_against_the_schema_and_what_is_wrong_is_named() {
    let (house, key) = books().await;
    let id = record(&house, &key, "books", json!({ "data": { "title": "Dune" } })).await;
    for (data, pointer) in [
        (json!({ "pages": 1 }), "/data/title"),
        (json!({ "title": 1 }), "/data/title"),
        (json!({ "title": "x", "pages": 0 }), "/data/pages"),
        (json!({ "title": "x", "page": 1 }), "/data/page"),
        (json!([]), "/data"),
    ] {
        let new = send(&house, &key, "POST", "/books/records", json!({ "data": data })).await;
        assert_eq!(new.is_problem(400).text("/errors/0/pointer"), pointer, "{data}");
        let path = format!("/books/records/{id}");
        let changed = send(&house, &key, "PATCH", &path, json!({ "data": data })).await;
        assert_eq!(changed.is_problem(400).text("/errors/0/pointer"), pointer, "{data}");
    }
    let nowhere = send(&house, &key, "POST", "/nowhere/records", json!({ "data": {} })).await;
    assert_eq!(nowhere.is_problem(400).text("/errors/0/pointer"), "/collection");
}

#[tokio::test]
async fn sizes_hold_at_their_bounds_and_not_beyond() {
    let (house, key) = books().await;
    send(&house, &key, "POST", "", json!({ "name": "any" })).await;
    let data = |bytes: usize| json!({ "data": { "a": "x".repeat(bytes - 8) } });
    let tags = |count: usize| json!({ "data": {}, "tags": vec!["t"; count] });
    let task = house.task(&key, "Read").await;
    let links = |count: usize| {
        let link = json!({ "kind": "task", "id": task });
        json!({ "data": {}, "links": vec![link; count] })
    };
    for (most, more) in [(data(65_536), data(65_537)), (tags(20), tags(21)), (links(20), links(21))] {
        record(&house, &key, "any", most).await;
        send(&house, &key, "POST", "/any/records", more).await.is_problem(400);
    }
    let schema = |name: &str, bytes: usize| json!({ "name": name, "json_schema": { "description": "x".repeat(bytes - 18) } });
    assert_eq!(send(&house, &key, "POST", "", schema("most", 16_384)).await.status, 201);
    let more = send(&house, &key, "POST", "", schema("more", 16_385)).await;
    assert_eq!(more.is_problem(400).text("/errors/0/pointer"), "/json_schema");
    let remote = json!({ "name": "remote", "json_schema": { "items": { "$ref": "https://a.example" } } });
    let remote = send(&house, &key, "POST", "", remote).await;
    assert_eq!(remote.is_problem(400).text("/errors/0/pointer"), "/json_schema/items/$ref");
}

#[tokio::test]
async fn a_name_is_taken_once_and_stays() {
    let (house, key) = books().await;
    let taken = send(&house, &key, "POST", "", json!({ "name": "books" })).await;
    assert!(taken.is_problem(409).text("/detail").contains("already"));
    let renamed = send(&house, &key, "PATCH", "/books", json!({ "name": "novels" })).await;
    assert_eq!(renamed.is_problem(400).text("/errors/0/pointer"), "/name");
    let bad = send(&house, &key, "POST", "", json!({ "name": "Books" })).await;
    assert_eq!(bad.is_problem(400).text("/errors/0/pointer"), "/name");
}

#[tokio::test]
async fn only_an_empty_collection_goes_and_its_name_can_be_used_again() {
    let (house, key) = books().await;
    let id = record(&house, &key, "books", json!({ "data": { "title": "Dune" } })).await;
    let full = send(&house, &key, "DELETE", "/books", Value::Null).await;
    assert!(full.is_problem(409).text("/detail").contains("delete them first"));
    send(&house, &key, "DELETE", &format!("/books/records/{id}"), Value::Null).await;
    for version in [3, 5] {
        assert_eq!(send(&house, &key, "DELETE", "/books", Value::Null).await.status, 204);
        let again = send(&house, &key, "POST", "", json!({ "name": "books" })).await;
        assert_eq!((again.status.as_u16(), &again.body["version"]), (201, &json!(version)), "{}", again.body);
    }
}

#[tokio::test]
async fn a_grant_of_one_collection_knows_no_other() {
    let (house, key) = books().await;
    send(&house, &key, "POST", "", json!({ "name": "diary" })).await;
    let hidden = record(&house, &key, "diary", json!({ "data": { "day": "SECRET" } })).await;
    let grant = json!([{
        "resource": "collections",
        "actions": ["read", "write"],
        "only": { "collections": ["books"] },
        "fields": { "deny": ["tags", "json_schema"] },
    }]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "reader", "grant": grant })).await;
    let id = record(&house, &narrow, "books", json!({ "data": { "title": "Dune" } })).await;
    let listed = send(&house, &narrow, "GET", "", Value::Null).await;
    let seen: Vec<_> = listed.body["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!(seen, ["books"]);
    assert!(listed.body["data"][0].get("json_schema").is_none(), "{}", listed.body);
    let got = send(&house, &narrow, "GET", &format!("/books/records/{id}"), Value::Null).await;
    assert!(got.status == 200 && got.body.get("tags").is_none(), "{}", got.body);
    for path in ["/diary".to_owned(), format!("/diary/records/{hidden}")] {
        send(&house, &narrow, "GET", &path, Value::Null).await.is_problem(404);
        send(&house, &narrow, "GET", &format!("{path}/history"), Value::Null).await.is_problem(404);
    }
    assert_eq!(send(&house, &narrow, "GET", "/diary/records", Value::Null).await.body["data"], json!([]));
    let there = send(&house, &narrow, "POST", "/diary/records", json!({ "data": {} })).await;
    let nowhere = send(&house, &narrow, "POST", "/nowhere/records", json!({ "data": {} })).await;
    assert_eq!(there.is_problem(403).text("/detail"), nowhere.is_problem(403).text("/detail"));
    let masked =
        send(&house, &narrow, "POST", "/books/records", json!({ "data": { "title": "x" }, "tags": [] }))
            .await;
    assert_eq!(masked.is_problem(400).text("/errors/0/pointer"), "/tags");

    house.pump.drain().await.unwrap();
    let feed = house.call("GET", "/v1/changes", &narrow, None).await;
    assert!(
        !feed.body.to_string().contains("diary") && !feed.body.to_string().contains("SECRET"),
        "{}",
        feed.body
    );
    assert_eq!(feed.body["data"].as_array().unwrap().len(), 2, "{}", feed.body);
    let past = send(&house, &narrow, "GET", "/books/history", Value::Null).await;
    assert!(
        past.status == 200 && past.body["data"][0]["after"].get("json_schema").is_none(),
        "{}",
        past.body
    );
}

#[tokio::test]
async fn tools_and_previews_know_both_and_events_tell_them_apart() {
    let (house, key) = books().await;
    let config = json!({ "target_url": "https://a.example", "events": ["record.*"] });
    let hook = json!({ "kind": "webhook", "name": "x", "config": config, "preset": "read_only" });
    house.connect(hook).await;
    let call = |name: &str, arguments: Value| {
        let params = json!({ "name": name, "arguments": arguments });
        Some(json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }))
    };
    let new = json!({ "collection": "books", "data": { "title": "Dune" } });
    let made = house.call("POST", "/mcp", &key, call("create_record", new)).await;
    assert_eq!(made.body["result"]["isError"], false, "{}", made.body);
    let listed =
        house.call("POST", "/mcp", &key, call("list_records", json!({ "collection": "books" }))).await;
    assert!(listed.body.to_string().contains("Dune"), "{}", listed.body);
    let input = json!({ "kind": "api", "name": "x", "preset": "read_only" });
    let preview = house.call("POST", "/connections/preview", OWNER, Some(input)).await;
    let resources = preview.body["resources"].as_array().unwrap();
    let both = resources.iter().find(|one| one["resource"] == "collections").unwrap();
    assert_eq!((&both["items"], &both["sample"]["data"]["title"]), (&json!(2), &json!("Du…")), "{both}");
    house.pump.drain().await.unwrap();
    let sent = house.network.take();
    let types: Vec<Value> =
        sent.iter().map(|sent| serde_json::from_str::<Value>(&sent.body).unwrap()["type"].clone()).collect();
    assert_eq!(types, [json!("record.books.created")]);
}

#[tokio::test]
async fn what_is_linked_is_there_for_whoever_links_and_may_go_later() {
    let (house, key) = books().await;
    let task = house.task(&key, "Read").await;
    let linked = |id: &str| json!({ "data": { "title": "Dune" }, "links": [{ "kind": "task", "id": id }] });
    let nothing = linked("task_00000000000000000000000000");
    let refused = send(&house, &key, "POST", "/books/records", nothing.clone()).await;
    assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "/links/0/id");
    let grant = json!([{ "resource": "collections", "actions": ["read", "write"] }]);
    let (_, narrow) = house.connect(json!({ "kind": "api", "name": "narrow", "grant": grant })).await;
    let unseen = send(&house, &narrow, "POST", "/books/records", linked(&task)).await;
    assert_eq!(unseen.is_problem(400).text("/errors/0/pointer"), "/links/0/id");

    let id = record(&house, &key, "books", linked(&task)).await;
    house.clock.advance(SignedDuration::from_secs(1));
    let path = format!("/books/records/{id}");
    let refused = send(&house, &key, "PATCH", &path, json!({ "links": nothing["links"] })).await;
    assert_eq!(refused.is_problem(400).text("/errors/0/pointer"), "/links/0/id");
    assert_eq!(house.call("DELETE", &format!("/v1/tasks/{task}"), &key, None).await.status, 204);
    assert_eq!(send(&house, &key, "PATCH", &path, json!({ "tags": ["x"] })).await.status, 200);
    assert_eq!(send(&house, &key, "DELETE", &path, Value::Null).await.status, 204);
    let back = send(&house, &key, "POST", &format!("{path}/restore"), Value::Null).await;
    assert_eq!((back.status.as_u16(), &back.body["links"]), (200, &linked(&task)["links"]), "{}", back.body);
}
